//! The entry of an administrative act, with its bytes: who did what, with the hash that chains it to the one before.
//!
//! ```text
//! 47 Audited  sequence, time, actor, peer, verb, topic, subscription, plan, operation, selected, affected, skipped,
//!             detail, hash of the one before (32 bytes), hash (32 bytes)
//! ```

use std::sync::Arc;

use super::bytes::{DecodeError, Reader, Writer};
use super::operation::Who;
use crate::model::{OperationId, Time};

/// A hash.
pub type Digest = [u8; 32];

/// An administrative act.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Audited {
    /// Its number, from 1, without gaps.
    pub sequence: u64,
    /// When it was done.
    pub time: Time,
    /// Who did it; nobody if the broker did by a rule.
    pub who: Who,
    /// What was done, as `topic.create`.
    pub verb: String,
    /// The name of the topic; may be empty.
    pub topic: String,
    /// The name of the subscription; may be empty.
    pub subscription: String,
    /// The plan that it carried out; empty if none.
    pub plan: String,
    /// The operation; 0 if it was none.
    pub operation: OperationId,
    /// How many messages were selected.
    pub selected: u64,
    /// How many were changed.
    pub affected: u64,
    /// How many of the selected were left as they are.
    pub skipped: u64,
    /// What else there is to say: what changed, or how it ended.
    pub detail: String,
    /// The hash of the act before.
    pub previous: Digest,
    /// The hash of all of the above.
    pub digest: Digest,
}

impl Audited {
    /// What the hash is made of.
    pub fn hashed(&self) -> Vec<u8> {
        let mut out = Writer::default();
        self.write_fields(&mut out);
        out.0
    }

    fn write_fields(&self, out: &mut Writer) {
        out.number(self.sequence).number(self.time.0);
        out.text(&self.who.actor).text(&self.who.peer);
        out.text(&self.verb)
            .text(&self.topic)
            .text(&self.subscription);
        out.text(&self.plan).number(self.operation.0);
        out.number(self.selected)
            .number(self.affected)
            .number(self.skipped);
        out.text(&self.detail);
        out.0.extend_from_slice(&self.previous);
    }

    /// It in as little memory as it takes.
    pub fn packed(&self) -> Arc<[u8]> {
        let mut out = Writer::default();
        self.write(&mut out);
        out.0.into()
    }

    /// What was packed; `DecodeError` for bytes that [`Audited::packed`] never gives.
    pub fn unpacked(bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::read(&mut Reader(bytes))
    }

    /// Writes the fields; gives the kind.
    pub(super) fn write(&self, out: &mut Writer) -> u8 {
        self.write_fields(out);
        out.0.extend_from_slice(&self.digest);
        47
    }

    pub(super) fn read(input: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            sequence: input.number("the sequence")?,
            time: Time(input.number("the time")?),
            who: Who {
                actor: input.text("the actor")?.to_owned(),
                peer: input.text("the peer")?.to_owned(),
            },
            verb: input.text("the verb")?.to_owned(),
            topic: input.text("the topic")?.to_owned(),
            subscription: input.text("the subscription")?.to_owned(),
            plan: input.text("the plan")?.to_owned(),
            operation: OperationId(input.number("the operation")?),
            selected: input.number("the selected")?,
            affected: input.number("the affected")?,
            skipped: input.number("the skipped")?,
            detail: input.text("the detail")?.to_owned(),
            previous: digest(input)?,
            digest: digest(input)?,
        })
    }
}

fn digest(input: &mut Reader<'_>) -> Result<Digest, DecodeError> {
    let bytes = input.bytes(32, "a hash")?;
    Digest::try_from(bytes).map_err(|_short| DecodeError::Short("a hash"))
}
