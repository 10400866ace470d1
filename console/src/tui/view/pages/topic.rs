//! One topic: what comes in and is stored, its facts, its subscriptions, and where it is skewed.

use weir_proto::safe_text::SafeText;

use super::charts::{INFLOW, SELECTED_BACKLOG, STORED, charts};
use super::now::percent;
use super::partitions::partitions;
use super::parts::{boxed, fact, loaded, say_lines, titled};
use crate::tui::look::Meaning;
use crate::tui::state::State;
use crate::tui::state::areas::areas;
use crate::tui::state::topic::Topic;
use crate::tui::view::figures;
use crate::tui::view::list::list;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// Draws it between the tabs and the footer.
pub(crate) fn topic(pen: &mut Pen<'_>, state: &State) {
    let areas = areas(&state.page().place, &state.layout());
    charts(pen, areas.chart, state, &[INFLOW, SELECTED_BACKLOG, STORED]);
    let inner = boxed(pen, areas.side, &titled("Facts"), &Phrase::new());
    if let Some(topic) = loaded(pen, inner, &state.page().data.topic, state) {
        say_lines(pen, inner, &facts(topic));
    }
    list(pen, areas.list, state);
    partitions(pen, areas.foot, state);
}

fn facts(topic: &Topic) -> Vec<Phrase> {
    let plain = |text| Phrase::new().add(text, Meaning::Plain);
    let mut said = vec![
        fact(
            "in",
            Phrase::new()
                .add(figures::rate(topic.fast_rate), Meaning::Inflow)
                .say("  over 5m ", Meaning::Label)
                .add(figures::rate(topic.slow_rate), Meaning::Plain),
        ),
        fact(
            "stored",
            plain(figures::count(topic.stored))
                .say("  ", Meaning::Plain)
                .add(figures::bytes(Some(topic.stored_bytes)), Meaning::Plain),
        ),
        fact("published", plain(figures::count(topic.published))),
        fact(
            "partitions",
            plain(figures::count(topic.partition_count.into())),
        ),
        fact("subscriptions", readers(topic)),
    ];
    if topic.is_relaxed {
        said.push(fact(
            "confirmed",
            Phrase::new().say("before it is durable", Meaning::Act),
        ));
    } else {
        said.push(fact("confirmed", plain(SafeText::literal("when durable"))));
    }
    if !topic.top_keys.is_empty() {
        said.push(Phrase::new());
        said.push(Phrase::new().say("Keys that most messages carry", Meaning::Label));
        said.extend(topic.top_keys.iter().map(|key| {
            Phrase::new()
                .add(
                    SafeText::new(format!("{:<20} ", key.key.clamp(20))),
                    Meaning::Plain,
                )
                .add(
                    key.share.map_or_else(figures::unknown, percent),
                    Meaning::Strong,
                )
                .say("  partition ", Meaning::Label)
                .add(figures::count(key.partition.into()), Meaning::Plain)
        }));
    }
    said
}

fn readers(topic: &Topic) -> Phrase {
    let count = figures::count(topic.subscription_count.into());
    let phrase = Phrase::new().add(count, Meaning::Plain);
    if topic.unrouted == 0 {
        return phrase;
    }
    phrase
        .say("  ", Meaning::Plain)
        .add(figures::count(topic.unrouted), Meaning::Watch)
        .say(" went to nobody", Meaning::Label)
}
