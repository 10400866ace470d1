//! Request and reply: a question with a correlation id, an answer that names it, and a time after which nobody waits.
//!
//! - **What for:** an answer from whoever has time, without knowing who that is, and questions that outlive a restart
//!   of those who answer. Where both are there all the time, a plain call is simpler and faster.
//! - **What Weir gives:** questions wait on the disk and are shared among those who answer; an answer finds its way by
//!   the topic that the question names.
//! - **What stays with the application:** the correlation id, the timeout, and what both mean: a question that timed
//!   out may still be answered, and its late answer is thrown away. A question may be answered twice; only the first
//!   one counts. The topic of the answers goes when its owner goes.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};
use weir_proto::client::{Client, Error, SubscribeOptions, Subscriber};
use weir_proto::v1::{ErrorReason, Message, StartPosition};

use crate::support::{self, message, subscription, text, topic};

/// Far more than an answer takes.
const PATIENCE: Duration = Duration::from_secs(10);
const NO_PATIENCE: Duration = Duration::from_millis(50);

/// One who asks, with a topic of its own for the answers.
struct Asker {
    client: Client,
    answers: String,
    asked: AtomicU64,
    open: Mutex<HashMap<String, oneshot::Sender<String>>>,
    /// Answers that nobody waited for any more.
    late: AtomicU64,
}

impl Asker {
    async fn start(client: &Client, name: &str) -> Result<Self, Error> {
        let answers = format!("answers.{name}");
        let admin = client.admin();
        admin.create_topic(topic(&answers)).await?;
        let own = subscription(&answers, &answers);
        admin
            .create_subscription(own, StartPosition::Latest)
            .await?;
        Ok(Self {
            client: client.clone(),
            answers,
            asked: AtomicU64::new(0),
            open: Mutex::default(),
            late: AtomicU64::new(0),
        })
    }

    /// Asks, and waits for the answer at most for `patience`; none is an answer, too.
    async fn ask(&self, question: &str, patience: Duration) -> Result<Option<String>, Error> {
        let number = self.asked.fetch_add(1, Ordering::Relaxed);
        let correlation = format!("{}/{number}", self.answers);
        let (sender, answer) = oneshot::channel();
        self.open
            .lock()
            .unwrap()
            .insert(correlation.clone(), sender);
        let question = Message {
            attributes: [
                ("reply-to".to_owned(), self.answers.clone()),
                ("correlation-id".to_owned(), correlation.clone()),
            ]
            .into(),
            ..message(question)
        };
        self.client.publish("questions", vec![question]).await?;
        let answer = tokio::time::timeout(patience, answer).await;
        self.open.lock().unwrap().remove(&correlation);
        Ok(answer.ok().and_then(Result::ok))
    }

    /// Hands answers to those who wait for them.
    async fn listen(&self) -> Result<(), Error> {
        let options = SubscribeOptions::to(&self.answers);
        let mut answers = Subscriber::open(&self.client, options).await?;
        loop {
            let answer = answers.next().await?;
            let correlation = &answer.message.attributes["correlation-id"];
            let waiting = self.open.lock().unwrap().remove(correlation);
            let is_late = waiting.is_none_or(|waiting| {
                let answer = text(&answer.message).to_owned();
                waiting.send(answer).is_err()
            });
            if is_late {
                self.late.fetch_add(1, Ordering::Relaxed);
            }
            answer.ack();
        }
    }

    /// Leaves with its topic.
    async fn stop(self) -> Result<(), Error> {
        let admin = self.client.admin();
        admin
            .delete_topic_with_subscriptions(self.answers)
            .await
            .map(drop)
    }
}

/// One who answers. The long question takes until `thought` says so.
async fn answer(client: &Client, thought: &Notify) -> Result<(), Error> {
    let mut questions = Subscriber::open(client, SubscribeOptions::to("answering")).await?;
    loop {
        let question = questions.next().await?;
        let asked = text(&question.message);
        if asked == "the long question" {
            thought.notified().await;
        }
        let answer = Message {
            attributes: question.message.attributes.clone(),
            ..message(&format!("{asked}? yes"))
        };
        let reply_to = &question.message.attributes["reply-to"];
        match client.publish(reply_to, vec![answer]).await {
            Ok(_) => question.ack(),
            // Who asked is gone: nobody needs the answer.
            Err(error) if error.reason() == ErrorReason::TopicNotFound => question.ack(),
            Err(error) => return Err(error),
        }
    }
}

async fn set_up(client: &Client) -> Result<(), Error> {
    let admin = client.admin();
    admin.create_topic(topic("questions")).await?;
    let answering = subscription("answering", "questions");
    admin
        .create_subscription(answering, StartPosition::Latest)
        .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_gets_the_answer_to_its_own_question() {
    support::play(async |broker| {
        let client = broker.client();
        set_up(client).await?;
        let (anna, bert) =
            tokio::try_join!(Asker::start(client, "anna"), Asker::start(client, "bert"))?;
        let thought = Notify::new();
        let services = async {
            tokio::try_join!(
                anna.listen(),
                bert.listen(),
                // Two share the questions, so that answers come in any order.
                answer(client, &thought),
                answer(client, &thought),
            )
        };
        let scenario = async {
            for number in 0..20 {
                let question = format!("is {number} a number");
                let expected = Some(format!("{question}? yes"));
                let (one, other, third) = tokio::try_join!(
                    anna.ask(&question, PATIENCE),
                    bert.ask(&question, PATIENCE),
                    bert.ask("is it", PATIENCE),
                )?;
                assert_eq!((&one, &other), (&expected, &expected));
                assert_eq!(third.as_deref(), Some("is it? yes"));
            }
            let all = [
                ("answering", 60),
                ("answers.anna", 20),
                ("answers.bert", 40),
            ];
            support::close_books(client, &all).await
        };
        support::alongside(services, scenario).await
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_question_times_out_and_its_late_answer_disturbs_nobody() {
    support::play(async |broker| {
        let client = broker.client();
        set_up(client).await?;
        let anna = Asker::start(client, "anna").await?;
        let thought = Notify::new();
        let services = async { tokio::try_join!(anna.listen(), answer(client, &thought)) };
        let scenario = async {
            let none = anna.ask("the long question", NO_PATIENCE).await?;
            assert_eq!(none, None);
            thought.notify_one();
            let next = anna.ask("the next one", PATIENCE).await?;
            assert_eq!(next.as_deref(), Some("the next one? yes"));
            assert_eq!(anna.late.load(Ordering::Relaxed), 1);
            assert!(anna.open.lock().unwrap().is_empty());
            support::close_books(client, &[("answering", 2), ("answers.anna", 2)]).await
        };
        support::alongside(services, scenario).await?;

        // Whoever leaves takes its answers along, and a question that it left behind harms nobody.
        let none = anna.ask("who answers this", Duration::ZERO).await?;
        assert_eq!(none, None);
        anna.stop().await?;
        let books = support::close_books(client, &[("answering", 3)]);
        support::alongside(answer(client, &thought), books).await
    })
    .await;
}
