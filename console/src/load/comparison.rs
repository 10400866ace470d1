//! Two results side by side: how many times the one figure is the other.

use serde::Serialize;

use super::summary::{Quantiles, Summary};

/// Two runs side by side: a line for each figure with the ratio of the second to the first.
pub(crate) fn comparison(before: &Summary, after: &Summary) -> Vec<Compared> {
    let quantiles = |of: &str, a: Quantiles, b: Quantiles| {
        let pairs = a.named().into_iter().zip(b.named());
        let rows = pairs.map(|((name, a), (_, b))| Compared::new(format!("{of} {name}"), a, b));
        rows.collect::<Vec<_>>()
    };
    let mut rows = vec![Compared::new(
        "rate".to_owned(),
        Some(before.rate),
        Some(after.rate),
    )];
    rows.extend(quantiles(
        "latency_seconds",
        before.latency_seconds,
        after.latency_seconds,
    ));
    rows.extend(quantiles(
        "confirm_seconds",
        before.confirm_seconds,
        after.confirm_seconds,
    ));
    rows.push(Compared::new(
        "cpu_cores".to_owned(),
        before.cpu_cores,
        after.cpu_cores,
    ));
    let whole = |summary: &Summary| Some(summary.lost as f64);
    rows.push(Compared::new(
        "lost".to_owned(),
        whole(before),
        whole(after),
    ));
    rows
}

/// One figure of two runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Compared {
    pub(crate) figure: String,
    pub(crate) before: Option<f64>,
    pub(crate) after: Option<f64>,
    /// The second over the first; null if one of them is not known, or the first is zero.
    pub(crate) ratio: Option<f64>,
}

impl Compared {
    fn new(figure: String, before: Option<f64>, after: Option<f64>) -> Self {
        let ratio = before.zip(after);
        let ratio = ratio.filter(|(before, _)| *before != 0.0);
        Self {
            figure,
            before,
            after,
            ratio: ratio.map(|(before, after)| after / before),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::summary::tests::sample;
    use super::*;

    #[test]
    fn a_comparison_gives_the_ratio_of_each_figure() {
        let faster = Summary {
            rate: 10_000.0,
            cpu_cores: None,
            ..sample()
        };
        let rows = comparison(&sample(), &faster);
        assert_eq!(
            (rows[0].figure.as_str(), rows[0].ratio),
            ("rate", Some(2.0))
        );
        let cpu = rows.iter().find(|row| row.figure == "cpu_cores").unwrap();
        assert_eq!(cpu.ratio, None);
        assert!(rows.iter().any(|row| row.figure == "latency_seconds p99"));
    }
}
