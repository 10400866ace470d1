//! `--raw`: payloads that leave as they are.

use super::arguments::PayloadArgs;
use super::failure::Failure;
use super::output::Output;
use crate::present::format::Format;
use crate::present::message_printer::Form;

impl PayloadArgs {
    /// Raw bytes could drive a terminal, so they go there only if that was asked for.
    pub(crate) fn check(self, output: &Output) -> Result<(), Failure> {
        if self.raw && !self.force && output.is_terminal() {
            let message = "--raw does not print to a terminal, since a payload could drive it; \
                           send the output to a file or a pipe, or add --force";
            return Err(Failure::Usage(message.to_owned()));
        }
        Ok(())
    }

    /// How payloads are printed.
    pub(crate) fn form(self, format: Format) -> Form {
        if self.raw {
            Form::Raw
        } else {
            Form::As(format)
        }
    }
}
