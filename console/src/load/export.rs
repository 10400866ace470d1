//! A run as files, while it goes on: its result so far, its percentiles, its seconds. No file that is there is written
//! over.

use std::io;
use std::path::{Path, PathBuf};

use tokio::task::JoinHandle;

use super::closing::so_far;
use super::gauges::Way;
use super::percentiles::hgrm;
use super::series::csv;
use super::stage::Progress;
use super::summary::Broker;
use crate::files;

/// How many names are tried before it is given up.
const TRIES: u32 = 1_000;

/// Where a run takes place, for its result.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) topic: String,
    pub(crate) is_durable: bool,
    pub(crate) broker: Broker,
}

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) directory: PathBuf,
    /// What the names of all files begin with.
    pub(crate) stem: String,
}

/// Why nothing, or not all, was written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExportError {
    #[error("cannot find out which directory this is: {0}")]
    NoDirectory(#[source] io::Error),
    #[error("cannot write the result as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("weir-load-1 to weir-load-{TRIES} are all there in {directory}: move some away")]
    NoName { directory: String },
    #[error("cannot write {file}: {source}")]
    Write { file: String, source: io::Error },
}

/// Writes the files into the present directory, on a thread for such work.
pub(crate) fn begin(progress: Progress, place: Place) -> JoinHandle<Result<Written, ExportError>> {
    tokio::task::spawn_blocking(move || {
        let directory = std::env::current_dir().map_err(ExportError::NoDirectory)?;
        write(&directory, &progress, place)
    })
}

fn write(directory: &Path, progress: &Progress, place: Place) -> Result<Written, ExportError> {
    let Place {
        topic,
        is_durable,
        broker,
    } = place;
    let gauges = &progress.gauges;
    let result = so_far(progress, (&topic, is_durable), broker);
    let mut json = serde_json::to_string_pretty(&result)?;
    json.push('\n');
    let series = csv(&result.seconds, &gauges.plan, &result.rate_changes);
    let mut texts = vec![("json", json), ("csv", series)];
    for (ending, way) in [
        ("confirm.hgrm", Way::Confirm),
        ("consume.hgrm", Way::Consume),
        ("ack.hgrm", Way::Ack),
    ] {
        let latency = gauges.copy(way);
        if latency.count() > 0 {
            texts.push((ending, hgrm(&latency)));
        }
    }
    let path = |stem: &str, ending: &str| directory.join(format!("{stem}.{ending}"));
    let is_free = |stem: &String| texts.iter().all(|(ending, _)| !path(stem, ending).exists());
    let mut stems = (1..=TRIES).map(|number| format!("weir-load-{number}"));
    let stem = stems.find(is_free).ok_or_else(|| ExportError::NoName {
        directory: directory.display().to_string(),
    })?;
    for (ending, text) in &texts {
        let path = path(&stem, ending);
        files::create(&path, text.as_bytes()).map_err(|source| ExportError::Write {
            file: path.display().to_string(),
            source,
        })?;
    }
    Ok(Written {
        directory: directory.to_owned(),
        stem,
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use super::super::gauges::Gauges;
    use super::super::offered::Turn;
    use super::super::plan::Plan;
    use super::super::stage::Stage;
    use super::super::summary::Summary;
    use super::*;

    fn place() -> Place {
        Place {
            topic: "orders".to_owned(),
            is_durable: true,
            broker: Broker::default(),
        }
    }

    fn progress() -> (Arc<Gauges>, Progress) {
        let gauges = Arc::new(Gauges::begin(7, Plan::default()));
        let progress = Progress {
            gauges: Arc::clone(&gauges),
            stage: Stage::Publishing,
        };
        (gauges, progress)
    }

    #[test]
    fn a_run_that_goes_on_is_written_with_its_changes_and_never_over_a_file() {
        let (gauges, progress) = progress();
        gauges.offered.turn(Turn::Faster, Duration::from_secs(1));
        gauges
            .latency(Way::Confirm)
            .add(Duration::from_millis(3), 5);
        let folder = tempfile::tempdir().unwrap();
        let begun = write(folder.path(), &progress, place()).unwrap();
        assert_eq!(begun.stem, "weir-load-1");
        let read = |name: &str| files::read_text(&folder.path().join(name)).unwrap();
        let result: Summary = serde_json::from_str(&read("weir-load-1.json")).unwrap();
        assert!(result.in_progress && result.lost == 0);
        assert_eq!(result.rate_changes.len(), 1);
        assert!(read("weir-load-1.csv").starts_with("at_seconds,"));
        assert!(read("weir-load-1.confirm.hgrm").contains("Percentile"));
        assert!(!folder.path().join("weir-load-1.ack.hgrm").exists());
        // Of one of the next names a part is there.
        files::create(&folder.path().join("weir-load-2.csv"), b"mine").unwrap();
        let again = write(folder.path(), &progress, place()).unwrap();
        assert_eq!(again.stem, "weir-load-3");
        assert_eq!(read("weir-load-2.csv"), "mine");
    }

    #[test]
    fn a_directory_that_is_not_there_is_told_with_its_name() {
        let gone = Path::new("/nowhere/at/all");
        let told = write(gone, &progress().1, place());
        let told = told.unwrap_err().to_string();
        assert!(
            told.contains("cannot write /nowhere/at/all/weir-load-1.json"),
            "{told}"
        );
    }
}
