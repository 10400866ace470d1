//! What the signs mean: the table of `console.md` 6.1, from what is a fact to what is likely. The first row that
//! applies is the verdict.
//!
//! A row that applied a moment ago needs less to go on than it needed to begin, so that a border is no place to flap
//! at: what grows goes on to grow until it does not, what fails until half as much fails.

use super::Verdict;
use super::signs::Signs;
use super::trend::Course;
use crate::insight::drain::FRESH;
use crate::model::Span;

/// A message that is held up for less is no matter.
const HELD_UP: Span = Span::from_secs(10);
/// Who has not acknowledged for so long, though others wait, hangs.
const HUNG: Span = Span::from_secs(60);
/// What lags for so long is behind, also if it does not grow.
const BEHIND: Span = Span::from_secs(60);
/// What nothing came to for so long is idle.
pub(super) const IDLE: Span = Span::from_secs(600);
/// The same message must be in the way for so many samples.
const STEADY: u32 = 10;
/// So many failed attempts of one message are no accident.
const ATTEMPTS: u32 = 2;
/// More messages in backoff than these are no single one.
const SINGLE: u64 = 3;
/// Failures of a minute below these are too few to judge by.
const FEW_FAILURES: f64 = 5.0;
/// The part of the attempts that fail, beside a backlog that grows.
const FAILING: f64 = 0.2;
/// The same, whatever the backlog does.
const FAILING_ANYWAY: f64 = 0.5;
/// Hands are full from here on.
const FULL: f64 = 0.8;
/// Hands are rather empty below.
const EMPTY: f64 = 0.5;
/// Consumers that are busy and do so many times less than they did have slowed.
const SLOWED: f64 = 1.25;
/// So many keys are few.
const FEW_KEYS: u64 = 16;
/// A partition with so many times its fair part is behind.
pub(super) const SHARE: f64 = 1.5;

/// What the judge knows besides the signs.
#[derive(Debug, Clone, Copy)]
pub(super) struct Context {
    /// What the backlog does; `None` while it is not known for long enough.
    pub(super) course: Option<Course>,
    /// How full hands are, lately.
    pub(super) fill: f64,
    /// How many times less each consumer does than it did; `None` if there is nothing to compare.
    pub(super) slower: Option<f64>,
    /// For how many samples the same message has been in the way.
    pub(super) held_up: u32,
    /// What applied a moment ago.
    pub(super) before: Option<Verdict>,
}

/// The verdict; `None` while too little was seen.
pub(super) fn judge(signs: &Signs, context: &Context) -> Option<Verdict> {
    let stock = &signs.stock;
    if signs.is_paused {
        return Some(Verdict::Paused);
    }
    if stock.backlog == 0 {
        return Some(if is_failing(signs, context) {
            Verdict::Failing
        } else if signs.quiet >= IDLE {
            Verdict::Idle
        } else {
            Verdict::Ok
        });
    }
    if is_unheard(signs) {
        return Some(Verdict::NoConsumers);
    }
    if signs.age() < FRESH && !is_failing(signs, context) {
        return Some(Verdict::Ok);
    }
    context.course?;
    Some(if is_stuck(signs, context) {
        Verdict::Stuck
    } else if is_failing(signs, context) {
        Verdict::Failing
    } else if context.is_rising() || is_behind(signs, context) {
        behind(signs, context)
    } else if context.is_falling() {
        Verdict::Draining
    } else {
        Verdict::Ok
    })
}

/// Why a backlog grows, or does not shrink.
fn behind(signs: &Signs, context: &Context) -> Verdict {
    let was = |verdict| context.before == Some(verdict);
    let full = if was(Verdict::UnderCapacity) || was(Verdict::Slowed) {
        FULL - 0.1
    } else {
        FULL
    };
    if is_hung(signs) {
        Verdict::Slowed
    } else if is_skewed(signs, context) {
        Verdict::Skewed
    } else if is_limited(signs) {
        Verdict::ConsumersIdle
    } else if signs.crew.consumers == 0 {
        Verdict::Growing
    } else if context.fill >= full {
        if is_slowed(context) {
            Verdict::Slowed
        } else {
            Verdict::UnderCapacity
        }
    } else if context.fill < EMPTY {
        Verdict::ConsumersIdle
    } else {
        Verdict::Growing
    }
}

impl Context {
    /// Whether the backlog grows.
    fn is_rising(&self) -> bool {
        let grew = self.before.is_some_and(|before| {
            matches!(
                before,
                Verdict::Growing
                    | Verdict::UnderCapacity
                    | Verdict::Slowed
                    | Verdict::ConsumersIdle
                    | Verdict::Skewed
            )
        });
        self.course.is_some_and(|course| {
            let least = if grew { 0.0 } else { course.noise };
            course.grown > least
        })
    }

    fn is_falling(&self) -> bool {
        let fell = self.before == Some(Verdict::Draining);
        self.course.is_some_and(|course| {
            let least = if fell { 0.0 } else { course.noise };
            course.grown < -least
        })
    }
}

/// Messages wait, and nobody takes them: no consumer, and no Pull that holds or acknowledges much of them. That is so
/// from the first of them on: where nobody is, a fresh backlog is not kept up with.
fn is_unheard(signs: &Signs) -> bool {
    signs.crew.consumers == 0 && !signs.flow().is_attended()
}

/// One message is in the way: always the same, with few others that fail.
fn is_stuck(signs: &Signs, context: &Context) -> bool {
    let Some(hold_up) = signs.hold_up else {
        return false;
    };
    if context.held_up < STEADY || signs.age() < HELD_UP {
        return false;
    }
    let stock = &signs.stock;
    let is_failed = hold_up.attempts >= ATTEMPTS && stock.waiting <= SINGLE;
    let holds_others = stock.parked * 2 >= stock.backlog && stock.parked > 0;
    let is_alone = !context.is_rising() && !context.is_falling();
    (hold_up.is_dead || is_failed) && (holds_others || is_alone)
}

/// Many attempts fail.
fn is_failing(signs: &Signs, context: &Context) -> bool {
    if signs.limits.is_budget_spent {
        return true;
    }
    let long = signs.long();
    if long.failures * 60.0 < FEW_FAILURES {
        return false;
    }
    let least = if context.is_rising() {
        FAILING
    } else {
        FAILING_ANYWAY
    };
    let was = context.before == Some(Verdict::Failing);
    long.failing() >= if was { least / 2.0 } else { least }
}

/// It does not grow, and lags for long all the same, though hands are full.
fn is_behind(signs: &Signs, context: &Context) -> bool {
    let stock = &signs.stock;
    let has_others = stock.backlog > stock.leased.saturating_mul(2);
    let is_full = context.fill >= FULL || is_hung(signs);
    signs.age() >= BEHIND && has_others && is_full && !context.is_falling()
}

/// Consumers hold messages, others wait, and nothing was answered for a minute.
fn is_hung(signs: &Signs) -> bool {
    let long = signs.long();
    let is_silent = long.acks <= 0.0 && long.failures <= 0.0;
    let stock = &signs.stock;
    is_silent && signs.crew.held > 0 && stock.ready > stock.parked && signs.age() >= HUNG
}

/// Hands are full, and each consumer does less than it was seen to do. The time from handing out to ack would not tell:
/// of full hands it is mostly time that messages wait in them.
fn is_slowed(context: &Context) -> bool {
    let was = context.before == Some(Verdict::Slowed);
    let factor = if was {
        1.0 + (SLOWED - 1.0) / 2.0
    } else {
        SLOWED
    };
    context.slower.is_some_and(|slower| slower >= factor)
}

/// The subscription itself lets no more out.
fn is_limited(signs: &Signs) -> bool {
    is_paced(signs) || is_bounded(signs)
}

/// It hands out as fast as it may.
pub(super) fn is_paced(signs: &Signs) -> bool {
    let rate = signs.limits.delivery_rate;
    rate.is_some_and(|rate| signs.short().deliveries >= rate as f64 * 0.9)
}

/// All consumers together hold as many as they may.
pub(super) fn is_bounded(signs: &Signs) -> bool {
    let most = signs.limits.outstanding;
    most.is_some_and(|most| signs.stock.leased >= most && signs.crew.allowance > most)
}

/// Few keys hold most of the backlog, and hands are rather empty: the rest of them wait their turn.
fn is_skewed(signs: &Signs, context: &Context) -> bool {
    let stock = &signs.stock;
    let few = FEW_KEYS.max(signs.crew.consumers);
    let holds_most = stock.parked > 0 && stock.parked * 2 >= stock.backlog;
    holds_most && stock.parked_keys <= few && context.fill < FULL
}
