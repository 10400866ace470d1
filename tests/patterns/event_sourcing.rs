//! Event sourcing: what happened to an account is the truth, and its balance is a projection that can be thrown away.
//!
//! - **What for:** state whose history matters, or that must be shown in ways nobody thought of yet.
//! - **What Weir gives:** events in order of key, on the disk before they are confirmed, kept as long as the topic
//!   says. A subscription in order of key holds the rest of a key back while one of its events fails. A read goes
//!   through all that the topic stores, from the oldest event or from where a projection was kept, as often as one
//!   likes: it needs no subscription, leases nothing and leaves nothing behind.
//! - **What stays with the application:** decisions. Weir does not check that an account has the money, so one writer
//!   for each account decides and then publishes. A projection that bears an event twice, here by counting the events
//!   of each account. And retention: a topic that is the truth must say that it keeps everything.

use std::collections::BTreeMap;

use weir_proto::client::{
    Client, Error, ReadItem, ReadOptions, Reader, SubscribeOptions, Subscriber,
};
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

/// Events in order of account, from the oldest one on, to be worked off.
async fn subscriber(client: &Client, name: &str) -> Result<Subscriber, Error> {
    let in_order = Subscription {
        key_order: KeyOrder::Block.into(),
        ..subscription(name, "accounts")
    };
    client
        .admin()
        .create_subscription(in_order, StartPosition::Earliest)
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

    /// Follows a subscription until so many events have gone in.
    async fn follow(&mut self, events: &mut Subscriber, count: u64) -> Result<(), Error> {
        while self.events() < count {
            let event = events.next().await?;
            self.apply(&event.message);
            event.ack();
        }
        Ok(())
    }

    /// Applies all that a reader brings, or so many events if it follows.
    async fn replay(&mut self, reader: &mut Reader, count: u64) -> Result<(), Error> {
        while self.events() < count {
            match reader.next().await? {
                Some(ReadItem::Message(event)) => self.apply(&event.message),
                Some(trimmed) => panic!("the topic keeps everything: {trimmed:?}"),
                None => break,
            }
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
        let mut events = subscriber(client, "balances").await?;
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
        let mut reader = client.read(ReadOptions::of("accounts")).await?;
        rebuilt.replay(&mut reader, u64::MAX).await?;
        assert_eq!(rebuilt, live);

        // A projection that is kept with the places it has come to goes on from there.
        let going_on = ReadOptions {
            offsets: reader.positions().clone(),
            follow: true,
            ..ReadOptions::of("accounts")
        };
        let mut reader = client.read(going_on).await?;
        trade(client, "account-new", 5).await?;
        let all = EVENTS + EVENTS_EACH;
        tokio::try_join!(
            rebuilt.replay(&mut reader, all),
            live.follow(&mut events, all)
        )?;
        assert_eq!(rebuilt, live);
        events.close().await?;
        support::close_books(client, &[("balances", all)]).await
    })
    .await;
}
