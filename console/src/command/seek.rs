//! `weir sub seek`: counted first, and done when somebody agrees.

use weir_proto::v1;

use super::arguments::{Place, SeekArgs};
use super::failure::Failure;
use super::session::Session;
use super::{consent, names};
use crate::present::operation::SeekDocument;
use crate::present::units;

/// Lets a subscription go on from elsewhere.
pub(crate) async fn run(session: &mut Session, args: SeekArgs) -> Result<(), Failure> {
    let name = names::subscription(session, &args.subscription).await?.name;
    let request = request(&name, args.to);
    if !args.yes || args.dry_run {
        let counted = v1::SeekRequest {
            dry_run: true,
            ..request.clone()
        };
        let counted = call(session, counted).await?;
        let plan = plan(&name, &counted);
        if args.dry_run {
            let document = SeekDocument::new(&name, "planned", &counted);
            return session
                .thing(&document, &name, |_is_colored| format!("seek {plan}\n"))
                .await;
        }
        let question = format!("Seek {name}?");
        consent::require(&session.output, args.yes, &plan, &question)?;
    }
    let done = call(session, request).await?;
    let document = SeekDocument::new(&name, "finished", &done);
    let sentence = format!(
        "sought {name}: {} skipped, {} ready again, {} ended",
        units::messages(done.skipped),
        units::count(done.restored),
        units::counted(done.ended_leases, "lease", "leases")
    );
    session.outcome(&document, &name, &sentence).await
}

async fn call(session: &Session, request: v1::SeekRequest) -> Result<v1::SeekResponse, Failure> {
    let name = request.subscription.clone();
    let sought = session.client.operator().seek(request).await;
    sought.map_err(|error| session.failure(format!("seek the subscription {name}"), error))
}

fn request(name: &str, to: Place) -> v1::SeekRequest {
    let mut request = v1::SeekRequest {
        subscription: name.to_owned(),
        ..v1::SeekRequest::default()
    };
    match to {
        Place::Earliest => request.set_position(v1::StartPosition::Earliest),
        Place::Latest => request.set_position(v1::StartPosition::Latest),
        Place::Time(time) => request.target_time = Some(time),
        Place::Offsets(offsets) => request.offsets = offsets,
    }
    request
}

fn plan(name: &str, counted: &v1::SeekResponse) -> String {
    format!(
        "moves the subscription {name}: skips {} of its backlog, makes {} finished ready again, and ends {}\n\
         this cannot be taken back",
        units::messages(counted.skipped),
        units::count(counted.restored),
        units::counted(counted.ended_leases, "lease", "leases")
    )
}
