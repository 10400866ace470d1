//! What the numbers were, as the contract tells it.

use prost_types::Timestamp;
use weir_proto::server::{HistoryPoint, HistoryRequest, HistoryResponse, HistoryStep};

use super::convert;
use crate::insight::history::{Column, Point, Step};
use crate::model::{Refusal, Span, Time};
use crate::shard::{Handle, Subject};

/// The answer to a request.
pub(super) async fn history(
    handle: &Handle,
    request: HistoryRequest,
) -> Result<HistoryResponse, Refusal> {
    let subject = subject(&request)?;
    let step = match HistoryStep::try_from(request.step) {
        Ok(HistoryStep::Unspecified | HistoryStep::Second) => Step::Second,
        Ok(HistoryStep::Minute) => Step::Minute,
        Err(_unknown) => return Err(convert::unknown("step", request.step)),
    };
    let time = |field, time: Option<Timestamp>| {
        let time = time.map(|time| convert::time(field, time));
        time.transpose()
    };
    let from = time("start_time", request.start_time)?.unwrap_or_default();
    let to = time("end_time", request.end_time)?.unwrap_or(Time(u64::MAX));
    let reading = handle.history(subject, step, from, to).await?;
    let points = reading.points.iter();
    Ok(HistoryResponse {
        points: points
            .map(|(time, span, point)| told(*time, *span, point))
            .collect(),
        truncated: reading.is_cut,
    })
}

fn subject(request: &HistoryRequest) -> Result<Subject, Refusal> {
    match (request.topic.as_str(), request.subscription.as_str()) {
        ("", "") => Ok(Subject::Broker),
        (topic, "") => convert::name("topic", topic).map(Subject::Topic),
        ("", subscription) => {
            convert::name("subscription", subscription).map(Subject::Subscription)
        }
        (topic, _) => Err(Refusal::ValueOutOfRange {
            field: "topic",
            value: topic.chars().take(convert::MAX_ECHO_CHARS).collect(),
            range: "empty beside a subscription".to_owned(),
        }),
    }
}

fn told(time: Time, span: Span, point: &Point) -> HistoryPoint {
    let lag = point.get(Column::Lag).checked_sub(1);
    HistoryPoint {
        sample_time: Some(convert::timestamp(time)),
        span_seconds: span.as_seconds(),
        backlog: point.get(Column::Backlog),
        ready: point.get(Column::Ready),
        leased: point.get(Column::Leased),
        waiting: point.get(Column::Waiting),
        scheduled: point.get(Column::Scheduled),
        dead: point.get(Column::Dead),
        lag_seconds: lag.map(|millis| Span::from_millis(millis).as_seconds()),
        consumer_count: point.get(Column::Consumers),
        stored: point.get(Column::Stored),
        publish_count: point.get(Column::Published),
        deliver_count: point.get(Column::Delivered),
        redeliver_count: point.get(Column::Redelivered),
        ack_count: point.get(Column::Acked),
        fail_count: point.get(Column::Failed),
        dead_count: point.get(Column::Died),
    }
}
