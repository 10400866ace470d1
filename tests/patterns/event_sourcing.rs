//! Event sourcing: what happened to an account is the truth, and its balance is a projection that can be thrown away.
//!
//! - **What for:** state whose history matters, or that must be shown in ways nobody thought of yet.
//! - **What Weir gives:** events in order of key, on the disk before they are confirmed, kept as long as the topic
//!   says. A subscription in order of key holds the rest of a key back while one of its events fails. A new
//!   subscription may start with the oldest event, as often as one likes.
//! - **What stays with the application:** decisions. Weir does not check that an account has the money, so one writer
//!   for each account decides and then publishes. A projection that bears an event twice, here by counting the events
//!   of each account. And retention: a topic that is the truth must say that it keeps everything.

use std::collections::BTreeMap;

use weir_proto::client::{Client, Error, SubscribeOptions, Subscriber};
use weir_proto::v1::{KeyOrder, Message, StartPosition, Subscription, Topic};

use crate::support::{self, keyed, subscription, text, topic};

const ACCOUNTS: u64 = 12;
const EVENTS_EACH: u64 = 25;
const EVENTS: u64 = ACCOUNTS * EVENTS_EACH;

async fn set_up(client: &Client) -> Result<(), Error> {
    let ten_years = prost_types::Duration {
        seconds: 3_650 * 24 * 3_600,
        nanos: 0,
    };
    let events = Topic {
        partition_count: 4,
        retention_duration: Some(ten_years),
        retention_bytes: Some(u64::MAX),
        ..topic("accounts")
    };
    client.admin().create_topic(events).await.map(drop)
}

/// A reader of the events in order of account, from the oldest one on.
async fn reader(client: &Client, name: &str) -> Result<Subscriber, Error> {
    let reader = Subscription {
        key_order: KeyOrder::Block.into(),
        ..subscription(name, "accounts")
    };
    client
        .admin()
        .create_subscription(reader, StartPosition::Earliest)
        .await?;
    Subscriber::open(client, SubscribeOptions::to(name)).await
}

/// The one writer of an account: it knows the balance, decides, and publishes what it decided.
async fn trade(client: &Client, account: &str, salt: u64) -> Result<(), Error> {
    let mut balance = 0;
    for number in 1..=EVENTS_EACH {
        let wanted = number * salt % 17;
        let event = if wanted <= balance && number % 3 == 0 {
            balance -= wanted;
            format!("{number} withdrawn {wanted}")
        } else {
            balance += wanted;
            format!("{number} deposited {wanted}")
        };
        client
            .publish("accounts", vec![keyed(account, &event)])
            .await?;
    }
    Ok(())
}

/// An account as the projection knows it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Account {
    /// The number of the newest event applied.
    events: u64,
    balance: i64,
}

/// The balances of all accounts.
#[derive(Debug, Clone, Default, PartialEq)]
struct Balances(BTreeMap<String, Account>);

impl Balances {
    /// Applies one event. One that was applied before changes nothing; one that is missing is a broken promise.
    fn apply(&mut self, event: &Message) {
        let account = self.0.entry(event.ordering_key.clone()).or_default();
        let words: Vec<&str> = text(event).split(' ').collect();
        let number: u64 = words[0].parse().expect("a number");
        let amount: i64 = words[2].parse().expect("an amount");
        if number <= account.events {
            return;
        }
        assert_eq!(number, account.events + 1, "in order: {event:?}");
        account.events = number;
        account.balance += match words[1] {
            "deposited" => amount,
            _ => -amount,
        };
    }

    /// How many events went in.
    fn events(&self) -> u64 {
        self.0.values().map(|account| account.events).sum()
    }

    /// Follows a reader until so many events have gone in.
    async fn follow(&mut self, reader: &mut Subscriber, events: u64) -> Result<(), Error> {
        while self.events() < events {
            let event = reader.next().await?;
            self.apply(&event.message);
            event.ack();
        }
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_projection_that_is_rebuilt_is_the_one_that_was_followed() {
    support::play(async |broker| {
        let client = broker.client();
        set_up(client).await?;

        // The projection follows while writers trade.
        let mut live = Balances::default();
        let mut events = reader(client, "balances").await?;
        let writers = async {
            for number in 0..ACCOUNTS {
                trade(client, &format!("account-{number}"), number + 3).await?;
            }
            Ok(())
        };
        tokio::try_join!(writers, live.follow(&mut events, EVENTS))?;
        assert_eq!(live.0.len() as u64, ACCOUNTS);
        assert!(
            live.0.values().all(|account| account.balance >= 0),
            "{live:?}"
        );

        // Everything was acknowledged long ago, and everything is still there to be read again.
        support::close_books(client, &[("balances", EVENTS)]).await?;
        let mut rebuilt = Balances::default();
        let mut again = reader(client, "balances.rebuilt").await?;
        rebuilt.follow(&mut again, EVENTS).await?;
        assert_eq!(rebuilt, live);

        // The rebuilt one takes over: the old subscription goes, and nothing was published twice or anew.
        events.close().await?;
        client.admin().delete_subscription("balances").await?;
        support::close_books(client, &[("balances.rebuilt", EVENTS)]).await
    })
    .await;
}
