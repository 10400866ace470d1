//! Nightly batch: usage is collected all day, and one job bills it at night.
//!
//! - **What for:** work that is cheaper in bulk, or may only be done at a certain hour.
//! - **What Weir gives:** a subscription that nobody reads collects on the disk. Pull leases a batch, and an ack that
//!   has answered is on the disk: what was billed does not come again. What a job held when it died comes again when
//!   its leases end.
//! - **What stays with the application:** when the job runs, and that it does; a write that bears the same record
//!   twice, here by its message id; an ack deadline longer than a batch takes. The job is done when the *backlog* is
//!   0: an empty pull only says that nothing was ready just now.

use std::collections::BTreeMap;
use std::time::Duration;

use weir_proto::client::{Client, Error};
use weir_proto::v1::{Delivery, PullRequest, StartPosition, Subscription};

use crate::support::{self, keyed, subscription, text, topic};

const RECORDS: u64 = 250;
/// How many records are written in one transaction.
const BATCH: u32 = 40;

async fn set_up(client: &Client) -> Result<(), Error> {
    let admin = client.admin();
    admin.create_topic(topic("usage")).await?;
    let billing = Subscription {
        // So short that the example need not wait long for the leases of a job that died.
        ack_deadline: Some(prost_types::Duration {
            seconds: 1,
            nanos: 0,
        }),
        ..subscription("billing", "usage")
    };
    admin
        .create_subscription(billing, StartPosition::Latest)
        .await?;
    Ok(())
}

/// A day: whoever uses something publishes how much. Nobody listens yet.
async fn collect(client: &Client) -> Result<(), Error> {
    let meter = client.publisher("usage");
    for number in 0..RECORDS {
        let customer = format!("customer-{}", number % 5);
        drop(meter.publish(keyed(&customer, "2")).await?);
    }
    meter.close().await
}

/// The table of billed units: a row for each record, by its message id.
#[derive(Debug, Default)]
struct Bills(BTreeMap<String, (String, u64)>);

impl Bills {
    /// Writes a batch in one transaction. A record that is there already is written over with the same.
    fn write(&mut self, batch: &[Delivery]) {
        for record in batch {
            let message = record.message.as_ref().expect("a message");
            let units = text(message).parse().expect("units");
            let row = (message.ordering_key.clone(), units);
            self.0.insert(record.message_id.clone(), row);
        }
    }

    fn by_customer(&self) -> BTreeMap<String, u64> {
        let mut sums = BTreeMap::new();
        for (customer, units) in self.0.values() {
            *sums.entry(customer.clone()).or_default() += units;
        }
        sums
    }
}

/// Leases the next batch.
async fn next_batch(client: &Client) -> Result<Vec<Delivery>, Error> {
    let request = PullRequest {
        subscription: "billing".to_owned(),
        max_messages: BATCH,
        wait: Duration::from_secs(2).try_into().ok(),
        consumer: "nightly".to_owned(),
    };
    client.puller().pull(request).await
}

/// The job: writes, and only then acknowledges, until nothing is left. Returns how many batches it took.
async fn bill(client: &Client, bills: &mut Bills) -> Result<usize, Error> {
    let mut batches = 0;
    while support::stats(client, "billing").await?.backlog > 0 {
        let batch = next_batch(client).await?;
        if batch.is_empty() {
            continue;
        }
        bills.write(&batch);
        let ids = batch.into_iter().map(|record| record.ack_id).collect();
        // An ack that came too late is told in the answer. It needs no care: the record comes again and is written
        // over with the same.
        client.puller().acknowledge(ids).await?;
        batches += 1;
    }
    Ok(batches)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_is_billed_once_although_a_job_dies_at_the_worst_moment() {
    support::play(async |broker| {
        let client = broker.client();
        set_up(client).await?;
        collect(client).await?;
        let evening = support::stats(client, "billing").await?;
        assert_eq!((evening.backlog, evening.consumers.len()), (RECORDS, 0));

        // The first job dies after its write and before its ack.
        let mut bills = Bills::default();
        bills.write(&next_batch(client).await?);
        assert!(!bills.0.is_empty());

        // The second one bills everything, the first batch once more when its leases have ended.
        let batches = bill(client, &mut bills).await?;
        assert!(batches >= 7, "{batches} batches");
        let sums = bills.by_customer();
        assert_eq!(sums.len(), 5);
        assert!(sums.values().all(|&units| units == 100), "{sums:?}");
        support::close_books(client, &[("billing", RECORDS)]).await
    })
    .await;
}
