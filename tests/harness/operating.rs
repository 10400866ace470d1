//! An operator who does at random what real ones do while messages flow.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng as _;
use rand::rngs::SmallRng;
use weir_proto::client::{Client, Error};
use weir_proto::v1::{
    MessageState, PeekRequest, RequeueDeadLettersRequest, Selection, Subscription,
};

use super::ground::Reader;
use super::history::History;
use super::payload::Mark;
use super::wait;

/// Between two acts.
const PACE: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(120)];
/// How long a subscription is held.
const HELD: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(40)];
/// A rate that holds nothing up.
const RATE: u64 = 1_000_000;

pub(super) struct Operator {
    pub(super) client: Client,
    pub(super) history: Arc<History>,
    pub(super) readers: &'static [Reader],
    pub(super) random: SmallRng,
}

impl Operator {
    pub(super) async fn run(mut self) -> Result<(), Error> {
        loop {
            wait::pause_random(&mut self.random, PACE[0], PACE[1]).await;
            let name = self.readers[self.random.random_range(0..self.readers.len())].name;
            match self.random.random_range(0..10) {
                0..6 => requeue(&self.client, &self.history, name).await?,
                6..8 => self.hold(name).await?,
                _ => self.edit(name).await?,
            }
        }
    }

    async fn hold(&mut self, name: &str) -> Result<(), Error> {
        let admin = self.client.admin();
        admin.pause_subscription(name).await?;
        wait::pause_random(&mut self.random, HELD[0], HELD[1]).await;
        admin.resume_subscription(name).await.map(drop)
    }

    /// Sets a limit, or takes it away.
    async fn edit(&mut self, name: &str) -> Result<(), Error> {
        let wanted = Subscription {
            name: name.to_owned(),
            delivery_rate: self.random.random_bool(0.5).then_some(RATE),
            ..Subscription::default()
        };
        let admin = self.client.admin();
        let updated = admin.update_subscription(wanted, &["delivery_rate"]).await;
        updated.map(drop)
    }
}

/// Puts a page of dead messages back. Their attempts start again, also of one whose last attempt was
/// handed out in an answer that a kill kept from its consumer: the history could not know that it died.
pub(super) async fn requeue(
    client: &Client,
    history: &History,
    subscription: &str,
) -> Result<(), Error> {
    let peek = PeekRequest {
        subscription: subscription.to_owned(),
        states: vec![MessageState::Dead.into()],
        page_size: 1_000,
        ..PeekRequest::default()
    };
    let dead = client.operator().peek(peek).await?.messages;
    if dead.is_empty() {
        return Ok(());
    }
    let mut message_ids = Vec::new();
    for peeked in dead {
        let payload = peeked.message.unwrap_or_default().payload;
        if let Some(mark) = Mark::of(&payload) {
            history.may_have_died(subscription, mark);
        }
        message_ids.push(peeked.message_id);
    }
    let request = RequeueDeadLettersRequest {
        subscription: subscription.to_owned(),
        selection: Some(Selection {
            message_ids,
            ..Selection::default()
        }),
        dry_run: false,
    };
    client.operator().requeue(request).await.map(drop)
}
