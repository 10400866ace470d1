//! Creates a topic and a subscription, publishes a hundred messages and receives them.
//!
//! Start a broker (`weir serve`), then `cargo run -p weir-proto --example quickstart [HOST:PORT]`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use weir_proto::client::{Client, Error, Options, SubscribeOptions, Subscriber};
use weir_proto::v1::{ErrorReason, Message, StartPosition, Subscription, Topic};

const MESSAGES: usize = 100;

#[tokio::main]
async fn main() -> Result<(), Error> {
    let options = std::env::args()
        .nth(1)
        .map_or_else(Options::default, Options::to);
    let client = Client::connect(options.fail_fast()).await?;
    create(&client).await?;
    publish(&client).await?;
    receive(&client).await
}

/// Creates what the example needs; what exists from an earlier run is used again.
async fn create(client: &Client) -> Result<(), Error> {
    let topic = Topic {
        name: "quickstart".to_owned(),
        ..Topic::default()
    };
    let subscription = Subscription {
        name: "quickstart-reader".to_owned(),
        topic: topic.name.clone(),
        ..Subscription::default()
    };
    let admin = client.admin();
    let created = admin.create_topic(topic).await.map(drop);
    unless(ErrorReason::TopicAlreadyExists, created)?;
    let created = admin
        .create_subscription(subscription, StartPosition::Earliest)
        .await
        .map(drop);
    unless(ErrorReason::SubscriptionAlreadyExists, created)
}

/// Forgives one reason.
fn unless(forgiven: ErrorReason, result: Result<(), Error>) -> Result<(), Error> {
    match result {
        Err(error) if error.reason() == forgiven => Ok(()),
        other => other,
    }
}

/// Publishes without waiting for each answer: the confirmations are collected at the end.
async fn publish(client: &Client) -> Result<(), Error> {
    let publisher = client.publisher("quickstart");
    let mut confirmations = Vec::with_capacity(MESSAGES);
    for number in 0..MESSAGES {
        let payload = format!("message {number}").into();
        confirmations.push(
            publisher
                .publish(Message {
                    payload,
                    ..Message::default()
                })
                .await?,
        );
    }
    for confirmation in confirmations {
        println!("stored {}", confirmation.await?);
    }
    publisher.close().await
}

/// Receives and acknowledges as many messages as were published.
async fn receive(client: &Client) -> Result<(), Error> {
    let mut subscriber =
        Subscriber::open(client, SubscribeOptions::to("quickstart-reader")).await?;
    for _ in 0..MESSAGES {
        let received = subscriber.next().await?;
        let text = String::from_utf8_lossy(&received.message.payload);
        println!(
            "received {} (attempt {}): {text:?}",
            received.id, received.attempt
        );
        received.ack();
    }
    subscriber.close().await
}
