//! Who keeps a verdict until the next one is sure.
//!
//! A new verdict must hold for [`HOLD`] samples in a row before it is shown, and for [`HOLD_LESS`] if it matters less
//! than the one that is shown: what gets better may wait, what gets worse may not. A pause and its end are facts and
//! are shown at once. That all is well is said no more from the moment on at which nobody takes what waits: until it is
//! sure that nobody does, nothing is said. The time since which it is so is that of the first of these samples.

use std::sync::Arc;

use super::Verdict;
use super::rules::{Context, IDLE, SHARE, is_bounded, is_paced, judge};
use super::signs::{HoldUp, Signs};
use super::trend::{Course, Trend};
use crate::insight::Severity;
use crate::model::{MessageId, Now, Partition, Span, Time};

/// Samples that a new verdict must hold for.
pub(super) const HOLD: u32 = 3;
/// Samples that one must hold for that matters less.
pub(super) const HOLD_LESS: u32 = 10;
/// Samples after which what is shown is shown no more, even if nothing else held for long enough.
pub(super) const HOLD_OTHER: u32 = 20;
/// What of a new sample goes into how full hands are.
const FILL_PART: f64 = 0.2;
/// Samples for which there must have been as many consumers before what each does is known: the window of the rates.
const SETTLED: u32 = 60;
/// What is left after a sample of what each consumer was seen to do: half of it after about a day.
const FORGETTING: f64 = 1.0 - 8.0e-6;

/// What is going on in one subscription.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Diagnosis {
    /// In one word.
    pub verdict: Verdict,
    /// How much it matters.
    pub severity: Severity,
    /// Since when it is so.
    pub since: Time,
    /// What it rests on.
    pub(super) figures: Figures,
}

/// What a verdict rests on.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Figures {
    pub(super) signs: Known,
    pub(super) growth: f64,
    /// What each consumer does and was seen to do, in messages per second.
    pub(super) each: Option<(f64, f64)>,
    pub(super) breach: Option<Breach>,
}

/// The part of the signs that sentences need.
#[derive(Debug, Default, Clone, Copy, PartialEq)]
pub(super) struct Known {
    pub(super) backlog: u64,
    pub(super) leased: u64,
    pub(super) waiting: u64,
    pub(super) parked: u64,
    pub(super) parked_keys: u64,
    pub(super) consumers: u64,
    pub(super) held: u64,
    pub(super) allowance: u64,
    pub(super) age: Span,
    pub(super) arrivals: f64,
    pub(super) acks: f64,
    pub(super) failures: f64,
    pub(super) failing: f64,
    pub(super) deaths: f64,
    pub(super) top_key: Option<f64>,
    pub(super) hold_up: Option<HoldUp>,
    pub(super) partition: Option<Partition>,
    pub(super) quiet: Span,
    pub(super) paced: Option<u64>,
    pub(super) bounded: Option<u64>,
    pub(super) is_budget_spent: bool,
}

/// What its owner does not accept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breach {
    /// The oldest message is older than this.
    Age(Span),
    /// The backlog is larger than this.
    Backlog(u64),
}

/// A verdict that has changed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Change {
    /// What was shown before, if anything was.
    pub before: Option<Diagnosis>,
    /// What is shown now.
    pub now: Diagnosis,
}

/// Judges one subscription, sample by sample.
#[derive(Debug, Default, Clone)]
pub struct Judge {
    trend: Trend,
    fill: f64,
    /// How many consumers there are.
    crew: u64,
    /// For how many samples there have been so many.
    settled: u32,
    /// The most that each consumer was seen to do over a minute, in messages per second.
    peak: f64,
    /// The message in the way, and for how many samples.
    held_up: Option<(MessageId, u32)>,
    /// Shared with the samples in which it is.
    shown: Option<Arc<Diagnosis>>,
    /// What would be shown next, since when, and for how many samples.
    next: Option<(Verdict, Time, u32)>,
    /// For how many samples it has been anything else than what is shown.
    other: u32,
}

impl Judge {
    /// What is shown.
    pub fn diagnosis(&self) -> Option<&Arc<Diagnosis>> {
        self.shown.as_ref()
    }

    /// What the backlog does, in messages per second; `None` while it is not known.
    pub fn growth(&self, signs: &Signs, now: Now) -> Option<f64> {
        self.course(signs, now).map(|course| course.growth())
    }

    /// Looks at a sample; says what has changed.
    pub fn look(&mut self, signs: &Signs, now: Now) -> Option<Change> {
        self.trend.note(now.mono, signs.stock.backlog);
        let fill = signs.crew.fill(signs.limits.outstanding);
        self.fill += (fill - self.fill) * FILL_PART;
        self.held_up = match (signs.hold_up, self.held_up) {
            (None, _) => None,
            (Some(found), Some((known, samples))) if known == found.message => {
                Some((known, samples.saturating_add(1)))
            }
            (Some(found), _) => Some((found.message, 1)),
        };
        let is_as_before = self.crew == signs.crew.consumers;
        let before = if is_as_before { self.settled } else { 0 };
        (self.crew, self.settled) = (signs.crew.consumers, before.saturating_add(1));
        let each = self.each(signs);
        let course = self.course(signs, now);
        let verdict = judge(
            signs,
            &Context {
                course,
                fill: self.fill,
                slower: each.map(|(now, before)| before / now.max(f64::MIN_POSITIVE)),
                held_up: self.held_up.map_or(0, |(_, samples)| samples),
                before: self.next.map(|(verdict, ..)| verdict),
            },
        );
        let Some(verdict) = verdict else {
            self.next = None;
            return None;
        };
        let since = match &mut self.next {
            Some((next, since, samples)) if *next == verdict => {
                *samples = samples.saturating_add(1);
                *since
            }
            next => {
                *next = Some((verdict, now.wall, 1));
                now.wall
            }
        };
        let figures = Figures {
            each: each.filter(|_| verdict == Verdict::Slowed),
            ..figures(signs, course)
        };
        let severity = severity(verdict, signs, &figures);
        self.show(&Diagnosis {
            verdict,
            severity,
            since,
            figures,
        })
    }

    /// Shows a diagnosis if it is sure, or the one that is shown with new figures.
    fn show(&mut self, found: &Diagnosis) -> Option<Change> {
        let before = self.shown.as_deref().copied();
        match &mut self.shown {
            Some(shown) if shown.verdict == found.verdict => {
                self.other = 0;
                let since = shown.since;
                let now = Diagnosis { since, ..*found };
                if **shown != now {
                    *shown = Arc::new(now);
                }
                let is_other = before.is_some_and(|before| before.severity != found.severity);
                return is_other.then_some(Change { before, now });
            }
            _ => {}
        }
        let held = self.next.map_or(0, |(_, _, samples)| samples);
        self.other = self.other.saturating_add(1);
        if held < self.needed(found) && self.other < HOLD_OTHER {
            let is_well = before.is_some_and(|before| before.severity == Severity::Fine);
            if is_well && found.verdict == Verdict::NoConsumers {
                self.shown = None;
            }
            return None;
        }
        self.other = 0;
        self.shown = Some(Arc::new(*found));
        Some(Change {
            before,
            now: *found,
        })
    }

    /// How many samples a new verdict must hold for.
    fn needed(&self, found: &Diagnosis) -> u32 {
        let Some(shown) = &self.shown else {
            return match found.verdict {
                Verdict::Ok | Verdict::Idle | Verdict::Paused => 1,
                _ => HOLD,
            };
        };
        let is_fact = found.verdict == Verdict::Paused || shown.verdict == Verdict::Paused;
        if is_fact {
            1
        } else if found.severity < shown.severity {
            HOLD_LESS
        } else {
            HOLD
        }
    }

    fn course(&self, signs: &Signs, now: Now) -> Option<Course> {
        let short = signs.short();
        let moved = short.arrivals.max(short.acks);
        self.trend.course(now.mono, signs.stock.backlog, moved)
    }

    /// What each consumer does, and the most that it was seen to do; `None` while their number has changed lately, or
    /// nothing was seen.
    fn each(&mut self, signs: &Signs) -> Option<(f64, f64)> {
        self.peak *= FORGETTING;
        if self.crew == 0 || self.settled < SETTLED {
            return None;
        }
        let long = signs.long();
        let now = (long.acks + long.failures) / self.crew as f64;
        self.peak = self.peak.max(now);
        (self.peak > 0.0).then_some((now, self.peak))
    }
}

fn figures(signs: &Signs, course: Option<Course>) -> Figures {
    let (stock, crew, long) = (&signs.stock, &signs.crew, signs.long());
    let behind = signs
        .largest
        .filter(|part| part.share(stock.backlog) >= SHARE);
    let known = Known {
        backlog: stock.backlog,
        leased: stock.leased,
        waiting: stock.waiting,
        parked: stock.parked,
        parked_keys: stock.parked_keys,
        consumers: crew.consumers,
        held: crew.held,
        allowance: crew.allowance,
        age: signs.age(),
        arrivals: signs.short().arrivals,
        acks: signs.short().acks,
        failures: long.failures,
        failing: long.failing(),
        deaths: long.deaths,
        top_key: signs.top_key,
        hold_up: signs.hold_up,
        partition: behind.map(|part| part.partition),
        // In steps, so that what does not change looks as if it did not.
        quiet: if signs.quiet >= IDLE {
            coarse(signs.quiet)
        } else {
            Span::ZERO
        },
        paced: signs.limits.delivery_rate.filter(|_| is_paced(signs)),
        bounded: signs.limits.outstanding.filter(|_| is_bounded(signs)),
        is_budget_spent: signs.limits.is_budget_spent,
    };
    let limits = &signs.limits;
    let age = limits.slo_age.filter(|accepted| signs.age() > *accepted);
    let backlog = limits
        .slo_backlog
        .filter(|accepted| stock.backlog > *accepted);
    Figures {
        signs: known,
        growth: course.map_or(0.0, |course| course.growth()),
        each: None,
        breach: age.map(Breach::Age).or(backlog.map(Breach::Backlog)),
    }
}

/// In whole minutes up to an hour, hours up to a day, days from there on; of each the last that is full.
fn coarse(span: Span) -> Span {
    const MINUTE: u64 = 60_000_000;
    let unit = match span.0 / MINUTE {
        0..60 => 10 * MINUTE,
        60..1_440 => 60 * MINUTE,
        _ => 1_440 * MINUTE,
    };
    Span(span.0 / unit * unit)
}

/// How much a verdict matters. What its owner does not accept matters one step more.
fn severity(verdict: Verdict, signs: &Signs, figures: &Figures) -> Severity {
    let known = &figures.signs;
    let act_if = |acts: bool| if acts { Severity::Act } else { Severity::Watch };
    let plain = match verdict {
        Verdict::Ok | Verdict::Idle | Verdict::Draining => Severity::Fine,
        Verdict::Paused => match known.backlog {
            0 => Severity::Fine,
            _ => Severity::Watch,
        },
        Verdict::Growing | Verdict::UnderCapacity | Verdict::Skewed => Severity::Watch,
        Verdict::Stuck => act_if(known.parked > 0 || known.hold_up.is_some_and(|one| one.is_dead)),
        Verdict::NoConsumers => act_if(signs.long().arrivals > 0.0),
        Verdict::Slowed => act_if(known.acks <= 0.0),
        Verdict::ConsumersIdle => act_if(signs.long().deliveries <= 0.0),
        Verdict::Failing => act_if(known.failing >= 0.5 || figures.growth > 0.0),
    };
    if figures.breach.is_some() {
        plain.raised()
    } else {
        plain
    }
}
