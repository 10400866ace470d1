//! What an operator chooses in a dialog before something is done: choices, numbers, spans, flags, a name.

use std::time::Duration;

use weir_proto::safe_text::SafeText;

/// The longest text of a field; longer is a stuck key.
const CAP_BYTES: usize = 255;
/// The longest payload that is edited in a field.
pub(crate) const TEXT_CAP_BYTES: usize = 4_096;
/// The longest number: more digits than any count of messages has.
const CAP_DIGITS: usize = 12;

/// A field of a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Field {
    pub(crate) name: Name,
    pub(crate) value: Value,
    /// What was there when it was last planned with.
    before: Option<Value>,
}

/// What a field is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// Which dead messages.
    Which,
    /// What of a subscription goes.
    What,
    /// How old messages must be.
    Age,
    /// How many of the newest stay.
    Keep,
    /// Where a subscription goes on from.
    Place,
    /// How far back that is.
    Back,
    /// Whether the subscriptions of a topic go, too.
    WithSubscriptions,
    /// Whether nothing is put aside for an undo.
    Final,
    /// How many are done first.
    Canary,
    /// How long to wait for these.
    CanaryWait,
    /// Messages per second.
    Rate,
    /// The share that may die again, in percent.
    Brake,
    /// Whether those stay that were requeued before.
    SkipRequeued,
    /// Whether dead messages go back, to all subscriptions of their topic, or elsewhere.
    Reach,
    /// The topic to which messages go.
    Target,
    /// The payload of one message.
    Payload,
    /// Its ordering key.
    Key,
    /// An attribute that it is to have.
    Attribute,
    /// Whether the attempts are left as they are.
    KeepAttempts,
    /// The name that is to be typed where people depend on the broker.
    Confirm,
}

/// What is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Flag(bool),
    /// One of some.
    Choice {
        labels: Vec<SafeText>,
        at: usize,
    },
    /// A whole number, as typed; empty is 0.
    Number(String),
    /// A span, as typed.
    Span(String),
    /// A name, as typed.
    Text(String),
    /// What must be typed, and what is.
    Exactly {
        wanted: SafeText,
        typed: String,
    },
}

impl Field {
    /// A field with its usual value.
    pub(crate) fn new(name: Name, value: Value) -> Self {
        Self {
            name,
            value,
            before: None,
        }
    }

    /// What it is called.
    pub(crate) fn label(&self) -> &'static str {
        match self.name {
            Name::Which => "Which",
            Name::What => "What",
            Name::Age => "Older than",
            Name::Keep => "Keep newest",
            Name::Place => "Where",
            Name::Back => "Back by",
            Name::WithSubscriptions => "With it",
            Name::Final => "Final",
            Name::Canary => "Canary",
            Name::CanaryWait => "Canary wait",
            Name::Rate => "Rate",
            Name::Brake => "Brake",
            Name::SkipRequeued => "Came back",
            Name::Reach => "To",
            Name::Target => "To topic",
            Name::Payload => "Payload",
            Name::Key => "Key",
            Name::Attribute => "Attribute",
            Name::KeepAttempts => "Attempts",
            Name::Confirm => "Type",
        }
    }

    /// What stands behind its value.
    pub(crate) fn hint(&self) -> &'static str {
        match self.name {
            Name::Which | Name::What | Name::Place | Name::Payload => "",
            Name::Age | Name::Back => "as 30s, 15m, 2h, 7d",
            Name::Keep => "of each partition stay",
            Name::WithSubscriptions => "its subscriptions go, too",
            Name::Final => "no undo: the bytes go at once",
            Name::Canary => "first, the rest if none of them dies; 0: off",
            Name::CanaryWait => "until the canary is judged",
            Name::Rate => "per second; 0: as fast as it goes",
            Name::Brake => "% dying again stop it; 0: nothing does",
            Name::SkipRequeued => "leave those that were requeued before",
            Name::Reach => "o: elsewhere",
            Name::Target => "the topic to which they go",
            Name::Key => "empty: none",
            Name::Attribute => "name=value to set; empty: none",
            Name::KeepAttempts => "keep them: the next failure may be the last",
            Name::Confirm => "to go on: this is production",
        }
    }

    /// Whether a plan depends on it.
    pub(crate) fn is_planned_with(&self) -> bool {
        matches!(
            self.name,
            Name::Which
                | Name::What
                | Name::Age
                | Name::Keep
                | Name::Place
                | Name::Back
                | Name::WithSubscriptions
                | Name::Final
                | Name::SkipRequeued
                | Name::Reach
                | Name::Target
                | Name::Payload
                | Name::Key
                | Name::Attribute
        )
    }

    /// Whether it is another value than the one that was last planned with.
    pub(crate) fn has_changed(&self) -> bool {
        self.is_planned_with() && self.before.as_ref() != Some(&self.value)
    }

    /// What is there now is planned with.
    pub(crate) fn settle(&mut self) {
        self.before = Some(self.value.clone());
    }

    /// Takes a letter; false if it is none of its.
    pub(crate) fn push(&mut self, letter: char) -> bool {
        let (typed, cap) = match &mut self.value {
            Value::Number(typed) if letter.is_ascii_digit() => (typed, CAP_DIGITS),
            Value::Span(typed) if letter.is_ascii_digit() || "smhd".contains(letter) => {
                (typed, CAP_DIGITS)
            }
            Value::Text(typed) if !letter.is_control() => (typed, TEXT_CAP_BYTES),
            Value::Exactly { typed, .. } if !letter.is_control() => (typed, CAP_BYTES),
            _ => return false,
        };
        if typed.len() + letter.len_utf8() <= cap {
            typed.push(letter);
        }
        true
    }

    /// Erases a letter.
    pub(crate) fn pop(&mut self) {
        match &mut self.value {
            Value::Number(typed)
            | Value::Span(typed)
            | Value::Text(typed)
            | Value::Exactly { typed, .. } => {
                typed.pop();
            }
            Value::Flag(_) | Value::Choice { .. } => {}
        }
    }

    /// The next value, or the one before; false if it has none.
    pub(crate) fn turn(&mut self, is_forward: bool) -> bool {
        match &mut self.value {
            Value::Flag(flag) => *flag = !*flag,
            Value::Choice { labels, at } => {
                let step = if is_forward {
                    1
                } else {
                    labels.len().saturating_sub(1)
                };
                *at = (*at + step) % labels.len().max(1);
            }
            Value::Number(_) | Value::Span(_) | Value::Text(_) | Value::Exactly { .. } => {
                return false;
            }
        }
        true
    }

    /// Which one is chosen.
    pub(crate) fn chosen(&self) -> usize {
        match &self.value {
            Value::Choice { at, .. } => *at,
            _ => 0,
        }
    }

    /// Whether it is set.
    pub(crate) fn flag(&self) -> bool {
        self.value == Value::Flag(true)
    }

    /// The number; 0 if nothing is typed.
    pub(crate) fn number(&self) -> u64 {
        match &self.value {
            Value::Number(typed) => typed.parse().unwrap_or(0),
            _ => 0,
        }
    }

    /// The span, if what is typed is one.
    pub(crate) fn span(&self) -> Option<Duration> {
        match &self.value {
            Value::Span(typed) => humantime::parse_duration(typed).ok(),
            _ => None,
        }
    }

    /// What is typed of a span, as a command takes it.
    pub(crate) fn typed(&self) -> &str {
        match &self.value {
            Value::Number(typed)
            | Value::Span(typed)
            | Value::Text(typed)
            | Value::Exactly { typed, .. } => typed,
            Value::Flag(_) | Value::Choice { .. } => "",
        }
    }

    /// Whether it holds what it must.
    pub(crate) fn is_right(&self) -> bool {
        match &self.value {
            Value::Span(_) => self.span().is_some_and(|span| !span.is_zero()),
            Value::Exactly { wanted, typed } => wanted.as_str() == typed,
            Value::Text(typed) if self.name == Name::Target => !typed.is_empty(),
            Value::Text(typed) if self.name == Name::Attribute => {
                typed.is_empty()
                    || typed
                        .split_once('=')
                        .is_some_and(|(name, _)| !name.is_empty())
            }
            Value::Number(_) if self.name == Name::Brake => self.number() <= 100,
            Value::Flag(_) | Value::Choice { .. } | Value::Number(_) | Value::Text(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(typed: &str) -> Field {
        Field::new(Name::Age, Value::Span(typed.to_owned()))
    }

    #[test]
    fn a_field_takes_its_own_letters_only() {
        let mut number = Field::new(Name::Rate, Value::Number(String::new()));
        assert!(number.push('7') && !number.push('y'));
        assert_eq!(number.number(), 7);
        number.pop();
        assert_eq!((number.number(), number.typed()), (0, ""));
        let mut name = Field::new(
            Name::Confirm,
            Value::Exactly {
                wanted: SafeText::literal("qy"),
                typed: String::new(),
            },
        );
        assert!(name.push('q') && !name.is_right());
        assert!(name.push('y') && name.is_right());
        let mut flag = Field::new(Name::Final, Value::Flag(false));
        assert!(!flag.push('y') && flag.turn(true) && flag.flag());
    }

    #[test]
    fn spans_are_those_that_people_write() {
        assert_eq!(span("15m").span(), Some(Duration::from_mins(15)));
        for wrong in ["", "m", "0s", "12"] {
            assert!(!span(wrong).is_right(), "{wrong}");
        }
    }

    #[test]
    fn choices_go_round_and_a_change_is_known_until_it_is_planned_with() {
        let labels = vec![SafeText::literal("a"), SafeText::literal("b")];
        let mut field = Field::new(Name::Which, Value::Choice { labels, at: 0 });
        field.settle();
        field.turn(false);
        assert_eq!((field.chosen(), field.has_changed()), (1, true));
        field.turn(true);
        assert_eq!((field.chosen(), field.has_changed()), (0, false));
    }
}
