//! Moves and edits of dead messages: which come next, what is published of them, and the step that does it. What is
//! published of moved ones is made elsewhere: nobody here reads a message.

use std::iter;

use bytes::{BufMut as _, Bytes, BytesMut};
use prost::encoding::{encode_varint, encoded_len_varint};

use super::Handle;
use super::peeking::ShownMessage;
use crate::core::{Edited, MoveSlice, MoveStep, Moved};
use crate::journal::fail_point;
use crate::model::entry::{Body, BodyBuilder, OperationState};
use crate::model::{PlanId, Refusal};

/// The attribute of a message that an operation published: which operation that was.
pub const OPERATION: &str = "weir.dead.operation";
/// How often an edit begins anew, since other operations began first.
const EDIT_TRIES: usize = 16;
/// `attributes` of a message, length-delimited; within one 1 is the key and 2 the value.
const ATTRIBUTES: u8 = (2 << 3) | 2;
const KEY: u8 = (1 << 3) | 2;
const VALUE: u8 = (2 << 3) | 2;

impl Handle {
    /// The messages that are to be moved next; none if no move goes on now.
    pub async fn next_move(&self) -> Result<Option<MoveSlice>, Refusal> {
        self.act(|core, now| Ok(core.next_move(now))).await
    }

    /// The messages of a move, read; one that is stored no more is left out.
    pub async fn read_move(&self, slice: &mut MoveSlice) -> Result<Vec<ShownMessage>, Refusal> {
        self.show(std::mem::take(&mut slice.messages)).await
    }

    /// Publishes messages of a move and finishes the dead ones, in one step; false, and nothing is done, if it does not
    /// go on from there any more. Answers when it is durable.
    pub async fn moved(&self, moved: Moved) -> Result<bool, Refusal> {
        if !moved.batches.is_empty() {
            self.weigh(moved.batches.iter())?;
        }
        let done = self
            .act(move |core, now| {
                let done = core.moved(moved, now);
                fail_point::hit("operation.moved");
                done
            })
            .await;
        fail_point::hit("operation.moved_durably");
        done
    }

    /// Ends a move of which a message cannot be read.
    pub async fn stop_move(&self, step: MoveStep, note: String) -> Result<(), Refusal> {
        self.act(move |core, now| {
            core.stop_move(&step, note, now);
            Ok(())
        })
        .await
    }

    /// Carries out the plan of an edit; none if it is a plan of something else, or is gone.
    pub(super) async fn apply_edit(&self, id: PlanId) -> Result<Option<OperationState>, Refusal> {
        for _ in 0..EDIT_TRIES {
            let found = self.act(move |core, now| Ok(core.edited(id, now))).await?;
            let Some((edited, operation)) = found else {
                return Ok(None);
            };
            let partition = edited.partition;
            let body = body_of(&edited, &operation.to_string())?;
            self.weigh(iter::once(&(partition, body.clone())))?;
            let applied = self
                .act(move |core, now| core.apply_edit(id, (operation, body), now))
                .await?;
            if applied.is_some() {
                return Ok(applied);
            }
        }
        let budget = &self.shared.budget;
        Err(Refusal::Backpressure {
            waiting_bytes: budget.waiting(),
            limit_bytes: budget.limit.into(),
        })
    }
}

/// The message with one attribute more, as a batch of its own.
fn body_of(edited: &Edited, operation: &str) -> Result<Body, Refusal> {
    let mut builder = BodyBuilder::default();
    builder.push(
        &with_attribute(&edited.content, OPERATION, operation),
        edited.key,
    );
    builder.finish().ok_or_else(|| Refusal::Internal {
        detail: "an edited message became no batch".to_owned(),
    })
}

/// An encoded message with one attribute more, which it does not have yet.
fn with_attribute(message: &[u8], key: &str, value: &str) -> Bytes {
    let field = |text: &str| 1 + encoded_len_varint(text.len() as u64) + text.len();
    let mut out = BytesMut::from(message);
    out.put_u8(ATTRIBUTES);
    encode_varint((field(key) + field(value)) as u64, &mut out);
    for (tag, text) in [(KEY, key), (VALUE, value)] {
        out.put_u8(tag);
        encode_varint(text.len() as u64, &mut out);
        out.put_slice(text.as_bytes());
    }
    out.freeze()
}
