//! What is kept for undo, as plain values.

use super::plan::UndoLimits;
use crate::model::Time;

/// What stays stored only so that operations can be undone, and for how long.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct KeptForUndo {
    /// Messages that nothing else needs: no subscription has them to finish, and no retention keeps them.
    pub messages: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Operations that are over and need messages to be undone that could go otherwise, now or later.
    pub operations: u32,
    /// When the first of these can be undone no more; 0 if there is none.
    pub first_end: Time,
    /// When the last of them can be undone no more.
    pub last_end: Time,
    /// How much is kept at most, and for how long.
    pub limits: UndoLimits,
}
