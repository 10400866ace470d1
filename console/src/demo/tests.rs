//! Tests of the demo's parts that need no broker.

use weir_proto::v1::{BrokerStats, GetStatsResponse, SubscriptionStats, TopicStats};

use super::audit::{Audit, Totals};
use super::chance::Chance;
use super::farewell;
use super::tally::Tally;
use super::topology::{READERS, TOPICS};

fn stats(published: u64, acked: u64, dead: u64) -> GetStatsResponse {
    GetStatsResponse {
        broker: Some(BrokerStats::default()),
        topics: TOPICS
            .iter()
            .map(|topic| TopicStats {
                name: (*topic).to_owned(),
                published,
                ..TopicStats::default()
            })
            .collect(),
        subscriptions: READERS
            .iter()
            .map(|reader| SubscriptionStats {
                name: reader.name.to_owned(),
                entered: published,
                acked,
                dead,
                ready: published - acked - dead,
                ..SubscriptionStats::default()
            })
            .collect(),
        ..GetStatsResponse::default()
    }
}

fn tally(published: u64, acked: u64, died: u64) -> Tally {
    let tally = Tally::new();
    for topic in TOPICS {
        tally.publish(topic, published);
    }
    for reader in READERS {
        tally.of(reader.name).acked.add(acked);
        tally.of(reader.name).died.add(died);
    }
    tally
}

#[test]
fn a_seed_gives_each_actor_the_same_numbers_again() {
    let draw = |seed, actor| {
        let mut chance = Chance::new(seed, actor);
        (0..8)
            .map(|_| chance.below(0, 1_000_000))
            .collect::<Vec<_>>()
    };
    assert_eq!(draw(7, "emails"), draw(7, "emails"));
    assert_ne!(draw(7, "emails"), draw(7, "orders"));
    assert_ne!(draw(7, "emails"), draw(8, "emails"));
}

#[test]
fn a_rate_is_met_in_the_mean() {
    let mut chance = Chance::new(1, "rates");
    let total: usize = (0..10_000).map(|_| chance.rounded(2.3)).sum();
    assert!((22_500..23_500).contains(&total), "{total}");
    assert_eq!(chance.rounded(-1.0), 0);
}

#[test]
fn agreeing_counts_have_nothing_to_complain_about() {
    let audit = Audit::after(stats(100, 50, 5));
    let now = stats(400, 200, 9);
    assert_eq!(audit.disagreements(&now, &tally(300, 150, 4)), [""; 0]);
}

#[test]
fn each_lost_message_is_a_complaint() {
    let audit = Audit::after(stats(0, 0, 0));
    let own = tally(100, 50, 2);
    let fewer_published = audit.disagreements(&stats(99, 50, 2), &own);
    assert!(
        fewer_published
            .iter()
            .any(|line| line.contains("99 published"))
    );
    assert!(
        fewer_published
            .iter()
            .any(|line| line.contains("99 entered"))
    );
    let fewer_acked = audit.disagreements(&stats(100, 49, 2), &own);
    assert!(fewer_acked.iter().all(|line| line.contains("49 acked")));
    assert_eq!(fewer_acked.len(), READERS.len());
    let mut unbalanced = stats(100, 50, 2);
    unbalanced.subscriptions[0].ready += 1;
    assert_eq!(audit.disagreements(&unbalanced, &own).len(), 1);
}

#[test]
fn answers_that_were_late_explain_a_difference_and_no_more() {
    let audit = Audit::after(stats(0, 0, 0));
    let own = tally(100, 50, 2);
    for reader in READERS {
        own.of(reader.name).stale.add(1);
    }
    assert_eq!(audit.disagreements(&stats(100, 49, 2), &own), [""; 0]);
    assert_ne!(audit.disagreements(&stats(100, 48, 2), &own), [""; 0]);
}

#[test]
fn requeued_messages_have_died() {
    let audit = Audit::after(stats(10, 0, 3));
    let own = tally(0, 0, 0);
    own.of("mailer").requeued.add(4);
    let totals = audit.sum(&stats(10, 0, 3), &own);
    assert_eq!((totals.dead, totals.requeued), (4, 4));
}

#[test]
fn output_for_programs_is_one_object_with_the_names_of_the_contract() {
    let totals = Totals {
        published: 1,
        acked: 2,
        retried: 3,
        dead: 4,
        requeued: 5,
        conservation_error: 0,
    };
    let mut out = Vec::new();
    farewell::to_programs(&mut out, &totals).unwrap();
    let expected = concat!(
        r#"{"published":1,"acked":2,"retried":3,"dead":4,"requeued":5,"#,
        r#""conservation_error":0}"#,
        "\n"
    );
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}
