//! What an operator is about to do, which a dialog asks about; and how the broker is told.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{ApplyRequest, PlanRequest};

use super::operation::Operation;
use super::place::Group;
use super::plan::Plan;

/// What a dialog is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Dead messages become ready again.
    Requeue {
        subscription: SafeText,
    },
    /// Dead messages are dropped.
    Discard {
        subscription: SafeText,
    },
    /// Dead messages go to another topic.
    Move {
        subscription: SafeText,
    },
    /// A dead message is published anew with another content; what it is now, for what changes.
    Edit {
        subscription: SafeText,
        message: SafeText,
        /// Its payload, if that can be edited here.
        payload: Option<String>,
        key: String,
    },
    /// A backlog is dropped, or the subscription with it.
    Drop {
        subscription: SafeText,
    },
    /// A subscription goes on from elsewhere.
    Seek {
        subscription: SafeText,
    },
    DeleteTopic {
        topic: SafeText,
    },
    /// An operation is taken back; what that was on, by whose name it is confirmed.
    Undo {
        operation: SafeText,
        about: SafeText,
    },
    /// A subscription is held.
    Pause {
        subscription: SafeText,
    },
    /// A held subscription goes on.
    Resume {
        subscription: SafeText,
    },
    Disconnect {
        client: u64,
    },
    /// An operation is held, goes on or ends.
    Control {
        operation: SafeText,
        control: Control,
    },
    /// A file is replaced.
    Overwrite {
        path: String,
        text: String,
    },
    /// Writing is unlocked where people depend on the broker.
    Unlock,
}

/// What is done to an operation that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Control {
    Pause,
    Resume,
    Cancel,
}

/// Which dead messages are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Chosen {
    All,
    Groups(Vec<Group>),
    Ids(Vec<SafeText>),
    /// Those of a group that pass a filter of the list.
    Matching {
        group: Option<Group>,
        filter: SafeText,
    },
}

/// What the broker is to be asked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Call {
    /// What would it do?
    Plan {
        request: Box<PlanRequest>,
        /// What is to be looked for first: the ids of it are what is planned with.
        sought: Option<Sought>,
        /// Whether the topic of the subscription is to be looked up first, since it is where messages go.
        goes_home: bool,
    },
    Apply(Box<ApplyRequest>),
    Pause(SafeText),
    Resume(SafeText),
    Disconnect(u64),
    Control {
        operation: SafeText,
        control: Control,
    },
}

/// Dead messages that no single question of the broker selects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sought {
    pub(crate) subscription: SafeText,
    /// Of this group; of all without one.
    pub(crate) fingerprint: Option<SafeText>,
    /// In the language of the list.
    pub(crate) filter: SafeText,
}

/// What came of a call.
#[derive(Clone, Debug)]
pub(crate) enum Done {
    Planned(Box<Plan>),
    /// An operation was begun, or is otherwise now.
    Operation(Box<Operation>),
    /// It is done, in a sentence.
    Said(SafeText),
}

impl Control {
    /// The verb.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Pause => "pause",
            Self::Resume => "resume",
            Self::Cancel => "cancel",
        }
    }
}

impl Chosen {
    /// In words.
    pub(crate) fn label(&self) -> SafeText {
        let behind = |said: &'static str, text: &SafeText| {
            let mut label = SafeText::literal(said);
            label.push(text);
            label
        };
        match self {
            Self::All => SafeText::literal("all dead messages"),
            Self::Groups(groups) => match groups.as_slice() {
                [one] if one.pattern.is_empty() => SafeText::literal("this group: (none given)"),
                [one] => behind("this group: ", &one.pattern),
                groups => SafeText::new(format!("the {} marked groups", groups.len())),
            },
            Self::Ids(ids) => match ids.as_slice() {
                [id] => behind("this message: ", id),
                ids => SafeText::new(format!("the {} marked messages", ids.len())),
            },
            Self::Matching { filter, .. } => behind("what passes ", filter),
        }
    }

    /// The flags by which a command selects the same.
    pub(crate) fn flags(&self) -> Vec<String> {
        let of = |group: &Group| format!("fingerprint = \"{}\"", group.fingerprint);
        let filter = match self {
            Self::All => return vec!["--all".to_owned()],
            Self::Ids(ids) => {
                let flags = ids
                    .iter()
                    .map(|id| ["--id".to_owned(), id.as_str().to_owned()]);
                return flags.flatten().collect();
            }
            Self::Groups(groups) => {
                let groups: Vec<String> = groups.iter().map(of).collect();
                groups.join(" or ")
            }
            Self::Matching { group, filter } => match group {
                Some(group) => format!("{} and ({filter})", of(group)),
                None => filter.as_str().to_owned(),
            },
        };
        vec!["--where".to_owned(), filter]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(fingerprint: &'static str) -> Group {
        Group {
            fingerprint: SafeText::literal(fingerprint),
            pattern: SafeText::literal("smtp <n>"),
        }
    }

    #[test]
    fn what_is_chosen_has_the_flags_of_the_command() {
        let flags = |chosen: Chosen| chosen.flags().join(" ");
        assert_eq!(flags(Chosen::All), "--all");
        let ids = vec![SafeText::literal("1.0.7"), SafeText::literal("1.0.9")];
        assert_eq!(flags(Chosen::Ids(ids)), "--id 1.0.7 --id 1.0.9");
        assert_eq!(
            flags(Chosen::Groups(vec![group("00ab")])),
            "--where fingerprint = \"00ab\""
        );
        let matching = Chosen::Matching {
            group: Some(group("00ab")),
            filter: SafeText::literal("attempts < 3"),
        };
        assert_eq!(matching.label().as_str(), "what passes attempts < 3");
        assert_eq!(
            flags(matching),
            "--where fingerprint = \"00ab\" and (attempts < 3)"
        );
    }
}
