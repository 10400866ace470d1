//! Groups of dead messages: the document of `dlq groups`, its table, and the commands that act on one.

use serde::Serialize;
use weir_proto::filter::{Field, Filtered, Kind, Schema};
use weir_proto::v1;

use super::shell::word;
use super::table::{Table, cell, number, text};
use super::units::{self, known};

/// How many cells of a reason a table shows.
const REASON_CELLS: usize = 60;

/// Dead messages of one reason, as `dlq groups` prints them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct DeadGroupDocument {
    pub(crate) fingerprint: String,
    pub(crate) pattern: String,
    pub(crate) reason_class: String,
    pub(crate) count: u64,
    /// Of all dead messages, 0 to 1.
    pub(crate) share: f64,
    pub(crate) bytes: u64,
    pub(crate) first_death_time: Option<String>,
    pub(crate) last_death_time: Option<String>,
    /// Deaths in equal spans from the first one until now, the oldest first.
    pub(crate) trend: Vec<u64>,
    pub(crate) trend_span_seconds: f64,
    pub(crate) is_arriving: bool,
    pub(crate) requeued_before: u64,
    pub(crate) sample_message_ids: Vec<String>,
    pub(crate) commands: GroupCommands,
    /// How long ago the first and the last one died.
    #[serde(skip)]
    pub(crate) ages: [Option<f64>; 2],
}

/// Commands that act on exactly one group.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct GroupCommands {
    pub(crate) peek: String,
    pub(crate) export: String,
    pub(crate) requeue: String,
    pub(crate) purge: String,
}

const SCHEMA: Schema = Schema {
    fields: &[
        Field::new("fingerprint", Kind::Text),
        Field::new("pattern", Kind::Text).called(&["reason"]),
        Field::new("reason_class", Kind::Text).called(&["class"]),
        Field::new("count", Kind::Count),
        Field::new("share", Kind::Any),
        Field::new("bytes", Kind::Bytes).called(&["size"]),
        Field::new("first_death_time", Kind::Time).called(&["first"]),
        Field::new("last_death_time", Kind::Time).called(&["last"]),
        Field::new("is_arriving", Kind::Any).called(&["arriving"]),
        Field::new("requeued_before", Kind::Count),
    ],
    open: &[],
};

impl Filtered for DeadGroupDocument {
    fn schema() -> &'static Schema {
        &SCHEMA
    }
}

impl DeadGroupDocument {
    /// The groups of `subscription`, the largest first.
    pub(crate) fn all(subscription: &str, found: v1::GroupDeadLettersResponse) -> Vec<Self> {
        let (now, total) = (found.sample_time, found.total_count);
        let groups = found.groups.into_iter();
        let document = |group: v1::DeadGroup| {
            let age =
                |time: Option<&prost_types::Timestamp>| units::seconds_between(time, now.as_ref());
            Self {
                share: group.count as f64 / (total.max(1)) as f64,
                ages: [
                    age(group.first_death_time.as_ref()),
                    age(group.last_death_time.as_ref()),
                ],
                commands: GroupCommands::on(subscription, &group.fingerprint),
                fingerprint: group.fingerprint,
                pattern: group.pattern,
                reason_class: group.reason_class,
                count: group.count,
                bytes: group.bytes,
                first_death_time: units::rfc3339(group.first_death_time.as_ref()),
                last_death_time: units::rfc3339(group.last_death_time.as_ref()),
                trend: group.trend,
                trend_span_seconds: group.trend_span_seconds,
                is_arriving: group.is_arriving,
                requeued_before: group.requeued_before_count,
                sample_message_ids: group.sample_message_ids,
            }
        };
        groups.map(document).collect()
    }

    /// Why, for people: a reason may be missing.
    fn reason(&self) -> &str {
        match self.pattern.as_str() {
            "" => "(none given)",
            pattern => pattern,
        }
    }
}

impl GroupCommands {
    fn on(subscription: &str, fingerprint: &str) -> Self {
        let (name, filter) = (
            word(subscription),
            format!("fingerprint = \"{fingerprint}\""),
        );
        let filter = word(&filter);
        let command =
            |verb: &str, rest: &str| format!("weir dlq {verb} {name} --where {filter}{rest}");
        Self {
            peek: command("peek", ""),
            export: command("export", " -o jsonl"),
            requeue: command("requeue", " --dry-run"),
            purge: command("purge", " --dry-run"),
        }
    }
}

/// Groups in columns.
pub(crate) fn dead_group_table(groups: &[DeadGroupDocument], is_wide: bool) -> Table {
    let mut columns = vec![
        number("COUNT"),
        number("SHARE"),
        text("CLASS"),
        text("REASON"),
    ];
    columns.extend([text("TREND"), number("FIRST"), number("LAST"), text("NOW")]);
    if is_wide {
        columns.extend([number("SIZE"), number("REQUEUED"), text("SAMPLE")]);
    }
    columns.push(text("FINGERPRINT"));
    let mut table = Table::new(columns);
    for group in groups {
        let reason = cell(group.reason());
        let mut row = vec![
            cell(units::count(group.count)),
            cell(format!("{:.1}%", group.share * 100.0)),
            cell(&group.reason_class),
            if is_wide {
                reason
            } else {
                reason.clamp(REASON_CELLS)
            },
            cell(trend(&group.trend)),
        ];
        let ago = |age: Option<f64>| cell(known(age, |age| units::seconds(age.max(0.0)) + " ago"));
        row.extend(group.ages.map(ago));
        row.push(cell(if group.is_arriving {
            "arriving"
        } else {
            "quiet"
        }));
        if is_wide {
            let sample = group.sample_message_ids.first();
            row.extend([
                cell(units::bytes(group.bytes)),
                cell(units::count(group.requeued_before)),
                cell(sample.map_or(units::UNKNOWN, String::as_str)),
            ]);
        }
        row.push(cell(&group.fingerprint));
        table.push(row);
    }
    table
}

/// Deaths over time in one word: each span by its share of the largest; only none is the lowest.
fn trend(counts: &[u64]) -> String {
    const STEPS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = counts.iter().copied().max().unwrap_or(0).max(1);
    let step = |count: &u64| {
        let step = (u128::from(*count) * 7).div_ceil(u128::from(most));
        STEPS[usize::try_from(step).map_or(7, |step| step.min(7))]
    };
    counts.iter().map(step).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trend_shows_the_least_death_and_where_there_was_none() {
        assert_eq!(trend(&[0, 1, 500, 1_000, 0]), "▁▂▅█▁");
        assert_eq!(trend(&[0, 0]), "▁▁");
        assert_eq!(trend(&[u64::MAX, 1]), "█▂");
        assert_eq!(trend(&[]), "");
    }

    #[test]
    fn a_group_is_named_by_commands_that_act_on_it_alone() {
        let group = v1::DeadGroup {
            fingerprint: "00c0ffee00c0ffee".to_owned(),
            pattern: "smtp 421 from <host>".to_owned(),
            count: 3,
            ..v1::DeadGroup::default()
        };
        let found = v1::GroupDeadLettersResponse {
            total_count: 4,
            groups: vec![group],
            ..v1::GroupDeadLettersResponse::default()
        };
        let documents = DeadGroupDocument::all("shop/mail", found);
        assert_eq!(
            documents[0].commands.requeue,
            "weir dlq requeue shop/mail --where 'fingerprint = \"00c0ffee00c0ffee\"' --dry-run"
        );
        let table = dead_group_table(&documents, false).render(false);
        assert!(
            table.contains("75.0%") && table.contains("quiet"),
            "{table}"
        );
    }

    #[test]
    fn a_hostile_reason_stays_in_its_cell() {
        let group = DeadGroupDocument {
            pattern: "x\u{1b}]0;t\u{7}\n".to_owned(),
            ..DeadGroupDocument::default()
        };
        let table = dead_group_table(&[group], true).render(false);
        assert!(
            !table.chars().any(|c| c.is_control() && c != '\n'),
            "{table:?}"
        );
    }
}
