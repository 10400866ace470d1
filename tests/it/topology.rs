//! A declared topology: applied as a whole, repeatable, told as a file, refused by line.

use std::path::Path;
use std::time::Duration;

use prost::Message as _;
use prost_types::FileDescriptorSet;
use tonic::Code;
use weir_proto::v1::{
    ApplyTopologyRequest, ErrorReason, KeyOrder, StartPosition, Subscription, Topic,
};
use weir_tests::broker::{Broker, directory, subscription};
use weir_tests::files;
use weir_tests::refusals::refused;

use crate::broker;
use crate::command_line::run;

fn topic(name: &str) -> Topic {
    Topic {
        name: name.to_owned(),
        ..Topic::default()
    }
}

fn span(seconds: u64) -> Option<prost_types::Duration> {
    Duration::from_secs(seconds).try_into().ok()
}

/// Two topics with two subscriptions, some settings of each.
fn declaration() -> ApplyTopologyRequest {
    ApplyTopologyRequest {
        topics: vec![
            Topic {
                partition_count: 3,
                retention_duration: span(3_600),
                retention_bytes: Some(4_096),
                ..topic("shop/orders")
            },
            topic("clicks"),
        ],
        subscriptions: vec![
            Subscription {
                max_attempts: 5,
                ack_deadline: span(7),
                minimum_backoff: span(0),
                key_order: KeyOrder::Block.into(),
                slo_age: span(300),
                slo_backlog: Some(1_000),
                ..subscription("billing", "shop/orders")
            },
            subscription("counting", "clicks"),
        ],
        dry_run: false,
    }
}

async fn names(broker: &Broker) -> Vec<String> {
    let (topics, subscriptions) = broker.client().admin().export_topology().await.unwrap();
    let topics = topics.into_iter().map(|topic| topic.name);
    topics
        .chain(subscriptions.into_iter().map(|one| one.name))
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_topology_is_made_as_declared_and_the_same_again_changes_nothing() {
    let mut broker = broker().await;
    let admin = broker.client().admin();
    let dry = ApplyTopologyRequest {
        dry_run: true,
        ..declaration()
    };
    let planned = admin.apply_topology(dry).await.unwrap();
    assert_eq!((planned.topics.len(), planned.subscriptions.len()), (2, 2));
    assert!(names(&broker).await.is_empty(), "a dry run makes nothing");
    let done = admin.apply_topology(declaration()).await.unwrap();
    assert_eq!(done, planned, "what was planned is done");
    let again = admin.apply_topology(declaration()).await.unwrap();
    assert!(
        again.topics.is_empty() && again.subscriptions.is_empty(),
        "{again:?}"
    );
    broker.publish_texts("shop/orders", &["x"]).await;
    broker.kill();
    broker.start_again().await;
    let admin = broker.client().admin();
    let mut declared = declaration();
    declared.subscriptions[0].max_attempts = 6;
    declared.subscriptions[0].slo_age = None;
    declared.topics.remove(1);
    let changed = admin.apply_topology(declared).await.unwrap();
    assert!(changed.topics.is_empty());
    let [change] = &changed.subscriptions[..] else {
        panic!("one changes: {changed:?}");
    };
    assert_eq!(
        change.changed.as_ref().unwrap().paths,
        ["max_attempts", "slo_age"]
    );
    assert_eq!(change.before.as_ref().unwrap().max_attempts, 5);
    let now = admin.get_subscription("billing").await.unwrap();
    assert_eq!((now.max_attempts, now.slo_age), (6, None));
    assert_eq!(
        broker.stats("billing").await.ready,
        1,
        "its messages are as they were"
    );
    assert_eq!(
        names(&broker).await.len(),
        4,
        "what is not declared is left alone"
    );
}

/// Declarations beside a new topic, on a broker with the topics `t` and `u` and a subscription `s` of `t`, and what is
/// said of each.
fn impossible() -> Vec<(Vec<Topic>, Vec<Subscription>, &'static str)> {
    let with = |partition_count, name| Topic {
        partition_count,
        ..topic(name)
    };
    let hasty = Subscription {
        ack_deadline: span(0),
        ..subscription("x", "t")
    };
    vec![
        (
            vec![with(4, "t")],
            vec![],
            "topics[1], which is t: topic.partition_count is fixed",
        ),
        (
            vec![with(300, "v")],
            vec![],
            "topic.partition_count is 300; it must be 1 to 256",
        ),
        (
            vec![topic("1")],
            vec![],
            "topics[1], which is 1: topic.name is \"1\"",
        ),
        (
            vec![topic("default/new")],
            vec![],
            "topics[1], which is new: topics[0] has the same name",
        ),
        (
            vec![],
            vec![subscription("s", "u")],
            "subscription.topic is fixed",
        ),
        (
            vec![],
            vec![subscription("x", "no")],
            "its topic no neither exists nor is declared",
        ),
        (
            vec![],
            vec![hasty],
            "subscriptions[0], which is x: subscription.ack_deadline is 0",
        ),
        (
            vec![],
            vec![subscription("x", "t"), subscription("x", "new")],
            "subscriptions[1], which is x: subscriptions[0] has the same name",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_as_declared_is_refused_and_nothing_is_done() {
    let broker = broker().await;
    broker.topic("t").await;
    broker.topic("u").await;
    broker.subscription(subscription("s", "t")).await;
    let admin = broker.client().admin();
    let apply = |topics: Vec<Topic>, subscriptions: Vec<Subscription>| {
        let topics = [vec![topic("new")], topics].concat();
        let request = ApplyTopologyRequest {
            topics,
            subscriptions,
            dry_run: false,
        };
        admin.apply_topology(request)
    };
    for (topics, subscriptions, text) in impossible() {
        let outcome = apply(topics, subscriptions).await;
        let error = refused(outcome, Code::InvalidArgument, ErrorReason::TopologyInvalid);
        assert!(error.message().contains(text), "{text}: {error:?}");
        let field = error.message().split(',').next().unwrap().to_owned();
        assert_eq!(error.violations()[0].field, field);
    }
    let stale = Topic {
        etag: "stale".to_owned(),
        ..topic("t")
    };
    let outcome = apply(vec![stale], vec![]).await;
    refused(outcome, Code::Aborted, ErrorReason::EtagMismatch);
    assert_eq!(names(&broker).await, ["t", "u", "s"]);
    let many = (0..10_001)
        .map(|index| topic(&format!("t{index}")))
        .collect();
    refused(
        apply(many, vec![]).await,
        Code::InvalidArgument,
        ErrorReason::BatchTooLarge,
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_applied_to_an_empty_broker_exports_the_same_text() {
    let first = broker().await;
    let admin = first.client().admin();
    for topic in declaration().topics {
        admin.create_topic(topic).await.unwrap();
    }
    for one in declaration().subscriptions {
        admin
            .create_subscription(one, StartPosition::Earliest)
            .await
            .unwrap();
    }
    let exported = run(first.child().address(), &["export"]);
    assert_eq!(exported.code, Some(0), "{}", exported.stderr);
    let mut second = broker().await;
    let folder = directory(false);
    let file = folder.path().join("topology.toml");
    files::write(&file, exported.stdout.as_bytes()).unwrap();
    let apply = |server: &str, words: &[&str]| {
        let path = file.to_str().unwrap();
        run(server, &[&["apply", "-f", path], words].concat())
    };
    let applied = apply(second.child().address(), &["-o", "json"]);
    assert_eq!(applied.code, Some(0), "{}", applied.stderr);
    let done = applied.json();
    assert_eq!((&done["created"], &done["changed"]), (&4.into(), &0.into()));
    second.kill();
    second.start_again().await;
    let server = second.child().address();
    assert_eq!(run(server, &["export"]).stdout, exported.stdout);
    let again = apply(server, &[]);
    let sentence = "all 4 are as declared: nothing to change\n";
    assert_eq!((again.code, again.stdout.as_str()), (Some(0), ""));
    assert_eq!(again.stderr, sentence);
    let both = [&admin, &second.client().admin()].map(|admin| {
        let admin = admin.clone();
        async move { admin.export_topology().await.unwrap() }
    });
    let [one, other] = both;
    assert_eq!(one.await, other.await);
    let json = run(server, &["export", "-o", "json"]).json();
    assert_eq!(json["topic"][1]["retention_bytes"], "4KiB");
    assert_eq!(json["subscription"][0]["key_order"], "block");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_program_shows_what_changes_asks_when_messages_may_go_and_tells_the_line() {
    let broker = broker().await;
    broker.topic("t").await;
    let server = broker.child().address();
    let folder = directory(false);
    let file = folder.path().join("topology.toml");
    let apply = |text: &str, words: &[&str]| {
        files::write(&file, text.as_bytes()).unwrap();
        run(
            server,
            &[&["apply", "-f", file.to_str().unwrap()], words].concat(),
        )
    };
    let text = "[[topic]]\nname = \"t\"\nretention_duration = \"1h\"\n\n\
                [[subscription]]\nname = \"s\"\ntopic = \"t\"\nmax_attempts = 3\n";
    let shown = apply(text, &["--dry-run"]);
    assert_eq!(
        (shown.code, shown.stderr.as_str()),
        (Some(0), "1 to create, 1 to change, 0 as declared already\n")
    );
    let start = "~ topic t\n    retention_duration: \"1d\" → \"1h\"   (may drop messages)\n+ subscription s of t\n";
    assert!(shown.stdout.starts_with(start), "{}", shown.stdout);
    let unasked = apply(text, &[]);
    assert_eq!((unasked.code, unasked.stdout.as_str()), (Some(4), ""));
    assert!(unasked.stderr.contains("add --yes"), "{}", unasked.stderr);
    assert_eq!(names(&broker).await, ["t"]);
    let done = apply(text, &["--yes"]);
    assert_eq!(
        (done.code, done.stderr.as_str()),
        (Some(0), "1 created, 1 changed, 0 as declared already\n")
    );
    let harmless = text.replace("max_attempts = 3", "max_attempts = 4");
    assert_eq!(apply(&harmless, &[]).code, Some(0), "nothing is lost by it");
    let wrong = |text: &str, line: &str, what: &str| {
        let ended = apply(text, &["--yes"]);
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        let path = Path::new(&file).display().to_string();
        let start = format!("error: {path}:{line}: ");
        assert!(ended.stderr.starts_with(&start), "{}", ended.stderr);
        assert!(ended.stderr.contains(what), "{}", ended.stderr);
    };
    wrong(
        "[[topic]]\nname = \"t\"\nretension = 1\n",
        "3",
        "there is no key \"retension\"",
    );
    let elsewhere = text.replace("\"s\"\ntopic = \"t\"", "\"x\"\ntopic = \"no\"");
    wrong(
        &elsewhere,
        "5",
        "its topic no neither exists nor is declared (TOPOLOGY_INVALID)",
    );
    let none = run(server, &["apply", "-f", "/nowhere/topology.toml"]);
    assert_eq!(none.code, Some(1), "{}", none.stderr);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_setting_of_the_contract_can_be_named_by_a_mask() {
    let broker = broker().await;
    broker.pair().await;
    let admin = broker.client().admin();
    let set = FileDescriptorSet::decode(weir_proto::FILE_DESCRIPTOR_SET).unwrap();
    let file = set
        .file
        .iter()
        .find(|file| file.name() == "weir/v1/topic.proto")
        .unwrap();
    let comments = &file.source_code_info.as_ref().unwrap().location;
    let mut met = 0;
    for (at, message) in (0..).zip(&file.message_type) {
        let is_resource = ["Topic", "Subscription"].contains(&message.name());
        for (field_at, field) in (0..).zip(&message.field).filter(|_| is_resource) {
            let own = comments
                .iter()
                .find(|one| one.path == [4, at, 2, field_at])
                .unwrap();
            if own
                .leading_comments()
                .trim_start()
                .starts_with("Output only")
            {
                continue;
            }
            met += 1;
            let path = [field.name()];
            // A default may be refused for its value, but never for the name of its field.
            let outcome = match message.name() {
                "Topic" => admin.update_topic(topic("t"), &path).await.err(),
                _ => admin
                    .update_subscription(subscription("s", "t"), &path)
                    .await
                    .err(),
            };
            let reason = outcome.as_ref().map(weir_proto::client::Error::reason);
            assert_ne!(
                reason,
                Some(ErrorReason::MaskInvalid),
                "{path:?}: {outcome:?}"
            );
        }
    }
    assert!(met >= 14, "{met} fields were met");
}
