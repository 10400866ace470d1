//! Publishes that are confirmed before they are durable: how many messages a power cut may lose.
//!
//! The bound is below the offsets that an unclean start skips, so that no id that was told is given
//! again, however small the messages are. What does not fit waits until it is durable.

use std::collections::VecDeque;

use crate::core::Receipt;
use crate::core::limits::JUMP;
use crate::model::Position;

/// Messages that may be confirmed and not durable at a time, all topics together.
pub(super) const MAX_EXPOSED: u64 = JUMP / 2;

/// What is confirmed and was not durable when last looked at.
#[derive(Debug, Default)]
pub(super) struct Exposed {
    waiting: VecDeque<(Position, u64)>,
    messages: u64,
}

impl Exposed {
    /// Whether a publish may be confirmed when it is written; if so, it counts until it is durable.
    pub(super) fn admits(&mut self, receipt: &Receipt, durable: Position) -> bool {
        let Some(since) = receipt.relaxed_since else {
            return false;
        };
        while let Some(&(position, count)) = self.waiting.front() {
            if position > durable {
                break;
            }
            self.messages -= count;
            self.waiting.pop_front();
        }
        let count = receipt.runs.iter().map(|run| u64::from(run.count)).sum();
        // Before its relaxation is durable, a topic is not relaxed: a crash would find it as it was.
        if since > durable || self.messages + count > MAX_EXPOSED {
            return false;
        }
        self.messages += count;
        self.waiting.push_back((receipt.position, count));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::entry::StoredRun;
    use crate::model::{Offset, Partition, TopicId};

    fn receipt(position: u64, count: u64, relaxed_since: Option<u64>) -> Receipt {
        let run = StoredRun {
            topic: TopicId(1),
            partition: Partition(0),
            base: Offset(0),
            count: u32::try_from(count).unwrap(),
        };
        Receipt {
            runs: vec![run],
            position: Position(position),
            is_duplicate: false,
            relaxed_since: relaxed_since.map(Position),
        }
    }

    #[test]
    fn only_so_many_messages_are_confirmed_before_they_are_durable() {
        let mut exposed = Exposed::default();
        let durable = Position(5);
        assert!(!exposed.admits(&receipt(6, 1, None), durable));
        assert!(
            !exposed.admits(&receipt(7, 1, Some(6)), durable),
            "not relaxed yet"
        );
        assert!(exposed.admits(&receipt(8, MAX_EXPOSED, Some(5)), durable));
        assert!(!exposed.admits(&receipt(9, 1, Some(5)), Position(7)));
        assert!(exposed.admits(&receipt(10, 2, Some(5)), Position(8)));
    }
}
