//! A broker of one test: the daemon as a child on a directory of its own, with a client.
//!
//! The only caller of the API that sets a test up. Panics where a test could only unwrap.

use std::path::{Path, PathBuf};
use std::time::Duration;

use rand::Rng as _;
use rand::rngs::SmallRng;
use tempfile::TempDir;
use tonic::transport::Channel;
use weir_proto::client::{Client, MessageId, Options};
use weir_proto::v1::{
    Delivery, GetStatsRequest, Message, MessageState, PeekRequest, PeekedMessage, PullRequest,
    RequeueDeadLettersRequest, Selection, StartPosition, Subscription, SubscriptionStats, Topic,
};

use super::child::{Child, Start};
pub use super::things::{check_books, eager, keyed, message, ordered, subscription, texts};

/// A daemon that has not ended this long after SIGTERM has failed.
const STOP_LIMIT: Duration = Duration::from_secs(15);
/// Where files cost no disk, if the machine has it.
const MEMORY: &str = "/dev/shm";
const SEGMENT_BYTES: u64 = 1 << 20;

/// How a test's broker is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// On the real disk, not in memory.
    pub is_on_disk: bool,
    /// Bytes of a segment; `None` is the daemon's default.
    pub segment_bytes: Option<u64>,
    /// Replay time that asks for a checkpoint, in microseconds; `None` is the daemon's default.
    pub checkpoint_replay_us: Option<u64>,
    /// The most bytes of the journal; `None` is no bound.
    pub max_disk_bytes: Option<u64>,
    /// For how long operations can be undone; `None` is the daemon's default.
    pub undo_grace_seconds: Option<u64>,
    /// Whether clients end at the first lost connection.
    pub is_fail_fast: bool,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            is_on_disk: false,
            segment_bytes: Some(SEGMENT_BYTES),
            checkpoint_replay_us: None,
            max_disk_bytes: None,
            undo_grace_seconds: None,
            is_fail_fast: false,
        }
    }
}

impl Setup {
    /// Segments as the daemon makes them by itself: needed for messages of megabytes.
    pub fn large() -> Self {
        Self {
            is_on_disk: true,
            segment_bytes: None,
            ..Self::default()
        }
    }

    fn arguments(&self) -> Vec<String> {
        let option = |name: &str, value: Option<u64>| Some(format!("--{name}={}", value?));
        [
            option("segment-bytes", self.segment_bytes),
            option("checkpoint-replay-us", self.checkpoint_replay_us),
            option("max-disk-bytes", self.max_disk_bytes),
            option("undo-grace-seconds", self.undo_grace_seconds),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// A running daemon, its directory and a client of it.
#[derive(Debug)]
pub struct Broker {
    program: &'static str,
    /// How it is started the next time.
    pub setup: Setup,
    directory: TempDir,
    child: Option<Child>,
    client: Client,
}

/// A fresh directory, in memory if the machine has room for it there.
pub fn directory(is_on_disk: bool) -> TempDir {
    let mut builder = tempfile::Builder::new();
    builder.prefix("weir-test-");
    let is_there = Path::new(MEMORY).is_dir();
    let made = if is_on_disk || !is_there {
        builder.tempdir()
    } else {
        builder.tempdir_in(MEMORY).or_else(|_| builder.tempdir())
    };
    made.expect("a directory for a test")
}

impl Broker {
    /// Starts `program` on a fresh directory in memory, with small segments.
    pub async fn start(program: &'static str) -> Self {
        Self::start_with(program, Setup::default()).await
    }

    /// Starts `program` on a fresh directory.
    pub async fn start_with(program: &'static str, setup: Setup) -> Self {
        let directory = directory(setup.is_on_disk);
        Self::start_on(program, setup, directory).await
    }

    /// Starts `program` on `directory`.
    pub async fn start_on(program: &'static str, setup: Setup, directory: TempDir) -> Self {
        let child = spawn(program, &setup, directory.path(), None).expect("the broker starts");
        let client = connect(&child, &setup).await;
        Self {
            program,
            setup,
            directory,
            child: Some(child),
            client,
        }
    }

    /// The client of the running daemon.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// A client with a connection of its own.
    pub async fn another_client(&self) -> Client {
        connect(self.child(), &self.setup).await
    }

    /// A plain channel with a connection of its own, for what the client would not say.
    pub async fn channel(&self) -> Channel {
        let address = format!("http://{}", self.child().address());
        let endpoint = Channel::from_shared(address).expect("an address");
        endpoint.connect().await.expect("the broker is reached")
    }

    /// The running daemon.
    pub fn child(&self) -> &Child {
        self.child.as_ref().expect("the broker runs")
    }

    /// The running daemon, to be waited for.
    pub fn child_mut(&mut self) -> &mut Child {
        self.child.as_mut().expect("the broker runs")
    }

    /// Its data directory.
    pub fn data_dir(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// Its resident memory in bytes.
    pub fn rss(&self) -> u64 {
        self.child().rss_bytes().expect("the memory of the broker")
    }

    /// Stops it as an operator does; it must end by itself with 0.
    pub fn stop(&mut self) {
        let mut child = self.child.take().expect("the broker runs");
        child.terminate().expect("a signal");
        let status = child.wait(STOP_LIMIT).expect("the broker ends");
        assert!(status.success(), "the broker ended with {status}");
    }

    /// Kills it as `kill -9` does.
    pub fn kill(&mut self) {
        let child = self.child.take().expect("the broker runs");
        child.kill().expect("the broker is killed");
    }

    /// Starts it again on its directory.
    pub async fn start_again(&mut self) {
        let (setup, directory) = (&self.setup, self.directory.path());
        let child = spawn(self.program, setup, directory, None).expect("the broker starts again");
        self.client = connect(&child, setup).await;
        self.child = Some(child);
    }

    /// Starts it again with a fail point armed. The error is that it died before it listened.
    pub fn start_armed(&mut self, fail_point: &str) -> anyhow::Result<()> {
        let (setup, directory) = (&self.setup, self.directory.path());
        let child = spawn(self.program, setup, directory, Some(fail_point))?;
        let options = Options::to(child.address()).fail_fast();
        self.client = Client::connect_lazy(options)?;
        self.child = Some(child);
        Ok(())
    }

    /// Whether the daemon has ended.
    pub fn has_died(&mut self) -> bool {
        self.child_mut().has_ended()
    }

    /// Stops it, or kills it, as chance has it: what follows meets both kinds of directories.
    pub fn stop_or_kill(&mut self, random: &mut SmallRng) {
        if random.random() {
            self.stop();
        } else {
            self.kill();
        }
    }

    /// Asks it to stop. Gives whether it ended with 0.
    pub fn stop_is_clean(&mut self) -> bool {
        let child = self.child_mut();
        child.terminate().expect("a signal");
        let status = child.wait(STOP_LIMIT).expect("the broker ends");
        status.success()
    }

    /// Lets go of a daemon that has ended, so that it can be started again.
    pub fn bury(&mut self) {
        self.child = None;
    }

    /// Creates a topic with default settings.
    pub async fn topic(&self, name: &str) -> Topic {
        self.topic_with(Topic {
            name: name.to_owned(),
            ..Topic::default()
        })
        .await
    }

    /// Creates a topic.
    pub async fn topic_with(&self, topic: Topic) -> Topic {
        let created = self.client.admin().create_topic(topic).await;
        created.expect("the topic is created")
    }

    /// Creates a subscription from the next message on.
    pub async fn subscription(&self, subscription: Subscription) -> Subscription {
        let admin = self.client.admin();
        let created = admin.create_subscription(subscription, StartPosition::Latest);
        created.await.expect("the subscription is created")
    }

    /// A topic `t` and a subscription `s` of it.
    pub async fn pair(&self) {
        self.pair_with(subscription("s", "t")).await;
    }

    /// The subscription and its topic.
    pub async fn pair_with(&self, subscription: Subscription) {
        self.topic(&subscription.topic).await;
        self.subscription(subscription).await;
    }

    /// Publishes one batch; its ids in order.
    pub async fn publish(&self, topic: &str, messages: Vec<Message>) -> Vec<MessageId> {
        let count = messages.len();
        let stored = self.client.publish(topic, messages).await;
        let stored = stored.expect("the messages are stored");
        let ids: Vec<_> = stored
            .runs
            .iter()
            .flat_map(|run| {
                (0..u64::from(run.message_count)).map(|index| MessageId {
                    topic_id: stored.topic_id,
                    partition: run.partition,
                    offset: run.first_offset + index,
                })
            })
            .collect();
        assert_eq!(ids.len(), count, "each message has a place");
        ids
    }

    /// Publishes texts as one batch.
    pub async fn publish_texts(&self, topic: &str, texts: &[&str]) -> Vec<MessageId> {
        self.publish(topic, texts.iter().map(|text| message(text)).collect())
            .await
    }

    /// Leases up to `max` messages; waits for the first one for a few seconds.
    pub async fn pull(&self, subscription: &str, max: u32) -> Vec<Delivery> {
        self.pull_waiting(subscription, max, Duration::from_secs(10))
            .await
    }

    /// Leases up to `max` messages; waits for the first one at most for `wait`.
    pub async fn pull_waiting(
        &self,
        subscription: &str,
        max: u32,
        wait: Duration,
    ) -> Vec<Delivery> {
        let request = PullRequest {
            subscription: subscription.to_owned(),
            max_messages: max,
            wait: wait.try_into().ok(),
            consumer: "the test".to_owned(),
        };
        let pulled = self.client.puller().pull(request).await;
        pulled.expect("a pull answers")
    }

    /// Leases exactly `count` messages with as many pulls as it takes.
    pub async fn pull_all(&self, subscription: &str, count: usize) -> Vec<Delivery> {
        let mut all = Vec::new();
        while all.len() < count {
            let rest = u32::try_from(count - all.len()).unwrap_or(u32::MAX);
            let pulled = self.pull(subscription, rest.min(10_000)).await;
            assert!(!pulled.is_empty(), "{} of {count} came", all.len());
            all.extend(pulled);
        }
        all
    }

    /// Acknowledges durably; all must be taken.
    pub async fn acknowledge(&self, deliveries: &[Delivery]) {
        let ids = deliveries.iter().map(|one| one.ack_id.clone()).collect();
        let answer = self.client.puller().acknowledge(ids).await;
        let answer = answer.expect("an acknowledge answers");
        assert!(answer.errors.is_empty(), "{:?}", answer.errors);
        assert_eq!(answer.acknowledged_count, deliveries.len() as u64);
    }

    /// Puts all dead messages back.
    pub async fn requeue_all(&self, subscription: &str) {
        let request = RequeueDeadLettersRequest {
            subscription: subscription.to_owned(),
            selection: Some(Selection {
                all: true,
                ..Selection::default()
            }),
            dry_run: false,
        };
        let done = self.client.operator().requeue(request).await;
        done.expect("the dead ones are put back");
    }

    /// The numbers of a subscription now; its books must add up.
    pub async fn stats(&self, subscription: &str) -> SubscriptionStats {
        let request = GetStatsRequest {
            subscription: subscription.to_owned(),
            ..GetStatsRequest::default()
        };
        let answer = self.client.stats().get(request).await;
        let mut stats = answer.expect("the numbers are told").subscriptions;
        assert_eq!(stats.len(), 1, "one subscription was asked for");
        let stats = stats.remove(0);
        check_books(&stats);
        stats
    }

    /// Every message of a subscription in one of `states`, page by page.
    pub async fn peek(&self, subscription: &str, states: &[MessageState]) -> Vec<PeekedMessage> {
        let mut all = Vec::new();
        let mut request = PeekRequest {
            subscription: subscription.to_owned(),
            states: states.iter().map(|&state| state.into()).collect(),
            page_size: 1_000,
            ..PeekRequest::default()
        };
        loop {
            let page = self.client.operator().peek(request.clone()).await;
            let page = page.expect("a peek answers");
            all.extend(page.messages);
            if page.next_page_token.is_empty() {
                return all;
            }
            request.page_token = page.next_page_token;
        }
    }
}

fn spawn(
    program: &str,
    setup: &Setup,
    directory: &Path,
    fail_point: Option<&str>,
) -> anyhow::Result<Child> {
    let start = Start {
        arguments: setup.arguments(),
        fail_point,
    };
    Child::start(program, &directory.join("data"), &start)
}

async fn connect(child: &Child, setup: &Setup) -> Client {
    let options = Options::to(child.address());
    let options = if setup.is_fail_fast {
        options.fail_fast()
    } else {
        options
    };
    let client = Client::connect(options).await;
    client.expect("the broker is reached")
}
