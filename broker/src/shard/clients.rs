//! What the shard knows of connections: their consumers, by the number that the api gave them.

use tokio::sync::oneshot;

use super::command::{Command, SampleOrder, Which};
use super::{Handle, Sample};
use crate::model::{ClientId, Mono, Refusal};

impl Handle {
    /// The monotonic time by the broker's clock.
    pub fn mono(&self) -> Mono {
        self.shared.clock.mono()
    }

    /// The numbers now of the subscriptions that some clients, in order of id, consume.
    pub async fn sample_of(&self, clients: Vec<ClientId>) -> Result<Sample, Refusal> {
        let (answer, answered) = oneshot::channel();
        let which = Which::Clients(clients);
        let order = SampleOrder { which, answer };
        self.send(Command::Sample(order)).await?;
        answered.await.unwrap_or_else(|_gone| Err(self.gone()))
    }

    /// Ends the consumers of a client: each lease counts a failed attempt, which is durable when this returns.
    pub async fn disconnect(&self, client: ClientId) -> Result<(), Refusal> {
        self.act(move |core, now| {
            core.disconnect(client, now);
            Ok(())
        })
        .await
    }
}
