//! Plan ids: which broker made a plan, in which of its lives, and which one it is.

use std::fmt;
use std::str::FromStr;

use super::Incarnation;

/// A plan: written `plan-broker-incarnation-number`, the broker as 16 hexadecimal digits.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PlanId {
    /// The data directory on which the broker that made it runs.
    pub broker: u64,
    /// Which start of that broker.
    pub incarnation: Incarnation,
    /// Which of its plans, from 1; 0 stands for an act that had no plan of its own.
    pub number: u64,
}

impl fmt::Display for PlanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (broker, incarnation) = (self.broker, self.incarnation);
        write!(f, "plan-{broker:016x}-{incarnation}-{}", self.number)
    }
}

/// The text is no plan id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a plan id as Plan gives it, such as plan-00c0ffee00c0ffee-3-1")]
pub struct PlanIdError;

impl FromStr for PlanId {
    type Err = PlanIdError;

    fn from_str(text: &str) -> Result<Self, PlanIdError> {
        let mut parts = text.split('-');
        let (Some("plan"), Some(broker), Some(incarnation), Some(number), None) = (
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
            parts.next(),
        ) else {
            return Err(PlanIdError);
        };
        let id = Self {
            broker: u64::from_str_radix(broker, 16).map_err(|_no_number| PlanIdError)?,
            incarnation: Incarnation(incarnation.parse().map_err(|_no_number| PlanIdError)?),
            number: number.parse().map_err(|_no_number| PlanIdError)?,
        };
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(PlanIdError)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_id_survives_text_and_is_written_in_one_way() {
        let id = PlanId {
            broker: 0xc0_ffee,
            incarnation: Incarnation(3),
            number: 12,
        };
        assert_eq!(id.to_string(), "plan-0000000000c0ffee-3-12");
        assert_eq!(id.to_string().parse(), Ok(id));
        for text in [
            "",
            "plan",
            "plan-1-2-3",
            "plan-0000000000c0ffee-03-12",
            "x-1-2-3",
        ] {
            assert_eq!(text.parse::<PlanId>(), Err(PlanIdError), "{text}");
        }
    }
}
