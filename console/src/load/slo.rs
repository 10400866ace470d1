//! What a run must reach: a file of objectives, held against its summary.
//!
//! ```toml
//! min_rate = 20000            # messages per second
//! latency.p99 = "50ms"        # due to consumed, or to confirmed without consumers
//! confirm.p99 = "10ms"        # due to confirmed
//! max_lost = 0
//! ```

use std::collections::BTreeMap;

use serde::Deserialize;

use super::summary::{Quantiles, Summary};
use crate::present::units;

/// The objectives of a file. What is not written is not asked for.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Objectives {
    min_rate: Option<f64>,
    max_lost: Option<u64>,
    max_duplicates: Option<u64>,
    max_out_of_order: Option<u64>,
    #[serde(default)]
    latency: BTreeMap<String, String>,
    #[serde(default)]
    confirm: BTreeMap<String, String>,
}

/// One objective and whether it was met.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Verdict {
    pub(crate) is_met: bool,
    /// In words, with the figures.
    pub(crate) text: String,
}

impl Objectives {
    /// Reads a file. Fails with a sentence that names the line or the key.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let read: Self = toml::from_str(text).map_err(|error| error.to_string())?;
        for (name, limit) in read.latency.iter().chain(&read.confirm) {
            if !Quantiles::default()
                .named()
                .iter()
                .any(|(known, _)| is_called(known, name))
            {
                return Err(format!(
                    "{name:?} is not measured: write p50, p90, p95, p99, p999, p9999 or max"
                ));
            }
            span(limit)?;
        }
        Ok(read)
    }

    /// Each objective against a run.
    pub(crate) fn judge(&self, run: &Summary) -> Vec<Verdict> {
        let mut all = Vec::new();
        if let Some(least) = self.min_rate {
            let [is, must] = [run.rate, least].map(|rate| format!("{rate:.0}/s"));
            all.push(Verdict {
                is_met: run.rate >= least,
                text: format!("rate {is}, at least {must}"),
            });
        }
        let counts = [
            ("lost", self.max_lost, run.lost),
            ("duplicates", self.max_duplicates, run.duplicates),
            ("out of order", self.max_out_of_order, run.out_of_order),
        ];
        for (what, most, is) in counts {
            if let Some(most) = most {
                all.push(Verdict {
                    is_met: is <= most,
                    text: format!("{what} {is}, at most {most}"),
                });
            }
        }
        all.extend(quantiles("latency", &self.latency, &run.latency_seconds));
        all.extend(quantiles("confirm", &self.confirm, &run.confirm_seconds));
        all
    }
}

fn quantiles(of: &str, limits: &BTreeMap<String, String>, found: &Quantiles) -> Vec<Verdict> {
    let verdict = |(name, limit): (&String, &String)| {
        let named = found.named();
        let is = named.iter().find(|(known, _)| is_called(known, name));
        let is = is.and_then(|(_, value)| *value);
        // Checked when the file was read.
        let most = span(limit).unwrap_or(0.0);
        Verdict {
            is_met: is.is_some_and(|is| is <= most),
            text: format!(
                "{of} {name} {}, at most {limit}",
                is.map_or_else(|| "not measured".to_owned(), units::seconds)
            ),
        }
    };
    limits.iter().map(verdict).collect()
}

/// `p99.9` may be written `p999`, since a point parts keys.
fn is_called(known: &str, name: &str) -> bool {
    known == name || known.replace('.', "") == name
}

fn span(text: &str) -> Result<f64, String> {
    let span = humantime::parse_duration(text);
    span.map(|span| span.as_secs_f64())
        .map_err(|error| format!("{text:?}: {error}; write a duration such as 50ms"))
}

#[cfg(test)]
mod tests {
    use super::super::summary::tests::sample;
    use super::*;

    #[test]
    fn each_objective_is_held_against_its_figure() {
        let text =
            "min_rate = 4000\nlatency.p99 = \"5ms\"\nlatency.p999 = \"10ms\"\nmax_lost = 0\n";
        let objectives = Objectives::read(text).unwrap();
        let verdicts = objectives.judge(&sample());
        let met: Vec<bool> = verdicts.iter().map(|verdict| verdict.is_met).collect();
        assert_eq!(met, [true, true, true, false]);
        assert!(
            verdicts[3].text.contains("at most 10ms"),
            "{:?}",
            verdicts[3]
        );
    }

    #[test]
    fn what_was_not_measured_does_not_meet_its_objective() {
        let objectives = Objectives::read("confirm.max = \"1s\"").unwrap();
        let mut run = sample();
        run.confirm_seconds = Quantiles::default();
        assert!(!objectives.judge(&run)[0].is_met);
    }

    #[test]
    fn a_file_that_is_wrong_is_refused() {
        let refused = |text: &str| Objectives::read(text).unwrap_err();
        assert!(refused("rate = 5").contains("rate"));
        assert!(refused("latency.p98 = \"5ms\"").contains("p98"));
        assert!(refused("latency.p99 = \"5\"").contains("such as 50ms"));
        assert!(refused("min_rate = \"fast\"").contains("line 1"));
    }
}
