//! What a consumer says of a message it gives back.

use weir_proto::server;

use super::convert;
use crate::core::{Nack, NackAction};
use crate::model::Refusal;

/// A nack as the core takes it, every limit checked.
pub(super) fn nack(options: Option<server::NackOptions>) -> Result<Nack, Refusal> {
    let options = options.ok_or(Refusal::FieldRequired { field: "options" })?;
    let (action, delay) = convert::nack_options(&options)?;
    let action = match action {
        server::NackAction::Unspecified | server::NackAction::Retry => NackAction::Retry(delay),
        server::NackAction::Dead => NackAction::Dead,
        server::NackAction::Release => NackAction::Release,
    };
    Ok(Nack {
        action,
        reason: options.reason,
        class: options.error_class,
    })
}
