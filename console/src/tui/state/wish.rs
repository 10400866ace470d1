//! What a dialog asks the broker for: the plan, and what carries it out.

use std::time::{Duration, UNIX_EPOCH};

use weir_proto::safe_text::SafeText;
use weir_proto::v1::{
    ApplyRequest, MessageEdit, OperationAct, PlanRequest, Selection, StartPosition,
};

use super::deed::{Call, Chosen, Deed, Sought};
use super::dialog::{Dialog, Reach};
use super::field::{Field, Name};

/// What [`Name::What`] chooses from.
pub(crate) const WHATS: [&str; 4] = [
    "of its backlog what is older",
    "of its backlog all but the newest",
    "its whole backlog",
    "the subscription itself",
];
/// What [`Name::Place`] chooses from.
pub(crate) const PLACES: [&str; 3] = [
    "back, to see messages again",
    "to the oldest stored message",
    "past the newest message",
];

impl Dialog {
    /// The question for a plan, as the fields are now; the broker's time is that of the newest sample.
    pub(crate) fn plan_call(&self, now: Option<f64>) -> Option<Call> {
        let mut request = PlanRequest::default();
        let (mut sought, mut goes_home) = (None, false);
        match &self.deed {
            Deed::Requeue { subscription }
            | Deed::Discard { subscription }
            | Deed::Move { subscription } => {
                sought = self.ask_for_dead(subscription, &mut request)?;
                goes_home = self.reach() == Reach::All;
            }
            Deed::Edit {
                subscription,
                message,
                ..
            } => {
                request.act = act(OperationAct::Edit);
                subscription.as_str().clone_into(&mut request.subscription);
                request.selection = Some(Selection {
                    message_ids: vec![message.as_str().to_owned()],
                    ..Selection::default()
                });
                request.edit = Some(self.edit()?);
            }
            Deed::Drop { subscription } => {
                subscription.as_str().clone_into(&mut request.subscription);
                request.selection = self.backlog()?;
                request.act = act(if request.selection.is_some() {
                    OperationAct::Purge
                } else {
                    OperationAct::DeleteSubscription
                });
                request.is_final = self.flag(Name::Final);
            }
            Deed::Seek { subscription } => {
                request.act = act(OperationAct::Seek);
                subscription.as_str().clone_into(&mut request.subscription);
                match self.chosen(Name::Place) {
                    0 => {
                        let time = UNIX_EPOCH.checked_add(self.back_to(now)?)?;
                        request.target_time = Some(time.into());
                    }
                    1 => request.set_position(StartPosition::Earliest),
                    _ => request.set_position(StartPosition::Latest),
                }
            }
            Deed::DeleteTopic { topic } => {
                request.act = act(OperationAct::DeleteTopic);
                topic.as_str().clone_into(&mut request.topic);
                request.with_subscriptions = self.flag(Name::WithSubscriptions);
            }
            Deed::Undo { operation, .. } => {
                request.act = act(OperationAct::Undo);
                operation.as_str().clone_into(&mut request.operation);
            }
            _ => return None,
        }
        Some(Call::Plan {
            request: Box::new(request),
            sought,
            goes_home,
        })
    }

    /// Fills in what is to be done with dead messages, and which; what is to be looked for first.
    #[expect(
        clippy::option_option,
        reason = "what is not right yet is not what selects nothing"
    )]
    fn ask_for_dead(
        &self,
        subscription: &SafeText,
        request: &mut PlanRequest,
    ) -> Option<Option<Sought>> {
        request.act = act(match (&self.deed, self.reach()) {
            (Deed::Requeue { .. }, Reach::Back) => OperationAct::Requeue,
            (Deed::Requeue { .. } | Deed::Move { .. }, _) => OperationAct::Move,
            _ => OperationAct::Discard,
        });
        if let Some(field) = self.field(Name::Target) {
            let field = Some(field).filter(|field| field.is_right())?;
            field.typed().clone_into(&mut request.target_topic);
        }
        subscription.as_str().clone_into(&mut request.subscription);
        let (selection, sought) = self.selection(subscription)?;
        request.selection = Some(selection);
        request.is_final = self.flag(Name::Final);
        request.skip_requeued_before = self.flag(Name::SkipRequeued);
        Some(sought)
    }

    /// What does it, if anything is to be asked of the broker.
    pub(crate) fn deed_call(&self) -> Option<Call> {
        Some(match &self.deed {
            Deed::Pause { subscription } => Call::Pause(subscription.clone()),
            Deed::Resume { subscription } => Call::Resume(subscription.clone()),
            Deed::Disconnect { client } => Call::Disconnect(*client),
            Deed::Control { operation, control } => Call::Control {
                operation: operation.clone(),
                control: *control,
            },
            Deed::Overwrite { .. } | Deed::Unlock => return None,
            _ => Call::Apply(Box::new(self.apply()?)),
        })
    }

    fn apply(&self) -> Option<ApplyRequest> {
        let plan = self.current_plan()?;
        let wait = self.field(Name::CanaryWait).and_then(Field::span);
        Some(ApplyRequest {
            plan: plan.id.as_str().to_owned(),
            rate: self.number(Name::Rate),
            canary_count: self.number(Name::Canary),
            canary_wait: wait.and_then(|wait| wait.try_into().ok()),
            brake_percent: self.number(Name::Brake) as f64,
            keeps_attempts: self.flag(Name::KeepAttempts),
            ..ApplyRequest::default()
        })
    }

    /// What of a message is to be different; `None` if nothing is.
    pub(super) fn edit(&self) -> Option<MessageEdit> {
        let Deed::Edit { payload, key, .. } = &self.deed else {
            return None;
        };
        let typed = |name| {
            self.field(name)
                .filter(|field| field.is_right())
                .map(Field::typed)
        };
        let new_payload = typed(Name::Payload).filter(|text| Some(*text) != payload.as_deref());
        let new_key = typed(Name::Key).filter(|text| text != key);
        let attribute = typed(Name::Attribute)?.split_once('=');
        let edit = MessageEdit {
            payload: new_payload.map(|text| text.to_owned().into_bytes().into()),
            ordering_key: new_key.map(str::to_owned),
            set_attributes: attribute
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into_iter()
                .collect(),
            ..MessageEdit::default()
        };
        (edit != MessageEdit::default()).then_some(edit)
    }

    /// Which dead messages are meant.
    pub(crate) fn meant(&self) -> Option<&Chosen> {
        self.choices.get(self.chosen(Name::Which))
    }

    fn selection(&self, subscription: &SafeText) -> Option<(Selection, Option<Sought>)> {
        let mut selection = Selection::default();
        let mut sought = None;
        match self.meant()? {
            Chosen::All => selection.all = true,
            Chosen::Groups(groups) => {
                let groups = groups.iter().map(|one| one.fingerprint.as_str().to_owned());
                selection.fingerprints = groups.collect();
            }
            Chosen::Ids(ids) => {
                let ids = ids.iter().map(|id| id.as_str().to_owned());
                selection.message_ids = ids.collect();
            }
            Chosen::Matching { group, filter } => {
                sought = Some(Sought {
                    subscription: subscription.clone(),
                    fingerprint: group.as_ref().map(|group| group.fingerprint.clone()),
                    filter: filter.clone(),
                });
            }
        }
        Some((selection, sought))
    }

    /// What of a backlog goes: nothing of it if the subscription itself does, `None` if a field is wrong.
    #[expect(
        clippy::option_option,
        reason = "what is not right yet is not what selects nothing"
    )]
    fn backlog(&self) -> Option<Option<Selection>> {
        let mut selection = Selection::default();
        match self.chosen(Name::What) {
            0 => {
                let age = self.field(Name::Age)?.span()?;
                selection.older_than = Some(age.try_into().ok()?);
            }
            1 => selection.keep_newest = Some(self.number(Name::Keep)),
            2 => selection.all = true,
            _ => return Some(None),
        }
        Some(Some(selection))
    }

    /// Where a seek back goes, since the epoch by the broker's clock.
    pub(super) fn back_to(&self, now: Option<f64>) -> Option<Duration> {
        let back = self.field(Name::Back)?.span()?;
        let now = Duration::try_from_secs_f64(now?).ok()?;
        now.checked_sub(back)
    }

    pub(super) fn chosen(&self, name: Name) -> usize {
        self.field(name).map_or(0, Field::chosen)
    }

    /// The number of a field that is seen; 0 without it.
    pub(crate) fn number(&self, name: Name) -> u64 {
        self.field(name).map_or(0, Field::number)
    }

    pub(super) fn flag(&self, name: Name) -> bool {
        self.field(name).is_some_and(Field::flag)
    }
}

fn act(act: OperationAct) -> i32 {
    act.into()
}
