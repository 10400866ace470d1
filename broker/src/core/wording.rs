//! What plans say of themselves.

use super::command::Selection;
use super::limits::MAX_PLANNED_KEYS;
use super::plan::{PlanCounts, SkipCause};
use crate::model::Span;
use crate::model::entry::Deed;

/// What is planned, in words, for the record.
pub(super) fn described(selection: &Selection, target: &str) -> String {
    let said = selection.words();
    match target {
        "" => said,
        target => format!("{said}, to topic {target}"),
    }
}

pub(super) fn warnings(deed: Deed, counts: &PlanCounts) -> Vec<String> {
    let mut warnings = Vec::new();
    if counts.overtaken_keys > 0 {
        warnings.push(format!(
            "{} keys have newer messages already: the order within them may change",
            counts.overtaken_keys
        ));
    }
    if counts.are_keys_cut {
        warnings.push(format!(
            "only the first {MAX_PLANNED_KEYS} messages were looked at for keys"
        ));
    }
    if counts.requeued_before > 0 {
        warnings.push(format!(
            "{} messages were requeued before and have died again",
            counts.requeued_before
        ));
    }
    let leased = counts.skips.get(&SkipCause::Leased).copied().unwrap_or(0);
    if deed == Deed::Purge && leased > 0 {
        warnings.push(format!("{leased} messages are leased now and stay"));
    }
    warnings
}

/// What a move into the topic of the subscription means for those who read it, so many of them through a filter.
pub(super) fn published_anew(readers: usize, filtered: usize, topic: &str) -> String {
    let through = match filtered {
        0 => "",
        count if count == readers => ", as far as their filters let them pass",
        _ => "; those with a filter only what it lets pass",
    };
    match readers {
        1 => format!("they are new messages of {topic} then, behind what waits there{through}"),
        count => format!(
            "all {count} subscriptions of {topic} get them as new messages, also those that have \
             finished them{through}"
        ),
    }
}

pub(super) fn undo_note(deed: Deed, grace: Span) -> String {
    match deed {
        _ if grace == Span::ZERO => "cannot be undone: nothing is put aside".to_owned(),
        Deed::Requeue => "pulls back what was not handed out until then".to_owned(),
        Deed::Move => {
            "takes back what nobody was handed there until then, and restores it as dead; \
                       until then its bytes stay stored"
                .to_owned()
        }
        _ => "restores what is dropped; until then its bytes stay stored".to_owned(),
    }
}

impl Selection {
    /// In words, for the record.
    pub(super) fn words(&self) -> String {
        let mut words = Vec::new();
        if self.all {
            words.push("all".to_owned());
        }
        match self.message_ids.len() {
            0 => {}
            count => words.push(format!("{count} ids")),
        }
        if let Some(age) = self.older_than {
            words.push(format!("older than {age}"));
        }
        if let Some(keep) = self.keep_newest {
            words.push(format!("all but the newest {keep}"));
        }
        match (self.fingerprints.first(), self.fingerprints.len()) {
            (Some(fingerprint), 1) => words.push(format!("group {fingerprint}")),
            (Some(first), count) => words.push(format!("{count} groups, {first} and others")),
            (None, _) => {}
        }
        if let Some(class) = &self.error_class {
            let class: String = class.chars().take(200).collect();
            words.push(format!("class {class}"));
        }
        if let Some(filter) = &self.filter {
            let filter: String = filter.chars().take(200).collect();
            words.push(format!("where {filter}"));
        }
        if self.key.is_some() {
            words.push("one ordering key".to_owned());
        }
        if self.skips_requeued {
            words.push("not requeued before".to_owned());
        }
        words.join(", ")
    }
}
