//! The partitions of a topic: what each holds, how much more than its part, and what that means in a
//! sentence: more consumers do not help one partition.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::now::percent;
use super::parts::{below, boxed, loaded, say_lines};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::topic::{Topic, TopicPart};
use crate::tui::view::figures;
use crate::tui::view::pen::{Pen, skip_left};
use crate::tui::view::phrase::Phrase;

/// A partition that takes this many times its part is worth a word.
const SKEWED_FROM: f64 = 1.5;
/// Cells of one partition in the table.
const CELLS: u16 = 36;

/// Draws them.
pub(super) fn partitions(pen: &mut Pen<'_>, area: Rect, state: &State) {
    if area.height == 0 {
        return;
    }
    let fetch = &state.page().data.topic;
    let title = Phrase::new().say("Partitions", Meaning::Strong);
    let remark = fetch
        .value()
        .map_or_else(Phrase::new, |topic| top_key(topic));
    let inner = boxed(pen, area, &title, &remark);
    let Some(topic) = loaded(pen, inner, fetch, state) else {
        return;
    };
    let verdict = verdict(topic, pen.look);
    say_lines(pen, inner, std::slice::from_ref(&verdict));
    table(pen, below(inner, 1), topic);
}

fn top_key(topic: &Topic) -> Phrase {
    let Some(key) = topic.top_keys.first() else {
        return Phrase::new();
    };
    Phrase::new()
        .say("top key ", Meaning::Label)
        .add(key.key.clamp(24), Meaning::Plain)
        .say(" ", Meaning::Plain)
        .add(
            key.share.map_or_else(figures::unknown, percent),
            Meaning::Strong,
        )
        .say(" of those with a key", Meaning::Label)
}

/// How many times its part a partition stores.
fn skew(part: &TopicPart, topic: &Topic) -> Option<f64> {
    let sum = topic
        .partitions
        .iter()
        .fold(0_u64, |sum, part| sum.saturating_add(part.stored_bytes));
    let even = sum as f64 / topic.partitions.len().max(1) as f64;
    (sum > 0).then(|| part.stored_bytes as f64 / even)
}

fn verdict(topic: &Topic, look: Look) -> Phrase {
    if topic.partitions.len() < 2 {
        return Phrase::new().say(look.pick("·", "."), Meaning::Dim).say(
            " one partition: all that is stored is in it",
            Meaning::Label,
        );
    }
    let worst = topic
        .partitions
        .iter()
        .filter_map(|part| Some((part, skew(part, topic)?)))
        .max_by(|a, b| a.1.total_cmp(&b.1));
    match worst {
        Some((part, skew)) if skew >= SKEWED_FROM => Phrase::new()
            .say(look.pick("▲", "!"), Meaning::Watch)
            .say(" partition ", Meaning::Plain)
            .add(figures::count(part.partition.into()), Meaning::Strong)
            .say(" stores ", Meaning::Plain)
            .add(SafeText::new(format!("{skew:.1}")), Meaning::Strong)
            .say(
                " times its part: only other keys change that",
                Meaning::Plain,
            ),
        Some(_) => Phrase::new().say(look.pick("●", "o"), Meaning::Fine).say(
            " no partition stores much more than its part",
            Meaning::Plain,
        ),
        None => Phrase::new()
            .say(look.pick("○", "-"), Meaning::Dim)
            .say(" nothing is stored", Meaning::Label),
    }
}

/// Column by column, as many as there is room for.
fn table(pen: &mut Pen<'_>, area: Rect, topic: &Topic) {
    let columns = (area.width / CELLS).max(1);
    let rows = usize::from(area.height.saturating_sub(1)).max(1);
    for column in 0..columns {
        let at = Rect {
            width: CELLS.min(area.width),
            ..skip_left(area, column * CELLS)
        };
        let skip = usize::from(column) * rows;
        if topic.partitions.len() <= skip || area.height < 2 {
            break;
        }
        let titles = SafeText::new(format!(
            "{:>4} {:>12} {:>9} {:>6}",
            "P", "NEXT", "SIZE", "SHARE"
        ));
        let mut said = vec![Phrase::new().add(titles, Meaning::Label)];
        let parts = topic.partitions.iter().skip(skip).take(rows);
        said.extend(parts.map(|part| row(part, topic)));
        say_lines(pen, at, &said);
    }
}

fn row(part: &TopicPart, topic: &Topic) -> Phrase {
    let skew = skew(part, topic);
    let share = skew.map_or_else(|| "-".to_owned(), |skew| format!("{skew:.2}x"));
    let meaning = if skew.is_some_and(|skew| skew >= SKEWED_FROM) {
        Meaning::Watch
    } else {
        Meaning::Plain
    };
    let text = format!(
        "{:>4} {:>12} {:>9} ",
        part.partition,
        figures::count(part.next_offset),
        figures::bytes(Some(part.stored_bytes)),
    );
    Phrase::new()
        .add(SafeText::new(text), Meaning::Plain)
        .add(SafeText::new(format!("{share:>6}")), meaning)
}
