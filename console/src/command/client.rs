//! `weir client ls|get|disconnect`: who is connected.

use super::arguments::{ClientCommand, DisconnectArgs, ListArgs};
use super::consent;
use super::failure::Failure;
use super::session::Session;
use crate::present::client::{ClientDocument, DisconnectedDocument, client_table};
use crate::present::units;

/// Runs a verb of clients.
pub(crate) async fn run(session: &mut Session, command: ClientCommand) -> Result<(), Failure> {
    match command {
        ClientCommand::Ls(args) => list(session, &args).await,
        ClientCommand::Get { id } => {
            let client = find(session, id).await?;
            let text = |is_colored| client.text(is_colored);
            session.thing(&client, &client.id, text).await
        }
        ClientCommand::Disconnect(args) => disconnect(session, args).await,
    }
}

async fn list(session: &mut Session, args: &ListArgs<ClientDocument>) -> Result<(), Failure> {
    let clients = all(session).await?;
    session
        .chosen(clients, args, |client| &client.id, client_table)
        .await
}

async fn disconnect(session: &mut Session, args: DisconnectArgs) -> Result<(), Failure> {
    let id = args.id;
    if !args.yes {
        let client = find(session, id).await?;
        let held = units::messages(client.leased);
        let of = match client.subscriptions.as_slice() {
            [] => String::new(),
            names => format!(" of {}", names.join(", ")),
        };
        let plan = format!(
            "ends the connection {id} of {} at {}, which holds {held}{of}; they go back as if it was lost",
            if client.name.is_empty() {
                "a client"
            } else {
                &client.name
            },
            client.peer
        );
        consent::require(
            &session.output,
            false,
            &plan,
            &format!("Disconnect client {id}?"),
        )?;
    }
    let ended = session.client.admin().disconnect_client(id).await;
    let ended_streams =
        ended.map_err(|error| session.failure(format!("disconnect client {id}"), error))?;
    let document = DisconnectedDocument {
        client_id: id,
        ended_streams,
    };
    let streams = units::counted(ended_streams.into(), "stream", "streams");
    let sentence = format!("disconnected client {id}: {streams} ended");
    session.outcome(&document, &id.to_string(), &sentence).await
}

async fn all(session: &Session) -> Result<Vec<ClientDocument>, Failure> {
    let clients = session.client.admin().all_clients().await;
    let clients = clients.map_err(|error| session.failure("list the clients", error))?;
    let mut clients: Vec<_> = clients.into_iter().map(ClientDocument::from).collect();
    clients.sort_by_key(|client| client.client_id);
    Ok(clients)
}

async fn find(session: &Session, id: u64) -> Result<ClientDocument, Failure> {
    let mut clients = all(session).await?.into_iter();
    let found = clients.find(|client| client.client_id == id);
    found.ok_or(Failure::NoClient { id })
}
