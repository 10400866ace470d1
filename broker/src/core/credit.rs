//! What a stream's consumer holds: which sequences stand for which leased messages, and how much of its allowance they
//! use. A slow consumer holds credit, never memory: a run of sequences takes one entry, whatever its length.

use std::collections::BTreeMap;

use super::command::{Allowance, SequenceRange};
use crate::delivery::{Log, Room};
use crate::model::{LeaseSerial, Offset, OffsetRange, Partition};

/// Messages with consecutive sequences, of one grant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    /// The first sequence.
    pub(super) first: u64,
    pub(super) partition: Partition,
    pub(super) range: OffsetRange,
    pub(super) serial: LeaseSerial,
    /// What it uses of the allowance.
    bytes: u64,
}

/// The allowance of a consumer and what uses it.
#[derive(Debug)]
pub(super) struct Credit {
    allowance: Allowance,
    messages: u64,
    bytes: u64,
    next_sequence: u64,
    /// By first sequence.
    held: BTreeMap<u64, Held>,
    /// First sequences by first offset of each grant.
    places: BTreeMap<(LeaseSerial, Offset), u64>,
}

impl Credit {
    pub(super) fn new(allowance: Allowance) -> Self {
        Self {
            allowance,
            messages: 0,
            bytes: 0,
            next_sequence: 1,
            held: BTreeMap::new(),
            places: BTreeMap::new(),
        }
    }

    pub(super) fn allowance(&self) -> Allowance {
        self.allowance
    }

    /// Messages held.
    pub(super) fn messages(&self) -> u64 {
        self.messages
    }

    /// What else may be granted.
    pub(super) fn room(&self) -> Room {
        Room {
            messages: self.allowance.messages.saturating_sub(self.messages),
            bytes: self.allowance.bytes.saturating_sub(self.bytes),
            may_exceed: self.messages == 0,
        }
    }

    /// Whether anything may be granted.
    pub(super) fn has_room(&self) -> bool {
        let room = self.room();
        room.messages > 0 && room.bytes > 0
    }

    /// Gives the next sequences to granted messages of one frame; returns the first.
    pub(super) fn grant(
        &mut self,
        partition: Partition,
        range: OffsetRange,
        serial: LeaseSerial,
        bytes: u64,
    ) -> u64 {
        let first = self.next_sequence;
        self.next_sequence += range.count();
        self.messages += range.count();
        self.bytes += bytes;
        self.insert(Held {
            first,
            partition,
            range,
            serial,
            bytes,
        });
        first
    }

    /// Gives back the credit of sequences; returns what they stood for, and the sequences that stood for nothing.
    pub(super) fn settle<'a>(
        &mut self,
        sequences: SequenceRange,
        log: impl Fn(Partition) -> Option<&'a Log>,
    ) -> (Vec<Held>, Vec<SequenceRange>) {
        let (mut settled, mut unknown) = (Vec::new(), Vec::new());
        let mut at = sequences.first;
        for held in self.overlapping(sequences) {
            let first = held.first.max(sequences.first);
            let last = (held.first + (held.range.count() - 1)).min(sequences.last);
            if at < first {
                let last = first - 1;
                unknown.push(SequenceRange { first: at, last });
            }
            let start = held.range.start.plus(first - held.first);
            let part = OffsetRange::new(start, last - first + 1);
            settled.push(self.cut(held, part, log(held.partition)));
            // A sequence that is held is below the largest number there is.
            at = last + 1;
        }
        if at <= sequences.last {
            let last = sequences.last;
            unknown.push(SequenceRange { first: at, last });
        }
        (settled, unknown)
    }

    /// What sequences stand for, and the sequences that stand for nothing; changes nothing.
    pub(super) fn look(&self, sequences: SequenceRange) -> (Vec<Held>, Vec<SequenceRange>) {
        let (mut found, mut unknown) = (Vec::new(), Vec::new());
        let mut at = sequences.first;
        for held in self.overlapping(sequences) {
            let first = held.first.max(sequences.first);
            let last = (held.first + (held.range.count() - 1)).min(sequences.last);
            if at < first {
                let last = first - 1;
                unknown.push(SequenceRange { first: at, last });
            }
            let start = held.range.start.plus(first - held.first);
            found.push(Held {
                first,
                range: OffsetRange::new(start, last - first + 1),
                ..held
            });
            at = last + 1;
        }
        if at <= sequences.last {
            let last = sequences.last;
            unknown.push(SequenceRange { first: at, last });
        }
        (found, unknown)
    }

    /// Gives back the credit of messages of a grant, whose lease has ended otherwise.
    pub(super) fn end(&mut self, serial: LeaseSerial, range: OffsetRange, log: &Log) {
        let from = self.places.range(..=(serial, range.start)).next_back();
        let from = from.filter(|((of, _), _)| *of == serial);
        let start = from.map_or(range.start, |(&(_, start), _)| start);
        let places = self.places.range((serial, start)..(serial, range.end));
        let firsts: Vec<u64> = places.map(|(_, &first)| first).collect();
        for first in firsts {
            if let Some(&held) = self.held.get(&first) {
                let part = held.range.intersection(range);
                if !part.is_empty() {
                    self.cut(held, part, Some(log));
                }
            }
        }
    }

    fn overlapping(&self, sequences: SequenceRange) -> Vec<Held> {
        if sequences.last < sequences.first {
            return Vec::new();
        }
        let before = self.held.range(..sequences.first).next_back();
        let before = before.filter(|(_, held)| held.first + held.range.count() > sequences.first);
        let within = self.held.range(sequences.first..=sequences.last);
        before
            .into_iter()
            .chain(within)
            .map(|(_, held)| *held)
            .collect()
    }

    /// Takes `part` out of `held`; what is left of it before and after stays held.
    fn cut(&mut self, held: Held, part: OffsetRange, log: Option<&Log>) -> Held {
        self.held.remove(&held.first);
        self.places.remove(&(held.serial, held.range.start));
        let mut left = held.bytes;
        let before = OffsetRange::between(held.range.start, part.start);
        let after = OffsetRange::between(part.end, held.range.end);
        for rest in [before, after] {
            if rest.is_empty() {
                continue;
            }
            let bytes = log.map_or(0, |log| log.bytes(rest)).min(left);
            left -= bytes;
            self.insert(Held {
                first: held.first + (rest.start.0 - held.range.start.0),
                range: rest,
                bytes,
                ..held
            });
        }
        self.messages -= part.count();
        self.bytes -= left;
        Held {
            first: held.first + (part.start.0 - held.range.start.0),
            range: part,
            bytes: left,
            ..held
        }
    }

    fn insert(&mut self, held: Held) {
        self.places
            .insert((held.serial, held.range.start), held.first);
        self.held.insert(held.first, held);
    }
}
