//! A file says what it was written from, knows every setting of the contract, and is refused by its line.

use prost::Message as _;
use prost_types::{Duration, FileDescriptorSet};
use weir_proto::v1::{KeyOrder, Subscription, Topic};

use super::declared::{Declared, Part};
use super::read::{Problem, read};
use super::settings::{SUBSCRIPTION, TOPIC};
use super::value::Value;
use super::write::written;

fn topic(name: &str) -> Topic {
    Topic {
        name: name.to_owned(),
        ..Topic::default()
    }
}

fn subscription(name: &str, topic: &str) -> Subscription {
    Subscription {
        name: name.to_owned(),
        topic: topic.to_owned(),
        ..Subscription::default()
    }
}

fn problem(text: &str) -> Problem {
    read(text).expect_err("the file is wrong")
}

/// The fields of a message that are not output only.
fn fields_of(message: &str) -> Vec<String> {
    let set = FileDescriptorSet::decode(weir_proto::FILE_DESCRIPTOR_SET).expect("a set");
    let file = set
        .file
        .iter()
        .find(|file| file.name() == "weir/v1/topic.proto");
    let file = file.expect("the file of topics");
    let found = file
        .message_type
        .iter()
        .position(|one| one.name() == message);
    let at = found.expect("the message");
    let comments = file.source_code_info.as_ref().expect("comments");
    let is_output = |field: usize| {
        let place = [
            4,
            i32::try_from(at).unwrap(),
            2,
            i32::try_from(field).unwrap(),
        ];
        let own = comments.location.iter().find(|one| one.path == place);
        own.expect("a comment")
            .leading_comments()
            .trim_start()
            .starts_with("Output only")
    };
    let fields = file.message_type[at].field.iter().enumerate();
    let fields = fields.filter(|(index, _)| !is_output(*index));
    fields.map(|(_, field)| field.name().to_owned()).collect()
}

#[test]
fn every_setting_of_the_contract_has_a_line() {
    let topic: Vec<&str> = TOPIC.iter().map(|one| one.name).collect();
    let subscription: Vec<&str> = SUBSCRIPTION.iter().map(|one| one.name).collect();
    for (message, names, lines) in [
        ("Topic", &["name"][..], &topic),
        ("Subscription", &["name", "topic"], &subscription),
    ] {
        let fields = fields_of(message);
        let settings = fields
            .iter()
            .filter(|field| !names.contains(&field.as_str()));
        for field in settings.clone() {
            assert!(
                lines.contains(&field.as_str()),
                "{message}.{field} has no line"
            );
        }
        assert_eq!(settings.count(), lines.len(), "{message}: {lines:?}");
    }
}

#[test]
fn every_setting_is_read_as_it_was_written() {
    let values = [
        Value::Text("90s".to_owned()),
        Value::Number(7),
        Value::Text("block".to_owned()),
        Value::Text("hold-publishers".to_owned()),
        Value::Text("drop-oldest".to_owned()),
        Value::Text("relaxed".to_owned()),
        Value::Flag(true),
        Value::Text("attributes.kind = \"b\"".to_owned()),
    ];
    let mut whole = topic("orders");
    for setting in TOPIC {
        let taken = values
            .iter()
            .find(|value| setting.set(&mut whole, value).is_ok());
        assert!(
            taken.is_some() && setting.value(&whole).is_some(),
            "{}",
            setting.name
        );
    }
    let mut full = subscription("billing", "orders");
    for setting in SUBSCRIPTION {
        let taken = values
            .iter()
            .find(|value| setting.set(&mut full, value).is_ok());
        assert!(
            taken.is_some() && setting.value(&full).is_some(),
            "{}",
            setting.name
        );
    }
    let text = written(std::slice::from_ref(&whole), std::slice::from_ref(&full));
    let back = read(&text).expect("what was written is read");
    assert_eq!(
        (&back.topics[0], &back.subscriptions[0]),
        (&whole, &full),
        "{text}"
    );
    assert_eq!(written(&back.topics, &back.subscriptions), text);
}

#[test]
fn spans_and_sizes_are_written_in_their_largest_unit_and_nothing_is_rounded() {
    let span = |seconds, nanos| Value::span(Duration { seconds, nanos });
    for (value, text) in [
        (span(0, 0), "0s"),
        (span(86_400, 0), "1d"),
        (span(90, 0), "90s"),
        (span(0, 100_000_000), "100ms"),
        (span(1, 1), "1000000001ns"),
        (Value::size(1 << 30), "1GiB"),
        (Value::size(u64::MAX), "18446744073709551615"),
    ] {
        assert_eq!(value, Value::Text(text.to_owned()));
    }
    assert_eq!(Value::size(1_000), Value::Number(1_000));
    assert_eq!(
        span(1, 1).to_span(),
        Ok(Duration {
            seconds: 1,
            nanos: 1
        })
    );
    assert_eq!(Value::size(u64::MAX).to_size(), Ok(u64::MAX));
}

#[test]
fn a_text_that_would_drive_a_terminal_is_escaped_and_read_as_it_was() {
    let hostile = "\x1b]0;owned\x07\u{9b}31m\u{202e}a\"b\\c'd\r\n\u{200b}é";
    let written = Value::Text(hostile.to_owned()).written();
    assert!(
        written
            .chars()
            .all(|c| c == 'é' || c.is_ascii_graphic() || c == ' '),
        "{written}"
    );
    let back: toml::Table = toml::from_str(&format!("x = {written}")).expect("TOML");
    assert_eq!(back["x"].as_str(), Some(hostile));
    let plain = Value::Text("attributes.kind = \"b\"".to_owned());
    assert_eq!(plain.written(), "'attributes.kind = \"b\"'");
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let cases = [
        (
            "[[topic]]\nname = \"t\"\nretension = 1\n",
            3,
            "there is no key \"retension\"; the keys are name, partition_count",
        ),
        (
            "\n[[topics]]\nname = \"t\"\n",
            2,
            "there is no \"topics\"; write [[topic]]",
        ),
        (
            "[[topic]]\nname = \"t\"\n\n[[subscription]]\nname = \"s\"\n",
            4,
            "topic must be set",
        ),
        ("[[topic]]\npartition_count = 1\n", 1, "name must be set"),
        ("[[topic]]\nname = 7\n", 2, "name: write a text in quotes"),
        (
            "[[topic]]\nname = \"t\"\nretention_duration = 30\n",
            3,
            "retention_duration: write a span",
        ),
        (
            "[[topic]]\nname = \"t\"\nretention_duration = \"30\"\n",
            3,
            "such as \"30s\"",
        ),
        (
            "[[topic]]\nname = \"t\"\nretention_bytes = -1\n",
            3,
            "no whole number from 0",
        ),
        (
            "[[topic]]\nname = \"t\"\npartition_count = 0\n",
            3,
            "write a number from 1",
        ),
        (
            "[[topic]]\nname = \"t\"\nname = \"u\"\n",
            3,
            "duplicate key",
        ),
        (
            "[topic]\nname = \"t\"\n",
            1,
            "write [[topic]] with two brackets",
        ),
        (
            "[[subscription]]\nname = \"s\"\ntopic = \"t\"\nkey_order = \"on\"\n",
            4,
            "write one of off, block, skip",
        ),
    ];
    for (text, line, what) in cases {
        let found = problem(text);
        assert_eq!(found.line, line, "{text:?}: {found:?}");
        assert!(found.what.contains(what), "{text:?}: {found:?}");
    }
    assert_eq!(read(""), Ok(Declared::default()));
}

#[test]
fn a_key_order_is_a_word() {
    let text = "[[subscription]]\nname = \"s\"\ntopic = \"t\"\nkey_order = \"skip\"\n";
    let read = read(text).expect("a file");
    assert_eq!(read.subscriptions[0].key_order(), KeyOrder::Skip);
    assert_eq!(
        (read.subscription_lines, read.topic_lines),
        (vec![1], vec![])
    );
}

#[test]
fn a_topic_goes_in_one_part_with_its_subscriptions() {
    let declared = Declared {
        topics: ["a", "b", "c"].map(topic).to_vec(),
        subscriptions: vec![
            subscription("1", "b"),
            subscription("2", "elsewhere"),
            subscription("3", "default/a"),
            subscription("4", "b"),
        ],
        ..Declared::default()
    };
    let part = |topics: &[usize], subscriptions: &[usize]| Part {
        topics: topics.to_vec(),
        subscriptions: subscriptions.to_vec(),
    };
    let apart = [part(&[0], &[2]), part(&[1], &[0, 3]), part(&[2], &[1])];
    assert_eq!(declared.parts(3), apart);
    assert_eq!(declared.parts(100), [part(&[0, 1, 2], &[2, 0, 3, 1])]);
    assert!(Declared::default().parts(3).is_empty());
}
