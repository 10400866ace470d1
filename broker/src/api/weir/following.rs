//! Following operations and administrative acts: what there is, then what comes, as long as the caller reads.

use futures_util::stream;
use tokio::sync::watch;
use tonic::Status;
use weir_proto::server::{
    AuditRecord, ListAuditRequest, ListAuditResponse, Operation, WatchAuditRequest,
    WatchAuditResponse, WatchOperationResponse,
};

use super::convert;
use super::operating::{before, operation_id};
use super::shown::wire_operation;
use super::storing::Responses;
use crate::api::page;
use crate::api::status::status;
use crate::model::entry::Audited;
use crate::model::{OperationId, Refusal};
use crate::shard::Handle;

/// Acts in one message of a stream.
const ACTS_AT_ONCE: usize = 100;

/// One that follows an operation.
struct Follower {
    handle: Handle,
    id: OperationId,
    news: watch::Receiver<u64>,
    /// What was said last.
    said: Option<Operation>,
    is_over: bool,
}

impl Follower {
    /// The next state that differs from the one before; none once the last was told.
    async fn next(&mut self) -> Result<Option<Operation>, Refusal> {
        while !self.is_over {
            self.news.borrow_and_update();
            let state = self.handle.operation(self.id).await?;
            self.is_over = state.progress.phase.is_over();
            let operation = wire_operation(&state);
            if self.said.as_ref() != Some(&operation) {
                self.said = Some(operation.clone());
                return Ok(Some(operation));
            }
            if !self.is_over && self.news.changed().await.is_err() {
                return Err(Refusal::Draining);
            }
        }
        Ok(None)
    }
}

/// Follows an operation until it is over.
pub(super) async fn operation(
    handle: Handle,
    operation: &str,
) -> Result<Responses<WatchOperationResponse>, Refusal> {
    let id = operation_id(operation)?;
    handle.operation(id).await?;
    let follower = Follower {
        news: handle.watch_operations(),
        handle,
        id,
        said: None,
        is_over: false,
    };
    Ok(Box::pin(stream::try_unfold(
        follower,
        |mut follower| async {
            let next = follower.next().await;
            let next = next.map_err(|refusal| status(&refusal))?;
            Ok::<_, Status>(next.map(|operation| {
                let response = WatchOperationResponse {
                    operation: Some(operation),
                };
                (response, follower)
            }))
        },
    )))
}

/// One that follows the record of acts.
struct Reader {
    handle: Handle,
    after: u64,
    news: watch::Receiver<u64>,
    follows: bool,
}

impl Reader {
    async fn next(&mut self) -> Result<Option<Vec<Audited>>, Refusal> {
        loop {
            self.news.borrow_and_update();
            let acts = self.handle.acts_after(self.after, ACTS_AT_ONCE).await?;
            if let Some(last) = acts.last() {
                self.after = last.sequence;
                return Ok(Some(acts));
            }
            if !self.follows {
                return Ok(None);
            }
            if self.news.changed().await.is_err() {
                return Err(Refusal::Draining);
            }
        }
    }
}

/// Sends administrative acts in order.
pub(super) fn acts(handle: Handle, request: &WatchAuditRequest) -> Responses<WatchAuditResponse> {
    let reader = Reader {
        news: handle.watch_operations(),
        handle,
        after: request.after_sequence,
        follows: request.follow,
    };
    Box::pin(stream::try_unfold(reader, |mut reader| async {
        let next = reader.next().await;
        let next = next.map_err(|refusal| status(&refusal))?;
        Ok::<_, Status>(next.map(|acts| {
            let records = acts.into_iter().map(record).collect();
            (WatchAuditResponse { records }, reader)
        }))
    }))
}

/// Lists administrative acts.
pub(super) async fn list(
    handle: &Handle,
    request: ListAuditRequest,
) -> Result<ListAuditResponse, Refusal> {
    let size = page::size(request.page_size)?;
    let fields = [
        "audit",
        request.topic.as_str(),
        request.subscription.as_str(),
    ];
    let from = before(&fields, &request.page_token)?;
    let about = (request.topic.clone(), request.subscription.clone());
    let (mut acts, is_intact) = handle.acts_before(from, size + 1, about).await?;
    let is_cut = acts.len() > size;
    acts.truncate(size);
    let last = acts.last().filter(|_| is_cut).map(|act| act.sequence);
    let next_page_token = last.map(|last| page::token(&fields, &last.to_le_bytes()));
    Ok(ListAuditResponse {
        records: acts.into_iter().map(record).collect(),
        next_page_token: next_page_token.unwrap_or_default(),
        is_intact,
    })
}

fn record(act: Audited) -> AuditRecord {
    AuditRecord {
        sequence: act.sequence,
        event_time: Some(convert::timestamp(act.time)),
        actor: act.who.actor,
        peer: act.who.peer,
        verb: act.verb,
        topic: act.topic,
        subscription: act.subscription,
        plan: act.plan,
        operation: match act.operation {
            OperationId(0) => String::new(),
            id => id.to_string(),
        },
        selected: act.selected,
        affected: act.affected,
        skipped: act.skipped,
        detail: act.detail,
        previous_hash: act.previous.to_vec().into(),
        hash: act.digest.to_vec().into(),
    }
}
