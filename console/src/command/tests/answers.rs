//! What the broker in memory says to names that it does not have, and to what no test asks.

use tonic::{Code, Response, Status};
use weir_proto::server::{AckIdError, ErrorReason, ItemError};

use super::broker::refusal;

pub(super) type Answer<T> = Result<Response<T>, Status>;

pub(super) const SUBSCRIPTIONS: [&str; 2] = ["billing", "shop/audit"];

pub(super) fn absent<T>() -> Answer<T> {
    Err(Status::unimplemented("no test asks this"))
}

pub(super) fn checked_topic(name: &str) -> Result<(), Status> {
    if name == "orders" {
        return Ok(());
    }
    let message = format!("there is no topic {name}");
    Err(refusal(Code::NotFound, "TOPIC_NOT_FOUND", &message))
}

pub(super) fn checked_subscription(name: &str) -> Result<(), Status> {
    if SUBSCRIPTIONS.contains(&name) {
        return Ok(());
    }
    if name.matches('/').count() > 1 {
        return Err(refusal(
            Code::InvalidArgument,
            "NAME_INVALID",
            "this is no name",
        ));
    }
    let message = format!("there is no subscription {name}");
    Err(refusal(Code::NotFound, "SUBSCRIPTION_NOT_FOUND", &message))
}

pub(super) fn stale(ack_id: String) -> AckIdError {
    let reason = ErrorReason::LeaseStale.into();
    let error = ItemError {
        code: Code::FailedPrecondition.into(),
        reason,
        ..ItemError::default()
    };
    AckIdError {
        ack_id,
        error: Some(error),
    }
}
