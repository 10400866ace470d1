//! The number: what comes in, and what is there within the time that is asked for, by what one busy consumer does. No
//! number where there is none: where more consumers would not help, or nothing is known of what one can do.

use super::load::{Bound, Capacity, Confidence, Load, Wish, whole};
use crate::insight::verdict::{Verdict, words};

/// How many consumers there should be.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Advice {
    /// So many; `None` if it is not known, or more of them would not help.
    pub recommended: Option<u64>,
    /// It is the least that it can be: what one can do is not known.
    pub is_lower_bound: bool,
    /// How sure it is.
    pub confidence: Confidence,
    /// What one busy consumer does; `None` if none was busy.
    pub capacity: Option<Capacity>,
    /// What other numbers would do, the smaller ones first.
    pub choices: Vec<Choice>,
    /// More than these are of no use; `None` if nothing bounds them.
    pub most_useful: Option<u64>,
    /// What does.
    pub bound: Bound,
    /// All of it in one or two sentences.
    pub summary: String,
}

/// What a number of consumers would do.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// How many.
    pub consumers: u64,
    /// When the backlog would end, in seconds; `None` for never.
    pub drain: Option<f64>,
    /// It is the one that is recommended.
    pub is_recommended: bool,
}

/// What to do about a load.
pub fn advise(load: &Load, wish: &Wish) -> Advice {
    let capacity = Capacity::of(&load.measured);
    let rate = capacity.map(|capacity| capacity.median).or(load.remembered);
    let Some(rate) = rate.filter(|rate| *rate > 0.0) else {
        return unknown(load, wish);
    };
    let (most_useful, bound) = load.most_useful(rate, wish);
    let needed = needed(load, wish, rate);
    let bounded = needed.min(most_useful.unwrap_or(u64::MAX));
    let recommended = Some(bounded).filter(|_| !is_of_no_help(load.verdict));
    let confidence = match (&capacity, recommended) {
        (_, None) => Confidence::None,
        (Some(capacity), _) => capacity.confidence(load.consumers),
        (None, _) => Confidence::Low,
    };
    let mut advice = Advice {
        recommended,
        is_lower_bound: false,
        confidence,
        capacity,
        choices: Vec::new(),
        most_useful,
        bound,
        summary: String::new(),
    };
    advice.choose(load, rate);
    advice.summary = advice.told(load, needed, rate);
    advice
}

/// How many consumers it takes.
fn needed(load: &Load, wish: &Wish, rate: f64) -> u64 {
    let open = load.backlog.saturating_sub(load.waiting) as f64;
    let seconds = wish.within.as_seconds().max(1.0);
    whole((load.arrivals * (1.0 + load.redelivery) + open / seconds) / rate)
}

/// When a backlog ends with so many consumers, in seconds; `None` for never.
fn drain(load: &Load, rate: f64, consumers: u64) -> Option<f64> {
    if load.backlog == 0 {
        return Some(0.0);
    }
    let most = load
        .bounds
        .delivery_rate
        .map_or(f64::MAX, |most| most as f64);
    let done = (rate * consumers as f64).min(most);
    (done > load.arrivals).then(|| load.backlog as f64 / (done - load.arrivals))
}

/// More consumers would change nothing, or make it worse.
fn is_of_no_help(verdict: Option<Verdict>) -> bool {
    verdict.is_some_and(|verdict| {
        matches!(
            verdict,
            Verdict::Paused
                | Verdict::Stuck
                | Verdict::Slowed
                | Verdict::ConsumersIdle
                | Verdict::Failing
                | Verdict::Skewed
        )
    })
}

/// What is said where nothing is known of what one consumer can do.
fn unknown(load: &Load, wish: &Wish) -> Advice {
    let has_work = load.backlog > 0 || load.arrivals > 0.0;
    let is_unheard = load.consumers == 0 && has_work && !is_of_no_help(load.verdict);
    let count = words::things(load.consumers, "consumer");
    let summary = if is_of_no_help(load.verdict) {
        no_help(load)
    } else if is_unheard {
        "At least 1 consumer is needed; how many more is not known before one was busy.".to_owned()
    } else if load.consumers == 0 {
        "There is nothing to do, and nobody to do it.".to_owned()
    } else if matches!(load.verdict, Some(Verdict::Growing)) {
        format!("What a consumer can do is not known: none of the {count} was busy for long.")
    } else {
        let keep = if load.consumers == 1 { "keeps" } else { "keep" };
        format!(
            "The {count} {keep} up; what one can do is not known, since none was busy for long."
        )
    };
    Advice {
        recommended: is_unheard.then_some(1),
        is_lower_bound: is_unheard,
        confidence: if is_unheard {
            Confidence::Low
        } else {
            Confidence::None
        },
        most_useful: wish.most,
        bound: if wish.most.is_some() {
            Bound::Requested
        } else {
            Bound::None
        },
        summary,
        ..Advice::default()
    }
}

fn no_help(load: &Load) -> String {
    let why = match load.verdict {
        Some(Verdict::Paused) => "it is paused",
        Some(Verdict::Stuck) => "one message is in the way",
        Some(Verdict::Slowed) => "the consumers do less than they did, which more may make worse",
        Some(Verdict::ConsumersIdle) => "those that there are could take more",
        Some(Verdict::Failing) => "the attempts fail, and would fail more often",
        Some(Verdict::Skewed) => "few ordering keys hold the backlog",
        _ => "there is nothing to do",
    };
    format!("More consumers would not help: {why}.")
}

impl Advice {
    /// The numbers around those that matter, with what they would do.
    fn choose(&mut self, load: &Load, rate: f64) {
        let now = load.consumers;
        let mut numbers = vec![now.saturating_sub(1), now, now + 1];
        numbers.extend(self.recommended);
        numbers.extend(self.most_useful.filter(|most| *most <= now.max(1) * 100));
        numbers.retain(|number| *number > 0);
        numbers.sort_unstable();
        numbers.dedup();
        let useful = self.most_useful.unwrap_or(u64::MAX);
        let choices = numbers.into_iter().map(|consumers| Choice {
            consumers,
            drain: drain(load, rate, consumers.min(useful.max(now))),
            is_recommended: self.recommended == Some(consumers),
        });
        self.choices = choices.collect();
    }

    /// Another number instead, since it was said a moment ago.
    pub(super) fn keep(&mut self, recommended: u64, load: &Load) {
        let rate = self.capacity.map(|capacity| capacity.median);
        let Some(rate) = rate.or(load.remembered) else {
            return;
        };
        self.recommended = Some(recommended);
        self.choose(load, rate);
        self.summary = self.told(load, recommended, rate);
    }

    fn told(&self, load: &Load, needed: u64, rate: f64) -> String {
        let Some(recommended) = self.recommended else {
            return no_help(load);
        };
        let end = |consumers| match drain(load, rate, consumers) {
            None => "would never end the backlog".to_owned(),
            Some(_) if load.backlog == 0 => "would keep up".to_owned(),
            Some(seconds) => format!(
                "would end the backlog in {}",
                words::span(crate::model::Span::from_millis(whole(seconds * 1_000.0)))
            ),
        };
        let number = words::things(recommended, "consumer");
        let first = format!("{number} {}", end(recommended));
        let now = match load.consumers {
            0 => "there are none now".to_owned(),
            now if now == recommended => "there are as many now".to_owned(),
            now => format!("the {now} now {}", end(now)),
        };
        let bound = match self.bound {
            _ if needed <= recommended => "",
            Bound::Keys => " More would not help: few ordering keys carry most messages.",
            Bound::DeliveryRate => " More would not help: the delivery rate bounds them.",
            Bound::Outstanding => " More would not help: together they may hold no more messages.",
            Bound::Requested => " More would be needed than were asked for.",
            Bound::None => "",
        };
        format!("{first}; {now}.{bound}")
    }
}
