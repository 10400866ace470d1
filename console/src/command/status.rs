//! `weir status`.

use weir_proto::v1;

use super::failure::Failure;
use super::session::Session;
use crate::present::status::StatusDocument;

/// Shows how the broker is, and fails if it is not well.
pub(crate) async fn run(session: &mut Session) -> Result<(), Failure> {
    let sample = session
        .client
        .stats()
        .get(v1::GetStatsRequest::default())
        .await
        .map_err(|error| session.failure("show the broker's numbers", error))?;
    let document = StatusDocument::new(&session.server, &sample);
    let name = document.server.clone();
    session
        .thing(&document, &name, |is_colored| {
            document.fields().render(is_colored)
        })
        .await?;
    match document.fault() {
        None => Ok(()),
        Some(fault) => Err(Failure::Unwell(fault)),
    }
}
