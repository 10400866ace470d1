//! What every actor of the demo is given, and how all of them are told to stop.

use std::sync::Arc;

use tokio::sync::watch;
use weir_proto::client::Client;

use super::chance::Chance;
use super::tally::Tally;

/// What is going on. It only ever goes forward.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Act {
    /// Messages are published and worked on.
    Playing,
    /// No more are published; consumers go on.
    Settling,
    /// Everybody leaves.
    Over,
}

/// What an actor is given.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub(crate) client: Client,
    pub(crate) tally: Arc<Tally>,
    seed: u64,
    act: watch::Receiver<Act>,
}

impl Stage {
    /// A stage, and who says what is going on.
    pub(crate) fn new(client: Client, seed: u64) -> (Self, watch::Sender<Act>) {
        let (say, act) = watch::channel(Act::Playing);
        let stage = Self {
            client,
            tally: Arc::new(Tally::new()),
            seed,
            act,
        };
        (stage, say)
    }

    /// The random numbers of an actor.
    pub(crate) fn chance(&self, actor: &str) -> Chance {
        Chance::new(self.seed, actor)
    }

    /// Waits until an act has begun, or one after it.
    pub(crate) async fn begins(&self, act: Act) {
        let mut acts = self.act.clone();
        // An error means that nobody leads any more, and then it is over, too.
        drop(acts.wait_for(|now| *now >= act).await);
    }
}
