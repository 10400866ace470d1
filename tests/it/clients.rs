//! Who is connected, what they do, and that an operator can end it.

use std::time::Duration;

use http::HeaderValue;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::Channel;
use tonic::{Code, Status, Streaming};
use weir_proto::client::{Client, SubscribeOptions, Subscriber};
use weir_proto::v1::publisher_client::PublisherClient;
use weir_proto::v1::stats_client::StatsClient;
use weir_proto::v1::subscriber_client::SubscriberClient;
use weir_proto::v1::{
    ClientInfo, DepartureReason, ErrorReason, ListClientsRequest, PublishStreamRequest,
    PublishStreamResponse, PullRequest, SubscribeRequest, SubscribeResponse, SubscribeStart,
    SubscriptionStats, WatchRequest,
};
use weir_tests::broker::{Broker, message, subscription, texts};
use weir_tests::refusals::{refused, refused_status};
use weir_tests::wait;

use crate::broker;

const LIMIT: Duration = Duration::from_secs(10);

/// A connection of its own that says what it is.
async fn channel(broker: &Broker, agent: &str) -> Channel {
    let address = format!("http://{}", broker.child().address());
    let endpoint = Channel::from_shared(address).unwrap();
    endpoint.user_agent(agent).unwrap().connect().await.unwrap()
}

/// The connection whose user agent begins so.
async fn client_of(broker: &Broker, agent: &str) -> Option<ClientInfo> {
    let clients = broker.client().admin().all_clients().await.unwrap();
    let mut clients = clients.into_iter();
    clients.find(|one| one.client_version.starts_with(agent))
}

/// A consumer named `worker` of `s`, and the first response.
async fn consumer(
    channel: &Channel,
) -> (mpsc::Sender<SubscribeRequest>, Streaming<SubscribeResponse>) {
    let (say, said) = mpsc::channel(4);
    let start = SubscribeRequest {
        start: Some(SubscribeStart {
            subscription: "s".to_owned(),
            consumer: "worker".to_owned(),
            ..SubscribeStart::default()
        }),
        ..SubscribeRequest::default()
    };
    say.send(start).await.unwrap();
    let mut stub = SubscriberClient::new(channel.clone());
    let responses = stub.subscribe(ReceiverStream::new(said)).await.unwrap();
    let mut responses = responses.into_inner();
    assert!(
        responses
            .message()
            .await
            .unwrap()
            .unwrap()
            .started
            .is_some()
    );
    (say, responses)
}

/// A stream of publishes to `t` that has published `count` messages.
async fn publisher(
    channel: &Channel,
    count: usize,
) -> (
    mpsc::Sender<PublishStreamRequest>,
    Streaming<PublishStreamResponse>,
) {
    let (say, said) = mpsc::channel(4);
    let batch = PublishStreamRequest {
        topic: "t".to_owned(),
        batch_id: 1,
        messages: vec![message("x"); count],
        ..PublishStreamRequest::default()
    };
    say.send(batch).await.unwrap();
    let mut stub = PublisherClient::new(channel.clone());
    let answers = stub
        .publish_stream(ReceiverStream::new(said))
        .await
        .unwrap();
    let mut answers = answers.into_inner();
    let first = answers.message().await.unwrap().unwrap();
    assert_eq!(first.results[0].error, None);
    (say, answers)
}

/// How a stream ends.
async fn end<T>(stream: &mut Streaming<T>) -> Option<Status> {
    let end = async {
        loop {
            match stream.message().await {
                Ok(Some(_)) => {}
                Ok(None) => return None,
                Err(status) => return Some(status),
            }
        }
    };
    tokio::time::timeout(LIMIT, end).await.expect("it ends")
}

fn was_disconnected(status: &Status) {
    let reason = ErrorReason::ClientDisconnected;
    refused_status(status, Code::Unavailable, reason);
}

async fn settled(broker: &Broker, is_so: impl Fn(&SubscriptionStats) -> bool) -> SubscriptionStats {
    wait::until("the numbers are so", LIMIT, async || {
        let stats = broker.stats("s").await;
        is_so(&stats).then_some(stats)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_connected_is_listed_with_what_they_do() {
    let broker = broker().await;
    broker.pair().await;
    let (reading, writing) = (
        channel(&broker, "reader/7").await,
        channel(&broker, "writer/1.2").await,
    );
    let (_say, _delivered) = consumer(&reading).await;
    let (write, answers) = publisher(&writing, 30).await;
    settled(&broker, |stats| stats.leased == 30).await;
    let reader = client_of(&broker, "reader/7").await.unwrap();
    assert!(reader.client_version.contains("tonic/"), "{reader:?}");
    assert_eq!(reader.name, "worker");
    assert!(reader.peer.starts_with("127.0.0.1:") && reader.connect_time.is_some());
    let [of] = reader.consumers.as_slice() else {
        panic!("{reader:?}");
    };
    assert_eq!((of.subscription.as_str(), of.topic.as_str()), ("s", "t"));
    let stats = of.stats.as_ref().unwrap();
    assert_eq!((stats.leased, stats.client_id), (30, reader.client_id));
    assert_eq!(stats.client_version, reader.client_version);
    assert_eq!((reader.publish_stream_count, reader.topics.len()), (0, 0));
    let writer = client_of(&broker, "writer/1.2").await.unwrap();
    assert_eq!(writer.publish_stream_count, 1);
    assert_eq!(
        (writer.topics.as_slice(), writer.name.as_str()),
        (&["t".to_owned()][..], "")
    );
    assert!(writer.publish_rate > 0.0 && writer.consumers.is_empty());
    let stats = broker.stats("s").await;
    assert_eq!(stats.consumers[0].client_id, reader.client_id);
    // What is published by a single call counts as what comes over a stream.
    broker.publish_texts("t", &["y"]).await;
    let own = client_of(&broker, "weir-rust/").await.unwrap();
    assert_eq!(own.topics, ["t"]);
    drop((writing, write, answers));
    wait::until("it has left", LIMIT, async || {
        client_of(&broker, "writer").await.is_none().then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_client_says_it_is_is_data_however_hostile() {
    let broker = broker().await;
    broker.pair().await;
    let mut bytes = "evil/\u{202e}".to_owned().into_bytes();
    bytes.extend(b"\xff\xfe");
    bytes.extend("x".repeat(5_000).bytes());
    let agent = HeaderValue::from_bytes(&bytes).unwrap();
    let address = format!("http://{}", broker.child().address());
    let endpoint = Channel::from_shared(address).unwrap();
    let endpoint = endpoint.user_agent(agent).unwrap();
    let (_say, _delivered) = consumer(&endpoint.connect().await.unwrap()).await;
    let client = client_of(&broker, "evil/\u{202e}\u{fffd}").await.unwrap();
    assert!(
        (200..=256).contains(&client.client_version.len()),
        "it is cut"
    );
    let stats = client.consumers[0].stats.as_ref().unwrap();
    assert_eq!(stats.client_version, client.client_version);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_are_listed_page_by_page() {
    let broker = broker().await;
    let mut others = Vec::new();
    for at in 0..5 {
        let client = broker.another_client().await;
        client.admin().get_topic("none").await.unwrap_err();
        others.push((at, client));
    }
    let admin = broker.client().admin();
    let ids = |clients: &[ClientInfo]| clients.iter().map(|one| one.client_id).collect::<Vec<_>>();
    let all = ids(&admin.all_clients().await.unwrap());
    assert!(all.len() >= 6 && all.is_sorted(), "{all:?}");
    let mut request = ListClientsRequest {
        page_size: 2,
        ..ListClientsRequest::default()
    };
    let mut found = Vec::new();
    loop {
        let page = admin.list_clients(request.clone()).await.unwrap();
        assert!(page.clients.len() <= 2);
        found.extend(ids(&page.clients));
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            break;
        }
    }
    assert_eq!(found, all);
    request.page_token = "0123".to_owned();
    let mangled = admin.list_clients(request.clone()).await;
    refused(
        mangled,
        Code::InvalidArgument,
        ErrorReason::PageTokenInvalid,
    );
    request.page_size = -1;
    let negative = admin.list_clients(request).await;
    refused(
        negative,
        Code::InvalidArgument,
        ErrorReason::ValueOutOfRange,
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_is_disconnected_is_told_so_and_its_leases_go_back() {
    let broker = broker().await;
    broker.pair().await;
    broker.subscription(subscription("idle", "t")).await;
    let other = channel(&broker, "victim/1").await;
    let (_say, mut delivered) = consumer(&other).await;
    let (_write, mut answers) = publisher(&other, 3).await;
    let mut stub = StatsClient::new(other.clone());
    let samples = stub.watch(WatchRequest::default()).await.unwrap();
    let mut samples = samples.into_inner();
    broker.pull_all("idle", 3).await;
    let mut stub = SubscriberClient::new(other.clone());
    let waiting = tokio::spawn(async move {
        let request = PullRequest {
            subscription: "idle".to_owned(),
            wait: LIMIT.try_into().ok(),
            ..PullRequest::default()
        };
        stub.pull(request).await
    });
    settled(&broker, |stats| stats.leased == 3).await;
    let victim = client_of(&broker, "victim/1").await.unwrap();
    let admin = broker.client().admin();
    let ended = admin.disconnect_client(victim.client_id).await;
    assert_eq!(ended.unwrap(), 3);
    let stats = broker.stats("s").await;
    assert_eq!((stats.leased, stats.consumers.len()), (0, 0), "at once");
    let [left] = stats.departed.as_slice() else {
        panic!("{:?}", stats.departed);
    };
    assert_eq!(left.reason(), DepartureReason::Disconnected);
    assert_eq!((left.name.as_str(), left.returned_leases), ("worker", 3));
    assert!(left.client_version.starts_with("victim/1"));
    was_disconnected(&end(&mut delivered).await.unwrap());
    was_disconnected(&end(&mut answers).await.unwrap());
    was_disconnected(&end(&mut samples).await.unwrap());
    let pulled = tokio::time::timeout(LIMIT, waiting).await.unwrap().unwrap();
    was_disconnected(&pulled.unwrap_err());
    assert!(
        client_of(&broker, "victim/1").await.is_none(),
        "it is closed"
    );
    let again = broker.pull_all("s", 3).await;
    assert_eq!(texts(&again), ["x"; 3]);
    assert!(
        again.iter().all(|one| one.delivery_attempt == 2),
        "each lost an attempt"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_subscriber_that_is_disconnected_comes_back_by_itself() {
    let broker = broker().await;
    broker.pair().await;
    let client: Client = broker.another_client().await;
    let options = SubscribeOptions::to("s");
    let mut subscriber = Subscriber::open(&client, options).await.unwrap();
    let id = broker.stats("s").await.consumers[0].client_id;
    broker.client().admin().disconnect_client(id).await.unwrap();
    broker.publish_texts("t", &["after"]).await;
    let next = tokio::time::timeout(LIMIT, subscriber.next()).await;
    let received = next.expect("it comes back").unwrap();
    assert_eq!(received.message.payload.as_ref(), b"after");
    received.ack();
    let stats = settled(&broker, |stats| stats.acked == 1).await;
    assert_ne!(stats.consumers[0].client_id, id);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_not_there_cannot_be_disconnected_and_who_asks_gets_an_answer() {
    let broker = broker().await;
    broker.pair().await;
    let admin = broker.client().admin();
    let unknown = admin.disconnect_client(u64::MAX).await;
    refused(unknown, Code::NotFound, ErrorReason::ClientNotFound);
    let none = admin.disconnect_client(0).await;
    refused(none, Code::InvalidArgument, ErrorReason::FieldRequired);
    let mut subscriber = Subscriber::open(broker.client(), SubscribeOptions::to("s"))
        .await
        .unwrap();
    let id = broker.stats("s").await.consumers[0].client_id;
    assert_eq!(admin.disconnect_client(id).await.unwrap(), 1, "its own");
    let departed = broker.stats("s").await.departed;
    assert_eq!(departed[0].reason(), DepartureReason::Disconnected);
    broker.publish_texts("t", &["x"]).await;
    let next = tokio::time::timeout(LIMIT, subscriber.next()).await;
    next.expect("it comes back").unwrap().ack();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_left_is_told_with_why() {
    let broker = broker().await;
    broker.pair().await;
    let lost = channel(&broker, "lost/1").await;
    let (say, delivered) = consumer(&lost).await;
    broker.publish_texts("t", &["x", "y"]).await;
    settled(&broker, |stats| stats.leased == 2).await;
    // Without a word: the channel and its streams are gone at once.
    drop((delivered, say, lost));
    let stats = settled(&broker, |stats| !stats.departed.is_empty()).await;
    assert_eq!(stats.departed[0].reason(), DepartureReason::Lost);
    assert_eq!(stats.departed[0].returned_leases, 2);
    let closed = channel(&broker, "closed/1").await;
    let (say, mut delivered) = consumer(&closed).await;
    drop(say);
    assert!(end(&mut delivered).await.is_none(), "a clean end");
    let stats = settled(&broker, |stats| stats.departed.len() == 2).await;
    assert_eq!(stats.departed[0].reason(), DepartureReason::Closed);
    assert_eq!(stats.departed[1].reason(), DepartureReason::Lost);
    let all = weir_proto::v1::GetStatsRequest::default();
    let all = broker.client().stats().get(all).await.unwrap();
    assert!(all.subscriptions[0].departed.is_empty(), "it was not named");
}
