//! Cache sync: every instance of an application keeps prices in memory, and hears of every change.
//!
//! - **What for:** copies of some state in many processes: caches, feature flags, routing tables.
//! - **What Weir gives:** a subscription of its own for each instance, so that each hears everything; it costs a few
//!   bytes while its instance keeps up. Changes are on the disk before they are told.
//! - **What stays with the application:** a source of truth, here a database, from which a new instance loads: it
//!   subscribes *first* and loads *then*, or it misses what changes in between. Versions, so that a change which is
//!   older than what was loaded, or comes twice, changes nothing. And an age after which an entry is loaded anew, for
//!   the day when a writer dies between the database and its publish.

use std::collections::BTreeMap;
use std::sync::Mutex;

use weir_proto::client::{Client, Error, SubscribeOptions, Subscriber};
use weir_proto::v1::{Message, StartPosition};

use crate::support::{self, message, subscription, topic};

/// A price, and how often it was set.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Price {
    version: u64,
    cents: u64,
}

/// Prices by product.
type Prices = BTreeMap<String, Price>;

/// The truth.
#[derive(Debug, Default)]
struct Database(Mutex<Prices>);

impl Database {
    /// Sets a price, and only then tells of it.
    async fn set(&self, client: &Client, product: &str, cents: u64) -> Result<(), Error> {
        let version = {
            let mut prices = self.0.lock().unwrap();
            let price = prices.entry(product.to_owned()).or_default();
            *price = Price {
                version: price.version + 1,
                cents,
            };
            price.version
        };
        let change = Message {
            attributes: [
                ("product".to_owned(), product.to_owned()),
                ("version".to_owned(), version.to_string()),
            ]
            .into(),
            ..message(&cents.to_string())
        };
        client.publish("price-changed", vec![change]).await?;
        Ok(())
    }

    fn load(&self) -> Prices {
        self.0.lock().unwrap().clone()
    }
}

/// One instance of the application.
struct Instance {
    changes: Subscriber,
    prices: Prices,
}

impl Instance {
    /// Subscribes, and then loads what is there.
    async fn start(client: &Client, name: &str, database: &Database) -> Result<Self, Error> {
        let own = subscription(&format!("prices.{name}"), "price-changed");
        let own = client
            .admin()
            .create_subscription(own, StartPosition::Latest)
            .await?;
        let changes = Subscriber::open(client, SubscribeOptions::to(own.name)).await?;
        Ok(Self {
            changes,
            prices: database.load(),
        })
    }

    /// Follows the changes until its prices are those of the database.
    async fn catch_up(&mut self, database: &Database) -> Result<(), Error> {
        while self.prices != database.load() {
            let change = self.changes.next().await?;
            apply(&mut self.prices, &change.message);
            change.ack();
        }
        Ok(())
    }

    /// Leaves, and leaves nothing behind for which the broker would keep changes.
    async fn stop(self, client: &Client, name: &str) -> Result<(), Error> {
        self.changes.close().await?;
        let own = format!("prices.{name}");
        client.admin().delete_subscription(own).await.map(drop)
    }
}

/// Applies a change if it is newer than what is known.
fn apply(prices: &mut Prices, change: &Message) {
    let attribute = |key: &str| change.attributes.get(key).cloned().unwrap_or_default();
    let told = Price {
        version: attribute("version").parse().expect("a version"),
        cents: support::text(change).parse().expect("cents"),
    };
    let known = prices.entry(attribute("product")).or_default();
    if told.version > known.version {
        *known = told;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_instance_has_the_same_prices_whenever_it_came() {
    support::play(async |broker| {
        let client = broker.client();
        client.admin().create_topic(topic("price-changed")).await?;
        let database = Database::default();
        database.set(client, "tea", 250).await?;

        // Two instances start; the first price they have from the database, the rest they are told.
        let mut a = Instance::start(client, "a", &database).await?;
        let mut b = Instance::start(client, "b", &database).await?;
        for cents in 300..320 {
            database.set(client, "coffee", cents).await?;
        }
        database.set(client, "tea", 260).await?;
        tokio::try_join!(a.catch_up(&database), b.catch_up(&database))?;
        assert_eq!(a.prices["tea"].cents, 260);
        assert_eq!(a.prices, b.prices);

        // A third one comes, and knows at once what the others were told.
        let mut c = Instance::start(client, "c", &database).await?;
        assert_eq!(c.prices, a.prices);

        // The second leaves. What changes then is kept for nobody who is gone.
        b.stop(client, "b").await?;
        database.set(client, "cocoa", 400).await?;
        tokio::try_join!(a.catch_up(&database), c.catch_up(&database))?;
        assert_eq!(a.prices, database.load());
        support::close_books(client, &[("prices.a", 22), ("prices.c", 1)]).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_change_between_subscribing_and_loading_is_neither_lost_nor_taken_back() {
    support::play(async |broker| {
        let client = broker.client();
        client.admin().create_topic(topic("price-changed")).await?;
        let database = Database::default();
        let own = subscription("prices.a", "price-changed");
        client
            .admin()
            .create_subscription(own, StartPosition::Latest)
            .await?;
        database.set(client, "tea", 250).await?;
        database.set(client, "tea", 260).await?;

        // The instance has loaded the newest price and is then told the older one, which changes nothing.
        let mut prices = database.load();
        let options = SubscribeOptions::to("prices.a");
        let mut changes = Subscriber::open(client, options).await?;
        for _ in 0..2 {
            let change = changes.next().await?;
            apply(&mut prices, &change.message);
            change.ack();
            assert_eq!(prices["tea"].cents, 260);
        }
        support::close_books(client, &[("prices.a", 2)]).await
    })
    .await;
}
