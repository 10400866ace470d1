//! Entries about operations as frame heads.
//!
//! ```text
//! 40 Started     operation record, progress
//! 41 State       the same, restated
//! 42 Part        operation, index, partition, epoch, ranges, 1 if back else 0, cursor, skipped ranges, image
//! 43 Step        operation, progress, 0 | 1, index, cursor, skipped ranges, image
//! 44 Forgotten   operation
//! 45 PulledBack  subscription, partition, operation, image
//! 46 Restored    subscription, partition, operation, cause, ranges, image
//! 48, 49         see `aside`
//! image          count, each: distance, length, a record as in a page, fingerprint of a dead one (u64 LE, 0 = none)
//! ```
//!
//! Version 2 of what publishes: a state has its target's topic and name before the progress, a part and a step have at
//! their end the copies (count, each: distance, length, partition, offset of the first).

use super::aside::{BroughtBack, SetAside};
use super::bytes::{DecodeError, Reader, Writer};
use super::drop_cause::DropCause;
use super::operation::{
    Copied, Deed, Operated, OperationPart, OperationProgress, OperationRecord, OperationState,
    OperationStep, PartStep, Phase, PulledBack, Restored, Who,
};
use super::record_codec::{read_place, write_place};
use super::state::{DeadRecord, Record};
use crate::model::{
    Epoch, Fingerprint, Incarnation, Offset, OffsetRange, OperationId, Partition, PlanId, Position,
    Span, SubscriptionId, Time, TopicId,
};

/// Histories of messages.
type Image = Vec<(OffsetRange, Record)>;

/// Writes an entry; gives its kind and the oldest version that can say it.
pub(super) fn write(out: &mut Writer, entry: &Operated) -> (u8, u8) {
    let kind = match entry {
        Operated::Started(state) => return (40, write_state(out, state)),
        Operated::State(state) => return (41, write_state(out, state)),
        Operated::Part(part) => {
            out.number(part.operation.0).number(part.index.into());
            out.number(part.partition.0.into())
                .number(part.epoch.0.into());
            out.ranges(&part.ranges).number(part.is_back.into());
            out.number(part.cursor.0).ranges(&part.skipped);
            write_image(out, &part.image);
            return (42, write_copies(out, &part.copies));
        }
        Operated::Step(step) => {
            out.number(step.operation.0);
            write_progress(out, &step.progress);
            out.number(step.part.is_some().into());
            if let Some(part) = &step.part {
                out.number(part.index.into()).number(part.cursor.0);
                out.ranges(&part.skipped);
                write_image(out, &part.image);
                return (43, write_copies(out, &part.copies));
            }
            43
        }
        Operated::Forgotten(id) => {
            out.number(id.0);
            44
        }
        Operated::PulledBack(entry) => {
            write_place(out, entry.subscription, entry.partition).number(entry.operation.0);
            let image = entry.dead.iter();
            let image: Image = image
                .map(|&(range, dead)| (range, Record::Dead(dead)))
                .collect();
            write_image(out, &image);
            45
        }
        Operated::Restored(entry) => {
            let place = write_place(out, entry.subscription, entry.partition);
            place.number(entry.operation.0).number(entry.cause as u64);
            out.ranges(&entry.ranges);
            write_image(out, &entry.image);
            46
        }
        Operated::SetAside(entry) => entry.write(out),
        Operated::BroughtBack(entry) => entry.write(out),
    };
    (kind, 1)
}

/// Reads an entry of a kind from 40 to 46, 48 or 49.
pub(super) fn read(kind: u8, version: u8, input: &mut Reader<'_>) -> Result<Operated, DecodeError> {
    let operation = |input: &mut Reader<'_>| input.number("the operation").map(OperationId);
    Ok(match kind {
        40 => Operated::Started(read_state(input, version)?),
        41 => Operated::State(read_state(input, version)?),
        42 => Operated::Part(OperationPart {
            operation: operation(input)?,
            index: input.number_u32("the part")?,
            partition: Partition(input.number_u32("the partition")?),
            epoch: Epoch(input.number_u32("the epoch")?),
            ranges: input.ranges("the selection")?.into(),
            is_back: flag(input)?,
            cursor: Offset(input.number("the cursor")?),
            skipped: input.ranges("what was skipped")?,
            image: read_image(input)?,
            copies: read_copies(input, version)?,
        }),
        43 => Operated::Step(OperationStep {
            operation: operation(input)?,
            progress: read_progress(input)?,
            part: if flag(input)? {
                Some(PartStep {
                    index: input.number_u32("the part")?,
                    cursor: Offset(input.number("the cursor")?),
                    skipped: input.ranges("what was skipped")?,
                    image: read_image(input)?,
                    copies: read_copies(input, version)?,
                })
            } else {
                None
            },
        }),
        44 => Operated::Forgotten(operation(input)?),
        48 => Operated::SetAside(SetAside::read(input)?),
        49 => Operated::BroughtBack(BroughtBack::read(input)?),
        45 => {
            let (subscription, partition) = read_place(input)?;
            let operation = operation(input)?;
            let dead = read_image(input)?.into_iter().map(|(range, record)| {
                let Record::Dead(dead) = record else {
                    return Err(DecodeError::Invalid("a dead message"));
                };
                Ok((range, dead))
            });
            Operated::PulledBack(PulledBack {
                subscription,
                partition,
                operation,
                dead: dead.collect::<Result<_, _>>()?,
            })
        }
        _ => {
            let (subscription, partition) = read_place(input)?;
            Operated::Restored(Restored {
                subscription,
                partition,
                operation: operation(input)?,
                cause: cause(input.number("the cause")?)?,
                ranges: input.ranges("restored messages")?,
                image: read_image(input)?,
            })
        }
    })
}

fn cause(number: u64) -> Result<DropCause, DecodeError> {
    let mut all = DropCause::ALL.into_iter();
    all.find(|&known| known as u64 == number)
        .ok_or(DecodeError::Invalid("the cause"))
}

fn flag(input: &mut Reader<'_>) -> Result<bool, DecodeError> {
    match input.number("a flag")? {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(DecodeError::Invalid("a flag")),
    }
}

/// Gives the version.
fn write_state(out: &mut Writer, state: &OperationState) -> u8 {
    let record = &state.record;
    out.number(record.id.0).number(record.plan.broker);
    out.number(record.plan.incarnation.0)
        .number(record.plan.number);
    out.number(record.deed as u64)
        .number(record.subscription.0)
        .number(record.topic.0);
    out.text(&record.names.0).text(&record.names.1);
    out.text(&record.who.actor).text(&record.who.peer);
    out.number(record.started.0).number(record.rate);
    out.number(record.canary).number(record.canary_wait.0);
    out.number(record.brake.into())
        .number(record.keeps_attempts.into())
        .number(record.selected)
        .number(record.grace.0);
    out.number(record.undoes.0).text(&record.text);
    let is_aimed = record.target.0 > TopicId(0);
    if is_aimed {
        out.number(record.target.0.0).text(&record.target.1);
    }
    write_progress(out, &state.progress);
    1 + u8::from(is_aimed)
}

fn read_state(input: &mut Reader<'_>, version: u8) -> Result<OperationState, DecodeError> {
    let id = OperationId(input.number("the operation")?);
    let plan = PlanId {
        broker: input.number("the plan")?,
        incarnation: Incarnation(input.number("the plan")?),
        number: input.number("the plan")?,
    };
    let deed = input.number("the deed")?;
    let mut deeds = Deed::ALL.into_iter();
    let deed = deeds.find(|&known| known as u64 == deed);
    let record = OperationRecord {
        id,
        plan,
        deed: deed.ok_or(DecodeError::Invalid("the deed"))?,
        subscription: SubscriptionId(input.number("the subscription")?),
        topic: TopicId(input.number("the topic")?),
        names: (
            input.text("the topic")?.to_owned(),
            input.text("the subscription")?.to_owned(),
        ),
        who: Who {
            actor: input.text("the actor")?.to_owned(),
            peer: input.text("the peer")?.to_owned(),
        },
        started: Time(input.number("the start")?),
        rate: input.number("the rate")?,
        canary: input.number("the canary")?,
        canary_wait: Span(input.number("the wait")?),
        brake: input.number_u32("the brake")?,
        keeps_attempts: flag(input)?,
        selected: input.number("the selected")?,
        grace: Span(input.number("the grace")?),
        undoes: OperationId(input.number("what is undone")?),
        text: input.text("the selection")?.to_owned(),
        target: if version == 2 {
            let id = TopicId(input.number("the target")?);
            (id, input.text("the target")?.to_owned())
        } else {
            Default::default()
        },
    };
    Ok(OperationState {
        record,
        progress: read_progress(input)?,
    })
}

fn write_progress(out: &mut Writer, progress: &OperationProgress) {
    out.number(progress.phase as u64).number(progress.updated.0);
    out.number(progress.affected)
        .number(progress.skipped)
        .number(progress.died);
    out.number(progress.judged_at.0)
        .number(progress.undo_until.0)
        .number(progress.undone_by.0);
    out.text(&progress.note);
}

fn read_progress(input: &mut Reader<'_>) -> Result<OperationProgress, DecodeError> {
    let phase = input.number("the phase")?;
    let mut phases = Phase::ALL.into_iter();
    let phase = phases.find(|&known| known as u64 == phase);
    Ok(OperationProgress {
        phase: phase.ok_or(DecodeError::Invalid("the phase"))?,
        updated: Time(input.number("the time")?),
        affected: input.number("the affected")?,
        skipped: input.number("the skipped")?,
        died: input.number("the dead")?,
        judged_at: Time(input.number("the judgement")?),
        undo_until: Time(input.number("the deadline")?),
        undone_by: OperationId(input.number("the undo")?),
        note: input.text("the note")?.to_owned(),
    })
}

fn write_image(out: &mut Writer, image: &[(OffsetRange, Record)]) {
    out.number(image.len() as u64);
    let mut at = 0;
    for (range, record) in image {
        out.number(range.start.0 - at).number(range.count());
        at = range.end.0;
        write_record(out, record);
    }
}

fn read_image(input: &mut Reader<'_>) -> Result<Image, DecodeError> {
    let count = input.length("an image")?;
    let mut image = Vec::new();
    let mut at = 0;
    for _ in 0..count {
        let range = input.range_after(at, "an image")?;
        at = range.end.0;
        image.push((range, read_record(input)?));
    }
    Ok(image)
}

/// Gives the version.
fn write_copies(out: &mut Writer, copies: &[Copied]) -> u8 {
    if copies.is_empty() {
        return 1;
    }
    out.number(copies.len() as u64);
    let mut at = 0;
    for copied in copies {
        out.number(copied.range.start.0 - at)
            .number(copied.range.count());
        at = copied.range.end.0;
        out.number(copied.partition.0.into()).number(copied.base.0);
    }
    2
}

fn read_copies(input: &mut Reader<'_>, version: u8) -> Result<Vec<Copied>, DecodeError> {
    if version < 2 {
        return Ok(Vec::new());
    }
    let count = input.length("the copies")?;
    let mut copies = Vec::new();
    let mut at = 0;
    for _ in 0..count {
        let range = input.range_after(at, "the copies")?;
        at = range.end.0;
        copies.push(Copied {
            range,
            partition: Partition(input.number_u32("the copies")?),
            base: Offset(input.number("the copies")?),
        });
    }
    Ok(copies)
}

fn write_record(out: &mut Writer, record: &Record) {
    match *record {
        Record::Tried {
            attempts,
            first_failure,
        } => {
            out.number(1).number(attempts.into());
            out.number(first_failure.0);
        }
        Record::Waiting {
            attempts,
            first_failure,
            until,
        } => {
            out.number(2).number(attempts.into());
            out.number(first_failure.0).number(until.0);
        }
        Record::Dead(dead) => write_dead(out, 3, &dead),
        Record::Passed(dead) => write_dead(out, 4, &dead),
    }
}

fn write_dead(out: &mut Writer, tag: u64, dead: &DeadRecord) {
    out.number(tag).number(dead.attempts.into());
    out.number(dead.first_failure.0)
        .number(dead.last_failure.0)
        .number(dead.text.0)
        .number(dead.group.into());
    let fingerprint = dead.fingerprint.map_or(0, Fingerprint::number);
    out.0.extend_from_slice(&fingerprint.to_le_bytes());
}

fn read_fingerprint(input: &mut Reader<'_>) -> Result<Option<Fingerprint>, DecodeError> {
    let (number, _) = input.bytes(8, "the fingerprint")?.as_chunks::<8>();
    let number = number
        .first()
        .map_or(0, |number| u64::from_le_bytes(*number));
    Ok(Fingerprint::stored(number))
}

fn read_record(input: &mut Reader<'_>) -> Result<Record, DecodeError> {
    let tag = input.number("a record")?;
    let attempts = input.number_u32("the attempts")?;
    let first_failure = Time(input.number("the first failure")?);
    Ok(match tag {
        1 => Record::Tried {
            attempts,
            first_failure,
        },
        2 => Record::Waiting {
            attempts,
            first_failure,
            until: Time(input.number("the retry time")?),
        },
        3 | 4 => {
            let dead = DeadRecord {
                first_failure,
                last_failure: Time(input.number("the last failure")?),
                text: Position(input.number("the text")?),
                attempts,
                group: input.number_u32("the group")?,
                fingerprint: read_fingerprint(input)?,
            };
            if tag == 3 {
                Record::Dead(dead)
            } else {
                Record::Passed(dead)
            }
        }
        _ => return Err(DecodeError::Invalid("a record")),
    })
}
