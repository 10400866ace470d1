//! `weir top --text`: the dashboard in sentences, once or again and again.

use prost_types::Timestamp;
use weir_proto::client::{ConnectionState, Numbers};
use weir_proto::v1;

use super::arguments::TopCommandArgs;
use super::failure::Failure;
use super::session::Session;
use crate::present::format::Format;
use crate::present::json;
use crate::present::sentences::TopDocument;
use crate::present::units;

/// Says how everything is.
pub(crate) async fn run(session: &mut Session, args: TopCommandArgs) -> Result<(), Failure> {
    if args.once {
        let sample = session
            .client
            .stats()
            .get(v1::GetStatsRequest::default())
            .await;
        let sample = sample.map_err(|error| session.failure("show the broker's numbers", error))?;
        let top = TopDocument::new(&session.server, &sample);
        let name = top.broker.server.clone();
        return session.thing(&top, &name, |_is_colored| top.text()).await;
    }
    let mut watcher = session.client.watcher();
    let mut said: Option<Timestamp> = None;
    while let Some(observed) = watcher.changed().await {
        if let ConnectionState::Ended { error } | ConnectionState::Stale { error, .. } =
            &observed.connection
        {
            return Err(session.failure("watch the broker", error.clone()));
        }
        let Some(time) = observed.numbers.sample_time.map(Timestamp::from) else {
            continue;
        };
        let since = units::seconds_between(said.as_ref(), Some(&time));
        // Samples come a second apart, more or less: half a one must not cost a whole one.
        if since.is_some_and(|since| since + 0.5 < args.every.as_secs_f64()) {
            continue;
        }
        let top = TopDocument::new(&session.server, &sample_of(&observed.numbers, time));
        let text = match session.format {
            Format::Json | Format::Jsonl => json::line(&top)?,
            Format::Name => format!("{}\n", top.broker.server),
            // An empty line between two rounds.
            Format::Table | Format::Wide if said.is_some() => format!("\n{}", top.text()),
            Format::Table | Format::Wide => top.text(),
        };
        session.output.data(text).await?;
        said = Some(time);
    }
    Ok(())
}

fn sample_of(numbers: &Numbers, time: Timestamp) -> v1::GetStatsResponse {
    v1::GetStatsResponse {
        sample_time: Some(time),
        broker: Some(numbers.broker.clone()),
        topics: Vec::new(),
        subscriptions: numbers
            .subscriptions
            .values()
            .map(|one| (**one).clone())
            .collect(),
    }
}
