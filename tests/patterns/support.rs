//! What is around an example and no part of it: its broker, its time limit, the books at its end, and short ways to
//! write topics, subscriptions and messages.

use std::pin::Pin;
use std::time::Duration;

use weir_proto::client::{Client, Error};
use weir_proto::v1::{GetStatsRequest, GetStatsResponse, SubscriptionStats, Topic};
use weir_tests::broker::{Broker, Setup, check_books};
use weir_tests::wait;

pub(crate) use weir_tests::broker::{keyed, message, subscription};

/// The daemon.
const PROGRAM: &str = env!("CARGO_BIN_EXE_weir-broker-under-test");
/// An example that takes longer hangs.
const LIMIT: Duration = Duration::from_secs(25);

/// Plays an example on a broker of its own, within a limit. Any error of the broker that the example does not expect
/// fails it.
pub(crate) async fn play(example: impl AsyncFnOnce(Broker) -> Result<(), Error>) {
    play_on(Broker::start(PROGRAM).await, example).await;
}

/// The same with clients that end when their broker is lost.
pub(crate) async fn play_failing_fast(example: impl AsyncFnOnce(Broker) -> Result<(), Error>) {
    let setup = Setup {
        is_fail_fast: true,
        ..Setup::default()
    };
    play_on(Broker::start_with(PROGRAM, setup).await, example).await;
}

async fn play_on(broker: Broker, example: impl AsyncFnOnce(Broker) -> Result<(), Error>) {
    let played = tokio::time::timeout(LIMIT, Box::pin(example(broker))).await;
    let outcome = played.expect("the example ends within its limit");
    outcome.expect("the broker does what the example asks");
}

/// Runs `services`, which end by themselves only with an error, for as long as `scenario` takes.
pub(crate) fn alongside<'a, T: 'a>(
    services: impl Future<Output = Result<T, Error>> + 'a,
    scenario: impl Future<Output = Result<(), Error>> + 'a,
) -> Pin<Box<dyn Future<Output = Result<(), Error>> + 'a>> {
    Box::pin(async move {
        tokio::select! {
            ended = services => panic!("a service ended: {:?}", ended.map(drop)),
            done = scenario => done,
        }
    })
}

/// A topic with default settings.
pub(crate) fn topic(name: &str) -> Topic {
    Topic {
        name: name.to_owned(),
        ..Topic::default()
    }
}

/// What a message says.
pub(crate) fn text(message: &weir_proto::v1::Message) -> &str {
    std::str::from_utf8(&message.payload).expect("the examples publish text")
}

/// The numbers of one subscription now.
pub(crate) async fn stats(client: &Client, subscription: &str) -> Result<SubscriptionStats, Error> {
    let request = GetStatsRequest {
        subscription: subscription.to_owned(),
        ..GetStatsRequest::default()
    };
    let mut stats = client.stats().get(request).await?.subscriptions;
    Ok(stats.pop().expect("the subscription asked for"))
}

/// Waits until the numbers of a subscription are as `condition` wants them.
pub(crate) async fn until(
    client: &Client,
    subscription: &str,
    condition: impl Fn(&SubscriptionStats) -> bool,
) -> Result<(), Error> {
    let what = format!("what {subscription} waits for");
    wait::until(&what, LIMIT, async || {
        match stats(client, subscription).await {
            Ok(stats) => condition(&stats).then_some(Ok(())),
            Err(error) => Some(Err(error)),
        }
    })
    .await
}

/// How every example ends: these subscriptions exist and no others, none has anything left, neither in work nor dead,
/// and the books of all add up. Waits for that, and returns their numbers.
pub(crate) async fn settle(
    client: &Client,
    subscriptions: &[&str],
) -> Result<Vec<SubscriptionStats>, Error> {
    // The numbers of one call are of one moment: work that is handed on is in one of them.
    let is_settled = |one: &SubscriptionStats| one.backlog + one.scheduled == 0;
    let stats = wait::until("everything is finished", LIMIT, async || {
        let stats = client.stats().get(GetStatsRequest::default()).await;
        let goes_on = |all: &GetStatsResponse| !all.subscriptions.iter().all(is_settled);
        (!stats.as_ref().is_ok_and(goes_on)).then_some(stats)
    })
    .await?;
    let mut expected = subscriptions.to_vec();
    expected.sort_unstable();
    let names = stats.subscriptions.iter().map(|one| one.name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), expected, "the subscriptions");
    for one in &stats.subscriptions {
        check_books(one);
        assert_eq!(one.dead, 0, "{one:#?}");
    }
    let whole = stats.broker.expect("the numbers of the broker");
    assert_eq!(
        (whole.backlog, whole.dead, whole.conservation_error),
        (0, 0, 0)
    );
    Ok(stats.subscriptions)
}

/// The same, and each subscription has acknowledged so many messages.
pub(crate) async fn close_books(client: &Client, acked: &[(&str, u64)]) -> Result<(), Error> {
    let names: Vec<&str> = acked.iter().map(|one| one.0).collect();
    for one in settle(client, &names).await? {
        let expected = acked.iter().find(|(name, _)| *name == one.name);
        assert_eq!(Some(one.acked), expected.map(|one| one.1), "{one:#?}");
    }
    Ok(())
}
