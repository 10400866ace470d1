//! Load levelling: orders come in bursts, the kitchen keeps its pace.
//!
//! - **What for:** work that now and then arrives faster than it can be done.
//! - **What Weir gives:** a publish is confirmed when the order is on the disk, whoever is there to work on it. The
//!   backlog is on the disk too, not in anybody's memory, and its age says whether the kitchen keeps up. Workers share
//!   one subscription, and none of them holds more than it allows.
//! - **What stays with the application:** workers enough for the average, if not for the burst; an eye on the age of
//!   the oldest order; and an order that comes twice, since a worker may die between the work and its ack
//!   (`idempotent_consumer.rs`).

use std::collections::BTreeMap;

use tokio::sync::mpsc;
use weir_proto::client::{Client, Error, SubscribeOptions, Subscriber};
use weir_proto::v1::StartPosition;

use crate::support::{self, message, subscription, text, topic};

const ORDERS: u64 = 600;
/// How many orders a cook has at hand at most.
const AT_HAND: u32 = 8;

async fn set_up(client: &Client) -> Result<(), Error> {
    let admin = client.admin();
    admin.create_topic(topic("orders")).await?;
    let kitchen = subscription("kitchen", "orders");
    admin
        .create_subscription(kitchen, StartPosition::Latest)
        .await?;
    Ok(())
}

/// The till: publishes without waiting for each answer, and is done when every order is on the disk.
async fn take_orders(client: &Client) -> Result<(), Error> {
    let till = client.publisher("orders");
    let mut confirmations = Vec::new();
    for number in 0..ORDERS {
        let order = message(&format!("order {number}"));
        confirmations.push(till.publish(order).await?);
    }
    for confirmation in confirmations {
        confirmation.await?;
    }
    till.close().await
}

/// One cook: takes what comes, within the allowance, and says of each order when it is done.
async fn cook(client: &Client, name: &str, done: mpsc::Sender<String>) -> Result<(), Error> {
    let options = SubscribeOptions {
        consumer: name.to_owned(),
        max_outstanding_messages: AT_HAND,
        ..SubscribeOptions::to("kitchen")
    };
    let mut orders = Subscriber::open(client, options).await?;
    loop {
        let order = orders.next().await?;
        // A kitchen that is slow waits here; the orders wait in the broker meanwhile.
        let dish = text(&order.message).to_owned();
        done.send(dish).await.expect("somebody eats");
        order.ack();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_burst_waits_for_the_kitchen_and_no_cook_holds_more_than_allowed() {
    support::play(async |broker| {
        let client = broker.client();
        set_up(client).await?;
        take_orders(client).await?;

        // The burst is over and nobody has cooked yet: all of it waits, and one sees for how long.
        let waiting = support::stats(client, "kitchen").await?;
        assert_eq!((waiting.backlog, waiting.leased), (ORDERS, 0));
        assert!(waiting.lag_seconds.is_some());

        let (done, mut served) = mpsc::channel(1);
        let kitchen = async {
            tokio::try_join!(
                cook(client, "anna", done.clone()),
                cook(client, "bert", done.clone()),
                cook(client, "cleo", done.clone()),
            )
        };
        let guests = async {
            let mut dishes: BTreeMap<String, u32> = BTreeMap::new();
            for number in 0..ORDERS {
                let dish = served.recv().await.expect("the kitchen is open");
                *dishes.entry(dish).or_default() += 1;
                if number % 50 == 0 {
                    let now = support::stats(client, "kitchen").await?;
                    assert!(now.leased <= u64::from(3 * AT_HAND), "{now:#?}");
                }
            }
            let all: BTreeMap<_, _> = (0..ORDERS).map(|n| (format!("order {n}"), 1)).collect();
            assert_eq!(dishes, all, "each order was cooked, and once");
            support::close_books(client, &[("kitchen", ORDERS)]).await
        };
        support::alongside(kitchen, guests).await
    })
    .await;
}
