//! How many consumers a subscription needs, as the contract tells it.

use weir_proto::server::{AdviseRequest, AdviseResponse, ConsumerStats};

use super::diagnosis::number;
use super::{convert, diagnosis, numbers};
use crate::insight::advice::Wish;
use crate::model::settings::span_in_range;
use crate::model::{Refusal, Span};
use crate::shard::{Advised, Handle, SubscriptionSample};

/// Within which time a backlog is to end unless the request says.
const DEFAULT_WITHIN: Span = Span::from_secs(600);
/// The shortest time that it may say.
const LEAST_WITHIN: Span = Span::from_secs(1);
/// The longest.
const MOST_WITHIN: Span = Span::from_secs(86_400);
/// How many of the consumers are told.
const MAX_SLOW: usize = 10;

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
    let within = convert::span("drain_within", request.drain_within)?;
    let within = within.unwrap_or(DEFAULT_WITHIN);
    span_in_range("drain_within", within, LEAST_WITHIN, MOST_WITHIN)?;
    let wish = Wish {
        within,
        most: Some(request.max_consumers.into()).filter(|most| *most > 0),
    };
    let advised = handle.advise(topic, subscription, wish).await?;
    Ok(told(&advised))
}

fn told(advised: &Advised) -> AdviseResponse {
    let Advised {
        time,
        advice,
        load,
        sample,
    } = advised;
    AdviseResponse {
        sample_time: Some(convert::timestamp(*time)),
        diagnosis: sample.diagnosis.as_deref().map(diagnosis::diagnosis),
        consumer_count: number(load.consumers),
        recommended: advice.recommended.map(number),
        is_lower_bound: advice.is_lower_bound,
        confidence: diagnosis::confidence(advice.confidence).into(),
        capacity: advice.capacity.as_ref().map(diagnosis::capacity),
        options: advice.choices.iter().map(diagnosis::choice).collect(),
        max_useful: advice.most_useful.map(number),
        bound: diagnosis::bound(advice.bound).into(),
        publish_rate: load.arrivals,
        ack_rate: load.acks,
        backlog: load.backlog,
        redelivery_ratio: load.redelivery,
        summary: advice.summary.clone(),
        slow_consumers: slow(sample),
    }
}

/// The consumers, the slowest first: by how many times as long as the others they take, then by what they acknowledge.
fn slow(sample: &SubscriptionSample) -> Vec<ConsumerStats> {
    let mut all = numbers::consumers(sample);
    all.sort_by(|one, other| {
        let slowness = |stats: &ConsumerStats| stats.slowness.unwrap_or(0.0);
        let slower = slowness(other).total_cmp(&slowness(one));
        slower.then(one.ack_rate.total_cmp(&other.ack_rate))
    });
    all.truncate(MAX_SLOW);
    all
}
