//! What the broker in memory plans and carries out: it counts what is named, or three.

use tonic::{Code, Response, Status};
use weir_proto::server::*;

use super::answers::{Answer, checked_subscription, checked_topic};
use super::broker::{Memory, refusal};

/// As many as were named, or three, of which one is leased if it is a purge.
pub(super) fn plan(memory: &mut Memory, request: PlanRequest) -> Answer<PlanResponse> {
    let act = request.act();
    let of_topic = matches!(act, OperationAct::DeleteTopic | OperationAct::UpdateTopic);
    if act == OperationAct::Undo {
        found(memory, &request.operation)?;
    } else if of_topic {
        checked_topic(&request.topic)?;
    } else {
        checked_subscription(&request.subscription)?;
    }
    if act == OperationAct::DeleteTopic && !request.with_subscriptions {
        let message = "the topic orders has 2 subscriptions";
        let code = Code::FailedPrecondition;
        return Err(refusal(code, "TOPIC_HAS_SUBSCRIPTIONS", message));
    }
    let named = request.selection.as_ref();
    let named = named.map_or(0, |selection| selection.message_ids.len() as u64);
    let selected = if named > 0 { named } else { 3 };
    let leased = u64::from(act == OperationAct::Purge);
    let number = memory.plans.len() + 1;
    let plan = ActionPlan {
        plan: format!("plan-{number}"),
        act: act.into(),
        topic: if of_topic {
            request.topic.clone()
        } else {
            "orders".to_owned()
        },
        subscription: if act == OperationAct::Undo {
            "billing".to_owned()
        } else {
            request.subscription.clone()
        },
        selected,
        affected: selected - leased,
        skips: vec![SkippedMessages {
            cause: SkipCause::Leased.into(),
            count: leased,
        }],
        is_undoable: !request.is_final && !of_topic,
        expire_time: Some(prost_types::Timestamp {
            seconds: 1_800_000_600,
            nanos: 0,
        }),
        undoes: request.operation.clone(),
        ..ActionPlan::default()
    };
    memory.plans.push((request, plan.clone()));
    Ok(Response::new(PlanResponse { plan: Some(plan) }))
}

/// Carries out a plan, or gives what it carried out.
pub(super) fn apply(memory: &mut Memory, request: ApplyRequest) -> Answer<ApplyResponse> {
    let plan = memory.plans.iter().map(|(_, plan)| plan);
    let plan = plan.clone().find(|plan| plan.plan == request.plan).cloned();
    let Some(plan) = plan else {
        let message = format!("plan {} has expired", request.plan);
        return Err(refusal(Code::FailedPrecondition, "PLAN_EXPIRED", &message));
    };
    let number = memory.operations.len() + 1;
    let is_stopped = memory.canary_dies && request.canary_count > 0;
    let affected = if is_stopped {
        request.canary_count
    } else {
        plan.affected
    };
    let operation = Operation {
        operation: number.to_string(),
        act: plan.act,
        state: if is_stopped {
            OperationState::Stopped
        } else {
            OperationState::Finished
        }
        .into(),
        topic: plan.topic,
        subscription: plan.subscription,
        selected: plan.selected,
        affected,
        skipped: if is_stopped {
            0
        } else {
            plan.selected - affected
        },
        note: if is_stopped {
            "its canary has died again"
        } else {
            ""
        }
        .to_owned(),
        plan: plan.plan,
        undo_deadline: plan.is_undoable.then_some(prost_types::Timestamp {
            seconds: 1_800_086_400,
            nanos: 0,
        }),
        undoes: plan.undoes,
        ..Operation::default()
    };
    memory.applied.push(request);
    memory.operations.push(operation.clone());
    let begun = Operation {
        state: OperationState::Running.into(),
        affected: 0,
        ..operation
    };
    Ok(Response::new(ApplyResponse {
        operation: Some(begun),
    }))
}

/// An operation by its id.
pub(super) fn found(memory: &Memory, id: &str) -> Result<Operation, Status> {
    if id.parse::<u64>().is_err() {
        let message = format!("operation {id} is out of range");
        return Err(refusal(
            Code::InvalidArgument,
            "VALUE_OUT_OF_RANGE",
            &message,
        ));
    }
    let mut operations = memory.operations.iter();
    let found = operations.find(|one| one.operation == id).cloned();
    found.ok_or_else(|| {
        let message = format!("operation {id} is not known");
        refusal(Code::NotFound, "OPERATION_NOT_FOUND", &message)
    })
}
