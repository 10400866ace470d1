//! Asking before something is lost or repeated.

use super::arguments::ConsentArgs;
use super::failure::Failure;
use super::output::{Answer, Output};
use super::session::Session;

/// Goes on if somebody agrees: with `--yes` at once, on a terminal after the plan was shown and the
/// question answered; else shows the plan and refuses.
pub(crate) fn require(
    output: &Output,
    is_given: bool,
    plan: &str,
    question: &str,
) -> Result<(), Failure> {
    if is_given {
        return Ok(());
    }
    match output.ask_over(plan, &format!("{question} [y/N]")) {
        Answer::Yes => Ok(()),
        Answer::No => Err(Failure::Refused("the answer was not yes")),
        Answer::NobodyThere => Err(Failure::Refused("there is no terminal on which to ask")),
    }
}

/// What is asked about.
#[derive(Debug)]
pub(crate) struct Question<'a> {
    /// What would be done, in lines.
    pub(crate) plan: &'a str,
    /// Whether to do it.
    pub(crate) whether: &'a str,
    /// What it is done to: its name is typed where people depend on it.
    pub(crate) name: &'a str,
    /// The command that does exactly this.
    pub(crate) command: &'a str,
}

/// The same for what was planned by the broker. In a context of production the name of what is acted on is typed
/// instead of a yes, or given with `--confirm`.
pub(crate) fn on_plan(
    session: &Session,
    given: &ConsentArgs,
    asked: &Question<'_>,
) -> Result<(), Failure> {
    let output = &session.output;
    let is_given = given.yes || !given.plan.is_empty();
    let Some(context) = session.production() else {
        check_name(given, asked.name)?;
        if is_given {
            return Ok(());
        }
        return match output.ask_over(&shown(output, asked), &format!("{} [y/N]", asked.whether)) {
            Answer::Yes => Ok(()),
            Answer::No => Err(Failure::Refused("the answer was not yes")),
            Answer::NobodyThere => Err(Failure::Refused(NOBODY)),
        };
    };
    check_name(given, asked.name)?;
    let protected = || Failure::Protected {
        context: context.to_owned(),
        name: asked.name.to_owned(),
    };
    if is_given {
        let is_named = given.confirm.is_some();
        return if is_named { Ok(()) } else { Err(protected()) };
    }
    if !output.can_ask() {
        output.say(&shown(output, asked));
        return Err(Failure::Refused(NOBODY));
    }
    output.say(asked.plan);
    let question = format!(
        "{} {context} is production: type {} to go on:",
        asked.whether, asked.name
    );
    match output.answer(&question) {
        typed if typed == asked.name => Ok(()),
        typed if typed.is_empty() => Err(protected()),
        typed => Err(Failure::NameWrong {
            typed,
            name: asked.name.to_owned(),
        }),
    }
}

const NOBODY: &str = "there is no terminal on which to ask";

/// A name that was given must be the right one, asked for or not.
fn check_name(given: &ConsentArgs, name: &str) -> Result<(), Failure> {
    match &given.confirm {
        Some(typed) if typed != name => Err(Failure::NameWrong {
            typed: typed.clone(),
            name: name.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Who cannot be asked is told how to say yes to exactly this.
fn shown(output: &Output, asked: &Question<'_>) -> String {
    if output.can_ask() {
        return asked.plan.to_owned();
    }
    format!("{}\nto do exactly this: {}", asked.plan, asked.command)
}
