//! What an act would do, as the broker counted it: a plan changes nothing and expires.

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{ActionPlan, OperationAct, SkipCause};

use super::reading::{Moment, broker_seconds, measured};

const NAME_CAP_BYTES: usize = 511;
const TEXT_CAP_BYTES: usize = 2_048;
/// How long a plan holds if the broker does not say, and at most, whatever it says.
const USUAL_SECONDS: f64 = 600.0;
const MOST_SECONDS: f64 = 86_400.0;

/// A plan of the broker.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) id: SafeText,
    pub(crate) act: OperationAct,
    /// What the operation did that it takes back.
    pub(crate) undone_act: OperationAct,
    pub(crate) topic: SafeText,
    pub(crate) subscription: SafeText,
    /// The topic to which messages go; empty if they go to none.
    pub(crate) target: SafeText,
    pub(crate) selected: u64,
    pub(crate) affected: u64,
    pub(crate) bytes: u64,
    pub(crate) skips: Vec<(SkipCause, u64)>,
    pub(crate) keys: u64,
    pub(crate) overtaken_keys: u64,
    pub(crate) consumers: u32,
    pub(crate) ended_leases: u64,
    pub(crate) restored: u64,
    /// How long it takes as fast as it goes, in seconds.
    pub(crate) seconds: Option<f64>,
    pub(crate) is_undoable: bool,
    /// For how many seconds after its end it can be undone.
    pub(crate) undo_seconds: Option<f64>,
    pub(crate) undo_note: SafeText,
    /// For how many seconds it holds from its making on.
    pub(crate) holds_seconds: f64,
    pub(crate) warnings: Vec<SafeText>,
    /// Some of those that an undo cannot pull back.
    pub(crate) delivered: Vec<SafeText>,
    pub(crate) description: SafeText,
    /// What changes from what to what.
    pub(crate) changes: Vec<Change>,
}

/// A field of a message or of settings that changes.
#[derive(Clone, Debug)]
pub(crate) struct Change {
    pub(crate) field: SafeText,
    /// `None` if it is not there, or will not be.
    pub(crate) before: Option<SafeText>,
    pub(crate) after: Option<SafeText>,
}

/// A plan that came, and until when it holds.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) plan: Box<Plan>,
    pub(crate) until: Moment,
}

impl Plan {
    /// Takes a plan over from the wire.
    pub(crate) fn new(wire: &ActionPlan) -> Self {
        let name = |text: &str| SafeText::capped(text.as_bytes(), NAME_CAP_BYTES);
        let text = |text: &str| SafeText::capped(text.as_bytes(), TEXT_CAP_BYTES);
        let made = wire.create_time.map(broker_seconds);
        let ends = wire.expire_time.map(broker_seconds);
        let holds = made.zip(ends).map(|(made, ends)| (ends - made).max(0.0));
        let skips = wire.skips.iter().map(|skip| (skip.cause(), skip.count));
        Self {
            id: name(&wire.plan),
            act: wire.act(),
            undone_act: wire.undone_act(),
            topic: name(&wire.topic),
            subscription: name(&wire.subscription),
            target: name(&wire.target_topic),
            selected: wire.selected,
            affected: wire.affected,
            bytes: wire.bytes,
            skips: skips.filter(|(_, count)| *count > 0).collect(),
            keys: wire.key_count,
            overtaken_keys: wire.overtaken_key_count,
            consumers: wire.consumer_count,
            ended_leases: wire.ended_lease_count,
            restored: wire.restored,
            seconds: measured(wire.duration_seconds),
            is_undoable: wire.is_undoable,
            undo_seconds: wire
                .undo_window
                .and_then(|span| measured(span.seconds as f64 + f64::from(span.nanos) / 1e9)),
            undo_note: text(&wire.undo_note),
            holds_seconds: holds.unwrap_or(USUAL_SECONDS).min(MOST_SECONDS),
            warnings: wire.warnings.iter().map(|one| text(one)).collect(),
            delivered: wire
                .delivered_message_ids
                .iter()
                .map(|id| name(id))
                .collect(),
            description: text(&wire.description),
            changes: wire
                .changes
                .iter()
                .map(|change| Change {
                    field: name(&change.field),
                    before: change.before.as_deref().map(text),
                    after: change.after.as_deref().map(text),
                })
                .collect(),
        }
    }

    /// Whether it brings a topic or a subscription back, whatever that holds.
    pub(crate) fn brings_back(&self) -> bool {
        matches!(
            self.undone_act,
            OperationAct::DeleteTopic | OperationAct::DeleteSubscription
        )
    }

    /// Whether it would change anything.
    pub(crate) fn does_something(&self) -> bool {
        let is_of_messages = matches!(
            self.act,
            OperationAct::Requeue
                | OperationAct::Discard
                | OperationAct::Purge
                | OperationAct::Undo
                | OperationAct::Move
                | OperationAct::Edit
        );
        !is_of_messages || self.brings_back() || self.affected > 0 || self.restored > 0
    }
}

/// Why a message is left as it is, in words.
pub(crate) fn skip_words(cause: SkipCause) -> &'static str {
    match cause {
        SkipCause::Unspecified => "left as they are",
        SkipCause::Leased => "held by a consumer",
        SkipCause::Delivered => "handed out since: cannot be pulled back",
        SkipCause::Gone => "no longer stored",
        SkipCause::Changed => "changed since by something else",
        SkipCause::Expired => "past their time: they go by themselves",
        SkipCause::RequeuedBefore => "came back before and died again",
    }
}
