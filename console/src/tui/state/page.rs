//! A page: where it is, what was fetched for it, and how the operator left it. Each page of the stack
//! keeps its own, so that going back finds everything as it was.

use std::collections::BTreeSet;

use super::ask::{Ask, Reply, Slot, Subject};
use super::audit::Record;
use super::beyond::Beyond;
use super::data::Data;
use super::fetch::{Failure, Fetch};
use super::history::POINTS;
use super::json_tree::Tree;
use super::listing::Listing;
use super::past::Past;
use super::place::Place;
use super::reading::Moment;
use super::timeline::Timeline;

/// What any page may need from beyond its window.
const BEYOND: &[Slot] = &[Slot::Names, Slot::Trends];

/// A page of the console.
#[derive(Clone, Debug)]
pub(crate) struct Page {
    /// Tells it from every other page of the session, so that late answers find theirs or nobody.
    pub(crate) serial: u64,
    pub(crate) place: Place,
    /// Its list: order, filter, selection, marks.
    pub(crate) listing: Listing,
    pub(crate) data: Data,
    /// What its charts show.
    pub(crate) chart: Chart,
    /// How it shows payloads.
    pub(crate) payload: PayloadView,
    /// Nodes of a payload's tree of JSON that hide what is in them.
    pub(crate) folded: BTreeSet<usize>,
    /// How many lines of what is not a list are above the first visible one.
    pub(crate) scroll: usize,
}

/// What charts show: the series that `t` chose and the range that `[` and `]` chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Chart {
    /// Counts up with each `t`; the view takes it modulo the number of its series.
    pub(crate) series: usize,
    pub(crate) range: Range,
    /// Where the cursor stands, in seconds since the epoch by the broker's clock.
    pub(crate) cursor: Option<u64>,
}

/// How far back charts go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Range {
    FiveMinutes,
    #[default]
    FifteenMinutes,
    Day,
}

/// How payloads are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum PayloadView {
    /// JSON if it is, text if it is, else hex.
    #[default]
    Auto,
    Json,
    Text,
    Hex,
}

impl Range {
    /// Its length in seconds.
    pub(crate) fn seconds(self) -> u32 {
        match self {
            Self::FiveMinutes => 300,
            Self::FifteenMinutes => 900,
            Self::Day => 86_400,
        }
    }

    /// Whether its points are a minute apart, and not a second.
    pub(crate) fn is_by_minute(self) -> bool {
        self == Self::Day
    }

    /// The next longer one; the longest stays.
    pub(crate) fn longer(self) -> Self {
        match self {
            Self::FiveMinutes => Self::FifteenMinutes,
            Self::FifteenMinutes | Self::Day => Self::Day,
        }
    }

    /// The next shorter one; the shortest stays.
    pub(crate) fn shorter(self) -> Self {
        match self {
            Self::Day => Self::FifteenMinutes,
            Self::FiveMinutes | Self::FifteenMinutes => Self::FiveMinutes,
        }
    }
}

impl PayloadView {
    /// The one after it, round and round.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::Auto => Self::Json,
            Self::Json => Self::Text,
            Self::Text => Self::Hex,
            Self::Hex => Self::Auto,
        }
    }
}

impl Page {
    /// A page on which nothing has happened yet.
    pub(crate) fn new(serial: u64, place: Place) -> Self {
        Self {
            serial,
            listing: Listing::of(&place),
            place,
            data: Data::default(),
            chart: Chart {
                series: 0,
                range: Range::default(),
                cursor: None,
            },
            payload: PayloadView::default(),
            folded: BTreeSet::new(),
            scroll: 0,
        }
    }

    /// What is to be asked for now, at most `room` calls; they count as under way from here on.
    pub(crate) fn next_asks(&mut self, now: Moment, room: usize, beyond: &Beyond) -> Vec<Ask> {
        let mut asks = Vec::new();
        for slot in self.place.slots().iter().chain(BEYOND) {
            if asks.len() < room && self.data.is_due(*slot, now) {
                let Some(ask) = self.ask(*slot, beyond) else {
                    continue;
                };
                if let Ask::Names { noun, part } = &ask {
                    self.data.named = Some((*noun, part.clone()));
                }
                self.data.ask(*slot, now);
                asks.push(ask);
            }
        }
        asks
    }

    /// Begins with the next payload at its first line, with nothing folded.
    pub(crate) fn forget_payload(&mut self) {
        if self.place.table().is_some() {
            self.scroll = 0;
        }
        self.folded.clear();
    }

    /// Folds the first object or list of a payload that is seen, or opens it.
    pub(crate) fn fold(&mut self, payload: &[u8]) {
        let found = Tree::read(payload).and_then(|tree| tree.foldable(&self.folded, self.scroll));
        if let Some(node) = found
            && !self.folded.remove(&node)
        {
            self.folded.insert(node);
        }
    }

    /// Takes what a call gave.
    pub(crate) fn answer(&mut self, now: Moment, slot: Slot, result: Result<Reply, Failure>) {
        self.data.end(now, slot, result);
    }

    /// Forgets its past, which is of another range.
    pub(crate) fn forget_past(&mut self) {
        self.data.past = Fetch::default();
        self.data.reader = Fetch::default();
    }

    fn ask(&self, slot: Slot, beyond: &Beyond) -> Option<Ask> {
        let named = match self.place.subject() {
            Subject::Broker => None,
            Subject::Topic(name) | Subject::Subscription(name) => Some(name),
        };
        Some(match slot {
            Slot::Past => Ask::Past {
                of: self.place.subject(),
                after: self.data.past.value().and_then(Past::last).map(|p| p.time),
                is_by_minute: self.chart.range.is_by_minute(),
            },
            Slot::Subscription => Ask::Subscription { name: named? },
            Slot::Topic => Ask::Topic { name: named? },
            Slot::Advice => Ask::Advice {
                subscription: named?,
            },
            Slot::Groups => Ask::Groups {
                subscription: named?,
            },
            Slot::Letters => Ask::Letters {
                subscription: named?,
                fingerprint: match &self.place {
                    Place::DeadMessages { group, .. } => {
                        group.as_ref().map(|group| group.fingerprint.clone())
                    }
                    _ => None,
                },
            },
            Slot::Message => match &self.place {
                Place::Message { id } => Ask::Message { id: id.clone() },
                _ => return None,
            },
            Slot::Clients => Ask::Clients,
            Slot::Events => Ask::Events {
                of: self.place.subject(),
                after: self.data.events.value().and_then(Timeline::last),
            },
            Slot::Operations => Ask::Operations { on: named },
            Slot::Audit => Ask::Audit {
                after: self.data.audit.value().and_then(Record::last),
            },
            Slot::Reader => {
                let name = beyond.selected.clone()?;
                let known = self.data.reader.value().filter(|(of, _)| *of == name);
                Ask::Reader {
                    after: known
                        .and_then(|(_, past)| past.last())
                        .map(|point| point.time),
                    name,
                    is_by_minute: self.chart.range.is_by_minute(),
                }
            }
            Slot::Worst => beyond.worst.then_some(Ask::Worst)?,
            Slot::Names => {
                let wanted = beyond.names.as_ref();
                let (noun, part) =
                    wanted.filter(|wanted| self.data.named.as_ref() != Some(*wanted))?;
                Ask::Names {
                    noun: *noun,
                    part: part.clone(),
                }
            }
            Slot::Trends if beyond.trends.is_empty() => return None,
            Slot::Trends => Ask::Trends {
                of: beyond.trends.clone(),
                after: beyond.sampled.map(|sampled| sampled - POINTS as f64),
            },
        })
    }
}
