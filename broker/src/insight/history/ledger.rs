//! The history of everything, within a budget of memory.
//!
//! Each second begins with its moment, then everything that there is says its numbers, then it
//! ends. What says nothing for a whole minute is gone and forgotten. Above the budget those that
//! changed least recently lose their seconds first, then their minutes.

use std::collections::HashMap;

use super::calendar::{Calendar, Moment};
use super::point::Point;
use super::series::Series;
use crate::model::{Span, SubscriptionId, Time, TopicId};

/// Seconds that are kept one by one.
pub(super) const SECONDS: usize = 900;
/// Minutes that are kept one by one.
pub(super) const MINUTES: usize = 1_440;
/// Seconds of a minute.
const MINUTE: u32 = 60;
/// Bytes of memory that all of it may take.
const BUDGET: usize = 64 << 20;

/// Whose history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// The broker as a whole.
    Broker,
    /// A topic.
    Topic(TopicId),
    /// A subscription.
    Subscription(SubscriptionId),
}

/// A resolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// A point a second, for 15 minutes.
    Second,
    /// A point a minute, for 24 hours: gauges are the highest of the minute, counts its sums.
    Minute,
}

/// A stretch of a history.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Reading {
    /// When each point was, what its counts span, and its numbers; in order of ticks.
    pub points: Vec<(Time, Span, Point)>,
    /// Points were given up, because there was no memory for all.
    pub is_cut: bool,
}

/// The history of one thing.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Track {
    pub(super) seconds: Series,
    pub(super) minutes: Series,
    /// The minute so far.
    pub(super) minute: Point,
    /// The second in which it last said its numbers.
    pub(super) said: u64,
    /// The second in which they last changed.
    pub(super) changed: u64,
    /// Seconds before this one were given up.
    pub(super) cut: u64,
    /// Minutes before this one were.
    pub(super) minutes_cut: u64,
}

/// The history of everything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ledger {
    pub(super) seconds: Calendar,
    pub(super) minutes: Calendar,
    /// Seconds of the minute so far, and what they span.
    pub(super) in_minute: u32,
    pub(super) minute_span: Span,
    // In boxes: a table that has just grown is half empty.
    pub(super) tracks: HashMap<Key, Box<Track>>,
    budget: usize,
}

impl Default for Ledger {
    fn default() -> Self {
        Self::within(BUDGET)
    }
}

impl Track {
    /// Bytes of memory.
    fn weight(&self) -> usize {
        size_of::<(Key, Self)>() + self.seconds.bytes() + self.minutes.bytes()
    }
}

impl Ledger {
    /// An empty one that may take so many bytes.
    pub(super) fn within(budget: usize) -> Self {
        Self {
            seconds: Calendar::new(SECONDS),
            minutes: Calendar::new(MINUTES),
            in_minute: 0,
            minute_span: Span::ZERO,
            tracks: HashMap::new(),
            budget,
        }
    }

    /// A second begins: it was sampled at `time`, so long after the one before.
    pub fn begin(&mut self, time: Time, span: Span) {
        self.seconds.tick(Moment { time, span });
        self.minute_span = Span(self.minute_span.0.saturating_add(span.0));
    }

    /// The numbers of one thing in this second.
    pub fn say(&mut self, key: Key, point: &Point) {
        let second = self.seconds.next() - 1;
        let track = self.tracks.entry(key).or_default();
        let before = track.seconds.bytes();
        track.seconds.push(second, point);
        if track.seconds.bytes() != before {
            track.changed = second;
        }
        track.minute.take_in(point);
        track.said = second;
    }

    /// The second ends, and perhaps its minute.
    pub fn end(&mut self) {
        let Some(moment) = self.seconds.moment(self.seconds.next() - 1) else {
            return;
        };
        self.in_minute += 1;
        if self.in_minute >= MINUTE {
            self.end_minute(moment.time);
        }
        let oldest = self.seconds.oldest();
        for track in self.tracks.values_mut() {
            track.seconds.forget(oldest);
        }
        let weight = self.weight();
        if weight > self.budget {
            self.give_up(weight);
        }
    }

    /// Bytes of memory that the numbers take.
    pub(super) fn weight(&self) -> usize {
        self.tracks.values().map(|track| track.weight()).sum()
    }

    fn end_minute(&mut self, time: Time) {
        let oldest = self.seconds.next() - u64::from(self.in_minute);
        self.tracks.retain(|_, track| track.said >= oldest);
        let span = std::mem::replace(&mut self.minute_span, Span::ZERO);
        let minute = self.minutes.tick(Moment { time, span });
        for track in self.tracks.values_mut() {
            let point = std::mem::take(&mut track.minute);
            track.minutes.push(minute, &point);
            track.minutes.forget(self.minutes.oldest());
        }
        self.in_minute = 0;
    }

    /// Frees an eighth of the budget, so that this is seldom.
    fn give_up(&mut self, mut weight: usize) {
        let goal = self.budget - self.budget / 8;
        let (second, minute) = (self.seconds.next(), self.minutes.next());
        let mut tracks: Vec<_> = self.tracks.values_mut().collect();
        tracks.sort_unstable_by_key(|track| track.changed);
        for track in &mut tracks {
            if weight <= goal {
                return;
            }
            weight -= track.seconds.bytes();
            track.seconds.clear();
            track.cut = second;
        }
        for track in tracks {
            if weight <= goal {
                return;
            }
            weight -= track.minutes.bytes();
            track.minutes.clear();
            track.minutes_cut = minute;
        }
    }

    /// The points of one thing whose times lie in a range, the end excluded.
    pub fn read(&self, key: Key, step: Step, from: Time, to: Time) -> Reading {
        let Some(track) = self.tracks.get(&key) else {
            return Reading::default();
        };
        let (calendar, series, cut) = match step {
            Step::Second => (&self.seconds, &track.seconds, track.cut),
            Step::Minute => (&self.minutes, &track.minutes, track.minutes_cut),
        };
        let points = series.points(calendar.oldest(), calendar.next());
        let timed = points.into_iter().filter_map(|(tick, point)| {
            let moment = calendar.moment(tick)?;
            Some((moment.time, moment.span, point))
        });
        Reading {
            points: timed
                .filter(|(time, ..)| (from..to).contains(time))
                .collect(),
            is_cut: cut > calendar.oldest(),
        }
    }
}
