//! Reading messages for the filter of a plan, off the owner's thread.

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::Handle;
use super::bodies::{internal, unreadable};
use crate::core::Planning;
use crate::delivery::Run;
use crate::journal::{ReadError, Reader};
use crate::model::entry::Columns;
use crate::model::filter::{Attributes, Filter};
use crate::model::range::push_joined;
use crate::model::{OffsetRange, Position, Refusal};

impl Handle {
    /// Reads what a plan asks for and says of which messages its filter is true. A message that is stored no more is
    /// none of them; one that cannot be read is an error.
    pub(super) async fn sift(&self, planning: &mut Planning) -> Result<(), Refusal> {
        let runs = planning.to_read().to_vec();
        let (false, Some(text)) = (runs.is_empty(), planning.filter()) else {
            return Ok(());
        };
        let filter = Filter::parse(text).map_err(|error| Refusal::FilterInvalid {
            field: "selection.filter",
            detail: error.to_string(),
        })?;
        let reader = self.shared.bodies.reader();
        let read = spawn_blocking(move || chosen(&reader, &runs, &filter));
        planning.was_read(&read.await.map_err(internal)??);
        Ok(())
    }
}

fn chosen(reader: &Reader, runs: &[Run], filter: &Filter) -> Result<Vec<OffsetRange>, Refusal> {
    let mut chosen = Vec::new();
    let mut frame: Option<(Position, Vec<Bytes>)> = None;
    for run in runs {
        let is_known = frame.as_ref().is_some_and(|(at, _)| *at == run.position);
        if !is_known {
            frame = match reader.read(run.position) {
                Ok(stored) => Some((run.position, messages(&stored.body)?)),
                Err(ReadError::NotFound(_trimmed)) => None,
                Err(error) => return Err(unreadable(&error)),
            };
        }
        let Some((_, messages)) = &frame else {
            continue;
        };
        for offset in run.range.offsets() {
            let index = offset.0.saturating_sub(run.frame_base.0);
            let index = usize::try_from(index).unwrap_or(usize::MAX);
            let message = messages.get(index);
            if message.is_some_and(|message| filter.selects(&Attributes::of(message))) {
                push_joined(&mut chosen, OffsetRange::one(offset));
            }
        }
    }
    Ok(chosen)
}

/// The messages of a batch, without copying.
fn messages(body: &Bytes) -> Result<Vec<Bytes>, Refusal> {
    let columns = Columns::parse(body).map_err(|error| Refusal::DataDamaged {
        detail: error.to_string(),
    })?;
    let messages = columns.messages(body);
    Ok(messages.map(|message| body.slice_ref(message)).collect())
}
