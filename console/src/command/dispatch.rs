//! From the process's arguments to the command that they name.

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _};

use super::arguments::{
    ApplyArgs, AuditCommand, Cli, ClientCommand, Command, DlqCommand, EventsArgs, Globals,
    MarkCommand, OpCommand, SubCommand, TopCommandArgs, TopicCommand,
};
use super::failure::{Exit, Failure};
use super::location::locate;
use super::output::{self, Output};
use super::session::Session;
use super::{
    apply, audit, check, client, config, ctx, dlq, load, op, read_only, sentences, shell, status,
    sub, timeline, topic,
};
use crate::present::color::Color;
use crate::tui::TopArgs;

/// Runs the program with the process's arguments.
pub(crate) fn run() -> ExitCode {
    shell::answer_completion();
    let cli = match Cli::command().try_get_matches().and_then(read) {
        Ok(Ok(cli)) => cli,
        Ok(Err(failure)) => {
            Output::new(Color::Auto, false).failure(&failure);
            return failure.exit().into();
        }
        Err(error) => {
            let exit = output::parser_says(&error);
            let is_of_check = check::is_asked_for(std::env::args_os());
            // For a monitoring tool 2 is CRITICAL, and 3 is that nothing is known.
            return match exit {
                Exit::Usage if is_of_check => Exit::Partly.into(),
                exit => exit.into(),
            };
        }
    };
    let globals = &cli.globals;
    match cli.command {
        None if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() => {
            top(globals, TopArgs::default())
        }
        None => output::help(&Cli::command().render_help().to_string()).into(),
        Some(Command::Top(args)) if args.text => with_broker(globals, Verb::Top(args)).into(),
        Some(Command::Top(args)) => top(globals, args.top),
        Some(Command::Client(command)) => with_broker(globals, Verb::Client(command)).into(),
        Some(Command::Events(args)) => with_broker(globals, Verb::Events(args)).into(),
        Some(Command::Mark(command)) => with_broker(globals, Verb::Mark(command)).into(),
        Some(Command::Demo(args)) => crate::demo::run(&args, globals.output, globals.color),
        Some(Command::Serve(args)) => crate::embedded::serve(args),
        Some(Command::Ctx(command)) => ctx::run(globals, command).into(),
        Some(Command::Config(command)) => config::run(globals, command).into(),
        Some(Command::Completion(args)) => shell::completion(&args).into(),
        Some(Command::Man(args)) => shell::man(globals, &args).into(),
        Some(Command::Check(command)) => {
            on_runtime(globals, WORKERS, check::run(globals, command)).into()
        }
        Some(Command::Load(command)) => {
            let workers = load::workers(&command);
            on_runtime(globals, workers, load::run(globals, command)).into()
        }
        Some(Command::Apply(args)) => with_broker(globals, Verb::Apply(args)).into(),
        Some(Command::Export) => with_broker(globals, Verb::Export).into(),
        Some(Command::Status) => with_broker(globals, Verb::Status).into(),
        Some(Command::Topic(command)) => with_broker(globals, Verb::Topic(command)).into(),
        Some(Command::Sub(command)) => with_broker(globals, Verb::Sub(command)).into(),
        Some(Command::Dlq(command)) => with_broker(globals, Verb::Dlq(command)).into(),
        Some(Command::Op(command)) => with_broker(globals, Verb::Op(command)).into(),
        Some(Command::Audit(command)) => with_broker(globals, Verb::Audit(command)).into(),
    }
}

/// What was typed, unless it would change something where nothing may be changed.
fn read(mut typed: ArgMatches) -> Result<Result<Cli, Failure>, clap::Error> {
    let written = read_only::written(&typed);
    let cli = Cli::from_arg_matches_mut(&mut typed)?;
    Ok(match written {
        Some(verb) if cli.globals.read_only => Err(Failure::ReadOnly { verb }),
        _ => Ok(cli),
    })
}

/// Opens the screen on the broker that is meant.
fn top(globals: &Globals, args: TopArgs) -> ExitCode {
    match locate(globals) {
        Ok(location) => crate::tui::run(location, globals.color, args),
        Err(failure) => {
            Output::new(globals.color, globals.quiet).failure(&failure);
            failure.exit().into()
        }
    }
}

/// A command that talks with a broker and ends.
#[derive(Debug)]
pub(crate) enum Verb {
    Status,
    Topic(TopicCommand),
    Sub(SubCommand),
    Dlq(DlqCommand),
    Op(OpCommand),
    Audit(AuditCommand),
    Client(ClientCommand),
    Events(EventsArgs),
    Mark(MarkCommand),
    Top(TopCommandArgs),
    Apply(ApplyArgs),
    Export,
}

fn with_broker(globals: &Globals, verb: Verb) -> Exit {
    on_runtime(globals, WORKERS, async {
        let output = Output::new(globals.color, globals.quiet);
        let (ended, output) = match Session::open(globals, output).await {
            Ok(mut session) => (execute(&mut session, verb).await, session.output),
            Err((failure, output)) => (Err(failure), output),
        };
        match ended {
            Ok(()) => Exit::Done,
            Err(failure) => {
                output.failure(&failure);
                failure.exit()
            }
        }
    })
}

fn on_runtime(globals: &Globals, workers: usize, work: impl Future<Output = Exit>) -> Exit {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = match builder.worker_threads(workers).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let failure = Failure::Process {
                tried: "start the runtime",
                error,
            };
            Output::new(globals.color, globals.quiet).failure(&failure);
            return failure.exit();
        }
    };
    let exit = runtime.block_on(work);
    // A read of standard input that nobody waits for any more must not keep the process.
    runtime.shutdown_background();
    exit
}

/// One for the connection, one for what the client does beside the command.
const WORKERS: usize = 2;

/// Runs a command over a connection.
pub(crate) async fn execute(session: &mut Session, verb: Verb) -> Result<(), Failure> {
    match verb {
        Verb::Status => status::run(session).await,
        Verb::Topic(command) => topic::run(session, command).await,
        Verb::Sub(command) => sub::run(session, command).await,
        Verb::Dlq(command) => dlq::run(session, command).await,
        Verb::Op(command) => op::run(session, command).await,
        Verb::Audit(command) => audit::run(session, command).await,
        Verb::Client(command) => client::run(session, command).await,
        Verb::Events(args) => timeline::events(session, args).await,
        Verb::Mark(command) => timeline::mark(session, command).await,
        Verb::Top(args) => sentences::run(session, args).await,
        Verb::Apply(args) => apply::run(session, &args).await,
        Verb::Export => apply::export(session).await,
    }
}
