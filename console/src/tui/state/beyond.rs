//! What is asked for because only a window of the broker's rows is here: the worst of all rows, names that a command
//! can be completed with, and what the rows that have just come did before.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{WatchRequest, WatchWindow};

use super::filter::anywhere;
use super::subscription::Subscription;

/// The most rows beyond the window that are told of: more than any panel has lines.
const WORST: u32 = 64;
/// What wants attention, as the broker selects it.
const TROUBLED: &str = "severity = act or severity = watch or conservation_error > 0";
/// The most names that are offered for one word.
const NAMES: u32 = 50;

/// What names are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Noun {
    Topic,
    Subscription,
}

/// The subscriptions that want attention most, of all that the broker has.
#[derive(Clone, Debug, Default)]
pub(crate) struct Worst {
    /// The worst first.
    pub(crate) rows: Vec<Subscription>,
    /// How many want attention in all.
    pub(crate) count: usize,
}

/// Names that have a text in them.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    pub(crate) noun: Noun,
    pub(crate) names: Vec<String>,
}

/// What a page needs from beyond its window now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Beyond {
    /// The worst rows may not be among those that are here.
    pub(crate) worst: bool,
    /// A word that is being typed, and what it names.
    pub(crate) names: Option<(Noun, String)>,
    /// Rows that are seen and whose past was never asked for.
    pub(crate) trends: Vec<(u64, SafeText)>,
    /// The subscription whose past is shown beside that of its topic.
    pub(crate) selected: Option<SafeText>,
    /// When the newest sample was taken.
    pub(crate) sampled: Option<f64>,
}

/// The window with the worst rows.
pub(crate) fn worst() -> WatchRequest {
    WatchRequest {
        subscriptions: Some(WatchWindow {
            filter: TROUBLED.to_owned(),
            order_by: "urgency desc".to_owned(),
            offset: 0,
            limit: WORST,
        }),
        topics: None,
    }
}

/// The window with the names that have a text in them.
pub(crate) fn named(noun: Noun, part: &str) -> WatchRequest {
    let filter = match part {
        "" => String::new(),
        part => anywhere(part, &["name"]),
    };
    let window = Some(WatchWindow {
        filter,
        order_by: "name".to_owned(),
        offset: 0,
        limit: NAMES,
    });
    match noun {
        Noun::Topic => WatchRequest {
            topics: window,
            subscriptions: None,
        },
        Noun::Subscription => WatchRequest {
            subscriptions: window,
            topics: None,
        },
    }
}
