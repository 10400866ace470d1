//! An operator who does at random what real ones do while messages flow.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng as _;
use rand::rngs::SmallRng;
use weir_proto::client::{Client, Error};
use weir_proto::v1::{
    ApplyRequest, ListOperationsRequest, MessageState, Operation, OperationAct, PeekRequest,
    PlanRequest, RequeueDeadLettersRequest, Selection, Subscription,
};

use super::ground::Reader;
use super::history::History;
use super::payload::Mark;
use super::wait;

/// Between two acts.
const PACE: [Duration; 2] = [Duration::from_millis(20), Duration::from_millis(120)];
/// How long a subscription is held.
const HELD: [Duration; 2] = [Duration::from_millis(1), Duration::from_millis(40)];
/// A rate that holds nothing up.
const RATE: u64 = 1_000_000;

/// Where dead messages are moved to.
pub const PARKED: &str = "parked";

pub(super) struct Operator {
    pub(super) client: Client,
    pub(super) history: Arc<History>,
    pub(super) readers: &'static [Reader],
    pub(super) random: SmallRng,
}

impl Operator {
    pub(super) async fn run(mut self) -> Result<(), Error> {
        loop {
            wait::pause_random(&mut self.random, PACE[0], PACE[1]).await;
            let reader = &self.readers[self.random.random_range(0..self.readers.len())];
            let name = reader.name;
            match self.random.random_range(0..10) {
                0..4 => requeue(&self.client, &self.history, name).await?,
                4..6 => self.plan_and_take_back(name).await?,
                // What comes back stands behind what was handed out in between.
                6..7 if !reader.is_ordered => self.purge_and_restore(name).await?,
                6..7 => self.move_and_restore(name).await?,
                7..8 => self.hold(name).await?,
                _ => self.edit(name).await?,
            }
        }
    }

    /// Requeues by a plan, slowly or at once, and takes that back before it is over, or after.
    async fn plan_and_take_back(&mut self, name: &str) -> Result<(), Error> {
        let message_ids = named_dead(&self.client, &self.history, name).await?;
        if message_ids.is_empty() {
            return Ok(());
        }
        let plan = PlanRequest {
            act: OperationAct::Requeue.into(),
            subscription: name.to_owned(),
            selection: Some(Selection {
                message_ids,
                ..Selection::default()
            }),
            ..PlanRequest::default()
        };
        let operator = self.client.operator();
        let plan = operator.plan(plan).await?.plan;
        let apply = ApplyRequest {
            plan,
            rate: self.random.random_range(0..3) * 200,
            may_have_shrunk: true,
            ..ApplyRequest::default()
        };
        let operation = operator.apply(apply.clone()).await?.operation;
        let again = operator.apply(apply).await?.operation;
        assert_eq!(again, operation, "a plan is applied once");
        match self.random.random_range(0..4) {
            0 => tolerate(operator.pause_operation(&operation).await)?,
            1 => tolerate(operator.cancel_operation(&operation).await)?,
            _ => {}
        }
        wait::pause_random(&mut self.random, HELD[0], HELD[1]).await;
        tolerate(operator.resume_operation(&operation).await)?;
        if self.random.random_bool(0.5) {
            tolerate(operator.cancel_operation(&operation).await)?;
            tolerate(
                operator
                    .undo(&operation)
                    .await
                    .map(|(operation, _)| operation),
            )?;
        }
        Ok(())
    }

    /// Purges a backlog and takes that back. A kill in between leaves it to whoever drains.
    async fn purge_and_restore(&mut self, name: &str) -> Result<(), Error> {
        let plan = PlanRequest {
            act: OperationAct::Purge.into(),
            subscription: name.to_owned(),
            selection: Some(Selection {
                all: true,
                ..Selection::default()
            }),
            ..PlanRequest::default()
        };
        let operator = self.client.operator();
        let plan = operator.plan(plan).await?.plan;
        let apply = ApplyRequest {
            plan,
            ..ApplyRequest::default()
        };
        let operation = operator.apply(apply).await?.operation;
        operator.follow_operation(&operation, |_| ()).await?;
        wait::pause_random(&mut self.random, HELD[0], HELD[1]).await;
        restore(&self.client, name).await
    }

    /// Moves dead messages to where nobody takes them, if there is such a topic, and takes that back. A kill in between
    /// leaves it to whoever drains.
    async fn move_and_restore(&mut self, name: &str) -> Result<(), Error> {
        let message_ids = named_dead(&self.client, &self.history, name).await?;
        if message_ids.is_empty() {
            return Ok(());
        }
        let plan = PlanRequest {
            act: OperationAct::Move.into(),
            subscription: name.to_owned(),
            selection: Some(Selection {
                message_ids,
                ..Selection::default()
            }),
            target_topic: PARKED.to_owned(),
            ..PlanRequest::default()
        };
        let operator = self.client.operator();
        let plan = match operator.plan(plan).await {
            Err(error) if error.reason_name() == "TOPIC_NOT_FOUND" => return Ok(()),
            other => other?.plan,
        };
        let apply = ApplyRequest {
            plan,
            may_have_shrunk: true,
            ..ApplyRequest::default()
        };
        let operation = operator.apply(apply).await?.operation;
        operator.follow_operation(&operation, |_| ()).await?;
        wait::pause_random(&mut self.random, HELD[0], HELD[1]).await;
        restore(&self.client, name).await
    }

    async fn hold(&mut self, name: &str) -> Result<(), Error> {
        let admin = self.client.admin();
        admin.pause_subscription(name).await?;
        wait::pause_random(&mut self.random, HELD[0], HELD[1]).await;
        admin.resume_subscription(name).await.map(drop)
    }

    /// Sets a limit, or takes it away.
    async fn edit(&mut self, name: &str) -> Result<(), Error> {
        let wanted = Subscription {
            name: name.to_owned(),
            delivery_rate: self.random.random_bool(0.5).then_some(RATE),
            ..Subscription::default()
        };
        let admin = self.client.admin();
        let updated = admin.update_subscription(wanted, &["delivery_rate"]).await;
        updated.map(drop)
    }
}

/// Puts a page of dead messages back. Their attempts start again, also of one whose last attempt was
/// handed out in an answer that a kill kept from its consumer: the history could not know that it died.
pub(super) async fn requeue(
    client: &Client,
    history: &History,
    subscription: &str,
) -> Result<(), Error> {
    let message_ids = named_dead(client, history, subscription).await?;
    if message_ids.is_empty() {
        return Ok(());
    }
    let request = RequeueDeadLettersRequest {
        subscription: subscription.to_owned(),
        selection: Some(Selection {
            message_ids,
            ..Selection::default()
        }),
        dry_run: false,
    };
    client.operator().requeue(request).await.map(drop)
}

/// The ids of a page of dead messages; the history knows that they may have died.
async fn named_dead(
    client: &Client,
    history: &History,
    subscription: &str,
) -> Result<Vec<String>, Error> {
    let peek = PeekRequest {
        subscription: subscription.to_owned(),
        states: vec![MessageState::Dead.into()],
        page_size: 1_000,
        ..PeekRequest::default()
    };
    let dead = client.operator().peek(peek).await?.messages;
    let mut message_ids = Vec::new();
    for peeked in dead {
        let payload = peeked.message.unwrap_or_default().payload;
        if let Some(mark) = Mark::of(&payload) {
            history.may_have_died(subscription, mark);
        }
        message_ids.push(peeked.message_id);
    }
    Ok(message_ids)
}

/// Deletes a subscription by a plan and takes that back, again and again. A kill in between leaves it to
/// [`bring_back`].
pub(super) async fn erase_and_bring_back(
    client: Client,
    name: &'static str,
    mut random: SmallRng,
) -> Result<(), Error> {
    let operator = client.operator();
    loop {
        wait::pause_random(&mut random, PACE[0], PACE[1]).await;
        let plan = PlanRequest {
            act: OperationAct::DeleteSubscription.into(),
            subscription: name.to_owned(),
            ..PlanRequest::default()
        };
        let plan = operator.plan(plan).await?;
        if !plan.is_undoable {
            // It holds more than the disk has room for.
            continue;
        }
        let apply = ApplyRequest {
            plan: plan.plan,
            ..ApplyRequest::default()
        };
        let operation = operator.apply(apply.clone()).await?.operation;
        let again = operator.apply(apply).await?.operation;
        assert_eq!(again, operation, "a plan is applied once");
        wait::pause_random(&mut random, HELD[0], HELD[1]).await;
        bring_back(&client, name).await?;
    }
}

/// Takes the deletion of a subscription back, if it is deleted.
pub(super) async fn bring_back(client: &Client, name: &str) -> Result<(), Error> {
    match client.admin().get_subscription(name).await {
        Err(error) if error.reason_name() == "SUBSCRIPTION_NOT_FOUND" => {}
        other => return other.map(drop),
    }
    let operator = client.operator();
    let request = ListOperationsRequest {
        page_size: 1_000,
        subscription: name.to_owned(),
        ..ListOperationsRequest::default()
    };
    let known = operator.list_operations(request).await?.operations;
    let mut open = known
        .iter()
        .filter(|one| one.act() == OperationAct::DeleteSubscription && one.undo_deadline.is_some());
    let deletion = open.next().expect("a deletion that can be taken back");
    assert!(open.next().is_none(), "{name} is deleted once");
    operator.undo(&deletion.operation).await.map(drop)
}

/// Takes every purge and every move of a subscription back that still can be.
pub(super) async fn restore(client: &Client, subscription: &str) -> Result<(), Error> {
    let operator = client.operator();
    let request = ListOperationsRequest {
        page_size: 1_000,
        subscription: subscription.to_owned(),
        ..ListOperationsRequest::default()
    };
    for found in operator.list_operations(request).await?.operations {
        if !matches!(found.act(), OperationAct::Purge | OperationAct::Move) {
            continue;
        }
        let ended = operator.follow_operation(&found.operation, |_| ()).await?;
        if ended.undo_deadline.is_none() {
            continue;
        }
        if ended.undone_by.is_empty() {
            tolerate(
                operator
                    .undo(&ended.operation)
                    .await
                    .map(|(operation, _)| operation),
            )?;
        }
        let undone_by = operator.get_operation(&ended.operation).await?.undone_by;
        if !undone_by.is_empty() {
            operator.follow_operation(undone_by, |_| ()).await?;
        }
    }
    Ok(())
}

/// An operation may be over before it is asked for anything.
fn tolerate(answer: Result<Operation, Error>) -> Result<(), Error> {
    match answer {
        Err(error) if matches!(error.reason_name(), "OPERATION_STATE" | "UNDO_TOO_LATE") => Ok(()),
        other => other.map(drop),
    }
}
