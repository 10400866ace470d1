//! A number of consumers is kept for a minute before it becomes smaller, so that nobody who follows it stops and starts
//! consumers without end. It becomes larger at once.

use super::choice::Advice;
use super::load::{Load, Wish};
use crate::model::{Mono, Span};

/// How long a number is kept.
pub(super) const KEPT: Span = Span::from_secs(60);
/// How many different wishes are remembered.
const WISHES: usize = 8;

/// Numbers that were said lately.
#[derive(Debug, Default, Clone)]
pub struct Hold(Vec<Held>);

#[derive(Debug, Clone, Copy)]
struct Held {
    wish: Wish,
    number: u64,
    /// When it was last found to be right.
    at: Mono,
}

impl Hold {
    /// Whether nothing is kept any more.
    pub fn is_over(&self, now: Mono) -> bool {
        self.0.iter().all(|held| now.since(held.at) >= KEPT)
    }

    /// An advice with the number that is to be said.
    pub fn settle(&mut self, mut advice: Advice, load: &Load, wish: &Wish, now: Mono) -> Advice {
        self.0.retain(|held| now.since(held.at) < KEPT);
        let Some(number) = advice.recommended else {
            self.0.retain(|held| held.wish != *wish);
            return advice;
        };
        if let Some(held) = self.0.iter_mut().find(|held| held.wish == *wish) {
            if held.number > number {
                advice.keep(held.number, load);
            } else {
                *held = Held {
                    wish: *wish,
                    number,
                    at: now,
                };
            }
            return advice;
        }
        if self.0.len() >= WISHES {
            self.0.remove(0);
        }
        self.0.push(Held {
            wish: *wish,
            number,
            at: now,
        });
        advice
    }
}
