//! Deaths become groups: counted in one round over all of them, and for the groups that are asked for, a second one
//! finds how they came in time and the newest of each.
//!
//! The memory follows the number of groups, not of messages. The order of deaths does not matter.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::model::{Fingerprint, Offset, OffsetRange, Partition, Position, Span, Time};

/// Spans of a trend.
pub const TREND: usize = 8;
/// A group in which a message died so lately is arriving.
pub const ARRIVING: Span = Span::from_secs(60);

/// Consecutive messages that died alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Death {
    /// Where.
    pub partition: Partition,
    /// Which.
    pub range: OffsetRange,
    /// Of what.
    pub fingerprint: Fingerprint,
    /// When.
    pub time: Time,
    /// Their bytes.
    pub bytes: u64,
    /// How many of them had died before and were requeued.
    pub requeued_before: u64,
    /// Where the words are.
    pub text: Position,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ask {
    /// The moment.
    pub now: Time,
    /// How many groups.
    pub limit: usize,
    /// How many messages to name of each.
    pub samples: usize,
}

/// All groups, of which the largest are told.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Gathered {
    /// How many messages are dead.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many groups there are.
    pub groups: usize,
    /// The largest ones; of equal ones first the one in which a message died last.
    pub largest: Vec<Group>,
}

/// Messages that died of the same.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// Of what.
    pub fingerprint: Fingerprint,
    /// How many.
    pub count: u64,
    /// Their bytes.
    pub bytes: u64,
    /// How many had died before and were requeued.
    pub requeued_before: u64,
    /// When the first of them died.
    pub first: Time,
    /// When the last of them died.
    pub last: Time,
    /// How many died in each of equal spans from the first death until now.
    pub trend: [u64; TREND],
    /// The length of such a span.
    pub trend_span: Span,
    /// Whether one died lately.
    pub is_arriving: bool,
    /// The newest ones, the newest first.
    pub samples: Vec<Sample>,
}

/// One of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sample {
    /// When it died.
    pub time: Time,
    /// Where it is.
    pub partition: Partition,
    /// Which it is.
    pub offset: Offset,
    /// Where the words are.
    pub text: Position,
}

/// Groups deaths, which are gone through twice.
pub fn gather<I: Iterator<Item = Death>>(deaths: impl Fn() -> I, ask: &Ask) -> Gathered {
    let mut groups = count(deaths());
    let mut gathered = Gathered {
        count: groups.iter().map(|group| group.count).sum(),
        bytes: groups.iter().map(|group| group.bytes).sum(),
        groups: groups.len(),
        largest: Vec::new(),
    };
    let order = |group: &Group| (Reverse(group.count), Reverse(group.last), group.fingerprint);
    if ask.limit < groups.len() {
        groups.select_nth_unstable_by_key(ask.limit, order);
        groups.truncate(ask.limit);
    }
    groups.sort_unstable_by_key(order);
    for group in &mut groups {
        group.trend_span = Span(ask.now.since(group.first).0.div_ceil(TREND as u64));
        group.is_arriving = group.last.plus(ARRIVING) >= ask.now;
    }
    detail(&mut groups, deaths(), ask);
    gathered.largest = groups;
    gathered
}

/// All groups with their sums.
fn count(deaths: impl Iterator<Item = Death>) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    let mut places = Places::default();
    for death in deaths {
        let at = places.find_or(death.fingerprint, || {
            groups.push(Group::new(&death));
            groups.len() - 1
        });
        if let Some(group) = groups.get_mut(at) {
            group.count += death.range.count();
            group.bytes += death.bytes;
            group.requeued_before += death.requeued_before;
            group.first = group.first.min(death.time);
            group.last = group.last.max(death.time);
        }
    }
    groups
}

/// Adds trend and samples.
fn detail(groups: &mut [Group], deaths: impl Iterator<Item = Death>, ask: &Ask) {
    let mut places = Places::default();
    for (at, group) in groups.iter().enumerate() {
        places.known.insert(group.fingerprint, at);
    }
    for death in deaths {
        let place = places.find(death.fingerprint);
        let Some(group) = place.and_then(|at| groups.get_mut(at)) else {
            continue;
        };
        let since = death.time.since(group.first).0;
        let span = since.checked_div(group.trend_span.0);
        let span = span.and_then(|span| usize::try_from(span).ok());
        let span = span.unwrap_or(TREND - 1).min(TREND - 1);
        if let Some(count) = group.trend.get_mut(span) {
            *count += death.range.count();
        }
        group.sample(&death, ask.samples);
    }
}

impl Group {
    fn new(death: &Death) -> Self {
        Self {
            fingerprint: death.fingerprint,
            count: 0,
            bytes: 0,
            requeued_before: 0,
            first: death.time,
            last: death.time,
            trend: [0; TREND],
            trend_span: Span::ZERO,
            is_arriving: false,
            samples: Vec::new(),
        }
    }

    /// Keeps the newest ones.
    fn sample(&mut self, death: &Death, most: usize) {
        for offset in death.range.offsets().rev().take(most) {
            let sample = Sample {
                time: death.time,
                partition: death.partition,
                offset,
                text: death.text,
            };
            let at = self.samples.partition_point(|known| *known > sample);
            if at >= most {
                return;
            }
            self.samples.truncate(most - 1);
            self.samples.insert(at, sample);
        }
    }
}

/// Where the group of a fingerprint is; neighbours mostly died of the same.
#[derive(Default)]
struct Places {
    known: HashMap<Fingerprint, usize>,
    last: Option<(Fingerprint, usize)>,
}

impl Places {
    fn find(&mut self, fingerprint: Fingerprint) -> Option<usize> {
        if let Some((_, at)) = self.last.filter(|(last, _)| *last == fingerprint) {
            return Some(at);
        }
        let at = self.known.get(&fingerprint).copied()?;
        self.last = Some((fingerprint, at));
        Some(at)
    }

    fn find_or(&mut self, fingerprint: Fingerprint, make: impl FnOnce() -> usize) -> usize {
        if let Some(at) = self.find(fingerprint) {
            return at;
        }
        let at = make();
        self.known.insert(fingerprint, at);
        self.last = Some((fingerprint, at));
        at
    }
}
