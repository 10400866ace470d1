//! Administrative acts: the document of `audit`, its table, and the check that their chain of hashes holds.
//!
//! A hash is the SHA-256 of the act's fields as they stand in the document, in this order: `sequence`, the time in
//! microseconds since 1970, `actor`, `peer`, `verb`, `topic`, `subscription`, `plan`, `operation` as a number (0 for
//! none), `selected`, `affected`, `skipped`, `detail`, and the 32 bytes of `previous_hash`. A number is written in
//! groups of seven bits, the lowest first, each but the last with its highest bit set; a text as its length in bytes,
//! a number, and its bytes.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use weir_proto::filter::{Field, Filtered, Kind, Schema};
use weir_proto::v1;

use super::table::{Table, cell, number, text};
use super::units::{self, known};

/// How many cells of a detail a table shows.
const DETAIL_CELLS: usize = 80;

/// An administrative act.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuditDocument {
    pub(crate) sequence: u64,
    pub(crate) event_time: Option<String>,
    /// As they said; empty if they did not say.
    pub(crate) actor: String,
    /// The address that they came from; empty if the broker did it by a rule.
    pub(crate) peer: String,
    pub(crate) verb: String,
    pub(crate) topic: String,
    pub(crate) subscription: String,
    pub(crate) plan: String,
    pub(crate) operation: String,
    pub(crate) selected: u64,
    pub(crate) affected: u64,
    pub(crate) skipped: u64,
    pub(crate) detail: String,
    /// In hexadecimal, as the next one.
    pub(crate) previous_hash: String,
    pub(crate) hash: String,
    /// Its number as text, by which it is called.
    #[serde(skip)]
    pub(crate) id: String,
}

/// The fields of acts, by which they are filtered wherever they are listed.
pub(crate) const SCHEMA: Schema = Schema {
    fields: &[
        Field::new("sequence", Kind::Count).called(&["id"]),
        Field::new("event_time", Kind::Time).called(&["time"]),
        Field::new("actor", Kind::Text).called(&["who"]),
        Field::new("peer", Kind::Text),
        Field::new("verb", Kind::Text).called(&["what"]),
        Field::new("topic", Kind::Text),
        Field::new("subscription", Kind::Text).called(&["sub"]),
        Field::new("plan", Kind::Text),
        Field::new("operation", Kind::Text),
        Field::new("selected", Kind::Count),
        Field::new("affected", Kind::Count),
        Field::new("skipped", Kind::Count),
        Field::new("detail", Kind::Text),
        Field::new("previous_hash", Kind::Text),
        Field::new("hash", Kind::Text),
    ],
    open: &[],
};

impl Filtered for AuditDocument {
    fn schema() -> &'static Schema {
        &SCHEMA
    }
}

impl From<v1::AuditRecord> for AuditDocument {
    fn from(record: v1::AuditRecord) -> Self {
        Self {
            sequence: record.sequence,
            event_time: units::rfc3339(record.event_time.as_ref()),
            actor: record.actor,
            peer: record.peer,
            verb: record.verb,
            topic: record.topic,
            subscription: record.subscription,
            plan: record.plan,
            operation: record.operation,
            selected: record.selected,
            affected: record.affected,
            skipped: record.skipped,
            detail: record.detail,
            previous_hash: hex(&record.previous_hash),
            hash: hex(&record.hash),
            id: record.sequence.to_string(),
        }
    }
}

impl AuditDocument {
    /// `topic/subscription`, or what there is of it.
    fn about(&self) -> String {
        match (self.topic.as_str(), self.subscription.as_str()) {
            (topic, "") => topic.to_owned(),
            ("", subscription) => subscription.to_owned(),
            (topic, subscription) => format!("{topic}/{subscription}"),
        }
    }

    /// The hash that it must have; none if a field cannot be one of a broker.
    fn expected_hash(&self) -> Option<String> {
        let time: prost_types::Timestamp = self.event_time.as_ref()?.parse().ok()?;
        let micros = u64::try_from(time.seconds).ok()?.checked_mul(1_000_000)?;
        let micros = micros.checked_add(u64::try_from(time.nanos).ok()? / 1_000)?;
        let operation: u64 = match self.operation.as_str() {
            "" => 0,
            id => id.parse().ok()?,
        };
        let mut hashed = Hashed::default();
        hashed.number(self.sequence).number(micros);
        for text in [&self.actor, &self.peer, &self.verb] {
            hashed.text(text);
        }
        for text in [&self.topic, &self.subscription, &self.plan] {
            hashed.text(text);
        }
        for number in [operation, self.selected, self.affected, self.skipped] {
            hashed.number(number);
        }
        hashed.text(&self.detail);
        hashed.0.extend(unhex(&self.previous_hash)?);
        Some(hex(&Sha256::digest(&hashed.0)))
    }
}

/// Bytes that are going to be hashed.
#[derive(Default)]
struct Hashed(Vec<u8>);

impl Hashed {
    fn number(&mut self, mut value: u64) -> &mut Self {
        loop {
            let [low, ..] = value.to_le_bytes();
            value >>= 7;
            if value == 0 {
                self.0.push(low & 0x7f);
                return self;
            }
            self.0.push(low | 0x80);
        }
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }
}

/// Looks at acts one after another, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Chain {
    first: Option<u64>,
    last: Option<(u64, String)>,
    count: u64,
    /// What is wrong with the first act that does not fit.
    broken: Option<String>,
}

impl Chain {
    /// Goes on with the next act.
    pub(crate) fn add(&mut self, act: &AuditDocument) {
        let sequence = act.sequence;
        self.count += 1;
        self.first.get_or_insert(sequence);
        let wrong = match &self.last {
            Some((before, _)) if before.checked_add(1) != Some(sequence) => Some(format!(
                "act {sequence} comes after act {before}: what lies between is missing"
            )),
            Some((before, hash)) if *hash != act.previous_hash => Some(format!(
                "act {sequence} does not go on from act {before} as it stands"
            )),
            _ if act.expected_hash().as_deref() != Some(&act.hash) => Some(format!(
                "act {sequence} is not as it was written: its hash is another"
            )),
            _ => None,
        };
        self.broken = self.broken.take().or(wrong);
        self.last = Some((sequence, act.hash.clone()));
    }

    /// Up to which act it holds, in words, or what breaks it.
    pub(crate) fn verdict(&self) -> Result<String, String> {
        if let Some(broken) = &self.broken {
            return Err(broken.clone());
        }
        Ok(match (self.first, &self.last) {
            (Some(first), Some((last, hash))) => format!(
                "{}, from {first} to {last}: the chain holds; the last hash is {hash}",
                units::counted(self.count, "act", "acts"),
            ),
            _ => "no act is on record".to_owned(),
        })
    }
}

/// What a check of the chain found, for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ChainDocument {
    pub(crate) holds: bool,
    pub(crate) acts: u64,
    pub(crate) first: Option<u64>,
    pub(crate) last: Option<u64>,
    pub(crate) last_hash: Option<String>,
    /// Null if it holds.
    pub(crate) problem: Option<String>,
}

impl From<&Chain> for ChainDocument {
    fn from(chain: &Chain) -> Self {
        Self {
            holds: chain.broken.is_none(),
            acts: chain.count,
            first: chain.first,
            last: chain.last.as_ref().map(|(last, _)| *last),
            last_hash: chain.last.as_ref().map(|(_, hash)| hash.clone()),
            problem: chain.broken.clone(),
        }
    }
}

/// Acts in columns, which keep their least widths in later parts.
pub(crate) fn audit_table(acts: &[AuditDocument], is_wide: bool) -> Table {
    let mut columns = vec![
        number("ID"),
        text("TIME"),
        text("WHO"),
        text("FROM"),
        text("WHAT"),
    ];
    columns.push(text("ABOUT"));
    columns.extend([number("DONE"), number("OF"), text("OPERATION")]);
    if is_wide {
        columns.extend([number("SKIPPED"), text("PLAN"), text("HASH")]);
    }
    columns.push(text("DETAIL"));
    let mut table = Table::new(columns).with_least_widths(&[5, 27, 8, 15, 19, 12]);
    for act in acts {
        let mut row = vec![
            cell(&act.id),
            cell(known(act.event_time.clone(), |time| time)),
            cell(&act.actor),
            cell(&act.peer),
            cell(&act.verb),
            cell(act.about()),
            cell(units::count(act.affected)),
            cell(units::count(act.selected)),
            cell(&act.operation),
        ];
        if is_wide {
            row.extend([
                cell(units::count(act.skipped)),
                cell(&act.plan),
                cell(&act.hash),
            ]);
        }
        let detail = cell(&act.detail);
        row.push(if is_wide {
            detail
        } else {
            detail.clamp(DETAIL_CELLS)
        });
        table.push(row);
    }
    table
}

/// Bytes as hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a String cannot fail.
        let _infallible = write!(text, "{byte:02x}");
    }
    text
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let pairs = (0..text.len()).step_by(2);
    pairs
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
#[path = "audit_tests.rs"]
mod tests;
