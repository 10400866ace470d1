//! Rows of the broker's lists, as it is asked for them.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{WatchRequest, WatchWindow};

/// Rows of a list of the broker.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    pub(super) filter: String,
    pub(super) order_by: String,
    pub(super) offset: usize,
    pub(super) limit: usize,
}

/// The rows that are watched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Windows {
    pub(crate) subscriptions: Option<Window>,
    pub(crate) topics: Option<Window>,
}

impl Windows {
    /// Only the subscription of a name.
    pub(crate) fn of_subscription(name: &SafeText) -> Self {
        Self {
            subscriptions: Some(Window::of_one(name)),
            topics: None,
        }
    }

    /// Only the topic of a name, and no subscription.
    pub(crate) fn of_topic(name: &SafeText) -> Self {
        Self {
            subscriptions: None,
            topics: Some(Window::of_one(name)),
        }
    }

    /// As the broker is asked.
    pub(crate) fn request(&self) -> WatchRequest {
        let window = |window: &Option<Window>| window.as_ref().map(Window::wire);
        WatchRequest {
            subscriptions: window(&self.subscriptions),
            topics: window(&self.topics),
        }
    }
}

impl Window {
    fn of_one(name: &SafeText) -> Self {
        Self {
            filter: format!("name = \"{name}\""),
            limit: 1,
            ..Self::default()
        }
    }

    fn wire(&self) -> WatchWindow {
        let cells = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        WatchWindow {
            filter: self.filter.clone(),
            order_by: self.order_by.clone(),
            offset: cells(self.offset),
            limit: cells(self.limit),
        }
    }

    /// Whether it is a part of the same list, in the same order.
    pub(super) fn is_of_the_list_of(&self, other: &Self) -> bool {
        (&self.filter, &self.order_by) == (&other.filter, &other.order_by)
    }
}
