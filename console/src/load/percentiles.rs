//! Percentiles as text, in the form of `HdrHistogram` that its plotters read; values in milliseconds.

use std::fmt::Write as _;

use super::latency::Latency;

/// Lines from one halving of what is left to the next.
const LINES_PER_HALF: u32 = 5;
const NANOS_PER_MILLI: f64 = 1e6;

/// The text of what was measured.
pub(super) fn hgrm(latency: &Latency) -> String {
    let histogram = latency.histogram();
    let mut text = String::from("       Value     Percentile TotalCount 1/(1-Percentile)\n\n");
    let mut total = 0;
    for level in histogram.iter_quantiles(LINES_PER_HALF) {
        total += level.count_since_last_iteration();
        let value = level.value_iterated_to() as f64 / NANOS_PER_MILLI;
        let part = level.quantile_iterated_to();
        // Writing to a String cannot fail.
        let _infallible = write!(text, "{value:12.3} {part:.12} {total:10}");
        if part < 1.0 {
            let _infallible = write!(text, " {:14.2}", 1.0 / (1.0 - part));
        }
        text.push('\n');
    }
    let _infallible = writeln!(
        text,
        "#[Mean    = {:12.3}, StdDeviation   = {:12.3}]\n#[Max     = {:12.3}, Total count    = {:12}]",
        histogram.mean() / NANOS_PER_MILLI,
        histogram.stdev() / NANOS_PER_MILLI,
        histogram.max() as f64 / NANOS_PER_MILLI,
        histogram.len(),
    );
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn every_line_is_a_percentile_and_the_last_one_holds_all() {
        let mut latency = Latency::new();
        for millis in 1..=1_000 {
            latency.add(Duration::from_millis(millis), 1);
        }
        let text = hgrm(&latency);
        let lines: Vec<Vec<f64>> = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#') && !line.contains("Value"))
            .map(|line| {
                let words = line.split_whitespace();
                words.map(|word| word.parse().unwrap()).collect()
            })
            .collect();
        assert!(lines.len() > 30, "{text}");
        assert!(
            lines
                .windows(2)
                .all(|pair| pair[0][1] <= pair[1][1] && pair[0][2] <= pair[1][2]),
            "{text}"
        );
        let half = lines.iter().find(|line| line[1] >= 0.5).unwrap();
        assert!((half[0] - 500.0).abs() < 1.0, "{half:?}");
        assert!((half[3] - 2.0).abs() < 0.1, "{half:?}");
        let last = lines.last().unwrap();
        assert_eq!((last.len(), last[1], last[2]), (3, 1.0, 1_000.0));
        assert!(text.contains("#[Mean    =      500.5"), "{text}");
        assert!(text.ends_with("Total count    =         1000]\n"), "{text}");
    }
}
