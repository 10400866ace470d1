//! `weir check …`: one number of a subscription against thresholds.
//!
//! It speaks as monitoring tools listen: one line on stdout, and an exit code of 0, 1, 2 or 3. What
//! keeps it from finding out, from a wrong argument to a missing broker, is UNKNOWN and 3.

use std::ffi::OsString;

use clap::CommandFactory as _;
use weir_proto::v1;

use super::arguments::{CheckCommand, Cli, Globals};
use super::failure::{Exit, Failure};
use super::names;
use super::output::Output;
use super::session::Session;
use crate::present::format::Format;
use crate::present::json;
use crate::present::units;
use crate::present::verdict::{Level, Measured, Unit, VerdictDocument};

/// Checks, prints what was found, and ends with its code.
pub(crate) async fn run(globals: &Globals, command: CheckCommand) -> Exit {
    let output = Output::new(globals.color, globals.quiet);
    let check = Check::of(command);
    let (verdict, mut output) = match Session::open(globals, output).await {
        Ok(session) => (check.verdict(&session).await, session.output),
        Err((failure, output)) => (Err(failure), output),
    };
    let verdict =
        verdict.unwrap_or_else(|failure| VerdictDocument::unknown(check.name, failure.to_string()));
    let text = match globals.output {
        Format::Json => json::pretty(&verdict),
        Format::Jsonl => json::line(&verdict),
        Format::Table | Format::Wide | Format::Name => Ok(verdict.line()),
    };
    let printed = match text {
        Ok(text) => output.data(text).await,
        Err(error) => Err(error.into()),
    };
    match printed {
        Ok(()) => exit_of(verdict.state),
        Err(failure) => {
            output.failure(&failure);
            exit_of(Level::Unknown)
        }
    }
}

/// Whether arguments that the parser refused are those of a check, which are not to be taken for
/// CRITICAL.
pub(crate) fn is_asked_for(arguments: impl Iterator<Item = OsString>) -> bool {
    let lenient = Cli::command().ignore_errors(true);
    let found = lenient.try_get_matches_from(arguments);
    found.is_ok_and(|found| found.subcommand_name() == Some("check"))
}

fn exit_of(level: Level) -> Exit {
    match level {
        Level::Ok => Exit::Done,
        Level::Warning => Exit::Failed,
        Level::Critical => Exit::Usage,
        Level::Unknown => Exit::Partly,
    }
}

/// One number and its thresholds.
struct Check {
    name: &'static str,
    subscription: String,
    unit: Unit,
    value: fn(&v1::SubscriptionStats) -> f64,
    /// What its owner still accepts, which is critical beyond if no threshold is given.
    slo: fn(&v1::Subscription) -> Option<f64>,
    warn: Option<f64>,
    crit: Option<f64>,
}

impl Check {
    fn of(command: CheckCommand) -> Self {
        let slo: fn(&v1::Subscription) -> Option<f64> = match &command {
            CheckCommand::Lag(_) => |settings| settings.slo_backlog.map(|slo| slo as f64),
            CheckCommand::Age(_) => |settings| units::span_seconds(settings.slo_age.as_ref()),
            CheckCommand::Dlq(_) | CheckCommand::Depth(_) => |_settings| None,
        };
        let (name, value): (_, fn(&v1::SubscriptionStats) -> f64) = match &command {
            CheckCommand::Lag(_) => ("lag", |stats| stats.backlog as f64),
            CheckCommand::Age(_) => ("age", |stats| stats.lag_seconds.unwrap_or(0.0)),
            CheckCommand::Dlq(_) => ("dlq", |stats| stats.dead as f64),
            CheckCommand::Depth(_) => ("depth", |stats| stats.ready as f64),
        };
        let (subscription, unit, warn, crit) = match command {
            CheckCommand::Lag(args) | CheckCommand::Dlq(args) | CheckCommand::Depth(args) => {
                (args.subscription, Unit::Messages, args.warn, args.crit)
            }
            CheckCommand::Age(args) => (args.subscription, Unit::Seconds, args.warn, args.crit),
        };
        Self {
            name,
            subscription,
            unit,
            value,
            slo,
            warn,
            crit,
        }
    }

    async fn verdict(&self, session: &Session) -> Result<VerdictDocument, Failure> {
        let found = names::subscription(session, &self.subscription).await?;
        let (warn, crit) = match (self.warn, self.crit) {
            (None, None) => (None, (self.slo)(&found)),
            given => given,
        };
        if warn.is_none() && crit.is_none() {
            let what = format!(
                "say what is too much: weir check {} … --warn X --crit Y",
                self.name
            );
            return Err(Failure::Usage(what));
        }
        let request = v1::GetStatsRequest {
            subscription: found.name.clone(),
            ..v1::GetStatsRequest::default()
        };
        let sample = session.client.stats().get(request).await;
        let sample =
            sample.map_err(|error| session.failure(format!("check {}", found.name), error))?;
        let is_it = |stats: &&v1::SubscriptionStats| stats.name == found.name;
        let Some(stats) = sample.subscriptions.iter().find(is_it) else {
            return Err(Failure::Gone { name: found.name });
        };
        Ok(VerdictDocument::of(Measured {
            check: self.name,
            value: (self.value)(stats),
            subscription: found.name,
            topic: found.topic,
            unit: self.unit,
            warn,
            crit,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_begins_with_check_is_a_check() {
        let is_check = |line: &str| is_asked_for(line.split(' ').map(OsString::from));
        assert!(is_check("weir check"));
        assert!(is_check("weir --server a:1 check age s --crit soon"));
        assert!(is_check("weir -o json check dead --no-such-flag"));
        assert!(!is_check("weir config check"));
        assert!(!is_check("weir sub get check --no-such-flag"));
        assert!(!is_check("weir --no-such-flag"));
    }
}
