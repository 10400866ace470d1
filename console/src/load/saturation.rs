//! Up to which rate a broker holds what is asked of it: doubled until it does not, then halved between.

use serde::Serialize;

use super::slo::Objectives;
use super::summary::Summary;
use crate::present::units;

/// A rate is reached if so much of it is.
const REACHED: f64 = 0.95;
/// The search ends when what failed is this near to what held.
const NEAR: f64 = 1.05;
/// No rate beyond this is tried, in messages per second.
const MOST: f64 = 1e7;
/// None below this either.
const LEAST: f64 = 1.0;

/// A rate that was tried.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Step {
    /// Offered, in messages per second.
    pub(crate) offered: f64,
    /// Reached, in messages per second.
    pub(crate) rate: f64,
    pub(crate) p99_seconds: Option<f64>,
    pub(crate) is_held: bool,
    /// What was missed, in words.
    pub(crate) missed: Vec<String>,
}

/// What a search has found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Saturation {
    /// The highest rate that held, in messages per second; null if none did.
    pub(crate) highest_rate: Option<f64>,
    /// Whether the generator ended the search: the broker may hold more.
    pub(crate) generator_limited: bool,
    pub(crate) steps: Vec<Step>,
}

impl Step {
    /// What a run at a rate came to.
    pub(crate) fn of(offered: f64, run: &Summary, objectives: Option<&Objectives>) -> Self {
        let mut missed = Vec::new();
        if run.rate < offered * REACHED {
            missed.push(format!("only {} of it were reached", rate(run.rate)));
        }
        if !run.is_whole() {
            let count: u64 = run.errors.values().sum();
            missed.push(format!(
                "lost {}, duplicates {}, out of order {}, errors {count}",
                run.lost, run.duplicates, run.out_of_order
            ));
        }
        if run.generator_limited {
            missed.push("the generator could not keep its times".to_owned());
        }
        let verdicts = objectives.map_or_else(Vec::new, |objectives| objectives.judge(run));
        let failed = verdicts.into_iter().filter(|verdict| !verdict.is_met);
        missed.extend(failed.map(|verdict| verdict.text));
        Self {
            offered,
            rate: run.rate,
            p99_seconds: run.latency_seconds.p99,
            is_held: missed.is_empty(),
            missed,
        }
    }

    /// For people, a line.
    pub(crate) fn text(&self) -> String {
        let p99 = self
            .p99_seconds
            .map_or_else(|| "-".to_owned(), units::seconds);
        let said = if self.is_held {
            "held".to_owned()
        } else {
            self.missed.join("; ")
        };
        format!("  {:>14}  p99 {p99:<8}  {said}", rate(self.offered))
    }
}

impl Saturation {
    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut text = match self.highest_rate {
            Some(highest) => format!("the highest rate that held is {}\n", rate(highest)),
            None => "no rate held\n".to_owned(),
        };
        if self.generator_limited {
            text.push_str("the generator was the limit: the broker may hold more\n");
        }
        text
    }
}

fn rate(value: f64) -> String {
    format!("{}/s", units::count(super::summary::rounded(value)))
}

/// A search between what held and what did not.
#[derive(Clone, Debug)]
pub(crate) struct Search {
    held: Option<f64>,
    failed: Option<f64>,
    start: f64,
}

impl Search {
    /// A search that begins at a rate.
    pub(crate) fn from(start: f64) -> Self {
        Self {
            held: None,
            failed: None,
            start: start.clamp(LEAST, MOST),
        }
    }

    /// The rate to try next; none when it is over.
    pub(crate) fn next(&self) -> Option<f64> {
        match (self.held, self.failed) {
            (None, None) => Some(self.start),
            (Some(held), None) => (held < MOST).then(|| (held * 2.0).min(MOST)),
            (None, Some(failed)) => (failed > LEAST).then(|| (failed / 2.0).max(LEAST)),
            (Some(held), Some(failed)) => (failed / held > NEAR).then(|| (held * failed).sqrt()),
        }
    }

    /// What became of a rate.
    pub(crate) fn note(&mut self, rate: f64, is_held: bool) {
        if is_held {
            self.held = Some(self.held.map_or(rate, |held| held.max(rate)));
        } else {
            self.failed = Some(self.failed.map_or(rate, |failed| failed.min(rate)));
        }
    }

    /// The highest rate that held.
    pub(crate) fn held(&self) -> Option<f64> {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Searches a broker that holds up to `limit`; what was found and after how many steps.
    fn search(start: f64, limit: f64) -> (Option<f64>, usize) {
        let mut search = Search::from(start);
        let mut steps = 0;
        while let Some(rate) = search.next() {
            steps += 1;
            assert!(steps < 60, "it ends");
            search.note(rate, rate <= limit);
        }
        (search.held(), steps)
    }

    #[test]
    fn the_highest_rate_is_found_within_a_twentieth_from_below_and_above() {
        for (start, limit) in [
            (1_000.0, 48_000.0),
            (1e6, 48_000.0),
            (50_000.0, 50_000.0),
            (1_000.0, 3.0),
        ] {
            let (held, _) = search(start, limit);
            let held = held.unwrap();
            assert!(held <= limit && held * NEAR >= limit, "{held} of {limit}");
        }
    }

    #[test]
    fn a_step_says_what_was_missed() {
        let run = super::super::summary::tests::sample();
        assert!(Step::of(5_000.0, &run, None).is_held);
        let objectives = Objectives::read("latency.p99 = \"1ms\"").unwrap();
        let step = Step::of(10_000.0, &Summary { lost: 1, ..run }, Some(&objectives));
        assert_eq!((step.is_held, step.missed.len()), (false, 3), "{step:?}");
        assert!(step.text().contains("lost 1"), "{}", step.text());
    }

    #[test]
    fn a_search_ends_where_nothing_holds_and_where_all_does() {
        assert_eq!(search(1_000.0, 0.0).0, None);
        assert_eq!(search(1_000.0, f64::INFINITY).0, Some(MOST));
        assert!(search(1_000.0, 20_000.0).1 <= 12);
    }
}
