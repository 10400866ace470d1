//! Idempotent consumer: what comes twice is done once.
//!
//! - **What for:** every consumer whose work must not be done twice, which is most of them. Weir delivers at least
//!   once: a message comes again after a nack, an expired lease, a lost consumer, a crash of the broker, or an ack
//!   that was not confirmed; and a publisher that had no answer publishes again.
//! - **What Weir gives:** a message id that stays through redelivery, requeue and restart, and the number of the
//!   attempt, so that the common case can be told from a repeat.
//! - **What stays with the application:** an id of its own in each message, chosen once by whoever had the idea, since
//!   a message that is published again has another message id; and a table of what was done, written *in one
//!   transaction* with the work. What is older than any message that may still come can be forgotten: the retention of
//!   the topic and of dead messages says how long that is.

use std::collections::BTreeSet;

use weir_proto::client::{Client, Error, SubscribeOptions, Subscriber};
use weir_proto::v1::{Message, NackAction, NackOptions, RequeueDeadLettersRequest};
use weir_proto::v1::{Selection, StartPosition};

use crate::support::{self, message, subscription, text, topic};

/// The database of the consumer: an account, and the payments that are in it.
#[derive(Debug, Default)]
struct Database {
    balance: u64,
    paid: BTreeSet<String>,
}

/// What became of a payment.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome {
    Done,
    DoneBefore,
}

impl Database {
    /// One transaction: the payment is in the table and in the balance, or in neither.
    fn pay_in(&mut self, payment: &Message) -> Outcome {
        let id = payment.attributes["payment-id"].clone();
        if !self.paid.insert(id) {
            return Outcome::DoneBefore;
        }
        self.balance += text(payment).parse::<u64>().expect("an amount");
        Outcome::Done
    }
}

/// A payment with the id that its publisher chose once.
fn payment(id: &str, amount: u64) -> Message {
    Message {
        attributes: [("payment-id".to_owned(), id.to_owned())].into(),
        ..message(&amount.to_string())
    }
}

async fn set_up(client: &Client) -> Result<Subscriber, Error> {
    let admin = client.admin();
    admin.create_topic(topic("payments")).await?;
    let account = subscription("account", "payments");
    admin
        .create_subscription(account, StartPosition::Latest)
        .await?;
    Subscriber::open(client, SubscribeOptions::to("account")).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_payment_that_is_published_again_is_paid_in_once() {
    support::play(async |broker| {
        let client = broker.client();
        let mut payments = set_up(client).await?;
        // The publisher had no answer to its first try, and could not know that it had worked.
        client.publish("payments", vec![payment("p1", 30)]).await?;
        client.publish("payments", vec![payment("p1", 30)]).await?;
        client.publish("payments", vec![payment("p2", 12)]).await?;
        let mut database = Database::default();
        let mut ids = BTreeSet::new();
        for expected in [Outcome::Done, Outcome::DoneBefore, Outcome::Done] {
            let received = payments.next().await?;
            ids.insert(received.id);
            assert_eq!(database.pay_in(&received.message), expected);
            // A repeat is acknowledged, too: it is done.
            received.ack();
        }
        assert_eq!((database.balance, ids.len()), (42, 3));
        support::close_books(client, &[("account", 3)]).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_consumer_that_dies_between_its_commit_and_its_ack_pays_in_once() {
    support::play(async |broker| {
        let client = broker.client();
        let mut payments = set_up(client).await?;
        client.publish("payments", vec![payment("p1", 30)]).await?;
        let mut database = Database::default();
        let received = payments.next().await?;
        let first = received.id;
        assert_eq!(database.pay_in(&received.message), Outcome::Done);
        drop(received);

        let again = payments.next().await?;
        assert_eq!((again.id, again.attempt), (first, 2));
        assert_eq!(database.pay_in(&again.message), Outcome::DoneBefore);
        again.ack();
        assert_eq!(database.balance, 30);
        support::close_books(client, &[("account", 1)]).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dead_message_that_is_requeued_is_known_by_its_id() {
    support::play(async |broker| {
        let client = broker.client();
        let mut payments = set_up(client).await?;
        client.publish("payments", vec![payment("p1", 30)]).await?;
        let mut database = Database::default();
        let received = payments.next().await?;
        let first = received.id;
        assert_eq!(database.pay_in(&received.message), Outcome::Done);
        // What came after the payment failed, and the consumer gave up on all of it.
        received.nack(NackOptions {
            action: NackAction::Dead.into(),
            error_class: "mail_failed".to_owned(),
            ..NackOptions::default()
        });
        support::until(client, "account", |now| now.dead == 1).await?;
        let request = RequeueDeadLettersRequest {
            subscription: "account".to_owned(),
            selection: Some(Selection {
                all: true,
                ..Selection::default()
            }),
            dry_run: false,
        };
        client.operator().requeue(request).await?;

        let again = payments.next().await?;
        assert_eq!((again.id, again.attempt), (first, 1), "attempts start anew");
        assert_eq!(database.pay_in(&again.message), Outcome::DoneBefore);
        again.ack();
        assert_eq!(database.balance, 30);
        support::close_books(client, &[("account", 1)]).await
    })
    .await;
}
