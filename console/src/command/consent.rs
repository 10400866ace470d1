//! Asking before something is lost or repeated.

use super::failure::Failure;
use super::output::{Answer, Output};

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
