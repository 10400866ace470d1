//! What became of each message of a run: nothing confirmed may be missing at the end, nothing that was acknowledged may
//! come again, and the messages of a key come in order.

use super::stamp::Stamp;

/// One bit for each message of a producer, by its sequence.
#[derive(Clone, Debug, Default)]
struct Bits {
    words: Vec<u64>,
    count: u64,
}

impl Bits {
    /// Sets a bit; says whether it was not set before.
    fn set(&mut self, at: u64) -> bool {
        let Ok(word) = usize::try_from(at / 64) else {
            return false;
        };
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let mask = 1 << (at % 64);
        let is_new = self.words[word] & mask == 0;
        self.words[word] |= mask;
        self.count += u64::from(is_new);
        is_new
    }

    fn has(&self, at: u64) -> bool {
        let word = usize::try_from(at / 64).ok();
        let word = word.and_then(|word| self.words.get(word));
        word.is_some_and(|word| word & (1 << (at % 64)) != 0)
    }

    /// How many bits of `self` are not set in `other`.
    fn without(&self, other: &Self) -> u64 {
        let others = other.words.iter().chain(std::iter::repeat(&0));
        let pairs = self.words.iter().zip(others);
        pairs
            .map(|(one, other)| u64::from((one & !other).count_ones()))
            .sum()
    }
}

/// The messages of one producer.
#[derive(Clone, Debug, Default)]
struct Produced {
    confirmed: Bits,
    acked: Bits,
    /// The newest sequence that was seen of each key.
    newest: Vec<Option<u64>>,
}

/// The messages of a run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ledger {
    producers: Vec<Produced>,
    /// Keys of each producer; 0 without keys.
    keys: u64,
    pub(crate) duplicates: u64,
    pub(crate) out_of_order: u64,
    /// Came with a stamp that no producer of this run made.
    pub(crate) unknown: u64,
}

impl Ledger {
    /// A ledger for so many producers with so many keys each.
    pub(crate) fn new(producers: u32, keys: u64) -> Self {
        let one = Produced {
            newest: vec![None; usize::try_from(keys).unwrap_or(0)],
            ..Produced::default()
        };
        Self {
            producers: vec![one; producers as usize],
            keys,
            ..Self::default()
        }
    }

    /// The broker has confirmed these messages.
    pub(crate) fn confirmed(&mut self, producer: u32, sequences: std::ops::Range<u64>) {
        if let Some(produced) = self.producers.get_mut(producer as usize) {
            for sequence in sequences {
                produced.confirmed.set(sequence);
            }
        }
    }

    /// A message came; `is_first` if this is its first attempt.
    pub(crate) fn came(&mut self, stamp: Stamp, is_first: bool) {
        let Some(produced) = self.producers.get_mut(stamp.producer as usize) else {
            self.unknown += 1;
            return;
        };
        if produced.acked.has(stamp.sequence) {
            self.duplicates += 1;
            return;
        }
        if self.keys == 0 || !is_first {
            return;
        }
        let key = usize::try_from(stamp.sequence % self.keys).ok();
        let Some(newest) = key.and_then(|key| produced.newest.get_mut(key)) else {
            return;
        };
        if newest.is_some_and(|newest| newest > stamp.sequence) {
            self.out_of_order += 1;
        }
        *newest = (*newest).max(Some(stamp.sequence));
    }

    /// A consumer has acknowledged a message.
    pub(crate) fn acked(&mut self, stamp: Stamp) {
        if let Some(produced) = self.producers.get_mut(stamp.producer as usize) {
            produced.acked.set(stamp.sequence);
        }
    }

    /// How many messages are confirmed.
    pub(crate) fn confirmed_count(&self) -> u64 {
        self.producers.iter().map(|one| one.confirmed.count).sum()
    }

    /// How many different messages are acknowledged.
    pub(crate) fn acked_count(&self) -> u64 {
        self.producers.iter().map(|one| one.acked.count).sum()
    }

    /// How many are confirmed and were never acknowledged.
    pub(crate) fn missing(&self) -> u64 {
        let missing = self.producers.iter();
        missing.map(|one| one.confirmed.without(&one.acked)).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn stamp(sequence: u64) -> Stamp {
        Stamp {
            producer: 0,
            sequence,
            due: Duration::ZERO,
            waited: Duration::ZERO,
        }
    }

    #[test]
    fn a_run_without_fault_has_none() {
        let mut ledger = Ledger::new(2, 3);
        ledger.confirmed(0, 0..200);
        for sequence in 0..200 {
            ledger.came(stamp(sequence), true);
            ledger.acked(stamp(sequence));
        }
        assert_eq!((ledger.confirmed_count(), ledger.acked_count()), (200, 200));
        assert_eq!(
            (ledger.missing(), ledger.duplicates, ledger.out_of_order),
            (0, 0, 0)
        );
    }

    #[test]
    fn what_is_confirmed_and_never_comes_is_missing() {
        let mut ledger = Ledger::new(1, 0);
        ledger.confirmed(0, 0..130);
        for sequence in (0..130).filter(|sequence| sequence % 65 != 1) {
            ledger.came(stamp(sequence), true);
            ledger.acked(stamp(sequence));
        }
        assert_eq!(ledger.missing(), 2);
    }

    #[test]
    fn what_comes_after_its_ack_is_a_duplicate_and_a_redelivery_is_none() {
        let mut ledger = Ledger::new(1, 0);
        ledger.confirmed(0, 0..1);
        ledger.came(stamp(0), true);
        ledger.came(stamp(0), false);
        ledger.acked(stamp(0));
        assert_eq!(ledger.duplicates, 0);
        ledger.came(stamp(0), false);
        assert_eq!(ledger.duplicates, 1);
    }

    #[test]
    fn order_is_that_of_a_key() {
        let mut ledger = Ledger::new(1, 2);
        for sequence in [1, 0, 3, 2] {
            ledger.came(stamp(sequence), true);
        }
        assert_eq!(ledger.out_of_order, 0);
        ledger.came(stamp(6), true);
        ledger.came(stamp(4), true);
        assert_eq!(ledger.out_of_order, 1);
    }

    #[test]
    fn a_stamp_of_nobody_is_counted() {
        let mut ledger = Ledger::new(1, 0);
        ledger.came(
            Stamp {
                producer: 7,
                ..stamp(0)
            },
            true,
        );
        assert_eq!(ledger.unknown, 1);
    }
}
