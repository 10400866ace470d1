//! The chain of acts: it holds, and whatever is changed in it shows.

use super::*;

/// Some acts that hold together.
fn acts(count: u64) -> Vec<AuditDocument> {
    let mut previous_hash = "00".repeat(32);
    (1..=count)
        .map(|sequence| {
            let mut act = AuditDocument {
                sequence,
                event_time: Some(format!("2026-11-21T12:00:{sequence:02}.000123Z")),
                actor: "dana".to_owned(),
                peer: "10.0.0.7:5000".to_owned(),
                verb: "requeue.begin".to_owned(),
                topic: "orders".to_owned(),
                subscription: "billing".to_owned(),
                operation: sequence.to_string(),
                selected: 300,
                detail: "all".to_owned(),
                previous_hash: previous_hash.clone(),
                id: sequence.to_string(),
                ..AuditDocument::default()
            };
            act.hash = act.expected_hash().unwrap();
            previous_hash.clone_from(&act.hash);
            act
        })
        .collect()
}

fn verdict(acts: &[AuditDocument]) -> Result<String, String> {
    let mut chain = Chain::default();
    for act in acts {
        chain.add(act);
    }
    chain.verdict()
}

#[test]
fn a_chain_holds_until_a_byte_changes_or_an_act_is_missing() {
    let whole = acts(5);
    assert!(
        verdict(&whole)
            .unwrap()
            .starts_with("5 acts, from 1 to 5: the chain holds")
    );
    // The oldest are forgotten: what is left still holds together.
    assert!(
        verdict(&whole[2..])
            .unwrap()
            .starts_with("3 acts, from 3 to 5")
    );
    let mut changed = whole.clone();
    changed[1].actor = "eve".to_owned();
    assert_eq!(
        verdict(&changed).unwrap_err(),
        "act 2 is not as it was written: its hash is another"
    );
    // Whoever writes the hash anew breaks the next one.
    changed[1].hash = changed[1].expected_hash().unwrap();
    assert_eq!(
        verdict(&changed).unwrap_err(),
        "act 3 does not go on from act 2 as it stands"
    );
    let mut cut = whole;
    cut.remove(3);
    assert_eq!(
        verdict(&cut).unwrap_err(),
        "act 5 comes after act 3: what lies between is missing"
    );
    assert_eq!(verdict(&[]).unwrap(), "no act is on record");
}

#[test]
fn each_field_is_in_the_hash() {
    let act = acts(1).remove(0);
    let changes: [fn(&mut AuditDocument); 14] = [
        |act| act.sequence += 1,
        |act| act.event_time = Some("2026-11-21T12:00:01.000124Z".to_owned()),
        |act| act.actor.push('x'),
        |act| act.peer.push('x'),
        |act| act.verb.push('x'),
        |act| act.topic.push('x'),
        |act| act.subscription.push('x'),
        |act| act.plan.push('x'),
        |act| act.operation = "77".to_owned(),
        |act| act.selected += 1,
        |act| act.affected += 1,
        |act| act.skipped += 1,
        |act| act.detail.push('x'),
        |act| act.previous_hash = "01".repeat(32),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut other = act.clone();
        change(&mut other);
        assert_ne!(other.expected_hash(), act.expected_hash(), "change {at}");
    }
}

#[test]
fn what_is_exported_can_be_read_and_checked_again() {
    let lines: Vec<String> = acts(3)
        .iter()
        .map(|act| super::super::json::line(act).unwrap())
        .collect();
    let read = lines.iter().map(|line| serde_json::from_str(line).unwrap());
    let read: Vec<AuditDocument> = read.collect();
    assert!(verdict(&read).is_ok());
}

#[test]
fn acts_are_told_in_one_line_each() {
    let mut told = acts(2);
    told[1].detail = "a\n\u{1b}[2J".to_owned();
    for is_wide in [false, true] {
        let text = audit_table(&told, is_wide).render(false);
        assert_eq!(text.lines().count(), 3, "{text}");
        assert!(
            !text.chars().any(|c| c.is_control() && c != '\n'),
            "{text:?}"
        );
    }
}
