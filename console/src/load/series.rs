//! How a run went, second by second, as comma-separated values; what is not known is empty.

use std::fmt::Write as _;
use std::time::Duration;

use super::offered::{RateChange, rate_at};
use super::plan::Plan;
use super::second::Second;

const TITLES: &str = "at_seconds,offered_rate,publish_rate,confirm_rate,ack_rate,backlog,confirm_p50_seconds,\
    confirm_p99_seconds,consume_p50_seconds,consume_p99_seconds\n";

/// The text, with a line of titles.
pub(super) fn csv(seconds: &[Second], plan: &Plan, changes: &[RateChange]) -> String {
    let mut text = TITLES.to_owned();
    for second in seconds {
        let at = Duration::try_from_secs_f64(second.at).unwrap_or_default();
        // Writing to a String cannot fail.
        let _infallible = write!(text, "{:.3}", second.at);
        let rates = [
            rate_at(plan, changes, at),
            Some(second.publish_rate),
            Some(second.confirm_rate),
            Some(second.ack_rate),
        ];
        for rate in rates {
            let rate = rate.map_or_else(String::new, |rate| format!("{rate:.1}"));
            let _infallible = write!(text, ",{rate}");
        }
        let _infallible = write!(text, ",{}", second.backlog);
        for took in [
            second.confirm_p50,
            second.confirm_p99,
            second.consume_p50,
            second.consume_p99,
        ] {
            let took = took.map_or_else(String::new, |took| format!("{took:.6}"));
            let _infallible = write!(text, ",{took}");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_second_is_a_line_with_a_value_for_each_title() {
        let change = RateChange {
            at: 1.5,
            from: 1_000.0,
            to: 1_200.0,
        };
        let second = |at: f64| Second {
            at,
            publish_rate: 998.25,
            backlog: 7,
            confirm_p99: Some(0.001_5),
            ..Second::default()
        };
        let text = csv(&[second(1.0), second(2.0)], &Plan::default(), &[change]);
        let lines: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
        assert_eq!(lines.len(), 3, "{text}");
        assert!(
            lines.iter().all(|line| line.len() == lines[0].len()),
            "{text}"
        );
        assert_eq!(lines[1][..4], ["1.000", "1000.0", "998.2", "0.0"], "{text}");
        assert_eq!(lines[2][..2], ["2.000", "1200.0"], "{text}");
        assert_eq!(lines[1][5..], ["7", "", "0.001500", "", ""], "{text}");
    }
}
