//! `weir load run`.

use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;
use weir_proto::client::{Client, Options};
use weir_proto::safe_text::SafeText;

use super::arguments::{Globals, LoadCommand, RunArgs};
use super::failure::{Exit, Failure};
use super::load_results;
use super::load_run::{Wanted, one};
use super::location::locate;
use super::output::Output;
use super::session::Session;
use crate::embedded::Broker;
use crate::files;
use crate::load::plan::Plan;
use crate::load::profile::Profile;
use crate::load::restart;
use crate::load::saturation::{Saturation, Search, Step};
use crate::load::shape::Shape;
use crate::load::slo::Objectives;
use crate::load::summary::Summary;
use crate::present::format::Format;
use crate::present::json;
use crate::tui::{self, Baseline, LoadScreen};

/// How long an embedded broker may take to stop.
const STOP_LIMIT: Duration = Duration::from_secs(10);
/// The most threads of a load test.
const MAX_WORKERS: usize = 4;
/// How long one rate of a search is measured, and its warm-up, unless it is said.
const STEP: Duration = Duration::from_secs(10);
const WARM_UP: Duration = Duration::from_secs(1);

/// Threads for a verb of the load test. Beside a broker on the same machine, half of the processors are the broker's:
/// more threads here than there is work for wake each other for nothing. With a broker in this process, all.
pub(crate) fn workers(command: &LoadCommand) -> usize {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let has_all = match command {
        LoadCommand::Run(args) => args.embedded || args.profile == Some(Profile::W5),
        LoadCommand::Compare { .. } | LoadCommand::Report { .. } => false,
    };
    let workers = if has_all { processors } else { processors / 2 };
    workers.clamp(1, MAX_WORKERS)
}

/// Runs a verb of the load test.
pub(crate) async fn run(globals: &Globals, command: LoadCommand) -> Exit {
    let mut output = Output::new(globals.color, globals.quiet);
    let ended = match command {
        // It holds the screen, too, which is large.
        LoadCommand::Run(args) => Box::pin(measure(globals, &args, &mut output)).await,
        LoadCommand::Compare { before, after } => {
            load_results::compare(globals, (&before, &after), &mut output).await
        }
        LoadCommand::Report { result, file } => {
            load_results::report(&result, file.as_deref(), &mut output).await
        }
    };
    ended.unwrap_or_else(|failure| {
        output.failure(&failure);
        failure.exit()
    })
}

/// The plan of the flags.
fn plan(args: &RunArgs) -> Plan {
    let base = args.profile.map_or_else(
        || Plan {
            warm_up: Duration::from_secs(1),
            length: Duration::from_secs(31),
            ..Plan::default()
        },
        Profile::plan,
    );
    let warm_up = args.warm_up.unwrap_or(base.warm_up);
    let measured = args
        .duration
        .unwrap_or(base.length.saturating_sub(base.warm_up));
    Plan {
        shape: args.rate.clone().unwrap_or(base.shape),
        burst: args.burst,
        length: warm_up + measured,
        warm_up,
        producers: args.producers.unwrap_or(base.producers),
        consumers: args.consumers.unwrap_or(base.consumers),
        size: args
            .size
            .and_then(|size| usize::try_from(size).ok())
            .unwrap_or(base.size),
        batch: args.batch.map_or(base.batch, |batch| batch as usize),
        outstanding: args.outstanding.unwrap_or(base.outstanding),
        keys: args.keys.unwrap_or(base.keys),
        fail: args.fail.unwrap_or(base.fail),
        handle: args.handle.unwrap_or(base.handle),
        is_relaxed: args.relaxed,
        confirms_acks: args.confirm_acks,
        backlog: args.backlog.or(base.backlog),
        ..base
    }
}

async fn measure(globals: &Globals, args: &RunArgs, output: &mut Output) -> Result<Exit, Failure> {
    let objectives = match &args.slo {
        Some(file) => Some(objectives(file)?),
        None => None,
    };
    if args.profile == Some(Profile::W5) {
        return restart_under_backlog(globals, args, output).await;
    }
    // What is wrong with the screen is told before there is anything to clean up.
    let screen = screen(globals, args)?;
    let embedded = if args.embedded {
        Some(Embedded::start().await?)
    } else {
        None
    };
    let place = match &embedded {
        Some(embedded) => Globals {
            server: Some(embedded.broker.address().to_string()),
            context: None,
            ..globals.clone()
        },
        None => globals.clone(),
    };
    let own = Output::new(globals.color, globals.quiet);
    let connected = Session::open(&place, own).await;
    let ended = match connected {
        Ok(session) => go(&session, args, (objectives.as_ref(), screen), output).await,
        Err((failure, _)) => Err(failure),
    };
    if let Some(embedded) = embedded {
        embedded.broker.stop(STOP_LIMIT).await;
        drop(embedded.directory);
    }
    ended
}

/// The work that starts a broker of its own, in a process of its own.
async fn restart_under_backlog(
    globals: &Globals,
    args: &RunArgs,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let directory = directory()?;
    let measured = restart::measure(directory.path(), &plan(args)).await;
    let summary = measured.map_err(|error| Failure::Unwell(error.to_string()))?;
    tell(&summary, globals.output, output).await?;
    Ok(if summary.is_whole() {
        Exit::Done
    } else {
        Exit::Failed
    })
}

/// A directory for the data of a broker, on the disk of the present directory: a temporary one may be in memory.
fn directory() -> Result<TempDir, Failure> {
    let directory = tempfile::Builder::new()
        .prefix("weir-load-")
        .tempdir_in(".");
    directory.map_err(|error| {
        Failure::Unwell(format!("cannot make a directory for the broker: {error}"))
    })
}

/// A broker for the run.
struct Embedded {
    broker: Broker,
    directory: TempDir,
}

impl Embedded {
    async fn start() -> Result<Self, Failure> {
        let directory = directory()?;
        let broker = Broker::start(Some(directory.path())).await;
        let broker = broker.map_err(|error| Failure::Unwell(error.to_string()))?;
        Ok(Self { broker, directory })
    }
}

async fn go(
    session: &Session,
    args: &RunArgs,
    (objectives, screen): (Option<&Objectives>, Option<LoadScreen>),
    output: &mut Output,
) -> Result<Exit, Failure> {
    let client = connect(session).await?;
    if args.until_saturated {
        return search(session, &client, (args, objectives), output).await;
    }
    let wanted = Wanted {
        topic: args.topic.as_deref(),
        plan: plan(args),
        topics: args.topics,
        objectives,
        screen,
    };
    let run = one(session, &client, wanted, output).await?;
    let summary = run.summary;
    tell(&summary, session.format, output).await?;
    let is_met = judge(objectives, &summary, output);
    Ok(match (run.is_interrupted, summary.is_whole(), is_met) {
        (true, _, _) => Exit::Interrupted,
        (_, false, _) => Exit::Failed,
        (_, _, false) => Exit::Threshold,
        _ => Exit::Done,
    })
}

/// The live screen, where there is a terminal for it and nothing asks for another form.
fn screen(globals: &Globals, args: &RunArgs) -> Result<Option<LoadScreen>, Failure> {
    let baseline = match &args.baseline {
        Some(file) => Some(baseline(file)?),
        None => None,
    };
    let is_for_people = matches!(globals.output, Format::Table | Format::Wide);
    let is_one_run = !args.until_saturated && args.profile != Some(Profile::W6);
    let is_plain = args.text || globals.quiet;
    if is_plain || !is_for_people || !is_one_run || !tui::has_terminal() {
        return Ok(None);
    }
    let context = if args.embedded {
        None
    } else {
        locate(globals)?.context
    };
    let prepared = LoadScreen::prepare(context, globals.color, args.top);
    let screen = prepared.map_err(|error| Failure::Usage(error.to_string()))?;
    Ok(Some(screen.against(baseline)))
}

/// A stored result, called by the name of its file.
fn baseline(file: &Path) -> Result<Baseline, Failure> {
    let name = file.file_stem().unwrap_or(file.as_os_str());
    let name = SafeText::new(name.as_encoded_bytes());
    Ok(Baseline::of(name, &load_results::result(file)?))
}

/// Runs at one rate after the other until the highest is known that meets the objectives.
async fn search(
    session: &Session,
    client: &Client,
    (args, objectives): (&RunArgs, Option<&Objectives>),
    output: &mut Output,
) -> Result<Exit, Failure> {
    let Shape::Constant(start) = plan(args).shape else {
        return Err(Failure::Usage(
            "--until-saturated begins at one rate, for example --rate 5k".to_owned(),
        ));
    };
    let mut search = Search::from(start);
    let mut found = Saturation {
        highest_rate: None,
        generator_limited: false,
        steps: Vec::new(),
    };
    let mut interrupted = false;
    while let Some(offered) = search.next() {
        let length = args.duration.unwrap_or(STEP) + args.warm_up.unwrap_or(WARM_UP);
        let plan = Plan {
            shape: Shape::Constant(offered),
            length,
            ..plan(args)
        };
        let wanted = Wanted {
            topic: args.topic.as_deref(),
            plan,
            topics: None,
            objectives,
            screen: None,
        };
        let run = one(session, client, wanted, output).await?;
        let summary = run.summary;
        interrupted = run.is_interrupted;
        if interrupted {
            break;
        }
        let step = Step::of(offered, &summary, objectives);
        output.note(&step.text());
        search.note(offered, step.is_held);
        found.generator_limited |= summary.generator_limited;
        found.steps.push(step);
    }
    found.highest_rate = search.held();
    let text = match session.format {
        Format::Json => json::pretty(&found)?,
        Format::Jsonl => json::line(&found)?,
        Format::Name | Format::Table | Format::Wide => found.text(),
    };
    output.data(text).await?;
    Ok(match (interrupted, found.highest_rate) {
        (true, _) => Exit::Interrupted,
        (_, None) => Exit::Threshold,
        _ => Exit::Done,
    })
}

/// A connection that may take its time: under load an answer is late that a command would not wait for.
async fn connect(session: &Session) -> Result<Client, Failure> {
    let client = Client::connect(Options::to(&session.server).fail_fast()).await;
    client.map_err(|error| session.failure("connect", error))
}

async fn tell(summary: &Summary, format: Format, output: &mut Output) -> Result<(), Failure> {
    let text = match format {
        Format::Json => json::pretty(summary)?,
        Format::Jsonl => json::line(summary)?,
        Format::Name => format!("{}\n", summary.topic),
        Format::Table | Format::Wide => summary.text(),
    };
    output.data(text).await
}

/// Says which objectives are met; true if all are.
fn judge(objectives: Option<&Objectives>, summary: &Summary, output: &Output) -> bool {
    let verdicts = objectives.map_or_else(Vec::new, |objectives| objectives.judge(summary));
    for verdict in &verdicts {
        let sign = if verdict.is_met { "met" } else { "MISSED" };
        output.note(&format!("  {sign:<6}  {}", verdict.text));
    }
    verdicts.iter().all(|verdict| verdict.is_met)
}

fn objectives(file: &Path) -> Result<Objectives, Failure> {
    let text = files::read_text(file).map_err(|error| Failure::file(file, error))?;
    Objectives::read(&text).map_err(|wrong| Failure::Usage(format!("{}: {wrong}", file.display())))
}
