//! The words for what is known of a subscription, as filters, tables and JSON write them: one list for both sides.
//!
//! A word stands at the place of its number on the wire. A number that is newer than this list reads `unknown`.

/// The words of a verdict.
pub const VERDICTS: &[&str] = &[
    "unknown",
    "ok",
    "idle",
    "draining",
    "growing",
    "paused",
    "stuck",
    "no_consumers",
    "under_capacity",
    "slowed",
    "consumers_idle",
    "failing",
    "skewed",
];

/// The words for how much it matters, the least first.
pub const SEVERITIES: &[&str] = &["unknown", "fine", "watch", "act"];

/// The words for what becomes of a backlog.
pub const DRAINS: &[&str] = &[
    "unknown", "empty", "draining", "never", "stuck", "idle", "paused",
];

/// The word at the place of a number, which may be an enum of the contract.
pub fn word(words: &'static [&'static str], number: impl Into<i32>) -> &'static str {
    let place = usize::try_from(number.into()).unwrap_or(usize::MAX);
    words.get(place).copied().unwrap_or("unknown")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::v1;

    /// Every value that an enum has, and the words for them.
    fn agree(words: &'static [&'static str], prefix: &str, name: impl Fn(i32) -> Option<String>) {
        let known = (0..).map_while(|number| name(number).map(|name| (number, name)));
        let mut count = 0;
        for (number, name) in known.skip(1) {
            let short = name.strip_prefix(prefix).expect("the house's names");
            assert_eq!(word(words, number), short.to_ascii_lowercase());
            count += 1;
        }
        assert_eq!(words.len(), count + 1, "{prefix}");
        assert_eq!(word(words, 0), "unknown");
        assert_eq!(word(words, -1), "unknown");
        assert_eq!(word(words, 1_000), "unknown");
    }

    #[test]
    fn every_value_of_the_contract_has_its_name_as_its_word() {
        agree(VERDICTS, "VERDICT_", |number| {
            let one = v1::Verdict::try_from(number).ok();
            one.map(|one| one.as_str_name().to_owned())
        });
        agree(SEVERITIES, "SEVERITY_", |number| {
            let one = v1::Severity::try_from(number).ok();
            one.map(|one| one.as_str_name().to_owned())
        });
        agree(DRAINS, "DRAIN_STATE_", |number| {
            let one = v1::DrainState::try_from(number).ok();
            one.map(|one| one.as_str_name().to_owned())
        });
    }
}
