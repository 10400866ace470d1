//! `weir sub lag`: how far behind subscriptions are, once or each second.

use weir_proto::client::{ConnectionState, Observed};
use weir_proto::v1;

use super::arguments::LagArgs;
use super::failure::Failure;
use super::names;
use super::session::Session;
use crate::present::format::Format;
use crate::present::json;
use crate::present::subscription::{SubscriptionNumbers, lag_table};

/// Clears a terminal and goes to its top.
const CLEAR: &str = "\u{1b}[H\u{1b}[2J";

/// Shows the lag of one subscription or all.
pub(crate) async fn run(session: &mut Session, args: &LagArgs) -> Result<(), Failure> {
    let subscription = match &args.subscription {
        Some(given) => Some(names::subscription(session, given).await?),
        None => None,
    };
    if args.watch {
        watch(session, subscription.as_ref()).await
    } else {
        once(session, subscription.as_ref()).await
    }
}

async fn once(session: &mut Session, only: Option<&v1::Subscription>) -> Result<(), Failure> {
    let name = only.map(|subscription| subscription.name.clone());
    let request = v1::GetStatsRequest {
        subscription: name.unwrap_or_default(),
        ..v1::GetStatsRequest::default()
    };
    let sample = session.client.stats().get(request).await;
    let sample = sample.map_err(|error| session.failure("show the lag", error))?;
    let numbers = SubscriptionNumbers::all(&sample);
    let Some(only) = only else {
        return session
            .list(&numbers, |one| &one.name, |_is_wide| lag_table(&numbers))
            .await;
    };
    match numbers.iter().find(|one| one.name == only.name) {
        Some(one) => {
            let table = |is_colored| lag_table(std::slice::from_ref(one)).render(is_colored);
            session.thing(one, &one.name, table).await
        }
        None => Err(Failure::Gone {
            name: only.name.clone(),
        }),
    }
}

async fn watch(session: &mut Session, only: Option<&v1::Subscription>) -> Result<(), Failure> {
    let is_table = matches!(session.format, Format::Table | Format::Wide);
    let on_terminal = is_table && session.output.is_terminal();
    let mut watcher = session.client.watcher();
    let mut shown = 0;
    while let Some(observed) = watcher.changed().await {
        if let ConnectionState::Ended { error } | ConnectionState::Stale { error, .. } =
            &observed.connection
        {
            return Err(session.failure("watch the lag", error.clone()));
        }
        let sequence = observed.numbers.sequence;
        if sequence == shown {
            continue;
        }
        shown = sequence;
        let numbers = selected(&observed, only)?;
        let text = if on_terminal {
            let is_colored = session.output.is_colored();
            format!("{CLEAR}{}", lag_table(&numbers).render(is_colored))
        } else {
            numbers
                .iter()
                .map(json::line)
                .collect::<Result<String, _>>()?
        };
        session.output.data(text).await?;
    }
    Ok(())
}

/// The numbers of the subscription that is watched, or of all, in order of name.
fn selected(
    observed: &Observed,
    only: Option<&v1::Subscription>,
) -> Result<Vec<SubscriptionNumbers>, Failure> {
    let time = observed
        .numbers
        .sample_time
        .map(prost_types::Timestamp::from);
    let numbers = |stats: &v1::SubscriptionStats| SubscriptionNumbers::new(stats, time.as_ref());
    if let Some(one) = only {
        let stats = observed.numbers.subscriptions.get(&one.subscription_id);
        let gone = || Failure::Gone {
            name: one.name.clone(),
        };
        return Ok(vec![numbers(stats.ok_or_else(gone)?)]);
    }
    let all = observed.numbers.subscriptions.values();
    let mut all: Vec<_> = all.map(|stats| numbers(stats)).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(all)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use weir_proto::client::Numbers;

    use super::*;

    fn observed(names: &[(u64, &str)]) -> Observed {
        let stats = |(id, name): &(u64, &str)| {
            let name = (*name).to_owned();
            (
                *id,
                Arc::new(v1::SubscriptionStats {
                    name,
                    ..v1::SubscriptionStats::default()
                }),
            )
        };
        let subscriptions = names.iter().map(stats).collect();
        let numbers = Numbers {
            subscriptions,
            ..Numbers::default()
        };
        Observed {
            numbers: Arc::new(numbers),
            ..Observed::default()
        }
    }

    #[test]
    fn all_subscriptions_are_in_order_of_name() {
        let all = selected(&observed(&[(1, "b"), (2, "a")]), None).unwrap();
        let names: Vec<&str> = all.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn a_watched_subscription_that_is_deleted_ends_the_watch() {
        let watched = v1::Subscription {
            subscription_id: 7,
            ..v1::Subscription::default()
        };
        assert_eq!(
            selected(&observed(&[(7, "a")]), Some(&watched))
                .unwrap()
                .len(),
            1
        );
        let failure = selected(&observed(&[(8, "a")]), Some(&watched)).unwrap_err();
        assert_eq!(failure.exit(), crate::command::failure::Exit::NotFound);
    }
}
