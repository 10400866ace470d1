//! The screen of a load test, box by box: where they are, how the run goes, how long messages take, how its
//! subscription lags, and what is wrong.

mod places;

mod run;

mod latencies;

mod lag;

mod checks;

pub(in crate::tui::view) use checks::checks;
pub(in crate::tui::view) use lag::{lag, lag_chart};
pub(in crate::tui::view) use latencies::{latencies, more_lines, spread};
pub(in crate::tui::view) use places::places;
pub(in crate::tui::view) use run::{rates, run};
