//! An act of several plans: how they are carried out, in words, so that nobody takes the canary of one for that of all.

use weir_proto::v1;

use super::arguments::{CanaryArgs, ConsentArgs};
use super::session::Session;
use crate::present::operation::{Counted, OperationDocument};
use crate::present::units;

/// What is said of an act that takes so many plans; empty if one plan is all of it.
pub(crate) fn told(plans: usize, consent: &ConsentArgs, canary: &CanaryArgs) -> String {
    if plans < 2 {
        return String::new();
    }
    let plans = units::count(plans as u64);
    let canary = canary.canary.filter(|count| *count > 0);
    if consent.no_wait {
        return match canary {
            Some(count) => {
                format!("{plans} plans begun at once, each with its own canary of {count}")
            }
            None => format!("{plans} plans begun at once, each an operation of its own"),
        };
    }
    let rest = "if one stops, none after it is begun";
    match canary {
        Some(count) => {
            format!("{plans} plans one after another, the canary of {count} in the first; {rest}")
        }
        None => format!("{plans} plans one after another; {rest}"),
    }
}

/// Names the plans that were not begun, since one before them has stopped.
pub(crate) fn say_left(session: &Session, left: &[String]) {
    if left.is_empty() {
        return;
    }
    let plans = units::counted(left.len() as u64, "plan was", "plans were");
    let ids = left.join(" ");
    session.output.note(&format!(
        "{plans} not begun, since one before has stopped: {ids}"
    ));
}

/// What was done before something failed can be taken back, too.
pub(crate) fn say_before(
    session: &Session,
    done: &[v1::Operation],
    (verb, counted): (&str, Counted),
    name: &str,
) {
    let document = OperationDocument::new(done);
    session.output.note(&document.sentence(verb, counted, name));
    if let Some(undo) = document.undo(|words| session.command(words)) {
        session.output.note(&format!("undo {undo}"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(plans: usize, canary: Option<u64>, no_wait: bool) -> String {
        let consent = ConsentArgs {
            no_wait,
            ..ConsentArgs::default()
        };
        let canary = CanaryArgs {
            canary,
            ..CanaryArgs::default()
        };
        told(plans, &consent, &canary)
    }

    #[test]
    fn whose_canary_it_is_is_said_where_there_are_several_plans() {
        assert_eq!(said(1, Some(20), false), "");
        assert_eq!(
            said(3, Some(20), false),
            "3 plans one after another, the canary of 20 in the first; \
             if one stops, none after it is begun"
        );
        assert_eq!(
            said(3, None, false),
            "3 plans one after another; if one stops, none after it is begun"
        );
        assert_eq!(
            said(3, Some(20), true),
            "3 plans begun at once, each with its own canary of 20"
        );
        assert_eq!(
            said(3, None, true),
            "3 plans begun at once, each an operation of its own"
        );
    }
}
