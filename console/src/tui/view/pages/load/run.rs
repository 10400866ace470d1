//! How a run goes: what was asked for and what is reached, in figures and over time.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::super::parts::{boxed, fact, say_lines, say_middle, titled};
use crate::tui::look::{Look, Meaning, Script};
use crate::tui::state::load::{LoadState, Phase, Sight};
use crate::tui::view::chart::{Chart, Line, Mark, Quantity, Span, Unit, chart};
use crate::tui::view::figures;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// Seconds of a run that its chart shows at most.
const RANGE: f64 = 900.0;
/// Cells of a rate, so that the counts behind stand below one another.
const RATE_CELLS: usize = 8;

/// Draws the figures.
pub(in crate::tui::view) fn run(pen: &mut Pen<'_>, area: Rect, state: &LoadState) {
    let remark = Phrase::new().say("rates of the last 5s", Meaning::Label);
    let inner = boxed(pen, area, &titled("Run"), &remark);
    say_lines(pen, inner, &figures_of(state));
}

fn figures_of(state: &LoadState) -> Vec<Phrase> {
    let sight = &state.shown().sight;
    let plan = &state.about.plan;
    let mut said = vec![fact("asked", asked(state))];
    if let Some(burst) = plan.burst {
        let bursts = Phrase::new()
            .add(figures::count(burst.messages), Meaning::Strong)
            .say(" each ", Meaning::Label)
            .add(
                figures::age(Some(burst.every.as_secs_f64())),
                Meaning::Plain,
            );
        said.push(fact("bursts", bursts));
    }
    let published = flow(sight.publish_rate, sight.published, Meaning::Inflow);
    let confirmed = flow(sight.confirm_rate, sight.confirmed, Meaning::Plain);
    said.push(fact("reached", reached(state)));
    said.push(fact("published", published));
    said.push(fact("confirmed", confirmed));
    if plan.consumers > 0 {
        let acked = flow(sight.ack_rate, sight.acked, Meaning::Acked);
        let waiting = sight.confirmed.saturating_sub(sight.acked);
        let waiting = Phrase::new().add(figures::count(waiting), Meaning::Backlog);
        said.push(fact("acked", acked));
        said.push(fact("not acked", waiting));
    }
    said.push(fact("sent late", late(sight)));
    said
}

/// `20.0k/s constant`.
fn asked(state: &LoadState) -> Phrase {
    let plan = &state.about.plan;
    match (plan.backlog, state.asked()) {
        (Some(backlog), _) => Phrase::new()
            .add(figures::count(backlog), Meaning::Strong)
            .say(" to drain", Meaning::Label),
        (None, None) => Phrase::new().say(plan.shape.word(), Meaning::Strong),
        (None, asked) => Phrase::new()
            .add(figures::rate(asked), Meaning::Strong)
            .say(" ", Meaning::Plain)
            .say(plan.shape.word(), Meaning::Label),
    }
}

/// `20.0k/s   1,204,221`.
fn flow(rate: Option<f64>, count: u64, meaning: Meaning) -> Phrase {
    let rate = format!("{:<RATE_CELLS$}", figures::rate(rate).as_str());
    Phrase::new()
        .add(SafeText::new(rate), meaning)
        .say("  ", Meaning::Plain)
        .add(figures::count(count), Meaning::Plain)
}

/// The mean of what is measured.
fn reached(state: &LoadState) -> Phrase {
    let Some(reached) = state.shown().sight.reached else {
        let why = match state.phase() {
            Phase::Filling => "known once it is taken",
            _ => "not measured yet",
        };
        return Phrase::new().say(why, Meaning::Dim);
    };
    let since = if state.phase() == Phase::Draining {
        " since it is taken"
    } else {
        " after warm-up"
    };
    Phrase::new()
        .add(figures::rate(Some(reached)), Meaning::Strong)
        .say(since, Meaning::Label)
}

fn late(sight: &Sight) -> Phrase {
    let meaning = if sight.is_generator_limited {
        Meaning::Act
    } else {
        Meaning::Plain
    };
    Phrase::new()
        .add(figures::count(sight.late), meaning)
        .say(" by over 10ms", Meaning::Label)
}

/// Draws the rates over time.
pub(in crate::tui::view) fn rates(pen: &mut Pen<'_>, area: Rect, state: &LoadState) {
    let has_consumers = state.about.plan.consumers > 0;
    let title = titled("Messages per second");
    let sight = &state.shown().sight;
    let mut remark = legend(has_consumers, pen.look);
    if !sight.changes.is_empty() {
        remark = remark
            .say(pen.look.pick("  ◆", "  *"), Meaning::New)
            .say(" rate changed", Meaning::Label);
    }
    let inner = boxed(pen, area, &title, &remark);
    if inner.is_empty() {
        return;
    }
    let elapsed = sight.elapsed.as_secs_f64();
    let Some((until, seconds)) = sight
        .flow
        .last()
        .and(sight.flow.reach(Some(elapsed), RANGE))
    else {
        let said = Phrase::new().say("the first second is not over", Meaning::Dim);
        return say_middle(pen, inner, &[said]);
    };
    let lines = [
        Line {
            of: Quantity::Published,
            meaning: Meaning::Inflow,
        },
        Line {
            of: Quantity::Acked,
            meaning: Meaning::Acked,
        },
    ];
    let warm_up = Mark {
        at: state.about.plan.warm_up.as_secs_f64(),
        glyph: pen.look.pick("▲", "^"),
        meaning: Meaning::Watch,
        rank: 1,
    };
    let has_warm_up = warm_up.at > 0.0 && elapsed >= warm_up.at;
    let changes = sight.changes.iter().map(|change| Mark {
        at: change.at,
        glyph: pen.look.pick("◆", "*"),
        meaning: Meaning::New,
        rank: 2,
    });
    let marks: Vec<Mark> = changes.chain(has_warm_up.then_some(warm_up)).collect();
    let chart_of = Chart {
        past: &sight.flow,
        span: Span { until, seconds },
        lines: &lines,
        unit: Unit::Rate,
        limit: None,
        marks: &marks,
        end: if state.frozen.is_some() {
            "frozen"
        } else {
            "now"
        },
        cursor: None,
    };
    chart(pen, inner, &chart_of);
}

/// The names of the lines, and what the mark on the axis is.
fn legend(has_consumers: bool, look: Look) -> Phrase {
    let names = if has_consumers {
        ["published", "acked"]
    } else {
        ["published", "confirmed"]
    };
    let letters = if look.script == Script::Ascii {
        ["* ", "o "]
    } else {
        ["", ""]
    };
    Phrase::new()
        .say(letters[0], Meaning::Inflow)
        .say(names[0], Meaning::Inflow)
        .say("  ", Meaning::Plain)
        .say(letters[1], Meaning::Acked)
        .say(names[1], Meaning::Acked)
        .say("  ", Meaning::Plain)
        .say(look.pick("▲", "^"), Meaning::Watch)
        .say(" warmed up", Meaning::Label)
}
