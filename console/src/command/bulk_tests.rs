//! Which messages the flags of an act select, and what of that the broker is asked for.

use clap::Parser as _;

use super::*;
use crate::command::arguments::{Cli, Command, DlqCommand};

fn discard_of(flags: &[&str]) -> Result<v1::Selection, clap::Error> {
    let start = ["weir", "dlq", "purge", "billing"];
    let cli = Cli::try_parse_from(start.iter().chain(flags))?;
    match cli.command {
        Some(Command::Dlq(DlqCommand::Discard(args))) => {
            Ok(Choice::dead(args.selection, args.keep).selection)
        }
        other => panic!("parsed as {other:?}"),
    }
}

#[test]
fn conditions_add_up_and_all_stands_alone() {
    let all = discard_of(&["--all"]).unwrap();
    assert_eq!(
        all,
        v1::Selection {
            all: true,
            ..v1::Selection::default()
        }
    );
    let words = "--older-than 2d --error-class Timeout --keep 10";
    let some = discard_of(&words.split(' ').collect::<Vec<_>>()).unwrap();
    assert!(!some.all);
    assert_eq!(
        units::span_seconds(some.older_than.as_ref()),
        Some(172_800.0)
    );
    assert_eq!(some.error_class, "Timeout");
    assert_eq!(some.keep_newest, Some(10));
    for other in [
        ["--keep", "1"],
        ["--id", "1.0.1"],
        ["--older-than", "1s"],
        ["--where", "offset=1"],
    ] {
        assert!(
            discard_of(&["--all", other[0], other[1]]).is_err(),
            "{other:?}"
        );
    }
}

#[test]
fn keeping_alone_is_a_selection_of_a_discard_and_not_of_a_requeue() {
    assert_eq!(
        discard_of(&["--keep", "1000"]).unwrap().keep_newest,
        Some(1_000)
    );
    let requeue = ["weir", "dlq", "requeue", "billing", "--keep", "1"];
    assert!(Cli::try_parse_from(requeue).is_err());
}

#[test]
fn several_ids_may_be_given_in_either_way() {
    let ids = discard_of(&["--id", "1.0.1", "1.0.2", "--id", "1.0.3"])
        .unwrap()
        .message_ids;
    assert_eq!(ids, ["1.0.1", "1.0.2", "1.0.3"]);
}

#[test]
fn groups_are_selected_by_the_broker_and_what_else_is_asked_of_them_here() {
    let filter = |text| crate::command::arguments::message_filter(text).unwrap();
    let one = "fingerprint = \"00c0ffee00c0ffee\"";
    let choice = Choice::of_groups(v1::Selection::default(), Some(filter(one)));
    assert_eq!(choice.selection.fingerprint, "00c0ffee00c0ffee");
    assert!(choice.filter.is_none() && choice.selection.fingerprints.is_empty());
    let more = format!("{one} and offset > 5");
    let choice = Choice::of_groups(v1::Selection::default(), Some(filter(&more)));
    assert_eq!(choice.selection.fingerprint, "00c0ffee00c0ffee");
    assert!(choice.filter.is_some());
    let two = format!("{one} or fingerprint = \"0123456789abcdef\"");
    let choice = Choice::of_groups(v1::Selection::default(), Some(filter(&two)));
    let groups = ["00c0ffee00c0ffee", "0123456789abcdef"];
    assert_eq!(choice.selection.fingerprints, groups);
    assert!(choice.filter.is_none() && choice.selection.fingerprint.is_empty());
    let other = format!("{one} or offset > 5");
    let choice = Choice::of_groups(v1::Selection::default(), Some(filter(&other)));
    assert_eq!(choice.selection, v1::Selection::default());
    assert!(choice.filter.is_some());
}
