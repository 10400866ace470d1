//! All actors together: started, watched and brought to an end.

use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinHandle;
use weir_proto::client::{Client, Error};

use super::stage::{Act, Stage};
use super::topology;
use super::{caretaker, emails, orders, payments};
use crate::embedded;

/// The running traffic.
#[derive(Debug)]
pub(crate) struct Traffic {
    pub(crate) stage: Stage,
    say: watch::Sender<Act>,
    actors: Vec<JoinHandle<()>>,
}

impl Traffic {
    /// Makes topics and subscriptions and starts everybody.
    pub(crate) async fn start(client: Client, seed: u64) -> Result<Self, Error> {
        topology::create(&client).await?;
        let (stage, say) = Stage::new(client, seed);
        let mut traffic = Self {
            stage,
            say,
            actors: Vec::new(),
        };
        // Consumers first, so that the play does not begin with a backlog.
        traffic.join(
            "billing-1",
            orders::bill(traffic.stage.clone(), "billing-1"),
        );
        traffic.join(
            "billing-2",
            orders::bill(traffic.stage.clone(), "billing-2"),
        );
        traffic.join("fulfilment", orders::fulfil(traffic.stage.clone()));
        traffic.join("analytics", orders::analyse(traffic.stage.clone()));
        traffic.join("mailer", emails::send(traffic.stage.clone()));
        traffic.join("ledger", payments::book(traffic.stage.clone()));
        traffic.join("caretaker", caretaker::look_after(traffic.stage.clone()));
        traffic.join("orders", orders::publish(traffic.stage.clone()));
        traffic.join("emails", emails::publish(traffic.stage.clone()));
        traffic.join("payments", payments::publish(traffic.stage.clone()));
        Ok(traffic)
    }

    /// Ends the publishing; consumers go on.
    pub(crate) fn settle(&self) {
        self.say.send_replace(Act::Settling);
    }

    /// Sends everybody home and waits for them, at most so long; says whether all have left.
    pub(crate) async fn end(&mut self, limit: Duration) -> bool {
        self.say.send_replace(Act::Over);
        let tally = &self.stage.tally;
        let all = async {
            for actor in &mut self.actors {
                if let Err(died) = actor.await {
                    tally.trouble(died.to_string());
                }
            }
        };
        tokio::time::timeout(limit, all).await.is_ok()
    }

    fn join<A>(&mut self, name: &'static str, actor: A)
    where
        A: Future<Output = Result<(), Error>> + Send + 'static,
    {
        let tally = self.stage.tally.clone();
        self.actors.push(embedded::spawn(async move {
            if let Err(error) = actor.await {
                tally.trouble(format!("{name}: {error}"));
            }
        }));
    }
}
