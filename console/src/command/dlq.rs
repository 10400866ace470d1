//! `weir dlq ls|groups|release`, and the way to the other verbs of dead messages.

use weir_proto::v1;

use super::arguments::{DlqCommand, ListArgs, ReleaseArgs};
use super::failure::Failure;
use super::session::Session;
use super::{bulk, edit_message, export, names, peek};
use crate::present::dead_groups::{DeadGroupDocument, dead_group_table};
use crate::present::dead_set::{DeadSetDocument, dead_set_table};
use crate::present::format::Format;
use crate::present::operation::ReleasedKeyDocument;
use crate::present::units;

/// Runs a verb of dead messages.
pub(crate) async fn run(session: &mut Session, command: DlqCommand) -> Result<(), Failure> {
    match command {
        DlqCommand::Ls {
            subscription,
            all,
            list,
        } => self::list(session, subscription, all, &list).await,
        DlqCommand::Groups { subscription, list } => groups(session, &subscription, &list).await,
        DlqCommand::Export(args) => export::run(session, args).await,
        DlqCommand::Peek(args) => peek::dead(session, &args).await,
        DlqCommand::Requeue(args) => bulk::requeue(session, *args).await,
        DlqCommand::Discard(args) => bulk::discard(session, args).await,
        DlqCommand::Move(args) => bulk::move_to(session, args).await,
        DlqCommand::Edit(args) => edit_message::run(session, args).await,
        DlqCommand::Release(args) => release(session, args).await,
    }
}

async fn list(
    session: &mut Session,
    given: Option<String>,
    all: bool,
    args: &ListArgs<DeadSetDocument>,
) -> Result<(), Failure> {
    let mut request = v1::GetStatsRequest::default();
    if let Some(given) = &given {
        request.subscription = names::subscription(session, given).await?.name;
    }
    let sample = session.client.stats().get(request).await;
    let sample = sample.map_err(|error| session.failure("list the dead messages", error))?;
    let sets: Vec<DeadSetDocument> = sample
        .subscriptions
        .iter()
        .filter(|stats| all || given.is_some() || stats.dead > 0)
        .map(DeadSetDocument::new)
        .collect();
    session
        .chosen(
            sets,
            args,
            |set| &set.name,
            |sets, _is_wide| dead_set_table(sets),
        )
        .await
}

/// The most groups that one call tells.
const MAX_GROUPS: u32 = 1_000;

async fn groups(
    session: &mut Session,
    given: &str,
    args: &ListArgs<DeadGroupDocument>,
) -> Result<(), Failure> {
    let name = names::subscription(session, given).await?.name;
    let request = v1::GroupDeadLettersRequest {
        subscription: name.clone(),
        limit: MAX_GROUPS,
        ..v1::GroupDeadLettersRequest::default()
    };
    let found = session.client.operator().group_dead_letters(request).await;
    let tried = || format!("group the dead messages of {name}");
    let found = found.map_err(|error| session.failure(tried(), error))?;
    let (told, all) = (found.groups.len() as u64, u64::from(found.group_count));
    if told < all {
        let (told, all) = (units::count(told), units::count(all));
        session
            .output
            .note(&format!("the largest {told} of {all} groups"));
    }
    let groups = DeadGroupDocument::all(&name, found);
    let first = groups.first().map(|group| group.commands.clone());
    session
        .chosen(groups, args, |group| &group.fingerprint, dead_group_table)
        .await?;
    if let (Format::Table | Format::Wide, Some(first)) = (session.format, first) {
        let lines = [first.peek, first.requeue];
        session
            .output
            .note(&format!("the first one alone:\n  {}", lines.join("\n  ")));
    }
    Ok(())
}

async fn release(session: &mut Session, args: ReleaseArgs) -> Result<(), Failure> {
    let name = names::subscription(session, &args.subscription).await?.name;
    let request = v1::ReleaseKeyRequest {
        subscription: name.clone(),
        ordering_key: args.key.clone(),
        dry_run: args.dry_run,
    };
    let released = session.client.operator().release_key(request).await;
    let passed =
        released.map_err(|error| session.failure(format!("release a key of {name}"), error))?;
    let (state, did) = if args.dry_run {
        ("planned", "would pass")
    } else {
        ("finished", "passed")
    };
    let sentence = format!(
        "{did} {} of the key in {name}",
        units::counted(passed, "dead message", "dead messages")
    );
    let document = ReleasedKeyDocument {
        subscription: name,
        ordering_key: args.key,
        state,
        passed,
    };
    session
        .outcome(&document, &document.subscription, &sentence)
        .await
}
