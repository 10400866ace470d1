//! What a check found, as monitoring tools read it: one line with its measurement, or an object.

use serde::Serialize;
use weir_proto::safe_text::SafeText;

use super::units;

/// How something is. The numbers are the exit codes that monitoring tools expect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Ok = 0,
    Warning = 1,
    Critical = 2,
    Unknown = 3,
}

impl Level {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
            Self::Unknown => "UNKNOWN",
        }
    }
}

/// In what a value is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Unit {
    Messages,
    Seconds,
}

/// What is measured and where it is too much.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Measured {
    /// `lag`, `age`, `dlq`, `depth`.
    pub(crate) check: &'static str,
    pub(crate) subscription: String,
    pub(crate) topic: String,
    pub(crate) value: f64,
    pub(crate) unit: Unit,
    pub(crate) warn: Option<f64>,
    pub(crate) crit: Option<f64>,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct VerdictDocument {
    pub(crate) state: Level,
    pub(crate) check: &'static str,
    pub(crate) subscription: Option<String>,
    pub(crate) topic: Option<String>,
    pub(crate) value: Option<f64>,
    pub(crate) unit: Option<Unit>,
    pub(crate) warn: Option<f64>,
    pub(crate) crit: Option<f64>,
    /// In one sentence.
    pub(crate) message: String,
    #[serde(skip)]
    measurement: String,
}

impl VerdictDocument {
    /// What the thresholds say of a value: above one is too much.
    pub(crate) fn of(measured: Measured) -> Self {
        let is_above = |limit: Option<f64>| limit.is_some_and(|limit| measured.value > limit);
        let state = match (is_above(measured.crit), is_above(measured.warn)) {
            (true, _) => Level::Critical,
            (false, true) => Level::Warning,
            (false, false) => Level::Ok,
        };
        let measurement = format!(
            "{}={}{};{};{};0",
            measured.check,
            measured.value,
            if measured.unit == Unit::Seconds {
                "s"
            } else {
                ""
            },
            limit(measured.warn),
            limit(measured.crit),
        );
        Self {
            state,
            check: measured.check,
            message: sentence(&measured, state),
            measurement,
            subscription: Some(measured.subscription),
            topic: Some(measured.topic),
            value: Some(measured.value),
            unit: Some(measured.unit),
            warn: measured.warn,
            crit: measured.crit,
        }
    }

    /// Nothing was found out.
    pub(crate) fn unknown(check: &'static str, why: String) -> Self {
        Self {
            state: Level::Unknown,
            check,
            subscription: None,
            topic: None,
            value: None,
            unit: None,
            warn: None,
            crit: None,
            message: why,
            measurement: String::new(),
        }
    }

    /// The line: how it is, why, and the measurement behind a bar.
    pub(crate) fn line(&self) -> String {
        // A bar or a line's end in a message would begin the measurement.
        let message = self.message.replace('|', "/");
        let message = SafeText::new(&message);
        let word = self.state.word();
        if self.measurement.is_empty() {
            format!("{word} - {message}\n")
        } else {
            format!("{word} - {message} | {}\n", self.measurement)
        }
    }
}

fn sentence(measured: &Measured, state: Level) -> String {
    let Measured {
        check,
        subscription,
        unit,
        ..
    } = measured;
    let value = match unit {
        Unit::Seconds => units::seconds(measured.value),
        Unit::Messages => format!("{} messages", measured.value),
    };
    let limit = match state {
        Level::Critical => measured.crit,
        Level::Warning => measured.warn,
        Level::Ok | Level::Unknown => None,
    };
    let above = match (limit, unit) {
        (Some(limit), Unit::Seconds) => format!(", above {}", units::seconds(limit)),
        (Some(limit), Unit::Messages) => format!(", above {limit}"),
        (None, _) => String::new(),
    };
    format!("{check} of {subscription} is {value}{above}")
}

fn limit(limit: Option<f64>) -> String {
    limit.map_or_else(String::new, |limit| limit.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(value: f64, unit: Unit, warn: Option<f64>, crit: Option<f64>) -> VerdictDocument {
        VerdictDocument::of(Measured {
            check: "age",
            subscription: "billing".to_owned(),
            topic: "orders".to_owned(),
            value,
            unit,
            warn,
            crit,
        })
    }

    #[test]
    fn what_is_above_a_threshold_is_too_much_and_what_is_on_it_is_not() {
        let state = |value| verdict(value, Unit::Messages, Some(10.0), Some(20.0)).state;
        assert_eq!(state(0.0), Level::Ok);
        assert_eq!(state(10.0), Level::Ok);
        assert_eq!(state(11.0), Level::Warning);
        assert_eq!(state(20.0), Level::Warning);
        assert_eq!(state(21.0), Level::Critical);
        assert_eq!(
            verdict(21.0, Unit::Messages, None, Some(5.0)).state,
            Level::Critical
        );
    }

    #[test]
    fn the_line_has_the_measurement_behind_the_bar() {
        let late = verdict(150.5, Unit::Seconds, Some(30.0), Some(120.0));
        let expected = "CRITICAL - age of billing is 2m31s, above 2m00s | age=150.5s;30;120;0\n";
        assert_eq!(late.line(), expected);
        let fine = verdict(7.0, Unit::Messages, None, Some(10.0));
        assert_eq!(
            fine.line(),
            "OK - age of billing is 7 messages | age=7;;10;0\n"
        );
    }

    #[test]
    fn what_is_not_known_is_one_line_without_a_measurement() {
        let unknown = VerdictDocument::unknown("age", "no broker\nat a | b\u{1b}".to_owned());
        assert_eq!(unknown.line(), "UNKNOWN - no broker\\nat a / b\\x1b\n");
        let json = serde_json::to_value(&unknown).expect("JSON");
        assert_eq!(
            (&json["state"], &json["value"]),
            (&"unknown".into(), &().into())
        );
    }
}
