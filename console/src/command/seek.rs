//! `weir sub seek`: a subscription goes on from elsewhere.

use weir_proto::v1;

use super::acting::{self, Asks, How, Wanted};
use super::arguments::{Place, SeekArgs};
use super::failure::Failure;
use super::names;
use super::session::Session;
use crate::present::operation::Counted;

/// Lets a subscription go on from elsewhere.
pub(crate) async fn run(session: &mut Session, args: SeekArgs) -> Result<(), Failure> {
    let name = names::subscription(session, &args.subscription).await?.name;
    let wanted = Wanted {
        requests: args.to.map(|to| request(&name, to)).into_iter().collect(),
        command: ("sub seek", name.clone()),
        tried: format!("seek the subscription {name}"),
        done: ("sought: changed", Counted::Messages),
        asks: Asks::Naming("Seek"),
        lead: String::new(),
        name,
    };
    let how = How {
        consent: args.consent,
        ..How::default()
    };
    acting::run(session, wanted, how).await
}

fn request(name: &str, to: Place) -> v1::PlanRequest {
    let mut request = v1::PlanRequest {
        act: v1::OperationAct::Seek.into(),
        subscription: name.to_owned(),
        ..v1::PlanRequest::default()
    };
    match to {
        Place::Earliest => request.set_position(v1::StartPosition::Earliest),
        Place::Latest => request.set_position(v1::StartPosition::Latest),
        Place::Time(time) => request.target_time = Some(time),
        Place::Offsets(offsets) => request.offsets = offsets,
    }
    request
}
