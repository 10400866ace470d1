//! The demo from its start to its end, with the dashboard or without.

use std::error::Error as _;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use weir_proto::client::{Client, Options};
use weir_proto::safe_text::SafeText;

use super::arguments::DemoArgs;
use super::audit::{Audit, Totals};
use super::chance::Chance;
use super::farewell;
use super::traffic::Traffic;
use crate::clock;
use crate::embedded::{Broker, BrokerError};
use crate::present::color::Color;
use crate::present::format::Format;
use crate::tui::{self, Badge, Look, Session, SessionError, TopArgs};

/// How long a headless demo runs unless it is told.
const HEADLESS_FOR: Duration = Duration::from_secs(10);
/// How long consumers go on after the last message of a headless demo.
const SETTLE: Duration = Duration::from_millis(500);
/// How long everybody may take to leave a headless demo.
const HEADLESS_LIMIT: Duration = Duration::from_secs(10);
/// The same after a key in the dashboard: with the broker it must be over within a second.
const QUIT_LIMIT: Duration = Duration::from_millis(350);
/// How long the broker may take to stop then.
const STOP_LIMIT: Duration = Duration::from_millis(350);

/// Why a demo failed.
#[derive(Debug, thiserror::Error)]
enum DemoError {
    #[error("{0}")]
    Broker(#[from] BrokerError),
    #[error("{0}")]
    Client(#[from] weir_proto::client::Error),
    #[error("{0}")]
    Session(#[from] SessionError),
    #[error("the output failed: {0}")]
    Output(#[from] io::Error),
    #[error("not everybody left within {} s", HEADLESS_LIMIT.as_secs())]
    Stuck,
    /// The seed leads to the same traffic again.
    #[error("with --seed {seed}: {}", complaints.join("; "))]
    Wrong { seed: u64, complaints: Vec<String> },
}

/// Runs the demo.
pub(crate) fn run(args: &DemoArgs, format: Format, color: Color) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let result = match runtime {
        Ok(runtime) => {
            let result = runtime.block_on(play(args, format, color));
            // Nobody waits for what is still under way: all that counts was waited for.
            runtime.shutdown_background();
            result
        }
        Err(error) => Err(error.into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A standard error that is gone cannot be told so.
            drop(writeln!(io::stderr(), "weir demo: {}", told(&error)));
            match error {
                DemoError::Session(SessionError::NoTerminal) => ExitCode::from(2),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

/// An error with its causes.
fn told(error: &DemoError) -> SafeText {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let said = deeper.to_string();
        // A message that quotes its cause is not to be repeated.
        if !text.contains(&said) {
            text.push_str(": ");
            text.push_str(&said);
        }
        cause = deeper.source();
    }
    SafeText::new(text)
}

async fn play(args: &DemoArgs, format: Format, color: Color) -> Result<(), DemoError> {
    if !args.headless && !tui::has_terminal() {
        return Err(SessionError::NoTerminal.into());
    }
    let seed = args.seed.unwrap_or_else(Chance::seed);
    let broker = Broker::start(args.data_dir.as_deref()).await?;
    let client = Client::connect(Options::to(broker.address().to_string())).await?;
    let audit = Audit::begin(&client).await?;
    let traffic = Traffic::start(client.clone(), seed).await?;
    let scene = Scene {
        broker,
        client,
        audit,
        traffic,
    };
    if args.headless {
        let run_for = args.run_for.unwrap_or(HEADLESS_FOR);
        headless(scene, run_for, (seed, format)).await
    } else {
        on_screen(scene, (color, args.top), args.data_dir.as_deref()).await
    }
}

/// All that is running.
struct Scene {
    broker: Broker,
    client: Client,
    audit: Audit,
    traffic: Traffic,
}

/// Shows the dashboard until the operator leaves, then says goodbye.
async fn on_screen(
    mut scene: Scene,
    (color, top): (Color, TopArgs),
    kept: Option<&Path>,
) -> Result<(), DemoError> {
    let began = clock::now();
    let session = Session {
        server: scene.broker.address().to_string(),
        badge: Some(Badge::Demo),
        look: Look::detect(color, top),
        theme: top.theme,
    };
    let shown = tui::follow(session).await;
    let lasted = clock::now() - began;
    scene.traffic.end(QUIT_LIMIT).await;
    let tally = &scene.traffic.stage.tally;
    let totals = tokio::time::timeout(QUIT_LIMIT, scene.audit.totals(&scene.client, tally)).await;
    let totals = totals.ok().and_then(Result::ok).map(|(totals, _)| totals);
    scene.broker.stop(STOP_LIMIT).await;
    shown?;
    farewell::to_people(&mut io::stdout(), totals.as_ref(), lasted, kept)?;
    Ok(())
}

/// Runs for a while, then compares what the broker counted with what the traffic did.
async fn headless(
    mut scene: Scene,
    run_for: Duration,
    (seed, format): (u64, Format),
) -> Result<(), DemoError> {
    let mut worst = 0;
    let mut seconds = clock::pace(Duration::from_secs(1));
    let end = clock::until(clock::now() + run_for);
    tokio::pin!(end);
    loop {
        tokio::select! {
            biased;
            () = &mut end => break,
            _ = seconds.tick() => {
                let tally = &scene.traffic.stage.tally;
                let (totals, _) = scene.audit.totals(&scene.client, tally).await?;
                worst = worst.max(totals.conservation_error);
            }
        }
    }
    scene.traffic.settle();
    clock::pause(SETTLE).await;
    if !scene.traffic.end(HEADLESS_LIMIT).await {
        return Err(DemoError::Stuck);
    }
    let tally = &scene.traffic.stage.tally;
    let (mut totals, stats) = scene.audit.totals(&scene.client, tally).await?;
    totals.conservation_error = totals.conservation_error.max(worst);
    let mut complaints = tally.troubles();
    complaints.extend(scene.audit.disagreements(&stats, tally));
    complaints.extend(missing(&totals));
    scene.broker.stop(HEADLESS_LIMIT).await;
    let mut out = io::stdout();
    if matches!(format, Format::Json | Format::Jsonl) {
        farewell::to_programs(&mut out, &totals)?;
    } else {
        farewell::to_log(&mut out, &totals)?;
    }
    if complaints.is_empty() {
        Ok(())
    } else {
        Err(DemoError::Wrong { seed, complaints })
    }
}

/// What a demo must have shown, and did not.
fn missing(totals: &Totals) -> Vec<String> {
    let mut missing: Vec<String> = [
        ("published", totals.published),
        ("acked", totals.acked),
        ("retried", totals.retried),
        ("dead", totals.dead),
        ("requeued", totals.requeued),
    ]
    .into_iter()
    .filter(|(_, count)| *count == 0)
    .map(|(what, _)| format!("nothing was {what}"))
    .collect();
    if totals.conservation_error > 0 {
        missing.push(format!(
            "the books were off by {}",
            totals.conservation_error
        ));
    }
    missing
}
