//! What stands in the place of the list when there is nothing to list, and why: these are not zeros.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::figures;
use super::list;
use super::pen::{Pen, lines};
use super::phrase::Phrase;
use crate::tui::look::Meaning;
use crate::tui::state::State;
use crate::tui::state::link::Freshness;

/// The notice for this state, if it has no rows to show.
pub(crate) fn notice(state: &State) -> Option<Vec<Phrase>> {
    match state.freshness() {
        Freshness::Connecting => Some(vec![
            Phrase::new()
                .say("Connecting to ", Meaning::Plain)
                .add(state.server.clone(), Meaning::Strong),
        ]),
        Freshness::NoBroker { reason, tries, .. } => Some(no_broker(state, reason, tries)),
        Freshness::Live | Freshness::Stale { .. } => nothing(state),
    }
}

/// Why a list of subscriptions is empty, if it is.
fn nothing(state: &State) -> Option<Vec<Phrase>> {
    let listing = state.listing();
    let place = &state.page().place;
    if !place.lists_subscriptions() || listing.matched > 0 || listing.is_coming {
        return None;
    }
    if !listing.filter.is_empty() {
        return Some(filtered_out(state));
    }
    let picture = state.shown();
    let count = picture.broker.as_ref().map(|one| one.subscription_count);
    if count.unwrap_or(0) == 0 && picture.rows.is_empty() {
        return Some(empty(state));
    }
    // There are some: none of them has dead messages, or they come with the next sample.
    None
}

/// Draws it in the box of the list.
pub(crate) fn draw(pen: &mut Pen<'_>, area: Rect, state: &State, said: &[Phrase]) {
    let was_stale = std::mem::replace(&mut pen.is_stale, false);
    let inner = list::frame(pen, area, state);
    let height = u16::try_from(said.len()).unwrap_or(u16::MAX);
    let skip = inner.height.saturating_sub(height) / 2;
    let rows = lines(inner).skip(usize::from(skip));
    for (row, phrase) in rows.zip(said) {
        pen.phrase_centered(row, phrase);
    }
    pen.is_stale = was_stale;
}

fn no_broker(state: &State, reason: SafeText, tries: u32) -> Vec<Phrase> {
    let so_far = if tries == 1 {
        " try so far"
    } else {
        " tries so far"
    };
    vec![
        Phrase::new()
            .say("No broker answers at ", Meaning::Plain)
            .add(state.server.clone(), Meaning::Strong),
        Phrase::new().add(reason, Meaning::Dim),
        Phrase::new(),
        command("weir serve             ", "starts one here              "),
        command("weir demo              ", "one with live traffic inside "),
        command("weir --server HOST:PORT", "looks elsewhere              "),
        Phrase::new(),
        Phrase::new()
            .say("Still trying: ", Meaning::Plain)
            .add(figures::count(tries.into()), Meaning::Plain)
            .say(so_far, Meaning::Plain),
    ]
}

fn empty(state: &State) -> Vec<Phrase> {
    let topics = state
        .shown()
        .broker
        .as_ref()
        .map_or(0, |broker| broker.topic_count);
    let mut said = vec![Phrase::new().say("No subscriptions yet", Meaning::Strong)];
    said.push(match topics {
        0 => Phrase::new().say("and no topics", Meaning::Plain),
        topics => Phrase::new()
            .add(figures::count(topics.into()), Meaning::Plain)
            .say(
                if topics == 1 {
                    " topic, which nobody reads"
                } else {
                    " topics, which nobody reads"
                },
                Meaning::Plain,
            ),
    });
    said.push(Phrase::new());
    if topics == 0 {
        said.push(command(
            "weir topic create orders              ",
            "makes a topic",
        ));
    }
    said.push(command(
        "weir sub create billing --topic orders",
        "reads it     ",
    ));
    said.push(command(
        "weir topic publish orders -m hello    ",
        "fills it     ",
    ));
    said
}

fn filtered_out(state: &State) -> Vec<Phrase> {
    let listing = state.listing();
    let mut said = vec![
        Phrase::new()
            .say("Nothing passes the filter ", Meaning::Plain)
            .add(listing.filter.typed(), Meaning::Strong),
    ];
    if listing.total > 0 {
        said.push(
            Phrase::new()
                .add(figures::count(listing.total as u64), Meaning::Plain)
                .say(" hidden by the filter", Meaning::Plain),
        );
    }
    said.push(Phrase::new());
    said.push(
        Phrase::new()
            .say("esc", Meaning::Key)
            .say(" clears it", Meaning::Plain),
    );
    said
}

fn command(command: &'static str, does: &'static str) -> Phrase {
    Phrase::new()
        .say(command, Meaning::Key)
        .say("   ", Meaning::Plain)
        .say(does, Meaning::Plain)
}
