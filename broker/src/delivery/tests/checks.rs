//! Whether a machine is what the model is: its books, the state of each message, and what follows.

use super::model::{Message, Status};
use super::world::World;
use crate::delivery::State;
use crate::model::Offset;

/// What is claimed of a message.
type Claim = fn(&Message) -> bool;

impl World {
    /// The books agree: running, recounted and the model's.
    pub(super) fn check_books(&self) {
        let counts = self.machine.counts(&self.log);
        assert_eq!(counts, self.machine.recount(&self.log), "counts, recount");
        assert_eq!(counts, self.model.counts(), "counts, model");
        assert_eq!(counts.sum_error(), 0);
    }

    /// The state of every offset is the model's, and what follows from it.
    pub(super) fn check(&self) {
        self.check_books();
        for (at, message) in self.model.messages.iter().enumerate() {
            let (state, attempts) = self.machine.state_of(Offset(at as u64), &self.log);
            if at < self.model.start {
                assert_eq!(state, State::NotEntered);
            } else {
                assert!(
                    agrees(&state, attempts, message),
                    "{at}: {state:?} after {attempts} attempts is {message:?}"
                );
            }
        }
        let next = self.log.next();
        let first = |claim: fn(&Message) -> bool| self.model.first(claim);
        let floor = first(|message| !message.is_finished());
        assert_eq!(self.machine.floor(), floor.unwrap_or(next));
        let due = first(Message::is_in_work);
        assert_eq!(self.machine.oldest_due(&self.log), due);
        let ready = first(|message| message.status == Status::Ready);
        assert_eq!(self.machine.oldest_ready(&self.log), ready);
        self.check_ages();
    }

    /// Since when the oldest could go, unless more were scheduled than are looked at.
    fn check_ages(&self) {
        let claims: [(_, Claim); 2] = [
            (self.machine.due_since(&self.log), Message::is_in_work),
            (self.machine.ready_since(&self.log), |message| {
                message.status == Status::Ready
            }),
        ];
        for (found, claim) in claims {
            let messages = self.model.messages.iter().skip(self.model.start);
            let claimed: Vec<&Message> = messages.filter(|message| claim(message)).collect();
            let oldest = claimed.iter().map(|message| message.since).min();
            if claimed.iter().filter(|m| m.was_scheduled).count() < 60 {
                assert_eq!(found, oldest);
            } else {
                assert!(found >= oldest, "{found:?} is older than {oldest:?}");
            }
        }
    }
}

fn agrees(state: &State, attempts: u32, message: &Message) -> bool {
    let same_attempts = message.is_finished() || attempts == message.attempts;
    same_attempts
        && match (state, message.status) {
            (State::Ready, Status::Ready) => true,
            (State::Scheduled(due), Status::Scheduled(expected)) => *due == expected,
            (State::Leased { id, deadline, .. }, Status::Leased(held)) => {
                (*id, *deadline) == (held.consumer, held.deadline)
            }
            (State::Waiting(until), Status::Waiting(expected)) => *until == expected,
            (State::Dead(dead), Status::Dead(time)) => {
                dead.last_failure == time && dead.attempts == message.attempts
            }
            (State::Finished, _) => message.is_finished(),
            _ => false,
        }
}
