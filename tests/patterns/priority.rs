//! Priority: the urgent jobs before the rest, without starving the rest.
//!
//! - **What for:** jobs of two kinds that the same workers do, of which one must not wait behind the other.
//! - **What Weir gives:** a subscription for each kind, each with its own backlog and age, so that one sees which kind
//!   waits; and pull, by which a worker decides each time what it takes next.
//! - **What stays with the application:** the rule. Here the urgent come first, and after four portions of them one of
//!   the others is due, so that a flood of urgent jobs slows the others and does not stop them. An urgent job waits at
//!   most for the portion that is being worked on, so portions of the others are small.

use weir_proto::client::{Client, Error};
use weir_proto::v1::{Delivery, PullRequest, StartPosition};

use crate::support::{self, message, subscription, text, topic};

const URGENT: &str = "jobs.urgent";
const BULK: &str = "jobs.bulk";
/// How many jobs a worker takes at once.
const PORTION: u32 = 5;
/// How many urgent portions in a row make one of the others due.
const IN_A_ROW: u32 = 4;

async fn set_up(client: &Client) -> Result<(), Error> {
    let admin = client.admin();
    for kind in [URGENT, BULK] {
        admin.create_topic(topic(kind)).await?;
        let kind = subscription(kind, kind);
        admin
            .create_subscription(kind, StartPosition::Latest)
            .await?;
    }
    Ok(())
}

async fn add_jobs(client: &Client, kind: &str, count: usize) -> Result<(), Error> {
    let jobs = (0..count).map(|number| message(&format!("{kind} {number}")));
    client.publish(kind, jobs.collect()).await.map(drop)
}

/// A worker and its rule.
struct Worker {
    client: Client,
    urgent_in_a_row: u32,
}

impl Worker {
    fn new(client: &Client) -> Self {
        Self {
            client: client.clone(),
            urgent_in_a_row: 0,
        }
    }

    /// Does one portion. Returns of which kind and which jobs; nothing when there is nothing to do, after which a
    /// real worker would wait a little for an urgent job.
    async fn work(&mut self) -> Result<Option<(&'static str, Vec<String>)>, Error> {
        let kinds = if self.urgent_in_a_row < IN_A_ROW {
            [URGENT, BULK]
        } else {
            [BULK, URGENT]
        };
        for kind in kinds {
            let jobs = self.take(kind).await?;
            if jobs.is_empty() {
                continue;
            }
            self.urgent_in_a_row = match kind {
                URGENT => self.urgent_in_a_row + 1,
                _ => 0,
            };
            let done = jobs.iter().filter_map(|job| job.message.as_ref());
            let done = done.map(|job| text(job).to_owned()).collect();
            let ids = jobs.into_iter().map(|job| job.ack_id).collect();
            self.client.puller().acknowledge(ids).await?;
            return Ok(Some((kind, done)));
        }
        Ok(None)
    }

    async fn take(&self, kind: &str) -> Result<Vec<Delivery>, Error> {
        let request = PullRequest {
            subscription: kind.to_owned(),
            max_messages: PORTION,
            ..PullRequest::default()
        };
        self.client.puller().pull(request).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_urgent_job_waits_for_one_portion_and_not_for_the_backlog() {
    support::play(async |broker| {
        let client = broker.client();
        set_up(client).await?;
        add_jobs(client, BULK, 50).await?;
        let mut worker = Worker::new(client);
        for _ in 0..2 {
            let (kind, jobs) = worker.work().await?.expect("there is work");
            assert_eq!((kind, jobs.len()), (BULK, 5));
        }
        add_jobs(client, URGENT, 3).await?;
        let (kind, jobs) = worker.work().await?.expect("there is work");
        assert_eq!((kind, jobs.len()), (URGENT, 3));

        let mut rest = 0;
        while let Some((kind, jobs)) = worker.work().await? {
            assert_eq!(kind, BULK);
            rest += jobs.len();
        }
        assert_eq!(rest, 40);
        support::close_books(client, &[(URGENT, 3), (BULK, 50)]).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_urgent_jobs_slows_the_others_and_does_not_stop_them() {
    support::play(async |broker| {
        let client = broker.client();
        set_up(client).await?;
        add_jobs(client, URGENT, 100).await?;
        add_jobs(client, BULK, 50).await?;
        let mut worker = Worker::new(client);
        let mut kinds = Vec::new();
        while let Some((kind, _)) = worker.work().await? {
            kinds.push(kind);
        }
        // Twenty portions of the urgent, and after each four of them one of the others.
        assert_eq!(kinds.len(), 30);
        for five in kinds[..25].chunks(5) {
            assert_eq!(five, [URGENT, URGENT, URGENT, URGENT, BULK]);
        }
        assert_eq!(kinds[25..], [BULK; 5]);
        support::close_books(client, &[(URGENT, 100), (BULK, 50)]).await
    })
    .await;
}
