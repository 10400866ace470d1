//! Dead messages on their way to a topic by an operation: read, told where and why they died, published.

use super::batch;
use super::forwarding::dead_letter;
use super::scan;
use crate::core::{MoveSlice, Moved};
use crate::model::entry::{Body, BodyBuilder};
use crate::model::{Offset, Partition, Position, Refusal};
use crate::shard::{Handle, Health, ShownMessage};

use prost::Message as _;

/// Goes on with moves whenever there are some, until the shard has stopped. What cannot be published now is tried again
/// when the shard says so next, within a second or so.
pub async fn move_dead(handle: Handle) {
    let (mut hints, mut health) = (handle.watch_forwarding(), handle.watch_health());
    loop {
        let is_over = |health: &Health| matches!(health, Health::Stopped | Health::Poisoned(_));
        tokio::select! {
            hint = hints.changed() => if hint.is_err() {
                return;
            },
            _over = health.wait_for(is_over) => return,
        }
        loop {
            match step(&handle).await {
                Ok(true) => {}
                Ok(false) => break,
                Err(refusal) => {
                    tracing::debug!(%refusal, "dead messages are not moved now");
                    break;
                }
            }
        }
    }
}

/// One step of one move; whether there was one.
async fn step(handle: &Handle) -> Result<bool, Refusal> {
    let Some(mut slice) = handle.next_move().await? else {
        return Ok(false);
    };
    let shown = handle.read_move(&mut slice).await;
    let step = slice.step.clone();
    match shown.and_then(|shown| moved(slice, &shown)) {
        Ok(moved) => handle.moved(moved).await.map(|_done| true),
        Err(Refusal::DataDamaged { detail }) => {
            let note = format!("a message cannot be read: {detail}");
            handle.stop_move(step, note).await.map(|()| true)
        }
        Err(other) => Err(other),
    }
}

/// What is published of messages, in order, by partition.
fn moved(slice: MoveSlice, shown: &[ShownMessage]) -> Result<Moved, Refusal> {
    let mut builders: Vec<(Partition, BodyBuilder, u32)> = Vec::new();
    let mut messages: Vec<(Offset, Position, Partition, u32)> = Vec::with_capacity(shown.len());
    for shown in shown {
        let Some(dead) = shown.view.states.first().and_then(|state| state.dead) else {
            continue;
        };
        let letter = dead_letter(shown, &slice.subscription, Some(slice.step.operation))?;
        let key = scan::key_hash(letter.ordering_key.as_bytes());
        let home = shown.view.id.partition.0;
        let partition = batch::partition_of(key, slice.route.partitions, home);
        let known = builders.iter().position(|(has, ..)| *has == partition);
        let slot = known.unwrap_or_else(|| {
            builders.push((partition, BodyBuilder::default(), 0));
            builders.len() - 1
        });
        if let Some((_, builder, count)) = builders.get_mut(slot) {
            builder.push(&letter.encode_to_vec(), key);
            messages.push((shown.view.id.offset, dead.text, partition, *count));
            *count += 1;
        }
    }
    let bodies = builders.into_iter();
    let batches: Vec<(Partition, Body)> = bodies
        .filter_map(|(partition, builder, _)| Some((partition, builder.finish()?)))
        .collect();
    Ok(Moved {
        step: slice.step,
        messages,
        batches,
    })
}
