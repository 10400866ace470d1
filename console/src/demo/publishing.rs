//! How actors publish: at each tick a batch, and the next one only when it is confirmed.

use std::time::Duration;

use weir_proto::client::Error;
use weir_proto::v1::Message;

use super::chance::Chance;
use super::stage::{Act, Stage};
use crate::clock;

/// Batches are made so often.
pub(crate) const TICK: Duration = Duration::from_millis(50);

/// Publishes what `make` makes of each tick until the stage settles. An empty batch is not sent.
pub(crate) async fn publish<M>(stage: &Stage, topic: &'static str, mut make: M) -> Result<(), Error>
where
    M: FnMut(&mut Chance) -> Vec<Message>,
{
    let mut chance = stage.chance(topic);
    let publisher = stage.client.publisher(topic);
    let mut ticks = clock::pace(TICK);
    let settling = stage.begins(Act::Settling);
    tokio::pin!(settling);
    loop {
        tokio::select! {
            biased;
            () = &mut settling => return publisher.close().await,
            _ = ticks.tick() => {}
        }
        let batch = make(&mut chance);
        if batch.is_empty() {
            continue;
        }
        // A batch that was sent is waited for, also when the stage settles: it is counted or it is not.
        let stored = publisher.publish_batch(batch).await?.await?;
        stage.tally.publish(topic, stored.message_count());
    }
}

/// A message of JSON text.
pub(crate) fn message(payload: String, key: String) -> Message {
    Message {
        payload: payload.into(),
        ordering_key: key,
        ..Message::default()
    }
}
