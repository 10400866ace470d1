//! How many consumers a subscription needs, as the contract tells it.

use weir_proto::server::{AdviseRequest, AdviseResponse};

use super::convert;
use crate::insight::Window;
use crate::model::Refusal;
use crate::shard::Handle;

/// The answer to a request.
pub(super) async fn advise(
    handle: &Handle,
    request: AdviseRequest,
) -> Result<AdviseResponse, Refusal> {
    let subscription = convert::name("subscription", &request.subscription)?;
    let topic = match request.topic.as_str() {
        "" => None,
        text => Some(convert::name("topic", text)?),
    };
    let sample = handle.sample(topic, Some(subscription)).await?;
    let mut response = AdviseResponse {
        sample_time: Some(convert::timestamp(sample.time)),
        ..AdviseResponse::default()
    };
    for one in &sample.subscriptions {
        let rates = one.rates[Window::Long as usize];
        response.consumer_count = u32::try_from(one.consumers.len()).unwrap_or(u32::MAX);
        response.publish_rate = rates.publish;
        response.ack_rate = rates.ack;
        response.backlog = one.counts.counts.backlog();
        response.summary = "What one consumer can do is not known yet.".to_owned();
    }
    Ok(response)
}
