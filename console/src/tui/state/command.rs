//! The command line that `:` opens: what is typed, what can be typed, and what it means.

use weir_proto::safe_text::SafeText;

use super::beyond::Noun;
use super::place::{Place, Tab};
use crate::tui::look::Script;
use crate::tui::theme::Theme;

/// The longest command; longer is a stuck key.
const CAP_BYTES: usize = 512;
/// How many commands are remembered.
const REMEMBERED: usize = 100;
/// How many names are offered.
const OFFERED: usize = 200;

/// What is being typed.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandLine {
    typed: String,
    /// What is wrong with what was entered.
    pub(crate) problem: Option<SafeText>,
    /// What `tab` goes through, and which of it is seen.
    offers: Vec<String>,
    offered: usize,
    /// What was entered before, the newest last, and which of it is seen.
    before: Vec<String>,
    recalled: Option<usize>,
}

/// What a command does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Order {
    Tab(Tab),
    Open(Place),
    Filter(String),
    Sort(String),
    Theme(Theme),
    Charts(Script),
    /// To a file of that name, or to one that has none yet.
    Export(Option<String>),
    Help,
    Notices,
    Quit,
}

/// What a command is followed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Takes {
    Nothing,
    Topic,
    Subscription,
    Message,
    Filter,
    Sort,
    Theme,
    Charts,
    Path,
}

/// A command: its name, what else it is called, what follows it, what it does.
struct Command {
    name: &'static str,
    aliases: &'static [&'static str],
    takes: Takes,
    pub(crate) does: &'static str,
}

const fn command(
    name: &'static str,
    aliases: &'static [&'static str],
    takes: Takes,
    does: &'static str,
) -> Command {
    Command {
        name,
        aliases,
        takes,
        does,
    }
}

const COMMANDS: &[Command] = &[
    command("overview", &["o"], Takes::Nothing, "the first page"),
    command("topics", &[], Takes::Nothing, "all topics"),
    command("topic", &["t"], Takes::Topic, "one topic"),
    command(
        "subscriptions",
        &["subs"],
        Takes::Nothing,
        "all subscriptions",
    ),
    command(
        "sub",
        &["s", "subscription"],
        Takes::Subscription,
        "one subscription",
    ),
    command("dead", &["dlqs"], Takes::Nothing, "who holds dead messages"),
    command("dlq", &["d"], Takes::Subscription, "its dead messages"),
    command("msg", &["message"], Takes::Message, "the life of a message"),
    command("clients", &[], Takes::Nothing, "connected clients"),
    command("events", &[], Takes::Nothing, "what has happened"),
    command(
        "operations",
        &["ops"],
        Takes::Nothing,
        "acts on many messages",
    ),
    command("audit", &[], Takes::Nothing, "who did what"),
    command("filter", &["f"], Takes::Filter, "filter this list"),
    command("sort", &[], Takes::Sort, "sort this list by a field"),
    command("theme", &[], Takes::Theme, "other colours"),
    command("charts", &[], Takes::Charts, "other letters for charts"),
    command("export", &["e"], Takes::Path, "this list as JSON lines"),
    command("notices", &[], Takes::Nothing, "what was said"),
    command("help", &["h"], Takes::Nothing, "the keys"),
    command("quit", &["q"], Takes::Nothing, "leave"),
];

/// The names that commands can be completed with.
pub(crate) struct Names<'a> {
    pub(crate) topics: Vec<&'a str>,
    pub(crate) subscriptions: Vec<&'a str>,
    pub(crate) sorts: Vec<&'static str>,
}

impl CommandLine {
    /// What is typed.
    pub(crate) fn typed(&self) -> SafeText {
        SafeText::new(&self.typed)
    }

    /// Begins anew; what was entered before stays.
    pub(crate) fn begin(&mut self) {
        let before = std::mem::take(&mut self.before);
        *self = Self {
            before,
            ..Self::default()
        };
    }

    /// One letter more.
    pub(crate) fn push(&mut self, letter: char) {
        if self.typed.len() + letter.len_utf8() <= CAP_BYTES {
            self.typed.push(letter);
        }
        self.edited();
    }

    /// One letter less; false if there was none.
    pub(crate) fn pop(&mut self) -> bool {
        let had_one = self.typed.pop().is_some();
        self.edited();
        had_one
    }

    /// Goes through what was entered before: to older ones, or to newer ones.
    pub(crate) fn recall(&mut self, is_older: bool) {
        let last = self.before.len().checked_sub(1);
        self.recalled = match (self.recalled, is_older) {
            (None, true) => last,
            (Some(at), true) => Some(at.saturating_sub(1)),
            (Some(at), false) => Some(at + 1).filter(|at| Some(*at) <= last),
            (None, false) => None,
        };
        let recalled = self.recalled.and_then(|at| self.before.get(at));
        self.typed = recalled.cloned().unwrap_or_default();
        self.problem = None;
        self.offers.clear();
    }

    /// The word that is being typed and what it is to name, if it names something that the broker has.
    pub(crate) fn argument(&self) -> Option<(Noun, String)> {
        let (word, rest) = self.typed.split_once(' ')?;
        let noun = match find(word)?.takes {
            Takes::Topic => Noun::Topic,
            Takes::Subscription => Noun::Subscription,
            _ => return None,
        };
        // What `tab` has put there is no word that somebody looks for.
        self.offers
            .is_empty()
            .then(|| (noun, rest.trim().to_owned()))
    }

    /// Completes what is typed, or goes on to the next that it could be.
    pub(crate) fn complete(&mut self, names: &Names<'_>) {
        if self.offers.is_empty() {
            self.offers = offers(&self.typed, names);
            self.offered = 0;
        } else {
            self.offered = (self.offered + 1) % self.offers.len();
        }
        if let Some(offer) = self.offers.get(self.offered) {
            self.typed.clone_from(offer);
        }
        if self.offers.len() == 1 {
            self.typed.push(' ');
            self.offers.clear();
        }
        self.problem = None;
    }

    /// What the first words could go on as, for the line.
    pub(crate) fn hints(&self, names: &Names<'_>) -> Vec<SafeText> {
        if !self.offers.is_empty() {
            let rest = self.offers.iter().skip(self.offered + 1);
            return rest.map(SafeText::new).collect();
        }
        if self.typed.contains(' ') {
            let offers = offers(&self.typed, names);
            return offers.iter().map(SafeText::new).collect();
        }
        let begins = |command: &&Command| command.name.starts_with(&self.typed);
        let commands = COMMANDS.iter().filter(begins);
        commands
            .map(|command| SafeText::new(format!("{} ({})", command.name, command.does)))
            .collect()
    }

    /// What is typed as an order; it is remembered in any case.
    pub(crate) fn enter(&mut self) -> Option<Order> {
        let typed = self.typed.trim().to_owned();
        if typed.is_empty() {
            return None;
        }
        self.before.retain(|before| *before != typed);
        self.before.push(typed.clone());
        if self.before.len() > REMEMBERED {
            self.before.remove(0);
        }
        match order(&typed) {
            Ok(order) => Some(order),
            Err(problem) => {
                self.problem = Some(problem);
                None
            }
        }
    }

    fn edited(&mut self) {
        self.offers.clear();
        self.recalled = None;
        self.problem = None;
    }
}

fn find(word: &str) -> Option<&'static Command> {
    let is_called = |command: &&Command| command.name == word || command.aliases.contains(&word);
    COMMANDS.iter().find(is_called)
}

/// What a whole command means.
fn order(typed: &str) -> Result<Order, SafeText> {
    let (word, rest) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
    let rest = rest.trim();
    let refuse = |what: &str| Err(SafeText::new(format!("{what}: {word}")));
    let Some(command) = find(word) else {
        return refuse("no such command, tab shows them");
    };
    if command.takes == Takes::Nothing && !rest.is_empty() {
        return refuse("nothing follows this command");
    }
    let needs_more = !matches!(command.takes, Takes::Nothing | Takes::Path | Takes::Filter);
    if needs_more && rest.is_empty() {
        return refuse("a name is missing after");
    }
    let name = SafeText::new(rest);
    Ok(match command.name {
        "overview" => Order::Tab(Tab::Overview),
        "topics" => Order::Tab(Tab::Topics),
        "subscriptions" => Order::Tab(Tab::Subscriptions),
        "dead" => Order::Tab(Tab::DeadLetters),
        "clients" => Order::Tab(Tab::Clients),
        "events" => Order::Tab(Tab::Events),
        "operations" => Order::Tab(Tab::Operations),
        "audit" => Order::Tab(Tab::Audit),
        "topic" => Order::Open(Place::Topic { name }),
        "sub" => Order::Open(Place::Subscription { name }),
        "dlq" => Order::Open(Place::DeadGroups { subscription: name }),
        "msg" => Order::Open(Place::Message { id: name }),
        "filter" => Order::Filter(rest.to_owned()),
        "sort" => Order::Sort(rest.to_owned()),
        "theme" => match Theme::named(rest) {
            Some(theme) => Order::Theme(theme),
            None => return Err(SafeText::new(format!("themes are {}", Theme::names()))),
        },
        "charts" => match Script::of_charts(rest) {
            Some(script) => Order::Charts(script),
            None => return Err(SafeText::new(format!("charts are {}", Script::names()))),
        },
        "export" => Order::Export((!rest.is_empty()).then(|| rest.to_owned())),
        "help" => Order::Help,
        "notices" => Order::Notices,
        _ => Order::Quit,
    })
}

/// What a text could be completed to.
fn offers(typed: &str, names: &Names<'_>) -> Vec<String> {
    let Some((word, rest)) = typed.split_once(' ') else {
        let names = COMMANDS.iter().map(|command| command.name);
        let found = names.filter(|name| name.starts_with(typed));
        return found.map(str::to_owned).collect();
    };
    let themes: Vec<&str> = Theme::ALL.into_iter().map(Theme::name).collect();
    let charts = Script::CHARTS.map(|(name, _)| name);
    let candidates: &[&str] = match find(word).map(|command| command.takes) {
        Some(Takes::Topic) => &names.topics,
        Some(Takes::Subscription) => &names.subscriptions,
        Some(Takes::Theme) => &themes,
        Some(Takes::Charts) => &charts,
        Some(Takes::Sort) => &names.sorts,
        _ => &[],
    };
    let rest = rest.trim_start();
    let begins = candidates.iter().filter(|name| name.starts_with(rest));
    let contains = candidates
        .iter()
        .filter(|name| !name.starts_with(rest) && name.contains(rest));
    let found = begins.chain(contains).take(OFFERED);
    found.map(|name| format!("{word} {name}")).collect()
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
