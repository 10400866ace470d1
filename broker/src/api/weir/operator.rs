//! The service `Operator`: looking at single messages, and acting on many.
//!
//! Long because: every rpc of the service has its method here.

use tonic::{Request, Response, Status};
use weir_proto::server;
use weir_proto::server::{
    GetMessageRequest, GetMessageResponse, GroupDeadLettersRequest, GroupDeadLettersResponse,
    MessageState, OperationState, OperationSummary, PeekRequest, PeekResponse, PurgeBacklogRequest,
    PurgeBacklogResponse, RequeueDeadLettersRequest, RequeueDeadLettersResponse,
};

use super::admin::reply;
use super::shown::wire_operation;
use super::storing::Responses;
use super::who::{by, named};
use super::{convert, dead_groups, events, following, operating, places, scan};
use crate::api::page;
use crate::core::{Control, DryRun, PeekPlace, PurgeScope, Selection, State, StateView, Summary};
use crate::model::{Fingerprint, MessageId, Offset, Partition, Refusal, Time};
use crate::shard::{DeadText, Handle, PeekPage, ShownMessage};

/// Bytes of messages in one answer to a Peek, or one larger message.
const PEEK_BYTES: usize = 4 << 20;
/// The most states of a Peek: more than there are.
const MAX_PEEK_STATES: usize = 16;
/// The most ids of a selection.
const MAX_SELECTION_IDS: usize = 10_000;

/// Looks and acts.
#[derive(Debug)]
pub(crate) struct Operator(pub(crate) Handle);

impl Operator {
    async fn peek(&self, request: PeekRequest) -> Result<PeekResponse, Refusal> {
        let size = page::size(request.page_size)?;
        check_states(&request.states)?;
        let fingerprint = dead_groups::fingerprint("fingerprint", &request.fingerprint)?;
        let states = request
            .states
            .iter()
            .map(|&state| state.to_string())
            .collect::<Vec<_>>();
        let states_text = states.join(",");
        let fields = [
            request.subscription.as_str(),
            request.topic.as_str(),
            states_text.as_str(),
            request.fingerprint.as_str(),
        ];
        let place = page::place(&fields, &request.page_token)?.map(|bytes| peek_place(&bytes));
        let page = PeekPage {
            from: place.transpose()?,
            limit: size,
            max_bytes: PEEK_BYTES,
        };
        let shown = match (request.subscription.as_str(), request.topic.as_str()) {
            ("", "") => {
                return Err(Refusal::FieldRequired {
                    field: "subscription",
                });
            }
            ("", topic) => {
                if !request.states.is_empty() || fingerprint.is_some() {
                    return Err(Refusal::FieldRequired {
                        field: "subscription",
                    });
                }
                let topic = convert::name("topic", topic)?;
                self.0.peek_topic(topic, page).await?
            }
            (subscription, "") => {
                let subscription = convert::name("subscription", subscription)?;
                let states = match fingerprint {
                    Some(_) => vec![State::Dead],
                    None => states_asked(&request.states)?,
                };
                self.0
                    .peek_subscription(subscription, states, fingerprint, page)
                    .await?
            }
            (_, _) => {
                return Err(Refusal::ValueOutOfRange {
                    field: "topic",
                    value: "set beside `subscription`".to_owned(),
                    range: "unset when `subscription` is set".to_owned(),
                });
            }
        };
        let next = shown
            .next
            .map(|place| page::token(&fields, &place_bytes(place)));
        Ok(PeekResponse {
            messages: shown.messages.into_iter().map(wire_message).collect(),
            next_page_token: next.unwrap_or_default(),
        })
    }

    async fn message(&self, request: GetMessageRequest) -> Result<GetMessageResponse, Refusal> {
        let id = message_id("message_id", &request.message_id)?;
        let (shown, topic) = self.0.message(id).await?;
        let operations = self.0.operations_on(id).await?;
        Ok(GetMessageResponse {
            operations: operations.iter().map(wire_operation).collect(),
            message: Some(wire_message(shown)),
            topic: topic.to_string(),
        })
    }

    async fn requeue(
        &self,
        request: RequeueDeadLettersRequest,
    ) -> Result<OperationSummary, Refusal> {
        let subscription = convert::name("subscription", &request.subscription)?;
        let selection = selection(request.selection)?;
        let dry_run = dry_run(request.dry_run);
        Ok(wire_summary(
            self.0.requeue(subscription, selection, dry_run).await?,
        ))
    }

    async fn purge(&self, request: PurgeBacklogRequest) -> Result<OperationSummary, Refusal> {
        let subscription = convert::name("subscription", &request.subscription)?;
        let selection = selection(request.selection)?;
        let scope = match server::PurgeScope::try_from(request.scope) {
            Ok(server::PurgeScope::Unspecified | server::PurgeScope::Backlog) => {
                PurgeScope::Backlog
            }
            Ok(server::PurgeScope::Dead) => PurgeScope::Dead,
            Err(_unknown) => return Err(convert::unknown("scope", request.scope)),
        };
        let dry_run = dry_run(request.dry_run);
        Ok(wire_summary(
            self.0
                .purge(subscription, selection, scope, dry_run)
                .await?,
        ))
    }
}

/// Refuses more states than there are, before anything is made of them: packed, each is one byte of the request.
fn check_states(states: &[i32]) -> Result<(), Refusal> {
    if states.len() <= MAX_PEEK_STATES {
        return Ok(());
    }
    Err(Refusal::BatchTooLarge {
        size: states.len() as u64,
        limit: MAX_PEEK_STATES as u64,
        unit: "states",
    })
}

fn dry_run(asked: bool) -> DryRun {
    if asked { DryRun::Yes } else { DryRun::No }
}

fn message_id(field: &'static str, text: &str) -> Result<MessageId, Refusal> {
    if text.is_empty() {
        return Err(Refusal::FieldRequired { field });
    }
    text.parse().map_err(
        |error: crate::model::ids::MessageIdError| Refusal::ValueOutOfRange {
            field,
            value: text.chars().take(64).collect(),
            range: error.to_string(),
        },
    )
}

fn selection(wire: Option<server::Selection>) -> Result<Selection, Refusal> {
    let wire = wire.ok_or(Refusal::SelectionRequired)?;
    if wire.message_ids.len() > MAX_SELECTION_IDS {
        let (size, limit) = (wire.message_ids.len() as u64, MAX_SELECTION_IDS as u64);
        return Err(Refusal::BatchTooLarge {
            size,
            limit,
            unit: "message ids",
        });
    }
    let ids = wire
        .message_ids
        .iter()
        .map(|text| message_id("selection.message_ids", text));
    let older_than = convert::span("selection.older_than", wire.older_than)?;
    if older_than.is_some_and(|span| span.0 < 1_000) {
        return Err(Refusal::ValueOutOfRange {
            field: "selection.older_than",
            value: "less than 1 ms".to_owned(),
            range: "at least 1 ms".to_owned(),
        });
    }
    let one = dead_groups::fingerprint("selection.fingerprint", &wire.fingerprint)?;
    let groups = wire.fingerprints.iter();
    let groups = groups.map(|text| dead_groups::fingerprint("selection.fingerprints", text));
    let groups: Vec<Option<Fingerprint>> = groups.collect::<Result<_, _>>()?;
    if groups.contains(&None) {
        return Err(Refusal::ValueOutOfRange {
            field: "selection.fingerprints",
            value: String::new(),
            range: "none of them empty".to_owned(),
        });
    }
    let class = Some(wire.error_class).filter(|class| !class.is_empty());
    let selection = Selection {
        all: wire.all,
        message_ids: ids.collect::<Result<_, _>>()?,
        older_than,
        keep_newest: wire.keep_newest,
        error_class: class,
        fingerprints: one
            .into_iter()
            .chain(groups.into_iter().flatten())
            .collect(),
        key: Some(scan::key_hash(wire.ordering_key.as_bytes())).filter(|key| *key != 0),
        filter: Some(wire.filter)
            .filter(|text| !text.is_empty())
            .map(Into::into),
        skips_requeued: false,
    };
    if selection == Selection::default() {
        return Err(Refusal::SelectionRequired);
    }
    Ok(selection)
}

fn states_asked(states: &[i32]) -> Result<Vec<State>, Refusal> {
    let field = "states";
    let of = |value: i32| match MessageState::try_from(value) {
        Ok(MessageState::Scheduled) => Ok(State::Scheduled),
        Ok(MessageState::Ready) => Ok(State::Ready),
        Ok(MessageState::Leased) => Ok(State::Leased),
        Ok(MessageState::Waiting) => Ok(State::Waiting),
        Ok(MessageState::Dead) => Ok(State::Dead),
        _ => Err(Refusal::ValueOutOfRange {
            field,
            value: value.to_string(),
            range: "an unfinished state".to_owned(),
        }),
    };
    states.iter().map(|&value| of(value)).collect()
}

fn wire_state(state: State) -> MessageState {
    match state {
        State::Scheduled => MessageState::Scheduled,
        State::Ready => MessageState::Ready,
        State::Leased => MessageState::Leased,
        State::Waiting => MessageState::Waiting,
        State::Dead => MessageState::Dead,
        State::Finished => MessageState::Finished,
    }
}

fn wire_message(shown: ShownMessage) -> server::PeekedMessage {
    let view = shown.view;
    let states = view.states.into_iter().zip(shown.texts);
    server::PeekedMessage {
        message_id: view.id.to_string(),
        message: Some(shown.content),
        partition: view.id.partition.0,
        offset: view.id.offset.0,
        publish_time: Some(convert::timestamp(view.time)),
        states: states
            .map(|(state, text)| wire_state_view(state, text))
            .collect(),
    }
}

fn wire_state_view(view: StateView, text: Option<DeadText>) -> server::SubscriptionMessageState {
    let text = text.unwrap_or_default();
    let dead_letter = view.dead.map(|dead| server::DeadLetter {
        fingerprint: Fingerprint::of(&text.class, &text.reason).to_string(),
        reason: text.reason,
        error_class: text.class,
        attempts: dead.attempts,
        first_failure_time: Some(convert::timestamp(dead.first_failure)),
        last_failure_time: Some(convert::timestamp(dead.last_failure)),
        consumer: text.consumer,
    });
    server::SubscriptionMessageState {
        subscription: view.subscription.to_string(),
        state: wire_state(view.state).into(),
        failed_attempts: view.failed_attempts,
        lease_deadline: view.lease_deadline.map(convert::timestamp),
        retry_time: view.retry_time.map(convert::timestamp),
        due_time: view.due_time.map(convert::timestamp),
        dead_letter,
        consumer: view.consumer.unwrap_or_default(),
    }
}

fn wire_summary(summary: Summary) -> OperationSummary {
    let state = match summary.operation {
        Some(_) => OperationState::Finished,
        None => OperationState::Planned,
    };
    OperationSummary {
        operation: summary
            .operation
            .map(|id| id.to_string())
            .unwrap_or_default(),
        state: state.into(),
        selected: summary.selected,
        affected: summary.affected,
        skipped: summary.skipped,
    }
}

/// Time, partition and offset, each as u64 LE.
fn place_bytes(place: PeekPlace) -> Vec<u8> {
    let numbers = [place.time.0, place.partition.0.into(), place.offset.0];
    numbers
        .iter()
        .flat_map(|number| number.to_le_bytes())
        .collect()
}

fn peek_place(bytes: &[u8]) -> Result<PeekPlace, Refusal> {
    let (numbers, rest) = bytes.as_chunks::<8>();
    let ([time, partition, offset], []) = (numbers, rest) else {
        return Err(Refusal::PageTokenInvalid);
    };
    let partition = u32::try_from(u64::from_le_bytes(*partition));
    let partition = partition.map_err(|_large| Refusal::PageTokenInvalid)?;
    Ok(PeekPlace {
        time: Time(u64::from_le_bytes(*time)),
        partition: Partition(partition),
        offset: Offset(u64::from_le_bytes(*offset)),
    })
}

#[tonic::async_trait]
impl server::operator_server::Operator for Operator {
    async fn peek(&self, request: Request<PeekRequest>) -> Result<Response<PeekResponse>, Status> {
        reply(Self::peek(self, request.into_inner()).await)
    }

    async fn get_message(
        &self,
        request: Request<GetMessageRequest>,
    ) -> Result<Response<GetMessageResponse>, Status> {
        reply(self.message(request.into_inner()).await)
    }

    async fn requeue_dead_letters(
        &self,
        request: Request<RequeueDeadLettersRequest>,
    ) -> Result<Response<RequeueDeadLettersResponse>, Status> {
        let own = Self(by(&self.0, &request));
        let done = own.requeue(request.into_inner()).await;
        reply(done.map(|summary| RequeueDeadLettersResponse {
            operation: Some(summary),
        }))
    }

    async fn add_mark(
        &self,
        request: Request<server::AddMarkRequest>,
    ) -> Result<Response<server::AddMarkResponse>, Status> {
        reply(events::add_mark(&self.0, request.into_inner()).await)
    }

    async fn group_dead_letters(
        &self,
        request: Request<GroupDeadLettersRequest>,
    ) -> Result<Response<GroupDeadLettersResponse>, Status> {
        reply(dead_groups::groups(&self.0, request.into_inner()).await)
    }

    async fn release_key(
        &self,
        request: Request<server::ReleaseKeyRequest>,
    ) -> Result<Response<server::ReleaseKeyResponse>, Status> {
        let handle = by(&self.0, &request);
        reply(places::release_key(&handle, &request.into_inner()).await)
    }

    async fn seek(
        &self,
        request: Request<server::SeekRequest>,
    ) -> Result<Response<server::SeekResponse>, Status> {
        let handle = by(&self.0, &request);
        reply(places::seek(&handle, request.into_inner()).await)
    }

    async fn purge_backlog(
        &self,
        request: Request<PurgeBacklogRequest>,
    ) -> Result<Response<PurgeBacklogResponse>, Status> {
        let own = Self(by(&self.0, &request));
        let done = own.purge(request.into_inner()).await;
        reply(done.map(|summary| PurgeBacklogResponse {
            operation: Some(summary),
        }))
    }

    async fn plan(
        &self,
        request: Request<server::PlanRequest>,
    ) -> Result<Response<server::PlanResponse>, Status> {
        let handle = by(&self.0, &request);
        let mut request = request.into_inner();
        let plan = async {
            let chosen = request.selection.take().map(|wire| selection(Some(wire)));
            operating::plan(&handle, request, chosen.transpose()?).await
        };
        reply(
            plan.await
                .map(|plan| server::PlanResponse { plan: Some(plan) }),
        )
    }

    async fn apply(
        &self,
        request: Request<server::ApplyRequest>,
    ) -> Result<Response<server::ApplyResponse>, Status> {
        let handle = named(&self.0, &request, &request.get_ref().actor);
        let operation = operating::apply(&handle, request.get_ref()).await;
        reply(operation.map(|operation| server::ApplyResponse {
            operation: Some(operation),
        }))
    }

    async fn undo(
        &self,
        request: Request<server::UndoRequest>,
    ) -> Result<Response<server::UndoResponse>, Status> {
        let handle = named(&self.0, &request, &request.get_ref().actor);
        let undone = operating::undo(&handle, &request.get_ref().operation).await;
        reply(undone.map(|(operation, plan)| server::UndoResponse {
            operation: Some(operation),
            plan: Some(plan),
        }))
    }

    async fn list_operations(
        &self,
        request: Request<server::ListOperationsRequest>,
    ) -> Result<Response<server::ListOperationsResponse>, Status> {
        reply(operating::list(&self.0, request.into_inner()).await)
    }

    async fn get_operation(
        &self,
        request: Request<server::GetOperationRequest>,
    ) -> Result<Response<server::GetOperationResponse>, Status> {
        let operation = operating::get(&self.0, &request.get_ref().operation).await;
        reply(operation.map(|operation| server::GetOperationResponse {
            operation: Some(operation),
        }))
    }

    type WatchOperationStream = Responses<server::WatchOperationResponse>;

    async fn watch_operation(
        &self,
        request: Request<server::WatchOperationRequest>,
    ) -> Result<Response<Self::WatchOperationStream>, Status> {
        let handle = self.0.clone();
        reply(following::operation(handle, &request.get_ref().operation).await)
    }

    async fn pause_operation(
        &self,
        request: Request<server::PauseOperationRequest>,
    ) -> Result<Response<server::PauseOperationResponse>, Status> {
        let handle = by(&self.0, &request);
        let id = &request.get_ref().operation;
        let paused = operating::control(&handle, id, Control::Pause).await;
        reply(paused.map(|operation| server::PauseOperationResponse {
            operation: Some(operation),
        }))
    }

    async fn resume_operation(
        &self,
        request: Request<server::ResumeOperationRequest>,
    ) -> Result<Response<server::ResumeOperationResponse>, Status> {
        let handle = by(&self.0, &request);
        let id = &request.get_ref().operation;
        let resumed = operating::control(&handle, id, Control::Resume).await;
        reply(resumed.map(|operation| server::ResumeOperationResponse {
            operation: Some(operation),
        }))
    }

    async fn cancel_operation(
        &self,
        request: Request<server::CancelOperationRequest>,
    ) -> Result<Response<server::CancelOperationResponse>, Status> {
        let handle = by(&self.0, &request);
        let id = &request.get_ref().operation;
        let cancelled = operating::control(&handle, id, Control::Cancel).await;
        reply(cancelled.map(|operation| server::CancelOperationResponse {
            operation: Some(operation),
        }))
    }

    async fn list_audit(
        &self,
        request: Request<server::ListAuditRequest>,
    ) -> Result<Response<server::ListAuditResponse>, Status> {
        reply(following::list(&self.0, request.into_inner()).await)
    }

    type WatchAuditStream = Responses<server::WatchAuditResponse>;

    async fn watch_audit(
        &self,
        request: Request<server::WatchAuditRequest>,
    ) -> Result<Response<Self::WatchAuditStream>, Status> {
        reply(Ok(following::acts(self.0.clone(), request.get_ref())))
    }
}
