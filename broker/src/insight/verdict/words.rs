//! The sentences of a diagnosis. Only numbers go into them, and ids, which are numbers: nothing that a client chose.

use super::Verdict;
use super::judge::{Breach, Diagnosis, Figures};
use crate::model::{MessageId, Partition, Span};

impl Diagnosis {
    /// Why it is so, in one sentence with the figures that it rests on.
    pub fn reason(&self) -> String {
        let figures = &self.figures;
        let plain = reason(self.verdict, figures);
        match figures.breach {
            None => format!("{plain}."),
            Some(Breach::Age(accepted)) => format!(
                "{plain}; the oldest message is {} old, more than the {} that its owner accepts.",
                span(figures.signs.age),
                span(accepted)
            ),
            Some(Breach::Backlog(accepted)) => format!(
                "{plain}; the backlog of {} is more than the {} that its owner accepts.",
                count(figures.signs.backlog),
                count(accepted)
            ),
        }
    }

    /// What to do, in one sentence; empty if there is nothing to do.
    pub fn advice(&self) -> &'static str {
        let known = &self.figures.signs;
        match self.verdict {
            Verdict::Ok | Verdict::Draining => "",
            Verdict::Idle if known.quiet < DAY => "",
            Verdict::Idle => "Delete it if nobody needs it any more.",
            Verdict::Growing => "Look at what comes in and at the consumers.",
            Verdict::Paused => "Resume it when the reason for the pause is gone.",
            Verdict::Stuck if known.hold_up.is_some_and(|one| one.is_dead) => {
                "Requeue the message or release its key; more consumers will not help."
            }
            Verdict::Stuck => {
                "Open the message and correct what makes it fail; more consumers will not help."
            }
            Verdict::NoConsumers => "Start consumers.",
            Verdict::UnderCapacity => "Add consumers.",
            Verdict::Slowed => {
                "Look at what the consumers depend on; more consumers may make it worse."
            }
            Verdict::ConsumersIdle if known.paced.is_some() => {
                "Raise the delivery rate of the subscription; more consumers will not help."
            }
            Verdict::ConsumersIdle if known.bounded.is_some() => {
                "Raise how many messages its consumers may hold together; more of them will not help."
            }
            Verdict::ConsumersIdle => {
                "Look whether the consumers read: their flow control, threads and allowance."
            }
            Verdict::Failing => {
                "Correct the errors first; more consumers only multiply the failures."
            }
            Verdict::Skewed => {
                "Spread the messages over more ordering keys; more consumers will not help."
            }
        }
    }

    /// The message that all wait for.
    pub fn message(&self) -> Option<MessageId> {
        let is_stuck = self.verdict == Verdict::Stuck;
        let hold_up = self.figures.signs.hold_up.filter(|_| is_stuck);
        hold_up.map(|hold_up| hold_up.message)
    }

    /// The partition that is behind.
    pub fn partition(&self) -> Option<Partition> {
        let is_skewed = self.verdict == Verdict::Skewed;
        self.figures.signs.partition.filter(|_| is_skewed)
    }
}

const DAY: Span = Span::from_secs(86_400);

fn reason(verdict: Verdict, figures: &Figures) -> String {
    let known = &figures.signs;
    let backlog = messages(known.backlog);
    match verdict {
        Verdict::Ok if known.backlog == 0 => "There is no backlog".to_owned(),
        Verdict::Ok => format!(
            "{}: {} come in and {} are acknowledged",
            match known.consumers {
                0 => "No consumer is connected, but calls of Pull take what comes",
                _ => "Consumers keep up",
            },
            rate(known.arrivals),
            rate(known.acks)
        ),
        Verdict::Idle => format!(
            "There is no backlog, and nothing has come in for {}",
            span(known.quiet)
        ),
        Verdict::Draining => format!("The backlog of {backlog} shrinks by {}", fall(figures)),
        Verdict::Growing => format!(
            "The backlog of {backlog} grows by {}, and no cause is sure yet",
            rate(figures.growth)
        ),
        Verdict::Paused if known.backlog == 0 => "It is paused, and nothing waits".to_owned(),
        Verdict::Paused => format!("It is paused while {backlog} wait"),
        Verdict::Stuck => stuck(figures),
        Verdict::NoConsumers => format!(
            "No consumer is connected while {backlog} wait and {} come in",
            rate(known.arrivals)
        ),
        Verdict::UnderCapacity => format!(
            "{}, {}, and acknowledge{} {} while {} come in",
            of_all(known.consumers, "holds what it may", "hold what they may"),
            messages(known.held),
            if known.consumers == 1 { "s" } else { "" },
            rate(known.acks),
            rate(known.arrivals)
        ),
        Verdict::Slowed => slowed(figures),
        Verdict::ConsumersIdle => idle(figures),
        Verdict::Failing if known.is_budget_spent => format!(
            "The retry budget is spent, and {} that failed wait for it",
            messages(known.waiting)
        ),
        Verdict::Failing => format!(
            "{} of the attempts of the last minute failed, {}, and {} died",
            percent(known.failing),
            rate(known.failures),
            rate(known.deaths)
        ),
        Verdict::Skewed => skewed(figures),
    }
}

fn fall(figures: &Figures) -> String {
    rate((-figures.growth).max(0.0))
}

fn stuck(figures: &Figures) -> String {
    let known = &figures.signs;
    let Some(hold_up) = known.hold_up else {
        return "One message fails again and again".to_owned();
    };
    let (message, behind) = (hold_up.message, messages(known.parked));
    if hold_up.is_dead {
        return format!("Message {message} is dead and holds its key, and {behind} wait for it");
    }
    let failed = format!("Message {message} has failed {} times", hold_up.attempts);
    match known.parked {
        0 => format!("{failed} and is the oldest of {}", messages(known.backlog)),
        _ => format!("{failed} and blocks its key, and {behind} wait for it"),
    }
}

/// What is so of every consumer, be it one.
fn of_all(consumers: u64, of_one: &str, of_more: &str) -> String {
    match consumers {
        1 => format!("The only consumer {of_one}"),
        more => format!("All {} {of_more}", things(more, "consumer")),
    }
}

fn slowed(figures: &Figures) -> String {
    let known = &figures.signs;
    match figures.each {
        Some((now, before)) if now > 0.0 => format!(
            "{}, and {} handles {}, {} times less than the {} that it did",
            of_all(known.consumers, "is busy", "are busy"),
            if known.consumers == 1 { "it" } else { "each" },
            rate(now),
            significant(before / now),
            rate(before)
        ),
        _ => format!(
            "{} and nothing was acknowledged for a minute",
            match known.held {
                1 => "Consumers hold 1 message".to_owned(),
                held => format!("Consumers hold {} messages", count(held)),
            }
        ),
    }
}

fn idle(figures: &Figures) -> String {
    let known = &figures.signs;
    if let Some(most) = known.paced {
        return format!(
            "The subscription hands out at most {} while {} come in",
            rate(most as f64),
            rate(known.arrivals)
        );
    }
    if let Some(most) = known.bounded {
        return format!(
            "All consumers together hold {}, which is as many as the subscription lets them",
            messages(most)
        );
    }
    format!(
        "The backlog of {} does not shrink, and the {} hold {} of the {} that they may",
        messages(known.backlog),
        things(known.consumers, "consumer"),
        count(known.held),
        count(known.allowance)
    )
}

fn skewed(figures: &Figures) -> String {
    let known = &figures.signs;
    let place = match known.partition {
        Some(partition) => format!(", most of it in partition {partition}"),
        None => String::new(),
    };
    let top = match known.top_key {
        Some(share) if share >= 0.1 => {
            format!(", and one key carries {} of what comes in", percent(share))
        }
        _ => String::new(),
    };
    let part = known.parked as f64 / known.backlog.max(1) as f64;
    format!(
        "{} of the backlog of {} wait behind {}{place}{top}",
        percent(part),
        messages(known.backlog),
        things(known.parked_keys, "ordering key")
    )
}

/// A count with its thousands apart.
pub(in crate::insight) fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// How many messages.
fn messages(value: u64) -> String {
    things(value, "message")
}

/// How many of something.
pub(in crate::insight) fn things(value: u64, what: &str) -> String {
    match value {
        1 => format!("1 {what}"),
        value => format!("{} {what}s", count(value)),
    }
}

/// A rate per second, to three figures.
pub(in crate::insight) fn rate(value: f64) -> String {
    format!("{}/s", significant(value))
}

fn percent(part: f64) -> String {
    format!("{:.0} %", (part * 100.0).clamp(0.0, 100.0))
}

/// To about three figures, with a letter for thousands and more.
pub(in crate::insight) fn significant(value: f64) -> String {
    let steps = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
    let step = steps.into_iter().find(|(least, _)| value >= *least);
    let (value, letter) = step.map_or((value, ""), |(least, letter)| (value / least, letter));
    let decimals = match value {
        value if value >= 100.0 => 0,
        value if value >= 10.0 => 1,
        _ => 2,
    };
    let text = format!("{value:.decimals$}");
    let short = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    format!("{short}{letter}")
}

/// A time in seconds or less.
fn seconds(value: f64) -> String {
    if value < 1.0 {
        format!("{}ms", significant(value * 1_000.0))
    } else {
        format!("{}s", significant(value))
    }
}

/// A span in its two largest units.
pub(in crate::insight) fn span(span: Span) -> String {
    let whole = span.0 / 1_000_000;
    let two = |large: u64, unit: &str, small: u64, part: &str| match small {
        0 => format!("{large}{unit}"),
        small => format!("{large}{unit}{small}{part}"),
    };
    match whole {
        0..60 => seconds(span.as_seconds()),
        60..3_600 => two(whole / 60, "m", whole % 60, "s"),
        3_600..86_400 => two(whole / 3_600, "h", whole % 3_600 / 60, "m"),
        _ => two(whole / 86_400, "d", whole % 86_400 / 3_600, "h"),
    }
}
