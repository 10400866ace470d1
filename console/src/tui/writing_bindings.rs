//! The rest of the table of keys: those that change the broker. Each is a capital and opens a dialog that
//! says what would be done; none is there while writing is locked.

use super::keys::{Action, Binding, Scope, binding, letter};

/// The keys that change the broker.
pub(super) const WRITES: &[Binding] = &[
    binding(
        &[letter('R')],
        Action::Requeue,
        "R",
        "requeue, after a plan",
    )
    .on(Scope::DeadMessages)
    .writing()
    .hint("R", "requeue…"),
    binding(
        &[letter('X')],
        Action::Discard,
        "X",
        "discard, after a plan",
    )
    .on(Scope::DeadMessages)
    .writing()
    .hint("X", "discard…"),
    binding(
        &[letter('M')],
        Action::Move,
        "M",
        "move to a topic, after a plan",
    )
    .on(Scope::DeadMessages)
    .writing()
    .hint("M", "move…"),
    binding(&[letter('T')], Action::Edit, "T", "edit one and requeue it")
        .on(Scope::DeadMessages)
        .writing()
        .hint("T", "edit…"),
    binding(
        &[letter('X')],
        Action::Purge,
        "X",
        "purge or delete, after a plan",
    )
    .on(Scope::Subscriptions)
    .writing()
    .hint("X", "purge…"),
    binding(&[letter('K')], Action::Seek, "K", "go on from elsewhere")
        .on(Scope::Subscriptions)
        .writing()
        .hint("K", "seek…"),
    binding(
        &[letter('P')],
        Action::HoldSubscription,
        "P",
        "pause or resume handing out",
    )
    .on(Scope::Subscriptions)
    .writing()
    .hint("P", "pause…"),
    binding(
        &[letter('X')],
        Action::DeleteTopic,
        "X",
        "delete it, after a plan",
    )
    .on(Scope::Topics)
    .writing()
    .hint("X", "delete…"),
    binding(
        &[letter('D')],
        Action::Disconnect,
        "D",
        "disconnect the client",
    )
    .on(Scope::Clients)
    .writing()
    .hint("D", "disconnect…"),
    binding(&[letter('U')], Action::Undo, "U", "undo one, after a plan")
        .on(Scope::Undoable)
        .writing()
        .hint("U", "undo…"),
    binding(
        &[letter('P')],
        Action::HoldOperation,
        "P",
        "hold it, or let it go on",
    )
    .on(Scope::Operations)
    .writing()
    .hint("P", "pause…"),
    binding(
        &[letter('X')],
        Action::CancelOperation,
        "X",
        "cancel the rest of it",
    )
    .on(Scope::Operations)
    .writing()
    .hint("X", "cancel…"),
];
