//! Hostile names through every rpc that takes one: refused by rule, and never near the file system.

use bytes::Bytes;
use tonic::Code;
use weir_proto::client::{Client, Error, SubscribeOptions, Subscriber};
use weir_proto::v1::{
    ErrorReason, GetStatsRequest, HistoryRequest, ListSubscriptionsRequest, Message, PeekRequest,
    PullRequest, PurgeBacklogRequest, RequeueDeadLettersRequest, Selection, StartPosition, Topic,
};
use weir_tests::broker::subscription;
use weir_tests::files;
use weir_tests::refusals::refused;

use crate::broker;

fn hostile() -> Vec<String> {
    let texts = [
        "../etc/passwd",
        "..",
        ".",
        "/",
        "//",
        "/a",
        "a/",
        "a/b/c",
        "a//b",
        "-rf",
        "--help",
        "a\0b",
        "\0",
        "a\nb",
        "a b",
        " a",
        "CON/NUL\\",
        "a\\b",
        "a:b",
        "a*",
        "a?",
        "a|b",
        "a;b",
        "$(id)",
        "`id`",
        "\u{1b}[2J",
        "a\u{1b}]52;c;x\u{7}",
        "\u{202e}abc",
        "a\u{200b}",
        "оrders",
        "ａ",
        "é",
        "1a",
        "_a",
        "%2e%2e",
        "~root",
        "a'b",
        "a\"b",
        "<a>",
        "a,b",
        "a=b",
        "a@b",
        "a#b",
        "💧",
        "a\u{7f}",
    ];
    let mut all: Vec<String> = texts.map(str::to_owned).to_vec();
    all.push("a".repeat(256));
    all.push("a".repeat(10 << 10));
    all.push(format!("{}/a", "n".repeat(256)));
    all
}

/// Every rpc that takes a name of a topic.
async fn as_topic(client: &Client, name: &str) -> Vec<Result<(), Error>> {
    let (admin, operator) = (client.admin(), client.operator());
    let topic = Topic {
        name: name.to_owned(),
        ..Topic::default()
    };
    let list = ListSubscriptionsRequest {
        topic: name.to_owned(),
        ..ListSubscriptionsRequest::default()
    };
    let peek = PeekRequest {
        topic: name.to_owned(),
        ..PeekRequest::default()
    };
    let stats = GetStatsRequest {
        topic: name.to_owned(),
        ..GetStatsRequest::default()
    };
    let history = HistoryRequest {
        topic: name.to_owned(),
        ..HistoryRequest::default()
    };
    let made = admin.create_subscription(subscription("x", name), StartPosition::Latest);
    vec![
        admin.create_topic(topic).await.map(drop),
        admin.get_topic(name).await.map(drop),
        admin.delete_topic(name).await,
        admin.list_subscriptions(list).await.map(drop),
        made.await.map(drop),
        client
            .publish(name, vec![Message::default()])
            .await
            .map(drop),
        operator.peek(peek).await.map(drop),
        client.stats().get(stats).await.map(drop),
        client.stats().history(history).await.map(drop),
    ]
}

/// Every rpc that takes a name of a subscription.
async fn as_subscription(client: &Client, name: &str) -> Vec<Result<(), Error>> {
    let (admin, operator) = (client.admin(), client.operator());
    let made = admin.create_subscription(subscription(name, "t"), StartPosition::Latest);
    let pull = PullRequest {
        subscription: name.to_owned(),
        ..PullRequest::default()
    };
    let peek = PeekRequest {
        subscription: name.to_owned(),
        ..PeekRequest::default()
    };
    let selection = Some(Selection {
        all: true,
        ..Selection::default()
    });
    let requeue = RequeueDeadLettersRequest {
        subscription: name.to_owned(),
        selection: selection.clone(),
        dry_run: false,
    };
    let purge = PurgeBacklogRequest {
        subscription: name.to_owned(),
        selection,
        ..PurgeBacklogRequest::default()
    };
    let stats = GetStatsRequest {
        subscription: name.to_owned(),
        ..GetStatsRequest::default()
    };
    vec![
        made.await.map(drop),
        admin.get_subscription(name).await.map(drop),
        admin.delete_subscription(name).await.map(drop),
        client.puller().pull(pull).await.map(drop),
        operator.peek(peek).await.map(drop),
        operator.requeue(requeue).await.map(drop),
        operator.purge(purge).await.map(drop),
        client.stats().get(stats).await.map(drop),
        Subscriber::open(client, SubscribeOptions::to(name))
            .await
            .map(drop),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hostile_name_is_refused_by_every_rpc_and_reaches_no_file() {
    let broker = broker().await;
    broker.pair().await;
    let client = broker.client();
    let reason = ErrorReason::NameInvalid;
    for name in hostile() {
        for outcome in as_topic(client, &name).await {
            refused(outcome, Code::InvalidArgument, reason);
        }
        for outcome in as_subscription(client, &name).await {
            refused(outcome, Code::InvalidArgument, reason);
        }
    }
    let admin = client.admin();
    assert_eq!(admin.all_topics().await.unwrap().len(), 1);
    assert_eq!(admin.all_subscriptions(None).await.unwrap().len(), 1);
    let root = broker.data_dir();
    for path in files::tree(&root).unwrap().keys() {
        let name = path.to_string_lossy().into_owned();
        let is_ours = name
            .chars()
            .all(|char| char.is_ascii_alphanumeric() || ".-_/".contains(char));
        assert!(is_ours && !name.contains(".."), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_that_is_not_utf8_is_refused() {
    let broker = broker().await;
    let channel = broker.channel().await;
    // Field 1 of the request, two bytes that are no UTF-8.
    let request = Bytes::from_static(&[0x0a, 2, 0xc3, 0x28]);
    for method in [
        "Admin/GetTopic",
        "Admin/DeleteTopic",
        "Subscriber/Pull",
        "Publisher/Publish",
    ] {
        let answer = weir_tests::raw::call(&channel, method, request.clone()).await;
        let reason = ErrorReason::MessageMalformed;
        refused(answer, Code::InvalidArgument, reason);
    }
}
