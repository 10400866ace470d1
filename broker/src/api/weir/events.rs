//! What has happened, as the contract tells it: what is kept first, then what happens. Who reads slowly misses the
//! oldest and is told so.

use futures_util::Stream;
use futures_util::stream;
use tokio::sync::watch;
use tonic::Status;
use weir_proto::server;
use weir_proto::server::{
    AddMarkRequest, AddMarkResponse, WatchEventsRequest, WatchEventsResponse,
};

use super::convert;
use crate::insight::Severity;
use crate::insight::timeline::{Event, EventKind, Stretch};
use crate::model::{Name, Refusal};
use crate::shard::{Handle, Health, Mark};

/// How many events are shown unless the request says.
const DEFAULT_EVENTS: u32 = 1_000;
/// The most that it may say.
const MAX_EVENTS: u32 = 10_000;
/// Events of one answer: about a quarter of a mebibyte.
const AT_ONCE: usize = 1_000;
/// The longest text of a mark, in characters.
const MAX_TEXT: usize = 200;
/// The longest name of who sets one, in characters.
const MAX_ACTOR: usize = 100;

/// Which events a reader wants.
struct Wanted {
    topic: Option<Name>,
    /// A subscription with its topic, if that is known.
    subscription: Option<(Name, Option<Name>)>,
}

impl Wanted {
    fn is_of(&self, event: &Event) -> bool {
        let of_topic = self.topic.as_ref();
        let of_subscription = self.subscription.as_ref();
        of_topic.is_none_or(|topic| event.is_about_topic(topic))
            && of_subscription.is_none_or(|(subscription, topic)| {
                event.is_about_subscription(subscription, topic.as_ref())
            })
    }
}

/// One reader of events.
pub(super) struct Following {
    handle: Handle,
    wanted: Wanted,
    newest: watch::Receiver<u64>,
    health: watch::Receiver<Health>,
    is_followed: bool,
    /// What is to be told first, until it was.
    kept: Option<Stretch>,
    /// Everything up to this number was told.
    told: u64,
}

impl Following {
    /// Begins with what is kept. What is gone, a topic or a subscription, may be asked for as well.
    pub(super) async fn begin(
        handle: &Handle,
        request: &WatchEventsRequest,
    ) -> Result<Self, Refusal> {
        let limit = match request.limit {
            0 => DEFAULT_EVENTS,
            limit if limit <= MAX_EVENTS => limit,
            limit => {
                return Err(Refusal::ValueOutOfRange {
                    field: "limit",
                    value: limit.to_string(),
                    range: format!("1 to {MAX_EVENTS}, or 0 for {DEFAULT_EVENTS}"),
                });
            }
        };
        let wanted = wanted(handle, request).await?;
        let (mut newest, health) = (handle.watch_events(), handle.watch_health());
        // What comes while the kept ones are read is newer than they are.
        newest.mark_unchanged();
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let kept = handle.events(request.after_sequence, limit, |event| wanted.is_of(event));
        Ok(Self {
            handle: handle.clone(),
            wanted,
            newest,
            health,
            is_followed: request.follow,
            told: kept.until,
            kept: Some(kept),
        })
    }

    /// What is kept, then what happens, until the broker stops.
    pub(super) fn responses(
        self,
    ) -> impl Stream<Item = Result<WatchEventsResponse, Status>> + Send {
        stream::unfold(self, |mut following| async move {
            let response = following.next().await?;
            Some((Ok(response), following))
        })
    }

    async fn next(&mut self) -> Option<WatchEventsResponse> {
        if let Some(mut kept) = self.kept.take() {
            let rest = kept.events.split_off(kept.events.len().min(AT_ONCE));
            let response = answer(&kept.events, kept.is_cut);
            if !rest.is_empty() {
                self.kept = Some(Stretch {
                    events: rest,
                    is_cut: false,
                    ..kept
                });
            }
            return Some(response);
        }
        while self.is_followed {
            let mut stretch = self.handle.events_after(self.told, AT_ONCE);
            self.told = stretch.until;
            stretch.events.retain(|event| self.wanted.is_of(event));
            if !stretch.events.is_empty() || stretch.is_cut {
                return Some(answer(&stretch.events, stretch.is_cut));
            }
            self.wait().await?;
        }
        None
    }

    /// Until there is something new; none once the broker has stopped.
    async fn wait(&mut self) -> Option<()> {
        loop {
            if *self.health.borrow_and_update() == Health::Stopped {
                return None;
            }
            tokio::select! {
                changed = self.newest.changed() => return changed.ok(),
                changed = self.health.changed() => changed.ok()?,
            }
        }
    }
}

async fn wanted(handle: &Handle, request: &WatchEventsRequest) -> Result<Wanted, Refusal> {
    let topic = name("topic", &request.topic)?;
    let subscription = match name("subscription", &request.subscription)? {
        None => None,
        Some(subscription) => {
            let topic = match handle.subscription(subscription.clone()).await {
                Ok(found) => Some(found.topic_name),
                Err(Refusal::SubscriptionNotFound { .. }) => None,
                Err(refusal) => return Err(refusal),
            };
            Some((subscription, topic))
        }
    };
    Ok(Wanted {
        topic,
        subscription,
    })
}

fn name(field: &'static str, text: &str) -> Result<Option<Name>, Refusal> {
    match text {
        "" => Ok(None),
        text => convert::name(field, text).map(Some),
    }
}

fn answer(events: &[std::sync::Arc<Event>], truncated: bool) -> WatchEventsResponse {
    WatchEventsResponse {
        events: events.iter().map(|event| wire(event)).collect(),
        truncated,
    }
}

/// Sets a mark.
pub(super) async fn add_mark(
    handle: &Handle,
    request: AddMarkRequest,
) -> Result<AddMarkResponse, Refusal> {
    let text = request.text.trim();
    if text.is_empty() {
        return Err(Refusal::FieldRequired { field: "text" });
    }
    at_most("text", text, MAX_TEXT)?;
    at_most("actor", &request.actor, MAX_ACTOR)?;
    let asked = name("topic", &request.topic)?;
    let topic = match asked {
        Some(topic) => Some(handle.topic(topic).await?.name),
        None => None,
    };
    let mut mark = Mark {
        text: text.to_owned(),
        actor: request.actor,
        topic,
        subscription: None,
    };
    if let Some(subscription) = name("subscription", &request.subscription)? {
        let found = handle.subscription(subscription).await?;
        if let Some(topic) = mark.topic.filter(|topic| *topic != found.topic_name) {
            return Err(Refusal::TopicMismatch {
                subscription: found.name,
                topic: found.topic_name,
                asked: topic.to_string(),
            });
        }
        mark.topic = Some(found.topic_name);
        mark.subscription = Some(found.name);
    }
    Ok(AddMarkResponse {
        event: Some(wire(&handle.mark(mark))),
    })
}

fn at_most(field: &'static str, text: &str, limit: usize) -> Result<(), Refusal> {
    let length = text.chars().count();
    if length <= limit {
        return Ok(());
    }
    Err(Refusal::ValueOutOfRange {
        field,
        value: format!("{length} characters"),
        range: format!("at most {limit} characters"),
    })
}

/// An event in the contract's words.
fn wire(event: &Event) -> server::Event {
    let of = &event.happening;
    let name = |name: &Option<Name>| name.as_ref().map_or(String::new(), Name::to_string);
    server::Event {
        sequence: event.sequence,
        event_time: Some(convert::timestamp(of.time)),
        kind: kind(of.kind).into(),
        severity: severity(of.severity).into(),
        topic: name(&of.topic),
        subscription: name(&of.subscription),
        actor: of.actor.clone(),
        text: of.text.clone(),
        count: of.count,
        operation_id: of.operation.map(|id| id.to_string()).unwrap_or_default(),
        merged_count: of.merged,
    }
}

/// A severity in the contract's words.
pub(super) fn severity(severity: Severity) -> server::Severity {
    match severity {
        Severity::Fine => server::Severity::Fine,
        Severity::Watch => server::Severity::Watch,
        Severity::Act => server::Severity::Act,
    }
}

fn kind(kind: EventKind) -> server::EventKind {
    match kind {
        EventKind::Started => server::EventKind::Started,
        EventKind::HealthChanged => server::EventKind::HealthChanged,
        EventKind::TopicChanged => server::EventKind::TopicChanged,
        EventKind::SubscriptionChanged => server::EventKind::SubscriptionChanged,
        EventKind::ConsumerJoined => server::EventKind::ConsumerJoined,
        EventKind::ConsumerLeft => server::EventKind::ConsumerLeft,
        EventKind::Paused => server::EventKind::Paused,
        EventKind::Resumed => server::EventKind::Resumed,
        EventKind::Operation => server::EventKind::Operation,
        EventKind::Mark => server::EventKind::Mark,
        EventKind::FirstDeath => server::EventKind::FirstDeath,
        EventKind::VerdictChanged => server::EventKind::VerdictChanged,
    }
}
