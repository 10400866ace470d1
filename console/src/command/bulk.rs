//! `weir dlq requeue|purge`: acts on many dead messages, counted first and done when somebody agrees.
//!
//! What the broker can select by itself it selects in one call, one group of dead messages too. With
//! another `--where` the dead messages are looked through here; those that match are counted and acted
//! upon by their ids, so that exactly what
//! was counted is done, whatever dies meanwhile.

use std::collections::HashSet;

use weir_proto::v1;

use super::arguments::ConsentArgs;
use super::failure::Failure;
use super::session::Session;
use super::{consent, names, peek};
use crate::present::message_fields::FINGERPRINT;
use crate::present::operation::OperationDocument;
use crate::present::units;
use weir_proto::filter::Filter;

/// The most ids of one call, which is the broker's limit.
const CALL_IDS: usize = 10_000;

/// The most messages that are selected here, since their ids are held until they are done.
const MAX_SELECTED: usize = 2_000_000;

/// Which dead messages.
#[derive(Debug)]
pub(crate) struct Wanted {
    /// What the broker selects by.
    pub(crate) selection: v1::Selection,
    /// What is selected by here, besides.
    pub(crate) filter: Option<Filter>,
}

impl Wanted {
    /// What of a filter the broker can select by, it does: one group of dead messages.
    pub(crate) fn new(mut selection: v1::Selection, filter: Option<Filter>) -> Self {
        let required = filter
            .as_ref()
            .and_then(|filter| filter.requires(FINGERPRINT));
        let is_all = required.is_some_and(|(_, is_all)| is_all);
        if let Some((fingerprint, _)) = required {
            fingerprint.clone_into(&mut selection.fingerprint);
        }
        Self {
            selection,
            filter: filter.filter(|_| !is_all),
        }
    }
}

/// Acts on dead messages of the subscription that was `given`.
pub(crate) async fn run(
    session: &mut Session,
    given: &str,
    act: Act,
    wanted: Wanted,
    consent: ConsentArgs,
) -> Result<(), Failure> {
    let found = names::subscription(session, given).await?;
    let selections = match &wanted.filter {
        Some(filter) => selected(session, &found, filter, &wanted.selection).await?,
        None => vec![wanted.selection],
    };
    let name = found.name;
    let bulk = Bulk {
        act,
        name,
        selections,
    };
    let name = &bulk.name;
    if consent.dry_run {
        let plan = bulk.make(session, DryRun::Yes).await?;
        let text = |_is_colored| format!("{} {}\n", act.verb(), act.plan(&plan, name));
        return session.thing(&plan, name, text).await;
    }
    if !consent.yes {
        let plan = bulk.make(session, DryRun::Yes).await?;
        let (text, question) = (act.plan(&plan, name), act.question(&plan, name));
        consent::require(&session.output, consent.yes, &text, &question)?;
    }
    let done = bulk.make(session, DryRun::No).await?;
    let sentence = done.sentence(act.done(), name);
    let id = done.operation.clone().unwrap_or_default();
    session.outcome(&done, &id, &sentence).await
}

/// The dead messages that a filter selects, as selections of as many ids as one call takes.
async fn selected(
    session: &Session,
    subscription: &v1::Subscription,
    filter: &Filter,
    selection: &v1::Selection,
) -> Result<Vec<v1::Selection>, Failure> {
    let mut ids = peek::dead_ids(session, subscription, filter, MAX_SELECTED).await?;
    let only: HashSet<&String> = selection.message_ids.iter().collect();
    if !only.is_empty() {
        ids.retain(|id| only.contains(id));
    }
    let parts = ids.chunks(CALL_IDS).map(|part| v1::Selection {
        message_ids: part.to_vec(),
        ..selection.clone()
    });
    Ok(parts.collect())
}

/// What is done to dead messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Back to ready.
    Requeue,
    /// Dropped.
    Purge,
}

impl Act {
    /// `requeue`, `purge`.
    fn verb(self) -> &'static str {
        match self {
            Self::Requeue => "requeue",
            Self::Purge => "purge",
        }
    }

    /// What happened, for a sentence.
    fn done(self) -> &'static str {
        match self {
            Self::Requeue => "requeued",
            Self::Purge => "purged",
        }
    }

    fn plan(self, document: &OperationDocument, name: &str) -> String {
        let what = dead_messages(document);
        match self {
            Self::Requeue => {
                format!("puts {what} of {name} back to ready; consumers will get them again")
            }
            Self::Purge => format!("drops {what} of {name}\nthis cannot be taken back"),
        }
    }

    fn question(self, document: &OperationDocument, name: &str) -> String {
        let what = dead_messages(document);
        match self {
            Self::Requeue => format!("Requeue {what} of {name}?"),
            Self::Purge => format!("Purge {what} of {name}?"),
        }
    }
}

/// How many messages a plan is about: whether it counts them as affected is left to the broker.
fn dead_messages(plan: &OperationDocument) -> String {
    let count = plan.selected.saturating_sub(plan.skipped);
    units::counted(count, "dead message", "dead messages")
}

/// Whether it only counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum DryRun {
    Yes,
    No,
}

/// One act on one subscription, in as many calls as it has selections.
struct Bulk {
    act: Act,
    name: String,
    selections: Vec<v1::Selection>,
}

impl Bulk {
    async fn make(&self, session: &Session, dry_run: DryRun) -> Result<OperationDocument, Failure> {
        let mut whole = OperationDocument::none(dry_run == DryRun::Yes);
        for selection in &self.selections {
            match self.call(session, selection.clone(), dry_run).await {
                Ok(summary) => whole.add(&summary),
                Err(error) => {
                    if dry_run == DryRun::No && whole.affected > 0 {
                        session
                            .output
                            .note(&whole.sentence(self.act.done(), &self.name));
                    }
                    let tried = format!("{} dead messages of {}", self.act.verb(), self.name);
                    return Err(session.failure(tried, error));
                }
            }
        }
        Ok(whole)
    }

    async fn call(
        &self,
        session: &Session,
        selection: v1::Selection,
        dry_run: DryRun,
    ) -> Result<v1::OperationSummary, weir_proto::client::Error> {
        let operator = session.client.operator();
        let (subscription, selection) = (self.name.clone(), Some(selection));
        let dry_run = dry_run == DryRun::Yes;
        match self.act {
            Act::Requeue => {
                let request = v1::RequeueDeadLettersRequest {
                    subscription,
                    selection,
                    dry_run,
                };
                operator.requeue(request).await
            }
            Act::Purge => {
                let request = v1::PurgeBacklogRequest {
                    subscription,
                    selection,
                    scope: v1::PurgeScope::Dead.into(),
                    dry_run,
                };
                operator.purge(request).await
            }
        }
    }
}
