//! Fan-out: an invoice is paid, and several services act on it, each on its own.
//!
//! - **What for:** one fact that concerns many. The publisher does not know who they are, and one more of them changes
//!   nothing for the others.
//! - **What Weir gives:** each subscription has every event, with progress, retries and dead messages of its own; the
//!   content is stored once. A service that fails does not slow the others, and what it could not do is kept until
//!   somebody puts it back, for this service alone.
//! - **What stays with the application:** events that say what happened, with what others need to know of it; names
//!   for kinds of failure, by which dead messages are found again; somebody who looks at them.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use weir_proto::client::{Client, Error, SubscribeOptions, Subscriber};
use weir_proto::v1::{
    MessageState, NackOptions, PeekRequest, RequeueDeadLettersRequest, Selection, StartPosition,
    Subscription,
};

use crate::support::{self, message, subscription, text, topic};

const INVOICES: u64 = 20;
/// What shipping calls its failure.
const CLOSED: &str = "warehouse_closed";

async fn set_up(client: &Client) -> Result<(), Error> {
    let admin = client.admin();
    admin.create_topic(topic("invoice-paid")).await?;
    for service in ["ledger", "receipts", "shipping"] {
        // Two attempts at once, so that the example is short. Left alone it would be ten within minutes.
        let service = Subscription {
            max_attempts: 2,
            minimum_backoff: Some(prost_types::Duration::default()),
            maximum_backoff: Some(prost_types::Duration::default()),
            ..subscription(service, "invoice-paid")
        };
        admin
            .create_subscription(service, StartPosition::Latest)
            .await?;
    }
    Ok(())
}

/// A service: acts on each event, or says which kind of failure keeps it from that.
async fn serve(
    client: &Client,
    name: &str,
    act: impl Fn(&str) -> Result<(), &'static str>,
) -> Result<(), Error> {
    let mut events = Subscriber::open(client, SubscribeOptions::to(name)).await?;
    loop {
        let event = events.next().await?;
        match act(text(&event.message)) {
            Ok(()) => event.ack(),
            Err(error_class) => event.nack(NackOptions {
                error_class: error_class.to_owned(),
                reason: "nobody answers at the warehouse".to_owned(),
                ..NackOptions::default()
            }),
        }
    }
}

/// Looks at what died in `subscription`, and how it did.
async fn dead_of(client: &Client, subscription: &str) -> Result<Vec<String>, Error> {
    let request = PeekRequest {
        subscription: subscription.to_owned(),
        states: vec![MessageState::Dead.into()],
        page_size: 1_000,
        ..PeekRequest::default()
    };
    let page = client.operator().peek(request).await?;
    let dead = page.messages.into_iter().flat_map(|one| one.states);
    let dead = dead.filter_map(|state| state.dead_letter);
    Ok(dead.map(|letter| letter.error_class).collect())
}

/// Puts back what died of one kind of failure, for one service.
async fn requeue(client: &Client, subscription: &str, error_class: &str) -> Result<u64, Error> {
    let request = RequeueDeadLettersRequest {
        subscription: subscription.to_owned(),
        selection: Some(Selection {
            error_class: error_class.to_owned(),
            ..Selection::default()
        }),
        dry_run: false,
    };
    Ok(client.operator().requeue(request).await?.affected)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_that_fails_disturbs_no_other_and_catches_up_later() {
    support::play(async |broker| {
        let client = broker.client();
        set_up(client).await?;
        let (booked, mailed, tried) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
        let is_open = AtomicBool::new(false);
        let count = |counter: &AtomicU64| {
            counter.fetch_add(1, Ordering::Relaxed);
        };
        let ledger = serve(client, "ledger", |_invoice| {
            count(&booked);
            Ok(())
        });
        let receipts = serve(client, "receipts", |_invoice| {
            count(&mailed);
            Ok(())
        });
        let shipping = serve(client, "shipping", |_invoice| {
            count(&tried);
            let is_open = is_open.load(Ordering::Relaxed);
            if is_open { Ok(()) } else { Err(CLOSED) }
        });
        let services = async { tokio::try_join!(ledger, receipts, shipping) };

        let scenario = async {
            let invoices = (0..INVOICES).map(|number| message(&format!("invoice {number}")));
            client.publish("invoice-paid", invoices.collect()).await?;
            // The ledger and the receipts are done; all of shipping has failed twice and is dead.
            support::until(client, "ledger", |now| now.acked == INVOICES).await?;
            support::until(client, "receipts", |now| now.acked == INVOICES).await?;
            support::until(client, "shipping", |now| now.dead == INVOICES).await?;
            assert_eq!(tried.load(Ordering::Relaxed), 2 * INVOICES);
            let why = dead_of(client, "shipping").await?;
            assert_eq!(why, vec![CLOSED; 20]);

            // The warehouse opens again. What died comes back to shipping, and to nobody else.
            is_open.store(true, Ordering::Relaxed);
            assert_eq!(requeue(client, "shipping", CLOSED).await?, INVOICES);
            let all = ["ledger", "receipts", "shipping"].map(|service| (service, INVOICES));
            support::close_books(client, &all).await?;
            let acted = [&booked, &mailed, &tried].map(|counter| counter.load(Ordering::Relaxed));
            assert_eq!(acted, [INVOICES, INVOICES, 3 * INVOICES]);
            Ok(())
        };
        support::alongside(services, scenario).await
    })
    .await;
}
