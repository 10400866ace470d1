//! Ids of requests: parsed, with a hash of what is asked, by which another request under the same id is known.

use prost::Message;
use weir_proto::server::{CreateSubscriptionRequest, CreateTopicRequest};
use xxhash_rust::xxh3::xxh3_64;

use super::convert::MAX_ECHO_CHARS;
use crate::core::RequestKey;
use crate::model::{Refusal, RequestId};

/// The key of a creation of a topic, if it has an id.
pub(super) fn topic(request: &CreateTopicRequest) -> Result<Option<RequestKey>, Refusal> {
    let asked = || CreateTopicRequest {
        request_id: String::new(),
        ..request.clone()
    };
    key("CreateTopic", &request.request_id, asked)
}

/// The key of a creation of a subscription, if it has an id.
pub(super) fn subscription(
    request: &CreateSubscriptionRequest,
) -> Result<Option<RequestKey>, Refusal> {
    let asked = || CreateSubscriptionRequest {
        request_id: String::new(),
        ..request.clone()
    };
    key("CreateSubscription", &request.request_id, asked)
}

fn key<M: Message>(
    method: &str,
    request_id: &str,
    asked: impl FnOnce() -> M,
) -> Result<Option<RequestKey>, Refusal> {
    if request_id.is_empty() {
        return Ok(None);
    }
    let id = RequestId::parse(request_id).ok_or_else(|| Refusal::ValueOutOfRange {
        field: "request_id",
        value: request_id.chars().take(MAX_ECHO_CHARS).collect(),
        range: "a UUID such as 123e4567-e89b-42d3-a456-426614174000".to_owned(),
    })?;
    let mut bytes = method.as_bytes().to_vec();
    bytes.extend(asked().encode_to_vec());
    Ok(Some(RequestKey {
        id,
        fingerprint: xxh3_64(&bytes),
    }))
}
