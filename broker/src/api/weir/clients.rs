//! Who is connected, page by page, and an operator's end of a connection.

use std::collections::BTreeMap;

use weir_proto::server::{
    ClientConsumer, ClientInfo, DisconnectClientResponse, ListClientsRequest, ListClientsResponse,
};

use super::{convert, numbers};
use crate::api::clients::{Clients, Connected};
use crate::api::page;
use crate::model::{ClientId, Mono, Refusal};
use crate::shard::Handle;

/// What the tokens of the list are for.
const FIELDS: [&str; 1] = ["clients"];

/// A page of those who are connected.
pub(super) async fn list(
    handle: &Handle,
    clients: &Clients,
    request: ListClientsRequest,
) -> Result<ListClientsResponse, Refusal> {
    let size = page::size(request.page_size)?;
    let after = place(&request.page_token)?;
    let mut found = clients.after(after, size + 1);
    let has_more = found.len() > size;
    found.truncate(size);
    let mut consumers = consumers(handle, &found).await?;
    let now = handle.mono();
    let last = found.last().map_or(after, Connected::id);
    let info = |client: &Connected| {
        let consumers = consumers.remove(&client.id().0).unwrap_or_default();
        info(client, consumers, now)
    };
    Ok(ListClientsResponse {
        clients: found.iter().map(info).collect(),
        next_page_token: if has_more {
            page::token(&FIELDS, &last.0.to_le_bytes())
        } else {
            String::new()
        },
    })
}

/// The client after which the page begins.
fn place(token: &str) -> Result<ClientId, Refusal> {
    let Some(place) = page::place(&FIELDS, token)? else {
        return Ok(ClientId(0));
    };
    let id = place.try_into().map(u64::from_le_bytes);
    id.map(ClientId)
        .map_err(|_length| Refusal::PageTokenInvalid)
}

/// The consumers of some clients, in order of id.
async fn consumers(
    handle: &Handle,
    clients: &[Connected],
) -> Result<BTreeMap<u64, Vec<ClientConsumer>>, Refusal> {
    let ids: Vec<ClientId> = clients.iter().map(Connected::id).collect();
    let sample = handle.sample_of(ids.clone()).await?;
    let mut found: BTreeMap<u64, Vec<ClientConsumer>> = BTreeMap::new();
    for subscription in &sample.subscriptions {
        let counts = &subscription.counts;
        for (consumer, rates) in counts.consumers.iter().zip(&subscription.consumers) {
            // Ids are in order.
            if ids.binary_search(&consumer.client.id).is_ok() {
                let of = found.entry(consumer.client.id.0).or_default();
                of.push(ClientConsumer {
                    subscription: counts.name.to_string(),
                    topic: counts.topic.to_string(),
                    stats: Some(numbers::consumer(consumer, rates)),
                });
            }
        }
    }
    for consumers in found.values_mut() {
        consumers.sort_by_key(number);
    }
    Ok(found)
}

fn number(consumer: &ClientConsumer) -> u64 {
    let stats = consumer.stats.as_ref();
    stats.map_or(0, |stats| stats.consumer_id)
}

fn info(client: &Connected, consumers: Vec<ClientConsumer>, now: Mono) -> ClientInfo {
    let (publish_rate, topics) = client.publishing(now);
    let newest = consumers.last().and_then(|one| one.stats.as_ref());
    ClientInfo {
        client_id: client.id().0,
        name: newest.map_or_else(String::new, |stats| stats.name.clone()),
        peer: client.peer().to_owned(),
        client_version: client.client().version.to_string(),
        connect_time: Some(convert::timestamp(client.time())),
        consumers,
        publish_stream_count: client.publish_streams(),
        publish_rate,
        topics: topics.iter().map(ToString::to_string).collect(),
    }
}

/// Ends a connection: leases go back first, then all that is under way ends by name, then it is closed. The caller's
/// own stays open.
pub(super) async fn disconnect(
    handle: &Handle,
    clients: &Clients,
    id: u64,
    caller: Option<Connected>,
) -> Result<DisconnectClientResponse, Refusal> {
    if id == 0 {
        return Err(Refusal::FieldRequired { field: "client_id" });
    }
    let client = clients.find(ClientId(id));
    let client = client.ok_or(Refusal::ClientNotFound { client: id })?;
    let ended_stream_count = client.streams();
    handle.disconnect(client.id()).await?;
    let detail = format!("client {}", client.id());
    handle.put_on_record("client.disconnect", detail).await?;
    tracing::info!(
        client = id,
        peer = client.peer(),
        "an operator has disconnected a client"
    );
    client.end();
    if caller.is_none_or(|caller| caller.id() != client.id()) {
        client.close().await;
    }
    Ok(DisconnectClientResponse { ended_stream_count })
}
