//! The record of administrative acts: who did what, in the commit group in which it was done, each chained to the one
//! before by a hash.
//!
//! Bounded by age and number: the oldest go first, and what is left still holds together. A byte that was changed
//! breaks the chain from there on.

use std::collections::BTreeMap;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

use super::limits::{AUDIT_MEMORY, MAX_AUDITED};
use crate::model::entry::{Audited, Digest};
use crate::model::{Position, Time};

/// The acts that are remembered.
#[derive(Debug, Default)]
pub(super) struct Trail {
    acts: BTreeMap<u64, Told>,
}

#[derive(Debug)]
struct Told {
    /// Packed, since there are many and few are looked at; shared with a checkpoint that is being written.
    act: Arc<[u8]>,
    /// Where the log says it last.
    stated: Position,
}

impl Told {
    fn act(&self) -> Audited {
        // Nothing but acts is packed here.
        Audited::unpacked(&self.act).unwrap_or_default()
    }
}

/// The chain of acts is broken: one was changed, or is missing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the record of administrative acts does not hold together at act {sequence}")]
pub struct TrailBroken {
    /// The first act that does not fit.
    pub sequence: u64,
}

/// The hash of an act.
pub(super) fn digest(act: &Audited) -> Digest {
    Sha256::digest(act.hashed()).into()
}

impl Trail {
    /// Applies the entry.
    pub(super) fn audited(&mut self, act: &Audited, at: Position) {
        let told = Told {
            act: act.packed(),
            stated: at,
        };
        self.acts.insert(act.sequence, told);
        while self.acts.len() > MAX_AUDITED {
            self.acts.pop_first();
        }
    }

    /// The number and the hash that the next one has to go on from.
    pub(super) fn last(&self) -> (u64, Digest) {
        let last = self.acts.values().next_back();
        last.map_or((0, Digest::default()), |told| {
            let act = told.act();
            (act.sequence, act.digest)
        })
    }

    /// Forgets what is too old; the newest is always kept, since the next one goes on from it.
    pub(super) fn forget(&mut self, now: Time) {
        while self.acts.len() > 1
            && let Some(first) = self.acts.first_entry()
            && first.get().act().time.plus(AUDIT_MEMORY) <= now
        {
            first.remove();
        }
    }

    /// The acts after one, in order.
    pub(super) fn after(&self, sequence: u64) -> impl Iterator<Item = Audited> + '_ {
        let acts = self.acts.range(sequence.saturating_add(1)..);
        acts.map(|(_, told)| told.act())
    }

    /// The acts before one, the newest first.
    pub(super) fn before(&self, sequence: u64) -> impl Iterator<Item = Audited> + '_ {
        let acts = self.acts.range(..sequence).rev();
        acts.map(|(_, told)| told.act())
    }

    /// Where the log says the first of them that is still remembered.
    pub(super) fn state_floor(&self) -> Option<Position> {
        self.acts.values().map(|told| told.stated).min()
    }

    /// Those that the log says before a position, in order.
    pub(super) fn stated_before(&self, before: Position) -> impl Iterator<Item = Audited> {
        let due = self.acts.values().filter(move |told| told.stated < before);
        due.map(Told::act)
    }

    /// All acts, packed and shared.
    pub(super) fn shared(&self) -> impl Iterator<Item = Arc<[u8]>> + '_ {
        self.acts.values().map(|told| Arc::clone(&told.act))
    }

    /// Checks each hash and that each act goes on from the one before.
    pub(super) fn verify(&self) -> Result<(), TrailBroken> {
        let mut before: Option<Audited> = None;
        for (&sequence, told) in &self.acts {
            let act = told.act();
            let goes_on = before.is_none_or(|before| {
                before.sequence + 1 == act.sequence && before.digest == act.previous
            });
            if !goes_on || digest(&act) != act.digest {
                return Err(TrailBroken { sequence });
            }
            before = Some(act);
        }
        Ok(())
    }
}
