//! One frame of the screen of a load test: the broker above, the run and its lag, the keys below.

use ratatui::Frame;
use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::bars::bar_of;
use super::figures;
use super::header::header_saying;
use super::overlay;
use super::pages::load;
use super::pen::{Pen, skip_left};
use super::phrase::Phrase;
use crate::load::end::End;
use crate::tui::load_keys::{KEYS, LoadAction, LoadKey};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::load::{LoadState, Phase};
use crate::tui::state::remark::Remark;

/// Cells of the bar of how far a run is.
const BAR: usize = 12;
/// Cells for the names of the keys in the help.
const KEY_CELLS: usize = 13;

/// Draws the state, in the size that it is laid out for; what does not fit is cut.
pub(crate) fn draw(frame: &mut Frame<'_>, state: &LoadState) {
    let base = &state.base;
    let places = load::places(base.size, load::more_lines(state));
    let mut pen = Pen::new(frame.buffer_mut(), base.look);
    let is_live = base.freshness().is_live();
    pen.is_stale = !is_live;
    let word = Phrase::new().say("load test", Meaning::Strong);
    header_saying(&mut pen, places.header, base, word);
    pen.is_stale = false;
    line(&mut pen, places.line, state);
    load::run(&mut pen, places.run, state);
    load::rates(&mut pen, places.rates, state);
    load::latencies(&mut pen, places.latencies, state);
    load::spread(&mut pen, places.spread, state);
    load::checks(&mut pen, places.checks, state);
    pen.is_stale = !is_live;
    load::lag(&mut pen, places.lag, state, places.chart.is_empty());
    load::lag_chart(&mut pen, places.chart, state);
    pen.is_stale = false;
    footer(&mut pen, places.footer, state);
    if state.has_help {
        help(&mut pen, Rect::new(0, 0, base.size.0, base.size.1));
    }
}

/// What is run, at the left; what it is at and how far, at the right, which is never left out.
fn line(pen: &mut Pen<'_>, area: Rect, state: &LoadState) {
    let area = Rect {
        width: area.width.saturating_sub(1),
        ..skip_left(area, 1)
    };
    let right = progress(state, pen.look);
    pen.phrase_right(area, &right);
    let room = usize::from(area.width).saturating_sub(right.width() + 2);
    let about = &state.about;
    let plan = &about.plan;
    let mut topic = Phrase::new().add(about.topic.clone(), Meaning::Strong);
    if !about.is_durable {
        topic = topic.say(" (relaxed)", Meaning::Act);
    }
    let counted = |count: u64, one: &'static str, many: &'static str| {
        let word = if count == 1 { one } else { many };
        Phrase::new()
            .add(figures::count(count), Meaning::Plain)
            .say(word, Meaning::Label)
    };
    let said = [
        topic,
        counted(plan.producers.into(), " producer", " producers"),
        counted(plan.consumers.into(), " consumer", " consumers"),
        Phrase::new().add(figures::bytes(Some(plan.size as u64)), Meaning::Plain),
        counted(plan.batch as u64, " in a publish", " in a publish at most"),
    ];
    pen.phrase(area, &Phrase::fitting(said, "  ", room));
}

/// `● measuring  1m24s of 3m00s ██████▌`.
fn progress(state: &LoadState, look: Look) -> Phrase {
    let phase = state.phase();
    let plan = &state.about.plan;
    let sight = &state.shown().sight;
    let (word, meaning) = match phase {
        Phase::WarmUp => ("warming up, not measured", Meaning::Watch),
        Phase::Measuring => ("measuring", Meaning::Fine),
        Phase::Filling => ("publishing the backlog", Meaning::Progress),
        Phase::Draining => ("draining", Meaning::Fine),
        Phase::Ending => ("ending", Meaning::Watch),
        Phase::TakingTheRest => ("taking the rest", Meaning::Progress),
    };
    let mut said = Phrase::new()
        .say(look.pick("●", "o"), meaning)
        .say(" ", Meaning::Plain)
        .say(word, meaning)
        .say("  ", Meaning::Plain)
        .add(figures::whole_seconds(sight.elapsed), Meaning::Strong);
    if plan.backlog.is_none() {
        said = said
            .say(" of ", Meaning::Label)
            .add(figures::whole_seconds(plan.length), Meaning::Plain);
    }
    let bar = bar_of(state.part(), BAR, look.script);
    said.say(" ", Meaning::Plain)
        .add(SafeText::new(format!("{bar:<BAR$}")), meaning)
}

fn footer(pen: &mut Pen<'_>, area: Rect, state: &LoadState) {
    let area = skip_left(area, 1);
    let said = match state.end {
        End::InTime => Phrase::new(),
        End::Early => Phrase::new()
            .say("ending; ", Meaning::Watch)
            .say("q", Meaning::Key)
            .say(" again leaves what is on the way", Meaning::Watch),
        End::AtOnce => Phrase::new().say("ending at once", Meaning::Watch),
    };
    let has_end = said.width() > 0;
    let said = match &state.remark {
        Some(remark) if has_end => said.say("  ", Meaning::Plain).then(remark_of(remark)),
        Some(remark) => remark_of(remark),
        None => said,
    };
    let is_useful = |key: &&LoadKey| match key.action {
        LoadAction::End => !has_end,
        LoadAction::Faster => state.keeps_rate().is_none(),
        LoadAction::Uncorrected => state.about.plan.has_due_times(),
        _ => true,
    };
    let hints = KEYS.iter().filter(is_useful).filter_map(|key| key.hint);
    let hints = hints.map(|(key, word)| {
        Phrase::new()
            .say(key, Meaning::Key)
            .say(" ", Meaning::Plain)
            .say(word, Meaning::Plain)
    });
    let said = Some(said.clone()).filter(|said| said.width() > 0);
    // What was said is cut, if anything is, and hints are left out.
    let room = usize::from(area.width);
    let is_long = said.as_ref().is_some_and(|said| said.width() > room);
    let line = match said {
        Some(said) if is_long => said,
        said => Phrase::fitting(said.into_iter().chain(hints), "  ", room),
    };
    pen.phrase(area, &line);
}

/// What a key has brought about.
fn remark_of(remark: &Remark) -> Phrase {
    let rate = |rate: f64| figures::rate(Some(rate));
    match remark {
        Remark::Nothing(why) => Phrase::new().say(why, Meaning::Watch),
        Remark::Changed(change) => Phrase::new()
            .say("asked for ", Meaning::Label)
            .add(rate(change.to), Meaning::Strong)
            .say(" instead of ", Meaning::Label)
            .add(rate(change.from), Meaning::Plain),
        Remark::Compared => Phrase::new().say(
            "the run so far is what latencies are compared with",
            Meaning::Label,
        ),
        Remark::Exporting => Phrase::new().say("writing files", Meaning::Label),
        Remark::Exported { stem, directory } => Phrase::new()
            .add(stem.clone(), Meaning::Strong)
            .say(".json .csv .hgrm are in ", Meaning::Label)
            .add(directory.clone(), Meaning::Strong),
        Remark::NotExported(why) => Phrase::new().add(why.clone(), Meaning::Act),
    }
}

/// The keys, and what is measured how.
fn help(pen: &mut Pen<'_>, screen: Rect) {
    let key = |key: &LoadKey| {
        Phrase::new()
            .add(
                SafeText::new(format!("{:<KEY_CELLS$}", key.shown)),
                Meaning::Key,
            )
            .say(key.does, Meaning::Plain)
    };
    let mut rows: Vec<Phrase> = KEYS.iter().map(key).collect();
    rows.push(Phrase::new());
    let said = [
        "Latencies count from when a message was due, so that a stall counts for each",
        "message that it held up; what was due in the warm-up is not among them.",
        "Uncorrected they count from when it was sent: nobody waited only so long.",
        "Lost is what was confirmed and never came: known when the rest is taken.",
        "Lag is what the broker says of the subscription of this run.",
    ];
    rows.extend(said.map(|text| Phrase::new().say(text, Meaning::Label)));
    overlay::boxed(pen, screen, "Keys of the load test", &rows);
}
