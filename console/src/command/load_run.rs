//! One load test from its start to its end, with what is seen of it meanwhile: the live screen, or a line of progress.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use tokio::sync::watch;
use weir_proto::client::Client;
use weir_proto::safe_text::SafeText;

use super::failure::Failure;
use super::output::Output;
use super::session::Session;
use super::signals::Signals;
use crate::clock;
use crate::load::end::End;
use crate::load::many;
use crate::load::plan::Plan;
use crate::load::profile::{Profile, TOPICS};
use crate::load::run::{self, Ground};
use crate::load::slo::Objectives;
use crate::load::stage::Progress;
use crate::load::summary::Summary;
use crate::present::units;
use crate::tui::{About, Followed, LoadScreen, Reins};

/// How often progress is shown.
const SHOWN: Duration = Duration::from_millis(500);

/// What is to be run, and how it is shown.
pub(super) struct Wanted<'a> {
    /// Without one, a topic of its own.
    pub(super) topic: Option<&'a str>,
    pub(super) plan: Plan,
    /// How many topics the work makes that is about many.
    pub(super) topics: Option<u64>,
    pub(super) objectives: Option<&'a Objectives>,
    /// Without one, a line of progress.
    pub(super) screen: Option<LoadScreen>,
}

/// A run that is over.
pub(super) struct Ended {
    pub(super) summary: Summary,
    /// Whether a signal or ctrl-c ended it.
    pub(super) is_interrupted: bool,
}

/// Runs it, and takes away what it made.
pub(super) async fn one(
    session: &Session,
    client: &Client,
    wanted: Wanted<'_>,
    output: &mut Output,
) -> Result<Ended, Failure> {
    let number = SmallRng::from_os_rng().random();
    let failed = |tried: &str, error| session.failure(tried, error);
    let Wanted { topic, plan, .. } = wanted;
    if plan.profile == Profile::W6.plan().profile {
        let count = wanted.topics.unwrap_or(TOPICS);
        let measured = many::measure(client, (number, plan), count).await;
        let summary = measured.map_err(|error| failed("measure many topics", error))?;
        return Ok(Ended {
            summary,
            is_interrupted: false,
        });
    }
    let ground = run::prepare(client, topic, number, &plan).await;
    let ground = ground.map_err(|error| failed("make what the load test needs", error))?;
    let about = about(&session.server, &ground, (&plan, wanted.objectives));
    let (end, ended) = watch::channel(End::InTime);
    let (see, progress) = watch::channel(None);
    let mut work = Box::pin(run::run(client, &ground, (number, plan), ended, see));
    let mut followed = Followed {
        done: None,
        is_interrupted: false,
    };
    let reins = Reins {
        progress: &progress,
        end: &end,
    };
    if let Some(screen) = wanted.screen {
        followed = Box::pin(screen.follow(about, &mut work, reins)).await;
    }
    let mut is_interrupted = followed.is_interrupted;
    let done = match followed.done {
        Some(done) => Ok(done),
        None => in_lines(&mut work, reins, &mut is_interrupted, output).await,
    };
    let cleared = ground.clear(client).await;
    let summary = done?.map_err(|error| failed("run the load test", error))?;
    cleared.map_err(|error| failed("delete what the load test made", error))?;
    Ok(Ended {
        summary,
        is_interrupted,
    })
}

fn about(server: &str, ground: &Ground, (plan, objectives): (&Plan, Option<&Objectives>)) -> About {
    About {
        server: server.to_owned(),
        topic: SafeText::new(ground.topic()),
        subscription: ground.subscription().map(SafeText::new),
        is_durable: ground.is_durable(),
        plan: plan.clone(),
        objectives: objectives.cloned(),
    }
}

/// Waits for a run and shows how far it is. A signal ends it early, another one at once.
async fn in_lines<T, W>(
    work: &mut W,
    reins: Reins<'_>,
    is_interrupted: &mut bool,
    output: &Output,
) -> Result<T, Failure>
where
    W: Future<Output = T> + Unpin,
{
    let mut signals = Signals::listen()?;
    let mut pace = clock::pace(SHOWN);
    let done = loop {
        tokio::select! {
            done = &mut *work => break done,
            () = signals.next() => {
                *is_interrupted = true;
                reins.end.send_modify(|end| *end = end.sooner());
            }
            _ = pace.tick() => {
                if let Some(progress) = &*reins.progress.borrow() {
                    output.progress(&line(progress));
                }
            }
        }
    };
    output.end_progress();
    Ok(done)
}

fn line(progress: &Progress) -> String {
    let gauges = &progress.gauges;
    let count = |counter: &AtomicU64| units::count(counter.load(Ordering::Relaxed));
    let what = if progress.stage.is_publishing() {
        "publishing"
    } else {
        "taking the rest"
    };
    format!(
        "{:>5.1}s  {what}  published {}  confirmed {}  acked {}",
        gauges.elapsed().as_secs_f64(),
        count(&gauges.published),
        count(&gauges.confirmed),
        count(&gauges.acked)
    )
}
