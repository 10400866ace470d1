//! Connections that come, publish, and are ended.

use super::*;

const SECOND: u64 = 1_000_000;

fn clients() -> (Clients, Vec<Membership>) {
    let clients = Clients::default();
    let members = (1..=3).map(|port| clients.join(format!("h:{port}"), Time(9), Mono(0)));
    let members = members.collect();
    (clients, members)
}

#[test]
fn who_has_left_is_known_no_more_and_no_number_is_given_twice() {
    let (clients, mut members) = clients();
    let ids = |clients: &Clients| {
        let all = clients.after(ClientId(0), 10);
        all.iter().map(|one| one.id().0).collect::<Vec<_>>()
    };
    assert_eq!(ids(&clients), [1, 2, 3]);
    members.remove(1);
    assert_eq!(ids(&clients), [1, 3]);
    assert!(clients.find(ClientId(2)).is_none());
    let after = clients.after(ClientId(1), 1);
    assert_eq!(after[0].peer(), "h:3");
    let _fourth = clients.join(String::new(), Time(9), Mono(0));
    assert_eq!(ids(&clients), [1, 3, 4]);
}

#[test]
fn a_version_is_what_was_said_first_and_not_too_long() {
    let (_clients, members) = clients();
    let client = &members[0].client;
    assert_eq!(client.client().version.as_ref(), "");
    client.says(&"é".repeat(200).into_bytes());
    client.says(b"other");
    assert_eq!(client.client().version.as_ref(), "é".repeat(128));
    let hostile = &members[1].client;
    hostile.says(b"\xff\x1b[2J");
    assert_eq!(hostile.client().version.as_ref(), "\u{fffd}\u{1b}[2J");
}

#[test]
fn the_topics_of_the_last_minute_are_known_and_at_most_ten() {
    let (_clients, members) = clients();
    let client = &members[0].client;
    for number in 0..12_u64 {
        let topic = format!("t-{number:02}");
        client.published(&topic, 10, Mono(number * 10 * SECOND));
    }
    let now = Mono(110 * SECOND);
    let (rate, topics) = client.publishing(now);
    let names: Vec<&str> = topics.iter().map(AsRef::as_ref).collect();
    assert_eq!(
        names,
        ["t-05", "t-06", "t-07", "t-08", "t-09", "t-10", "t-11"]
    );
    assert!(rate > 0.0);
    assert_eq!(client.publishing(Mono(900 * SECOND)), (0.0, Vec::new()));
}

#[tokio::test]
async fn what_is_under_way_ends_and_what_comes_later_does_not() {
    let (_clients, members) = clients();
    let client = &members[0].client;
    let mut early = client.attend(true);
    early.answer();
    assert_eq!((client.streams(), client.publish_streams()), (1, 1));
    client.end();
    early.ended().await;
    let mut late = client.attend(false);
    let waits = timeout(Duration::from_millis(1), late.ended()).await;
    assert!(waits.is_err(), "it came later");
    drop(early);
    assert_eq!((client.streams(), client.publish_streams()), (0, 0));
}

#[tokio::test]
async fn a_connection_is_cut_once_all_has_ended_and_also_when_nobody_waits() {
    let (_clients, members) = clients();
    let context = Context::from_waker(std::task::Waker::noop());
    for (member, waits) in members.iter().zip([true, false]) {
        let client = &member.client;
        assert!(!client.is_cut(&context));
        if waits {
            client.clone().close().await;
        } else {
            drop(client.clone().close());
            let closing = client.clone().close();
            drop(timeout(Duration::ZERO, closing).await);
        }
        assert!(client.is_cut(&context), "{waits}");
    }
    assert!(!members[2].client.is_cut(&context));
}
