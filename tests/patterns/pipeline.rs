//! Pipeline: A reads, B parses, C enriches, D stores, each at its own pace and each with a topic behind it.
//!
//! - **What for:** work in stages that fail, scale and are deployed apart from each other.
//! - **What Weir gives:** between two stages a backlog on the disk. A stage that publishes its result, waits for the
//!   confirmation and only then acknowledges its input loses nothing, wherever it, its neighbours or the broker die.
//! - **What stays with the application:** that order, publish and then acknowledge. A crash between the two gives a
//!   result twice, so every record has an id that all stages hand on, and the last stage stores by it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use weir_proto::client::{Client, Error, Kind, SubscribeOptions, Subscriber};
use weir_proto::v1::{Message, StartPosition, Subscription};
use weir_tests::wait;

use crate::support::{self, message, subscription, text, topic};

const RECORDS: usize = 200;
const LIMIT: Duration = Duration::from_secs(20);

async fn set_up(client: &Client) -> Result<(), Error> {
    let admin = client.admin();
    for name in ["raw", "parsed", "enriched"] {
        admin.create_topic(topic(name)).await?;
        let stage = Subscription {
            // What a dead broker had handed out comes again after this.
            ack_deadline: Some(prost_types::Duration {
                seconds: 1,
                nanos: 0,
            }),
            ..subscription(name, name)
        };
        admin
            .create_subscription(stage, StartPosition::Latest)
            .await?;
    }
    Ok(())
}

/// A record with the id that all stages hand on.
fn record(id: &str, content: &str) -> Message {
    Message {
        attributes: [("id".to_owned(), id.to_owned())].into(),
        ..message(content)
    }
}

/// Stage A: reads records from somewhere, and remembers which of them are on the disk.
#[derive(Default)]
struct Source {
    confirmed: Mutex<BTreeSet<usize>>,
}

impl Source {
    /// Publishes what is not confirmed yet. What was under way when the broker died may be there already; it is
    /// published again with the same id.
    async fn read(&self, client: &Client) -> Result<(), Error> {
        for number in 0..RECORDS {
            if !self.confirmed.lock().unwrap().contains(&number) {
                let raw = record(&format!("r{number}"), &number.to_string());
                client.publish("raw", vec![raw]).await?;
                self.confirmed.lock().unwrap().insert(number);
            }
        }
        Ok(())
    }
}

/// When a stage dies.
#[derive(Clone, Copy, PartialEq)]
enum Dies {
    Never,
    /// With every message: after its result is on the disk, before its ack is sent.
    BeforeAck,
}

/// Stages B and C: take, work, publish, acknowledge.
async fn stage(
    client: &Client,
    [from, to]: [&str; 2],
    work: fn(&str) -> String,
    dies: Dies,
) -> Result<(), Error> {
    let mut inputs = Subscriber::open(client, SubscribeOptions::to(from)).await?;
    loop {
        let input = inputs.next().await?;
        let result = record(&input.message.attributes["id"], &work(text(&input.message)));
        client.publish(to, vec![result]).await?;
        if dies == Dies::BeforeAck && input.attempt == 1 {
            // The lease ends unanswered, as that of a consumer that is gone.
            drop(input);
        } else {
            input.ack();
        }
    }
}

/// Stage D: stores each record once, by its id.
#[derive(Default)]
struct Store {
    rows: Mutex<BTreeMap<String, String>>,
    again: AtomicUsize,
}

impl Store {
    async fn fill(&self, client: &Client) -> Result<(), Error> {
        let options = SubscribeOptions::to("enriched");
        let mut results = Subscriber::open(client, options).await?;
        loop {
            let result = results.next().await?;
            let id = result.message.attributes["id"].clone();
            let row = text(&result.message).to_owned();
            let before = self.rows.lock().unwrap().insert(id, row.clone());
            if let Some(before) = before {
                assert_eq!(before, row, "a repeat says the same");
                self.again.fetch_add(1, Ordering::Relaxed);
            }
            result.ack();
        }
    }

    fn len(&self) -> usize {
        self.rows.lock().unwrap().len()
    }

    /// Waits until so many records are stored.
    async fn holds(&self, count: usize) {
        let has_them = async || (self.len() >= count).then_some(());
        wait::until("records are stored", LIMIT, has_them).await;
    }

    /// Every record went through all stages.
    fn check(&self) {
        let expected = (0..RECORDS).map(|n| (format!("r{n}"), format!("<{n}>, enriched")));
        assert_eq!(
            *self.rows.lock().unwrap(),
            expected.collect::<BTreeMap<_, _>>()
        );
    }
}

/// All four stages; they end only with an error.
async fn pipeline(
    client: &Client,
    source: &Source,
    store: &Store,
    dies: Dies,
) -> Result<(), Error> {
    tokio::try_join!(
        source.read(client),
        stage(client, ["raw", "parsed"], |raw| format!("<{raw}>"), dies),
        stage(
            client,
            ["parsed", "enriched"],
            |one| format!("{one}, enriched"),
            dies
        ),
        store.fill(client),
    )?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stage_that_dies_between_publish_and_ack_gives_repeats_and_loses_nothing() {
    support::play(async |broker| {
        let client = broker.client();
        set_up(client).await?;
        let (source, store) = (Source::default(), Store::default());
        let scenario = async {
            store.holds(RECORDS).await;
            // B gave each record twice, and C each of those twice.
            let (raw, all) = (RECORDS as u64, 4 * RECORDS as u64);
            support::until(client, "enriched", |now| now.acked == all).await?;
            let books = [("raw", raw), ("parsed", 2 * raw), ("enriched", all)];
            support::close_books(client, &books).await
        };
        let stages = pipeline(client, &source, &store, Dies::BeforeAck);
        support::alongside(stages, scenario).await?;
        store.check();
        assert_eq!(store.again.into_inner(), 3 * RECORDS);
        Ok(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_broker_that_is_killed_in_the_middle_loses_nothing() {
    support::play_failing_fast(async |mut broker| {
        set_up(broker.client()).await?;
        let (source, store) = (Source::default(), Store::default());
        for part in [RECORDS / 4, RECORDS / 2] {
            let client = broker.client().clone();
            let kill = async {
                store.holds(part).await;
                broker.kill();
            };
            let stages = pipeline(&client, &source, &store, Dies::Never);
            let (ended, ()) = tokio::join!(stages, kill);
            let error = ended.expect_err("the broker is gone");
            let is_gone = error.is_unreachable() || error.kind() == Kind::Closed;
            assert!(is_gone, "{error:?}");
            broker.start_again().await;
        }
        let client = broker.client();
        let scenario = async {
            store.holds(RECORDS).await;
            support::settle(client, &["raw", "parsed", "enriched"])
                .await
                .map(drop)
        };
        let stages = pipeline(client, &source, &store, Dies::Never);
        support::alongside(stages, scenario).await?;
        store.check();
        Ok(())
    })
    .await;
}
