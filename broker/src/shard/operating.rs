//! Planning, applying and following operations. A plan of many messages is made in slices, so that the owner serves
//! others in between.

use std::sync::Arc;

use tokio::sync::{oneshot, watch};

use super::Handle;
use super::command::{Act, Command, Promise};
use crate::core::{Control, Core, Order, Pace, Plan, Planned};
use crate::journal::fail_point;
use crate::model::entry::{Audited, Deed, OperationState, Who};
use crate::model::{MessageId, Now, Offset, OperationId, PlanId, Refusal};

/// Messages of a plan that one look finds as they were, or not.
const RECHECKED: u64 = 20_000;

impl Handle {
    /// The same way in, for someone: what is done through it is on record as theirs.
    #[must_use]
    pub fn by(&self, who: Who) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
            who: Some(Arc::new(who)),
        }
    }

    /// Makes a plan.
    pub async fn plan(&self, order: Order) -> Result<Plan, Refusal> {
        if let Order::Requeue {
            subscription,
            selection,
        }
        | Order::Move {
            subscription,
            selection,
            ..
        }
        | Order::Drop {
            subscription,
            selection,
            ..
        } = &order
        {
            self.name_dead(!selection.fingerprints.is_empty(), subscription)
                .await?;
        }
        let planned = self.act(move |core, now| core.begin_plan(order, now));
        let mut planning = match planned.await? {
            Planned::Done(plan) => {
                pass_plan(&plan);
                return Ok(*plan);
            }
            Planned::Begun(planning) => planning,
        };
        let mut is_more = true;
        while is_more {
            self.sift(&mut planning).await?;
            let next = self.look(move |core, _now| {
                let is_more = core.go_on_planning(&mut planning)?;
                Ok((planning, is_more))
            });
            (planning, is_more) = next.await?;
        }
        let finished = self.act(move |core, now| {
            let plan = core.finish_plan(&mut planning, now)?;
            Ok((plan, planning))
        });
        // What is left of its making is let go of here, not on the owner's thread.
        let (plan, _made) = finished.await?;
        pass_plan(&plan);
        Ok(plan)
    }

    /// Looks at the core. The answer leaves at once, so it may not be told to anybody before an act has followed it.
    async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&mut Core, Now) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let (answer, answered) = oneshot::channel();
        let act: Act = Box::new(move |core, now| {
            let seen = look(core, now);
            // The asker may have gone; then nobody waits for the answer.
            Promise::Now(Box::new(move |_durable| drop(answer.send(seen))))
        });
        self.send(Command::Act(act)).await?;
        answered.await.unwrap_or_else(|_gone| Err(self.gone()))
    }

    /// Carries out a plan. One of dead messages of which some are dead no more is refused, unless it may have shrunk.
    pub async fn apply(
        &self,
        id: PlanId,
        pace: Pace,
        may_have_shrunk: bool,
    ) -> Result<OperationState, Refusal> {
        let found = self.act(move |core, now| core.find_plan(id, now)).await?;
        if let Some(state) = found {
            return Ok(state);
        }
        if !may_have_shrunk {
            self.recheck(id).await?;
        }
        if let Some(state) = self.apply_edit(id).await? {
            return Ok(state);
        }
        let shared = Arc::clone(&self.shared);
        self.act(move |core, now| {
            let state = core.apply_plan(id, pace, now)?;
            if state.record.deed == Deed::DeleteTopic {
                shared.forget_route(&state.record.names.0);
            }
            Ok(state)
        })
        .await
    }

    /// What a plan does, and to which topic and subscription; none if nobody knows it any more.
    pub async fn subject_of_plan(
        &self,
        id: PlanId,
    ) -> Result<Option<(Deed, (String, String))>, Refusal> {
        self.act(move |core, now| Ok(core.subject_of_plan(id, now)))
            .await
    }

    /// Refuses a plan of dead messages of which some are dead no more.
    async fn recheck(&self, id: PlanId) -> Result<(), Refusal> {
        let planned = self.act(move |core, now| Ok(core.planned(id, now))).await?;
        let Some((_, planned)) = planned.filter(|(deed, _)| deed.is_on_dead()) else {
            return Ok(());
        };
        let (mut from, mut left) = ((0, Offset(0)), 0);
        loop {
            let slice = self.look(move |core, _now| Ok(core.recheck_plan(id, from, RECHECKED)));
            let (count, next) = slice.await?;
            left += count;
            match next {
                Some(next) => from = next,
                None => break,
            }
        }
        if left < planned {
            let plan = id.to_string();
            return Err(Refusal::SelectionShrank {
                plan,
                planned,
                left,
            });
        }
        Ok(())
    }

    /// Shows an operation.
    pub async fn operation(&self, id: OperationId) -> Result<OperationState, Refusal> {
        self.act(move |core, _now| core.operation(id)).await
    }

    /// Lists operations before one, the newest first; of one subscription if it is named.
    pub async fn operations(
        &self,
        before: OperationId,
        limit: usize,
        subscription: Option<String>,
    ) -> Result<Vec<OperationState>, Refusal> {
        self.act(move |core, _now| Ok(core.operations(before, limit, subscription.as_deref())))
            .await
    }

    /// The operations in the life of a message, the oldest first.
    pub async fn operations_on(&self, id: MessageId) -> Result<Vec<OperationState>, Refusal> {
        self.act(move |core, _now| Ok(core.operations_on(id))).await
    }

    /// Holds an operation, lets it go on, or ends it.
    pub async fn control(
        &self,
        id: OperationId,
        control: Control,
    ) -> Result<OperationState, Refusal> {
        self.act(move |core, now| {
            let state = core.control(id, control, now);
            match control {
                Control::Pause => fail_point::hit("operation.paused"),
                Control::Cancel => fail_point::hit("operation.cancelled"),
                Control::Resume => {}
            }
            state
        })
        .await
    }

    /// Changes whenever an operation has gone on or an act was put on record, a few times a second at most.
    pub fn watch_operations(&self) -> watch::Receiver<u64> {
        self.shared.operated.subscribe()
    }

    /// Administrative acts after one, the oldest first.
    pub async fn acts_after(&self, sequence: u64, limit: usize) -> Result<Vec<Audited>, Refusal> {
        self.act(move |core, _now| Ok(core.acts_after(sequence, limit)))
            .await
    }

    /// Administrative acts before one, the newest first, about a topic and a subscription if they are named; and
    /// whether all that are remembered are as they were written.
    pub async fn acts_before(
        &self,
        sequence: u64,
        limit: usize,
        (topic, subscription): (String, String),
    ) -> Result<(Vec<Audited>, bool), Refusal> {
        self.act(move |core, _now| {
            let acts = core.acts_before(sequence, limit, |act| {
                (topic.is_empty() || act.topic == topic)
                    && (subscription.is_empty() || act.subscription == subscription)
            });
            Ok((acts, core.verify_acts().is_ok()))
        })
        .await
    }

    /// Puts on record what was done to something else than messages.
    pub async fn put_on_record(&self, verb: &'static str, detail: String) -> Result<(), Refusal> {
        self.act(move |core, now| {
            core.put_on_record(verb, detail, now);
            Ok(())
        })
        .await
    }
}

/// Where a test lets the process die: a plan was made, of which nothing is anywhere else.
fn pass_plan(plan: &Plan) {
    fail_point::hit("operation.planned");
    if plan.deed == Deed::Undo {
        fail_point::hit("operation.undo_planned");
    }
}
