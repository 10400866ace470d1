//! Operations as `op` shows them: the document, its table, its fields, and how far one is.

use serde::Serialize;
use weir_proto::filter::{Field, Filtered, Kind, Schema};
use weir_proto::v1::{self, OperationState};

use super::operation::{act_word, is_over, state_word};
use super::table::{Fields, Table, cell, number, text};
use super::units::{self, known};

/// How many cells of what was selected a table shows.
const DESCRIPTION_CELLS: usize = 40;

/// An operation that was begun.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct ListedOperation {
    pub(crate) operation: String,
    pub(crate) act: &'static str,
    pub(crate) state: &'static str,
    pub(crate) topic: Option<String>,
    pub(crate) subscription: Option<String>,
    /// What was selected, in words.
    pub(crate) description: String,
    pub(crate) selected: u64,
    pub(crate) affected: u64,
    pub(crate) skipped: u64,
    pub(crate) died_again: u64,
    pub(crate) remaining: u64,
    /// Messages per second; null for as fast as it goes.
    pub(crate) rate: Option<u64>,
    pub(crate) canary: Option<u64>,
    /// When the canary is judged, while one is out.
    pub(crate) judge_time: Option<String>,
    /// It stops when more than this share dies again; null for never.
    pub(crate) brake_percent: Option<f64>,
    pub(crate) keeps_attempts: bool,
    pub(crate) start_time: Option<String>,
    pub(crate) update_time: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) peer: Option<String>,
    pub(crate) plan: Option<String>,
    /// Until when it can be taken back; null if it cannot.
    pub(crate) undo_until: Option<String>,
    /// Why it stopped, or why it cannot be taken back.
    pub(crate) note: Option<String>,
    pub(crate) undoes: Option<String>,
    pub(crate) undone_by: Option<String>,
}

/// The fields of operations, by which they are filtered wherever they are listed.
pub(crate) const SCHEMA: Schema = Schema {
    fields: &[
        Field::new("operation", Kind::Text).called(&["id"]),
        Field::new("act", Kind::Text).called(&["what"]),
        Field::new("state", Kind::Text),
        Field::new("topic", Kind::Text),
        Field::new("subscription", Kind::Text).called(&["sub"]),
        Field::new("description", Kind::Text),
        Field::new("selected", Kind::Count),
        Field::new("affected", Kind::Count).called(&["done"]),
        Field::new("skipped", Kind::Count),
        Field::new("died_again", Kind::Count),
        Field::new("remaining", Kind::Count),
        Field::new("rate", Kind::Count),
        Field::new("canary", Kind::Count),
        Field::new("judge_time", Kind::Time),
        Field::new("brake_percent", Kind::Any).called(&["brake"]),
        Field::new("keeps_attempts", Kind::Any),
        Field::new("start_time", Kind::Time).called(&["time"]),
        Field::new("update_time", Kind::Time),
        Field::new("actor", Kind::Text).called(&["who"]),
        Field::new("peer", Kind::Text),
        Field::new("plan", Kind::Text),
        Field::new("undo_until", Kind::Time),
        Field::new("note", Kind::Text),
        Field::new("undoes", Kind::Text),
        Field::new("undone_by", Kind::Text),
    ],
    open: &[],
};

impl Filtered for ListedOperation {
    fn schema() -> &'static Schema {
        &SCHEMA
    }
}

impl From<&v1::Operation> for ListedOperation {
    fn from(operation: &v1::Operation) -> Self {
        let time = |time: &Option<prost_types::Timestamp>| units::rfc3339(time.as_ref());
        let brake = Some(operation.brake_percent);
        Self {
            operation: operation.operation.clone(),
            act: act_word(operation.act()),
            state: state_word(operation.state()),
            topic: some(&operation.topic),
            subscription: some(&operation.subscription),
            description: operation.description.clone(),
            selected: operation.selected,
            affected: operation.affected,
            skipped: operation.skipped,
            died_again: operation.died_again,
            remaining: operation.remaining,
            rate: Some(operation.rate).filter(|rate| *rate > 0),
            canary: Some(operation.canary_count).filter(|count| *count > 0),
            judge_time: time(&operation.judge_time),
            brake_percent: brake.filter(|percent| percent.is_finite() && *percent > 0.0),
            keeps_attempts: operation.keeps_attempts,
            start_time: time(&operation.start_time),
            update_time: time(&operation.update_time),
            actor: some(&operation.actor),
            peer: some(&operation.peer),
            plan: some(&operation.plan),
            undo_until: time(&operation.undo_deadline),
            note: some(&operation.note),
            undoes: some(&operation.undoes),
            undone_by: some(&operation.undone_by),
        }
    }
}

impl ListedOperation {
    /// What it is about: `topic/subscription`, or the topic.
    fn about(&self) -> String {
        match (&self.topic, &self.subscription) {
            (Some(topic), Some(subscription)) => format!("{topic}/{subscription}"),
            (Some(one), None) | (None, Some(one)) => one.clone(),
            (None, None) => String::new(),
        }
    }

    /// Whether and until when it can be taken back, in one word or two.
    fn undo(&self) -> String {
        match (&self.undone_by, &self.undo_until) {
            (Some(by), _) => format!("undone by {by}"),
            (None, Some(until)) => format!("until {until}"),
            (None, None) => "no".to_owned(),
        }
    }

    /// A line each for people; `undo` is the command that takes it back.
    pub(crate) fn fields(&self, undo: &str) -> Fields {
        let mut fields = Fields::default();
        fields.push("operation", &self.operation);
        let what = match &self.undoes {
            Some(undoes) => format!("undo of operation {undoes}"),
            None => self.act.replace('_', " "),
        };
        fields.push("what", what);
        fields.push("about", self.about());
        if !self.description.is_empty() {
            fields.push("selected", &self.description);
        }
        fields.push("state", self.state);
        fields.push("done", self.counts());
        if self.died_again > 0 {
            fields.push("died again", units::count(self.died_again));
        }
        if let Some(rate) = self.rate {
            fields.push("rate", format!("{}/s", units::count(rate)));
        }
        if let Some(canary) = self.canary {
            let judged = self.judge_time.as_ref();
            let judged = judged.map_or_else(String::new, |time| format!(", judged at {time}"));
            fields.push("canary", format!("{}{judged}", units::messages(canary)));
        }
        if let Some(brake) = self.brake_percent {
            fields.push("brake", format!("stops when more than {brake} % die again"));
        }
        if self.keeps_attempts {
            fields.push("attempts", "kept as they are");
        }
        fields.push("began", known(self.start_time.clone(), |time| time));
        fields.push("last", known(self.update_time.clone(), |time| time));
        let peer = self.peer.as_ref().map(|peer| format!("at {peer}"));
        let who: Vec<String> = self.actor.iter().cloned().chain(peer).collect();
        fields.push("who", who.join(" "));
        if let Some(plan) = &self.plan {
            fields.push("plan", plan);
        }
        let undo = match &self.undo_until {
            Some(_) if self.undone_by.is_none() => format!("{}: {undo}", self.undo()),
            _ => self.undo(),
        };
        fields.push("undo", undo);
        if let Some(note) = &self.note {
            fields.push("note", note);
        }
        fields
    }

    fn counts(&self) -> String {
        let of = format!(
            "{} of {}",
            units::count(self.affected),
            units::messages(self.selected)
        );
        match self.skipped {
            0 => of,
            left => format!("{of}, {} left as they are", units::count(left)),
        }
    }

    /// How far it is, in one line.
    pub(crate) fn progress(&self) -> String {
        let (id, act) = (&self.operation, self.act.replace('_', " "));
        let (about, counts) = (self.about(), self.counts());
        let mut parts = vec![format!("operation {id}, {act} of {about}: {counts}")];
        if self.died_again > 0 {
            parts.push(format!("{} died again", units::count(self.died_again)));
        }
        match (self.state, &self.note) {
            ("waiting", _) => {
                let at = self.judge_time.as_deref().unwrap_or("once it is judged");
                parts.push(format!("the canary is out, on with it at {at}"));
            }
            ("running", _) => {}
            ("stopped", Some(note)) => parts.push(format!("stopped: {note}")),
            (state, _) => parts.push(state.to_owned()),
        }
        parts.join("; ")
    }
}

/// Operations in columns.
pub(crate) fn operation_table(operations: &[ListedOperation], is_wide: bool) -> Table {
    let mut columns = vec![
        text("ID"),
        text("BEGAN"),
        text("WHO"),
        text("WHAT"),
        text("ABOUT"),
    ];
    columns.extend([
        text("SELECTED"),
        number("DONE"),
        number("OF"),
        text("STATE"),
    ]);
    if is_wide {
        columns.extend([
            number("SKIPPED"),
            number("DIED"),
            number("RATE"),
            text("PLAN"),
        ]);
    }
    columns.push(text("UNDO"));
    let mut table = Table::new(columns);
    for one in operations {
        let description = match &one.undoes {
            Some(undoes) => cell(format!("operation {undoes}")),
            None => cell(&one.description).clamp(DESCRIPTION_CELLS),
        };
        let mut row = vec![
            cell(&one.operation),
            cell(known(one.start_time.clone(), |time| time)),
            cell(one.actor.as_deref().unwrap_or_default()),
            cell(one.act.replace('_', " ")),
            cell(one.about()),
            description,
            cell(units::count(one.affected)),
            cell(units::count(one.selected)),
            cell(one.state),
        ];
        if is_wide {
            row.extend([
                cell(units::count(one.skipped)),
                cell(units::count(one.died_again)),
                cell(known(one.rate, units::count)),
                cell(one.plan.as_deref().unwrap_or_default()),
            ]);
        }
        row.push(cell(one.undo()));
        table.push(row);
    }
    table
}

/// How it ended for who waited for it: none if it did what it was asked.
pub(crate) fn bad_end(operation: &v1::Operation) -> Option<String> {
    let state = operation.state();
    if !is_over(state) || state == OperationState::Finished {
        return None;
    }
    let document = ListedOperation::from(operation);
    Some(document.progress())
}

fn some(text: &str) -> Option<String> {
    Some(text.to_owned()).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation() -> v1::Operation {
        v1::Operation {
            operation: "12".to_owned(),
            act: v1::OperationAct::Requeue.into(),
            state: OperationState::Stopped.into(),
            topic: "orders".to_owned(),
            subscription: "billing".to_owned(),
            selected: 2_871,
            affected: 20,
            died_again: 3,
            remaining: 2_851,
            canary_count: 20,
            brake_percent: 5.0,
            note: "3 of its canary of 20 have died again".to_owned(),
            actor: "dana".to_owned(),
            peer: "10.0.0.7:5000".to_owned(),
            description: "group 3f2a9c710b1d4e57".to_owned(),
            ..v1::Operation::default()
        }
    }

    #[test]
    fn an_operation_is_told_with_who_and_how_far() {
        let mut text = ListedOperation::from(&operation())
            .fields("weir op undo 7")
            .render(false);
        text.push('\n');
        let wide = [ListedOperation::from(&operation())];
        text.push_str(&operation_table(&wide, false).render(false));
        insta::assert_snapshot!("operation", text);
    }

    #[test]
    fn who_waited_is_told_why_it_did_not_do_what_it_was_asked() {
        assert_eq!(
            bad_end(&operation()).unwrap(),
            "operation 12, requeue of orders/billing: 20 of 2,871 messages; 3 died again; stopped: \
             3 of its canary of 20 have died again"
        );
        for state in [OperationState::Finished, OperationState::Running] {
            let mut operation = operation();
            operation.set_state(state);
            assert_eq!(bad_end(&operation), None);
        }
    }

    #[test]
    fn the_fields_are_those_of_the_json() {
        let object = super::super::list::object(&ListedOperation::default()).expect("an object");
        let keys: Vec<&str> = object.keys().map(String::as_str).collect();
        let fields: Vec<&str> = SCHEMA.fields.iter().map(|field| field.name).collect();
        let (mut keys, mut fields) = (keys, fields);
        keys.sort_unstable();
        fields.sort_unstable();
        assert_eq!(fields, keys);
    }

    #[test]
    fn what_is_hostile_stays_in_its_cell() {
        let mut operation = operation();
        operation.description = "a\n\u{1b}]0;x\u{7}".to_owned();
        let rows = [ListedOperation::from(&operation)];
        for is_wide in [false, true] {
            let text = operation_table(&rows, is_wide).render(false);
            assert_eq!(text.lines().count(), 2, "{text}");
            assert!(
                !text.chars().any(|c| c.is_control() && c != '\n'),
                "{text:?}"
            );
        }
    }
}
