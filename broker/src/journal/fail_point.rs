//! Named points at which a test may let the process die.
//!
//! Off unless the process was started with `WEIR_FAIL_POINT=name` or `name:n`; then it aborts,
//! without unwinding or flushing, when the point is reached for the nth time.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// The environment variable that arms one point.
pub const VARIABLE: &str = "WEIR_FAIL_POINT";

/// Every fail point, so that a test can walk them.
pub const ALL: &[&str] = &[
    "journal.append",
    "journal.before_write",
    "journal.after_write_before_sync",
    "journal.after_sync_before_release",
    "journal.segment_roll",
    "journal.spare_created",
    "journal.manifest_written",
    "journal.manifest_renamed",
    "journal.manifest_synced",
    "journal.checkpoint_written",
    "journal.checkpoint_renamed",
    "journal.checkpoint_synced",
    "journal.recycled",
    "journal.cold_written",
    "journal.cold_renamed",
    "journal.cold_switched",
    "journal.tail_kept_aside",
    "journal.tail_cut",
    "journal.recovered",
    "journal.close_cut",
    "operation.planned",
    "operation.started",
    "operation.stepped",
    "operation.taken_back",
    "operation.set_aside",
    "operation.brought_back",
    "operation.moved",
    "operation.moved_durably",
    "operation.paused",
    "operation.cancelled",
    "operation.undo_planned",
];

struct Armed {
    name: String,
    left: AtomicU64,
}

static ARMED: OnceLock<Option<Armed>> = OnceLock::new();

fn parse(value: &str) -> Armed {
    let (name, nth) = match value.rsplit_once(':') {
        Some((name, nth)) => (name, nth.parse().unwrap_or(1)),
        None => (value, 1),
    };
    Armed {
        name: name.to_owned(),
        left: AtomicU64::new(nth),
    }
}

/// Passes the point `name`; the process dies here if it is armed and this is the nth pass.
pub fn hit(name: &'static str) {
    let armed = ARMED.get_or_init(|| std::env::var(VARIABLE).ok().map(|value| parse(&value)));
    if let Some(armed) = armed
        && armed.name == name
        && armed.left.fetch_sub(1, Ordering::Relaxed) == 1
    {
        std::process::abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_armed_for_its_nth_pass() {
        let plain = parse("journal.append");
        assert_eq!(
            (plain.name.as_str(), plain.left.into_inner()),
            ("journal.append", 1)
        );
        let third = parse("journal.append:3");
        assert_eq!(
            (third.name.as_str(), third.left.into_inner()),
            ("journal.append", 3)
        );
    }

    #[test]
    fn names_of_points_are_unique() {
        let mut names = ALL.to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
    }
}
