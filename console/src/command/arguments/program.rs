//! The top of the tree: the program, the flags that are the same everywhere, the nouns.

use clap::{Args, Parser, Subcommand};

use super::{
    ApplyArgs, AuditCommand, CheckCommand, ClientCommand, CompletionArgs, ConfigCommand,
    CtxCommand, DlqCommand, EventsArgs, LoadCommand, ManArgs, MarkCommand, OpCommand, SubCommand,
    TopCommandArgs, TopicCommand,
};
use crate::demo::DemoArgs;
use crate::embedded::ServeArgs;
use crate::present::color::Color;
use crate::present::format::Format;

const EXAMPLES: &str = "\
Examples:
  weir demo                                     see everything, with a broker inside
  weir serve                                    start a broker here
  weir                                          open the dashboard
  weir topic create orders
  weir sub create billing --topic orders
  seq 1000 | weir topic publish orders
  weir sub pull billing --max 10 --ack -o jsonl
  weir dlq requeue billing --all --dry-run
  weir op ls                                    what was done, and until when it can be undone

Exit codes:
  0 done · 1 failed · 2 usage · 3 done in part · 4 refused: needs --yes, read-only or protected
  5 broker unreachable · 6 not allowed · 7 not found · 8 objective missed
  9 plan expired or changed · 130 interrupted";

/// Operates a Weir message broker: dashboard and command line
#[derive(Debug, Parser)]
#[command(
    name = "weir",
    version,
    after_help = EXAMPLES,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub(crate) struct Cli {
    /// Flags that are the same everywhere.
    #[command(flatten)]
    pub(crate) globals: Globals,

    /// Without one, the dashboard.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// Flags that are the same everywhere.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Globals {
    /// The broker's address, if it is named.
    #[arg(
        long,
        global = true,
        value_name = "HOST:PORT",
        help = "The broker's address [env: WEIR_SERVER] [default: 127.0.0.1:7420]"
    )]
    pub(crate) server: Option<String>,

    /// The context, if one is named.
    #[arg(
        short,
        long,
        global = true,
        value_name = "NAME",
        help = "The broker that `weir ctx` knows by this name [env: WEIR_CONTEXT]"
    )]
    pub(crate) context: Option<String>,

    /// How to print data
    #[arg(
        short,
        long,
        global = true,
        value_enum,
        default_value_t = Format::Table,
        hide_possible_values = true,
        value_name = "table|wide|json|jsonl|name"
    )]
    pub(crate) output: Format,

    /// Whether to colour
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t = Color::Auto,
        hide_possible_values = true,
        value_name = "auto|always|never"
    )]
    pub(crate) color: Color,

    /// Say nothing on stderr but errors
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,

    /// Whether what changes anything is refused.
    #[arg(
        long,
        global = true,
        env = "WEIR_READ_ONLY",
        hide_env = true,
        value_parser = clap::builder::FalseyValueParser::new(),
        help = "Refuse what would change anything [env: WEIR_READ_ONLY]"
    )]
    pub(crate) read_only: bool,
}

/// The nouns, and what concerns the broker as a whole.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Open the dashboard [read]
    #[command(after_help = "Examples:
  weir top
  weir top --text                               sentences, for screen readers and pipes
  weir top --text --once -o json

The same as `weir` alone on a terminal. `q` leaves, `?` lists the keys.")]
    Top(TopCommandArgs),

    /// Show how the broker is; the exit code tells, too [read]
    #[command(after_help = "Examples:
  weir status
  weir status -o json

Ends with 0 if the broker serves and its books add up, with 1 if not, with 5 if there is none.")]
    Status,

    /// Start a broker with live traffic in this process and open the dashboard [write]
    #[command(after_help = "Examples:
  weir demo
  weir demo --headless --for 10s -o json

The broker keeps its data in a directory of its own, which is removed at the end.")]
    Demo(DemoArgs),

    /// Run the broker in the foreground; the same daemon as weir-broker [write]
    Serve(ServeArgs),

    /// Topics: list, create, show, delete, publish, look into
    #[command(subcommand, visible_alias = "topics")]
    Topic(TopicCommand),

    /// Subscriptions: list, create, show, delete, pull, look into, lag
    #[command(subcommand, visible_alias = "subs")]
    Sub(SubCommand),

    /// Load tests: publish and consume at a rate, and measure
    #[command(subcommand)]
    Load(LoadCommand),

    /// Dead messages of a subscription: list, look into, requeue, discard
    #[command(subcommand)]
    Dlq(DlqCommand),

    /// Operations: list, show, follow, pause, resume, cancel, undo
    #[command(subcommand)]
    Op(OpCommand),

    /// The record of administrative acts: list, follow, export, check
    #[command(subcommand)]
    Audit(AuditCommand),

    /// Clients: who is connected; list, show, disconnect
    #[command(subcommand, visible_alias = "clients")]
    Client(ClientCommand),

    /// Show what has happened: who came and went, pauses, operations, marks, verdicts [read]
    #[command(after_help = "Examples:
  weir events
  weir events --sub billing --limit 20
  weir events --follow -o jsonl
  weir events --where 'matters = act or what = mark'")]
    Events(EventsArgs),

    /// Marks on the timeline: add, list
    #[command(subcommand)]
    Mark(MarkCommand),

    /// Make topics and subscriptions be as a file declares; the same again changes nothing [write]
    #[command(after_help = "Examples:
  weir apply -f topology.toml --dry-run         show what would change
  weir apply -f topology.toml
  weir export > topology.toml

The file is TOML, its keys are called as the fields of the contract:

  [[topic]]
  name = \"orders\"
  retention_duration = \"24h\"

  [[subscription]]
  name = \"billing\"
  topic = \"orders\"
  max_attempts = 5

A key that is left out means its default; what is not declared is left alone; a key that is not
known is refused with its line. A change that may drop messages is asked about.")]
    Apply(ApplyArgs),

    /// Print all topics and subscriptions as a file for `weir apply` [read]
    #[command(after_help = "Examples:
  weir export > topology.toml
  weir export --server 10.0.0.7:7420 | weir apply -f -")]
    Export,

    /// Check a subscription against thresholds, for monitoring tools: exit 0, 1, 2 or 3
    #[command(
        subcommand,
        after_help = "Examples:
  weir check age orders/billing --warn 30s --crit 2m
  weir check dlq billing --crit 0

Prints one line `OK|WARNING|CRITICAL|UNKNOWN - … | measurement` and ends with 0, 1, 2 or 3. What is
above a threshold is too much; what keeps it from finding out is UNKNOWN. Without a threshold, `age`
and `lag` are CRITICAL beyond the subscription's own SLO (`slo_age`, `slo_backlog`)."
    )]
    Check(CheckCommand),

    /// Brokers that have a name: list, use, add, remove
    #[command(
        subcommand,
        after_help = "Examples:
  weir ctx add prod --at 10.0.0.7:7420 --stage production
  weir ctx use prod
  weir --context prod sub ls

Contexts are kept in contexts.toml in $WEIR_CONFIG_DIR, $XDG_CONFIG_HOME/weir or ~/.config/weir. A flag \
wins over the environment, the environment over the context in use."
    )]
    Ctx(CtxCommand),

    /// Settings of the daemon: show, check a file
    #[command(subcommand)]
    Config(ConfigCommand),

    /// Print the script with which a shell completes commands, flags and names [read]
    #[command(after_help = "Examples:
  source <(weir completion bash)                for this shell
  weir completion zsh > ~/.zfunc/_weir
  weir completion fish > ~/.config/fish/completions/weir.fish

Names of topics and subscriptions come from the broker, within 300 ms; without one, none.")]
    Completion(CompletionArgs),

    /// Print a page of the manual, or write all of them [read]
    #[command(after_help = "Examples:
  weir man | man -l -
  weir man topic publish | man -l -
  weir man --dir /usr/local/share/man/man1")]
    Man(ManArgs),
}
