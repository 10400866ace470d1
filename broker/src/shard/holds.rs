//! Numbers of consumers that were said lately: they are kept for a minute before they become smaller.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use crate::insight::advice::{Advice, Hold, Load, Wish, advise};
use crate::model::{Mono, SubscriptionId};

/// Numbers of consumers that were said lately, by subscription.
#[derive(Debug, Default)]
pub(super) struct Holds(Mutex<HashMap<SubscriptionId, Hold>>);

impl Holds {
    /// What to do about a load now, in the light of what was said.
    pub(super) fn settle(
        &self,
        id: SubscriptionId,
        (load, wish): (&Load, &Wish),
        now: Mono,
    ) -> Advice {
        let mut holds = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        holds.retain(|_, hold| !hold.is_over(now));
        let hold = holds.entry(id).or_default();
        hold.settle(advise(load, wish), load, wish, now)
    }
}
