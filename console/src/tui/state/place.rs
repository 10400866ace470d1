//! Where the operator is: the tabs, and the pages that are opened from one another.

use weir_proto::safe_text::SafeText;

/// A tab of the console; the keys `1` to `8` open them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Tab {
    #[default]
    Overview,
    Topics,
    Subscriptions,
    DeadLetters,
    Clients,
    Events,
    Operations,
    Audit,
}

/// What a page is about. Names and ids are texts of the broker, which asks for them take as they are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Overview,
    Topics,
    Topic {
        name: SafeText,
    },
    Subscriptions,
    Subscription {
        name: SafeText,
    },
    /// Subscriptions that hold dead messages.
    DeadLetters,
    /// The dead messages of a subscription by why they died.
    DeadGroups {
        subscription: SafeText,
    },
    /// The messages of one such group; all dead ones of the subscription without a fingerprint.
    DeadMessages {
        subscription: SafeText,
        group: Option<Group>,
    },
    /// The life of one message.
    Message {
        id: SafeText,
    },
    Clients,
    Events,
    /// Acts on many messages that were begun.
    Operations,
    /// The record of administrative acts.
    Audit,
}

/// What names a group of dead messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    pub(crate) fingerprint: SafeText,
    /// The reason with what varies folded.
    pub(crate) pattern: SafeText,
}

impl Tab {
    pub(crate) const ALL: [Self; 8] = [
        Self::Overview,
        Self::Topics,
        Self::Subscriptions,
        Self::DeadLetters,
        Self::Clients,
        Self::Events,
        Self::Operations,
        Self::Audit,
    ];

    /// Its place in the line of tabs, from 0.
    pub(crate) fn index(self) -> usize {
        Self::ALL.iter().position(|one| *one == self).unwrap_or(0)
    }

    /// Its name.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Topics => "Topics",
            Self::Subscriptions => "Subscriptions",
            Self::DeadLetters => "Dead letters",
            Self::Clients => "Clients",
            Self::Events => "Events",
            Self::Operations => "Operations",
            Self::Audit => "Audit",
        }
    }

    /// Its name where width is short.
    pub(crate) fn short_title(self) -> &'static str {
        match self {
            Self::Subscriptions => "Subs",
            Self::DeadLetters => "Dead",
            Self::Operations => "Ops",
            tab => tab.title(),
        }
    }

    /// The tab so many further to the right, round and round.
    pub(crate) fn step(self, by: usize) -> Self {
        Self::ALL[(self.index() + by) % Self::ALL.len()]
    }

    /// The page it begins with.
    pub(crate) fn root(self) -> Place {
        match self {
            Self::Overview => Place::Overview,
            Self::Topics => Place::Topics,
            Self::Subscriptions => Place::Subscriptions,
            Self::DeadLetters => Place::DeadLetters,
            Self::Clients => Place::Clients,
            Self::Events => Place::Events,
            Self::Operations => Place::Operations,
            Self::Audit => Place::Audit,
        }
    }
}

impl Place {
    /// What the page is called, for the line that says where one is.
    pub(crate) fn title(&self) -> SafeText {
        match self {
            Self::Overview => SafeText::literal("Overview"),
            Self::Topics => SafeText::literal("Topics"),
            Self::Subscriptions => SafeText::literal("Subscriptions"),
            Self::DeadLetters => SafeText::literal("Dead letters"),
            Self::Clients => SafeText::literal("Clients"),
            Self::Events => SafeText::literal("Events"),
            Self::Operations => SafeText::literal("Operations"),
            Self::Audit => SafeText::literal("Audit"),
            Self::Topic { name } | Self::Subscription { name } => name.clone(),
            Self::DeadGroups { subscription } => {
                let mut title = SafeText::literal("dead of ");
                title.push(subscription);
                title
            }
            Self::DeadMessages { group, .. } => group.as_ref().map_or_else(
                || SafeText::literal("all dead messages"),
                |group| group.pattern.clone(),
            ),
            Self::Message { id } => id.clone(),
        }
    }

    /// A place of each sort, about nothing in particular.
    pub(crate) fn one_of_each() -> [Self; 13] {
        let empty = SafeText::default;
        [
            Self::Overview,
            Self::Topics,
            Self::Topic { name: empty() },
            Self::Subscriptions,
            Self::Subscription { name: empty() },
            Self::DeadLetters,
            Self::DeadGroups {
                subscription: empty(),
            },
            Self::DeadMessages {
                subscription: empty(),
                group: None,
            },
            Self::Message { id: empty() },
            Self::Clients,
            Self::Events,
            Self::Operations,
            Self::Audit,
        ]
    }

    /// Whether its rows are the subscriptions that the broker sends of its own accord.
    pub(crate) fn lists_subscriptions(&self) -> bool {
        matches!(
            self,
            Self::Overview | Self::Subscriptions | Self::DeadLetters
        )
    }
}
