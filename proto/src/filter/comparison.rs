//! One comparison: a field, an operator and a value that goes with them. That it makes sense is
//! checked here, once, when it is read.

use std::cmp::Ordering;
use std::fmt;

use regex::{Regex, RegexBuilder};

use super::field::{Kind, Path};
use super::lexer::{Literal, Operator};
use super::quantity;
use super::value::Value;

/// How much memory a pattern may take when it is compiled, and again while it is tried.
const PATTERN_BYTES: usize = 1 << 20;

/// A field compared with a value.
#[derive(Clone, Debug)]
pub(super) struct Comparison {
    path: Path,
    operator: Operator,
    literal: Literal,
    test: Test,
}

/// What the value became.
#[derive(Clone, Debug)]
enum Test {
    /// `null`: whether the field is known.
    Unknown,
    /// A value of the field's kind.
    Value(Value<'static>),
    /// A point in time, compared with one that is written.
    Time(Value<'static>),
    /// What is compared is found out when it is there.
    Any(Vec<Value<'static>>),
    /// A pattern.
    Pattern(Regex),
}

/// Why a comparison makes no sense: what is wrong, what would do, and which part of it is at fault.
#[derive(Debug)]
pub(super) struct Mismatch {
    pub(super) what: String,
    pub(super) advice: Option<String>,
    pub(super) fault: Fault,
}

/// The part of a comparison that does not fit.
#[derive(Clone, Copy, Debug)]
pub(super) enum Fault {
    Operator,
    Value,
}

impl Comparison {
    /// A comparison that makes sense.
    pub(super) fn new(path: Path, operator: Operator, literal: Literal) -> Result<Self, Mismatch> {
        let test = test(&path, operator, &literal)?;
        Ok(Self {
            path,
            operator,
            literal,
            test,
        })
    }

    /// The field.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The text that the field must equal, if that is what it says.
    pub(super) fn text(&self) -> Option<&str> {
        match (&self.test, self.operator) {
            (Test::Value(Value::Text(text)), Operator::Equal) => Some(text),
            _ => None,
        }
    }

    /// Whether it holds for what the field holds. What is not known equals nothing and is neither
    /// more nor less than anything.
    pub(super) fn holds(&self, value: &Value<'_>) -> bool {
        let order = match &self.test {
            Test::Pattern(pattern) => {
                return value.written().is_some_and(|text| pattern.is_match(&text));
            }
            Test::Unknown => (*value == Value::Unknown).then_some(Ordering::Equal),
            Test::Value(expected) => value.order(expected),
            Test::Time(expected) => match value {
                Value::Text(text) => quantity::time(text).and_then(|time| time.order(expected)),
                _ => None,
            },
            Test::Any(readings) => loose_order(value, readings),
        };
        match self.operator {
            Operator::Equal => order == Some(Ordering::Equal),
            Operator::Unequal => order != Some(Ordering::Equal),
            Operator::Less => order == Some(Ordering::Less),
            Operator::AtMost => matches!(order, Some(Ordering::Less | Ordering::Equal)),
            Operator::Greater => order == Some(Ordering::Greater),
            Operator::AtLeast => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
            Operator::Matches => false,
        }
    }
}

impl PartialEq for Comparison {
    fn eq(&self, other: &Self) -> bool {
        (&self.path, self.operator, &self.literal) == (&other.path, other.operator, &other.literal)
    }
}

impl fmt::Display for Comparison {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.path, self.operator.sign(), self.literal)
    }
}

/// What is found may be a number, or a text that is one: attributes are texts.
fn loose_order(value: &Value<'_>, readings: &[Value<'static>]) -> Option<Ordering> {
    let known = readings.iter().find_map(|reading| value.order(reading));
    known.or_else(|| match value {
        Value::Text(text) => {
            let number = quantity::number(text)?;
            readings.iter().find_map(|reading| number.order(reading))
        }
        _ => None,
    })
}

fn test(path: &Path, operator: Operator, literal: &Literal) -> Result<Test, Mismatch> {
    let text = literal.text.as_str();
    if operator == Operator::Matches {
        return pattern(path, text);
    }
    let is_equality = matches!(operator, Operator::Equal | Operator::Unequal);
    if text == "null" && !literal.is_quoted {
        if is_equality {
            return Ok(Test::Unknown);
        }
        return Err(Mismatch {
            what: "what is not known can only be compared by = and !=".to_owned(),
            advice: None,
            fault: Fault::Operator,
        });
    }
    let expected = |found: Option<Value<'static>>, what: &str| {
        found.map(Test::Value).ok_or_else(|| mismatch(path, what))
    };
    match path.kind {
        Kind::Text => Ok(Test::Value(owned(text))),
        Kind::Word(words) => {
            if words.contains(&text) && is_equality {
                return Ok(Test::Value(owned(text)));
            }
            Err(not_such_a_word(path, words, is_equality))
        }
        Kind::Count => expected(quantity::count(text), "a number such as 200 or 3k"),
        Kind::Bytes => expected(quantity::bytes(text), "a size such as 1000, 64KiB or 10MiB"),
        Kind::Seconds => expected(quantity::seconds(text), "a span such as 500ms, 26s or 5m"),
        Kind::Rate => expected(quantity::rate(text), "a rate such as 200 or 1.5k/s"),
        Kind::Time => {
            let what = "a time such as 2026-01-31 or 2026-01-31T15:00:00Z";
            let time = quantity::time(text);
            time.map(Test::Time).ok_or_else(|| mismatch(path, what))
        }
        Kind::Any => Ok(Test::Any(readings(literal))),
    }
}

/// What a value may mean where the field says nothing: in quotes it is a text, and bare it may be a
/// number or a truth, too.
fn readings(literal: &Literal) -> Vec<Value<'static>> {
    let mut readings = Vec::new();
    if !literal.is_quoted {
        readings.extend(quantity::number(&literal.text));
        if let Ok(flag) = literal.text.parse() {
            readings.push(Value::Flag(flag));
        }
    }
    // A bare number is compared with texts as a number, so that 9 is less than 10.
    if !matches!(readings.first(), Some(Value::Whole(_) | Value::Real(_))) {
        readings.push(owned(&literal.text));
    }
    readings
}

fn pattern(path: &Path, text: &str) -> Result<Test, Mismatch> {
    if !matches!(
        path.kind,
        Kind::Text | Kind::Word(_) | Kind::Any | Kind::Time
    ) {
        return Err(Mismatch {
            what: format!("{path} is no text, and ~ compares texts"),
            advice: Some("one of = != < <= > >=".to_owned()),
            fault: Fault::Operator,
        });
    }
    let pattern = RegexBuilder::new(text)
        .size_limit(PATTERN_BYTES)
        .dfa_size_limit(PATTERN_BYTES)
        .build();
    pattern.map(Test::Pattern).map_err(|error| Mismatch {
        what: match &error {
            regex::Error::CompiledTooBig(_) => "this pattern is too large".to_owned(),
            _ => "this is no pattern".to_owned(),
        },
        // The last line of the parser's own drawing is what is wrong.
        advice: error
            .to_string()
            .lines()
            .last()
            .map(|line| line.trim().to_owned()),
        fault: Fault::Value,
    })
}

fn mismatch(path: &Path, what: &str) -> Mismatch {
    Mismatch {
        what: format!("{path} is compared with {what}"),
        advice: None,
        fault: Fault::Value,
    }
}

fn not_such_a_word(path: &Path, words: &[&str], is_equality: bool) -> Mismatch {
    let fault = if is_equality {
        Fault::Value
    } else {
        Fault::Operator
    };
    Mismatch {
        what: format!("{path} is a word, compared by = != ~"),
        advice: Some(format!("one of {}", words.join(", "))),
        fault,
    }
}

fn owned(text: &str) -> Value<'static> {
    Value::Text(text.to_owned().into())
}
