//! Plans and operations as the contract asks for them.

use weir_proto::server::{
    ActionPlan, ApplyRequest, ListOperationsRequest, ListOperationsResponse, Operation,
    OperationAct, PlanRequest,
};

use super::places::Place;
use super::shown::{wire_act, wire_operation, wire_plan};
use super::{convert, editing, masks};
use crate::api::page;
use crate::core::{Control, Order, Pace, PurgeScope, Selection};
use crate::model::{OperationId, PlanId, Refusal, Span};
use crate::shard::Handle;

/// The fastest rate that can be asked for, in messages per second: beyond it nothing is held back.
const MAX_RATE: u64 = 10_000_000;
/// How long a canary is waited for unless it is said.
const CANARY_WAIT: Span = Span::from_secs(10);
/// The longest wait for a canary.
const MAX_CANARY_WAIT: Span = Span::from_secs(3_600);
/// Makes a plan.
pub(super) async fn plan(
    handle: &Handle,
    request: PlanRequest,
    selection: Option<Selection>,
) -> Result<ActionPlan, Refusal> {
    let rate = request.rate;
    let order = order(handle, request, selection).await?;
    Ok(wire_plan(&handle.plan(order).await?, rate))
}

async fn order(
    handle: &Handle,
    request: PlanRequest,
    selection: Option<Selection>,
) -> Result<Order, Refusal> {
    let act = OperationAct::try_from(request.act);
    let act = act.map_err(|_unknown| convert::unknown("act", request.act))?;
    let selection = selection.map(|selection| Selection {
        skips_requeued: request.skip_requeued_before
            && matches!(act, OperationAct::Requeue | OperationAct::Move),
        ..selection
    });
    let subscription = || convert::name("subscription", &request.subscription);
    let topic = || convert::name("topic", &request.topic);
    Ok(match act {
        OperationAct::Unspecified => return Err(Refusal::FieldRequired { field: "act" }),
        OperationAct::Requeue => Order::Requeue {
            subscription: subscription()?,
            selection: selection.ok_or(Refusal::SelectionRequired)?,
        },
        OperationAct::Discard | OperationAct::Purge => Order::Drop {
            subscription: subscription()?,
            selection: selection.ok_or(Refusal::SelectionRequired)?,
            scope: match act {
                OperationAct::Purge => PurgeScope::Backlog,
                _ => PurgeScope::Dead,
            },
            is_final: request.is_final,
        },
        OperationAct::Seek => {
            let subscription = subscription()?;
            let place = Place {
                position: request.position,
                time: request.target_time,
                offsets: request.offsets,
            };
            let target = place.start("position")?;
            let target = target.ok_or(Refusal::FieldRequired { field: "position" })?;
            Order::Seek {
                subscription,
                target,
            }
        }
        OperationAct::DeleteTopic => Order::DeleteTopic {
            topic: topic()?,
            with_subscriptions: request.with_subscriptions,
        },
        OperationAct::DeleteSubscription => Order::DeleteSubscription {
            subscription: subscription()?,
        },
        OperationAct::UpdateTopic | OperationAct::UpdateSubscription => {
            return update(handle, act, request).await;
        }
        OperationAct::Undo => Order::Undo {
            operation: operation_id(&request.operation)?,
        },
        OperationAct::Move => Order::Move {
            subscription: subscription()?,
            selection: selection.ok_or(Refusal::SelectionRequired)?,
            target: convert::name("target_topic", &request.target_topic)?,
        },
        OperationAct::Edit => return editing::order(handle, request, selection).await,
    })
}

/// A change of settings: those that the mask names are taken over.
async fn update(
    handle: &Handle,
    act: OperationAct,
    request: PlanRequest,
) -> Result<Order, Refusal> {
    if act == OperationAct::UpdateTopic {
        let topic = convert::name("topic", &request.topic)?;
        let field = "topic_settings";
        let given = request
            .topic_settings
            .ok_or(Refusal::FieldRequired { field })?;
        let given = convert::topic_settings(&given)?;
        let paths = masks::topic(request.update_mask)?;
        let now = handle.topic(topic.clone()).await?.settings;
        return Ok(Order::UpdateTopic {
            topic,
            settings: Box::new(masks::change(&now, &given, &paths)),
        });
    }
    let subscription = convert::name("subscription", &request.subscription)?;
    let field = "subscription_settings";
    let given = request.subscription_settings;
    let given = given.ok_or(Refusal::FieldRequired { field })?;
    let given = convert::subscription_settings(&given)?;
    let paths = masks::subscription(request.update_mask)?;
    let now = handle.subscription(subscription.clone()).await?.settings;
    Ok(Order::UpdateSubscription {
        subscription,
        settings: Box::new(masks::change(&now, &given, &paths)),
    })
}

/// Carries out a plan.
pub(super) async fn apply(handle: &Handle, request: &ApplyRequest) -> Result<Operation, Refusal> {
    let id = plan_id(&request.plan)?;
    let pace = pace(request)?;
    check_subject(handle, id, request).await?;
    let applied = handle.apply(id, pace, request.may_have_shrunk).await?;
    Ok(wire_operation(&applied))
}

/// Refuses a plan that is about something else than what was named with it.
async fn check_subject(handle: &Handle, id: PlanId, request: &ApplyRequest) -> Result<(), Refusal> {
    let named = (request.act(), &request.topic, &request.subscription);
    if named == (OperationAct::Unspecified, &String::new(), &String::new()) {
        return Ok(());
    }
    // What is not known is refused by the broker's core, which knows why.
    let Some((deed, (topic, subscription))) = handle.subject_of_plan(id).await? else {
        return Ok(());
    };
    let act = wire_act(deed);
    let is_other = |named: &str, is: &str| !named.is_empty() && named != is;
    let detail = if named.0 != OperationAct::Unspecified && named.0 != act {
        format!("is to {}, not to {}", words(act), words(named.0))
    } else if is_other(named.1, &topic) {
        format!("is about the topic {topic}, not about {}", named.1)
    } else if is_other(named.2, &subscription) {
        format!(
            "is about the subscription {subscription}, not about {}",
            named.2
        )
    } else {
        return Ok(());
    };
    Err(Refusal::PlanMismatch {
        plan: request.plan.clone(),
        detail,
    })
}

/// An act as a verb.
fn words(act: OperationAct) -> String {
    let name = act.as_str_name().trim_start_matches("OPERATION_ACT_");
    name.replace('_', " ").to_lowercase()
}

fn pace(request: &ApplyRequest) -> Result<Pace, Refusal> {
    let too_much = |field, value: String, range: &str| Refusal::ValueOutOfRange {
        field,
        value,
        range: range.to_owned(),
    };
    if request.rate > MAX_RATE {
        let range = "at most 10,000,000; 0 for as fast as it goes";
        return Err(too_much("rate", request.rate.to_string(), range));
    }
    let wait = convert::span("canary_wait", request.canary_wait)?;
    let canary_wait = wait.unwrap_or(CANARY_WAIT);
    if canary_wait > MAX_CANARY_WAIT {
        return Err(too_much(
            "canary_wait",
            canary_wait.to_string(),
            "at most an hour",
        ));
    }
    let percent = request.brake_percent;
    if !(0.0..=100.0).contains(&percent) {
        return Err(too_much(
            "brake_percent",
            percent.to_string(),
            "from 0 to 100",
        ));
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is from 0 to 10,000"
    )]
    let brake = (percent * 100.0).round() as u32;
    Ok(Pace {
        rate: request.rate,
        canary: request.canary_count,
        canary_wait,
        brake,
        keeps_attempts: request.keeps_attempts,
    })
}

/// Plans the undo of an operation and begins it.
pub(super) async fn undo(
    handle: &Handle,
    operation: &str,
) -> Result<(Operation, ActionPlan), Refusal> {
    let operation = operation_id(operation)?;
    let plan = handle.plan(Order::Undo { operation }).await?;
    let applied = handle.apply(plan.id, Pace::default(), true).await?;
    Ok((wire_operation(&applied), wire_plan(&plan, 0)))
}

/// Shows an operation.
pub(super) async fn get(handle: &Handle, operation: &str) -> Result<Operation, Refusal> {
    Ok(wire_operation(
        &handle.operation(operation_id(operation)?).await?,
    ))
}

/// Pauses, resumes or cancels an operation.
pub(super) async fn control(
    handle: &Handle,
    operation: &str,
    control: Control,
) -> Result<Operation, Refusal> {
    let id = operation_id(operation)?;
    Ok(wire_operation(&handle.control(id, control).await?))
}

/// Lists operations.
pub(super) async fn list(
    handle: &Handle,
    request: ListOperationsRequest,
) -> Result<ListOperationsResponse, Refusal> {
    let size = page::size(request.page_size)?;
    let fields = ["operations", request.subscription.as_str()];
    let before = before(&fields, &request.page_token)?;
    let subscription = Some(request.subscription.clone()).filter(|name| !name.is_empty());
    let mut found = handle
        .operations(OperationId(before), size + 1, subscription)
        .await?;
    let is_cut = found.len() > size;
    found.truncate(size);
    let last = found
        .last()
        .filter(|_| is_cut)
        .map(|state| state.record.id.0);
    Ok(ListOperationsResponse {
        operations: found.iter().map(wire_operation).collect(),
        next_page_token: last
            .map(|last| page::token(&fields, &last.to_le_bytes()))
            .unwrap_or_default(),
    })
}

/// The number before which a page of a list goes on.
pub(super) fn before(fields: &[&str], token: &str) -> Result<u64, Refusal> {
    let Some(place) = page::place(fields, token)? else {
        return Ok(u64::MAX);
    };
    let place = <[u8; 8]>::try_from(place.as_slice());
    let place = place.map_err(|_other| Refusal::PageTokenInvalid)?;
    Ok(u64::from_le_bytes(place))
}

/// An operation's id.
pub(super) fn operation_id(text: &str) -> Result<OperationId, Refusal> {
    let field = "operation";
    if text.is_empty() {
        return Err(Refusal::FieldRequired { field });
    }
    text.parse()
        .map(OperationId)
        .map_err(|_no_number| Refusal::ValueOutOfRange {
            field,
            value: text.chars().take(64).collect(),
            range: "an operation's id, which is a number".to_owned(),
        })
}

fn plan_id(text: &str) -> Result<PlanId, Refusal> {
    let field = "plan";
    if text.is_empty() {
        return Err(Refusal::FieldRequired { field });
    }
    text.parse().map_err(
        |error: crate::model::plan::PlanIdError| Refusal::ValueOutOfRange {
            field,
            value: text.chars().take(64).collect(),
            range: error.to_string(),
        },
    )
}
