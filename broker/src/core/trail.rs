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
    act: Packed,
    /// Where the log says it last.
    stated: Position,
}

/// An act, packed, since there are many and few are looked at; shared with a checkpoint that is being written.
#[derive(Debug, Clone)]
pub(super) struct Packed(Arc<[u8]>);

impl Packed {
    fn of(act: &Audited) -> Self {
        let bytes = act.packed();
        assert!(
            Audited::unpacked(&bytes).is_ok_and(|read| read == *act),
            "act {} would not be read as it was packed",
            act.sequence
        );
        Self(bytes)
    }

    /// It as it was.
    pub(super) fn act(&self) -> Audited {
        // It was read once when it was packed, and nothing changes these bytes: there is no other case.
        Audited::unpacked(&self.0).unwrap_or_default()
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
            act: Packed::of(act),
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
            let act = told.act.act();
            (act.sequence, act.digest)
        })
    }

    /// Forgets what is too old; the newest is always kept, since the next one goes on from it.
    pub(super) fn forget(&mut self, now: Time) {
        while self.acts.len() > 1
            && let Some(first) = self.acts.first_entry()
            && first.get().act.act().time.plus(AUDIT_MEMORY) <= now
        {
            first.remove();
        }
    }

    /// The acts after one, in order.
    pub(super) fn after(&self, sequence: u64) -> impl Iterator<Item = Audited> + '_ {
        let acts = self.acts.range(sequence.saturating_add(1)..);
        acts.map(|(_, told)| told.act.act())
    }

    /// The acts before one, the newest first.
    pub(super) fn before(&self, sequence: u64) -> impl Iterator<Item = Audited> + '_ {
        let acts = self.acts.range(..sequence).rev();
        acts.map(|(_, told)| told.act.act())
    }

    /// Where the log says the first of them that is still remembered.
    pub(super) fn state_floor(&self) -> Option<Position> {
        self.acts.values().map(|told| told.stated).min()
    }

    /// Those that the log says before a position, in order.
    pub(super) fn stated_before(&self, before: Position) -> impl Iterator<Item = Audited> {
        let due = self.acts.values().filter(move |told| told.stated < before);
        due.map(|told| told.act.act())
    }

    /// All acts, packed and shared.
    pub(super) fn shared(&self) -> impl Iterator<Item = Packed> + '_ {
        self.acts.values().map(|told| told.act.clone())
    }

    /// Checks each hash and that each act goes on from the one before.
    pub(super) fn verify(&self) -> Result<(), TrailBroken> {
        let mut before: Option<Audited> = None;
        for (&sequence, told) in &self.acts {
            let act = told.act.act();
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
