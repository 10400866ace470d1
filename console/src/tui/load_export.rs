//! A run into files, from its screen: what the screen knows of it goes along, and what has come of it is told.

use std::fmt::Display;
use std::future::pending;

use tokio::task::JoinHandle;
use weir_proto::safe_text::SafeText;

use super::state::load::LoadState;
use super::state::remark::Remark;
use crate::load::export::{ExportError, Place, Written, begin};
use crate::load::stage::Progress;
use crate::load::summary::Broker;

/// Files that are being written.
pub(super) type Exporting = JoinHandle<Result<Written, ExportError>>;

/// Begins to write.
pub(super) fn export(progress: Progress, state: &LoadState) -> Exporting {
    begin(progress, place(state))
}

/// What the result of a run says of where it takes place.
fn place(state: &LoadState) -> Place {
    let broker = state.base.live.broker.as_ref();
    let broker = broker.map_or_else(Broker::default, |broker| Broker {
        version: broker.version.as_str().to_owned(),
        cpu_cores: broker.cpu_cores,
        rss_bytes: broker.rss_bytes,
        sync_seconds: broker.sync_seconds,
    });
    Place {
        topic: state.about.topic.as_str().to_owned(),
        is_durable: state.about.is_durable,
        broker,
    }
}

/// What has come of files that were to be written; waits for it.
pub(super) async fn written(export: &mut Option<Exporting>) -> Remark {
    let Some(export) = export else {
        return pending().await;
    };
    let failed = |why: &dyn Display| Remark::NotExported(SafeText::of(&why));
    match export.await {
        Ok(Ok(written)) => Remark::Exported {
            stem: SafeText::new(written.stem),
            directory: SafeText::of(&written.directory.display()),
        },
        Ok(Err(error)) => failed(&error),
        Err(error) => failed(&error),
    }
}
