//! What wants attention, in words, the worst first: the first thing that is read at night.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;
use weir_proto::v1::BrokerHealth;

use super::parts::{boxed, say_lines, sentence};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::broker::Broker;
use crate::tui::state::standing::Standing;
use crate::tui::state::subscription::Subscription;
use crate::tui::state::verdict::Severity;
use crate::tui::view::clock;
use crate::tui::view::figures;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// Lines of one problem at most.
const LINES_EACH: usize = 4;
/// A disk with less than this part free is worth a word, and with less than that must be acted on.
const DISK_LOW: f64 = 0.10;
const DISK_SHORT: f64 = 0.03;

/// A problem.
struct Problem {
    glyph: &'static str,
    meaning: Meaning,
    title: Phrase,
    text: SafeText,
}

/// Draws the problems, or that there are none.
pub(super) fn attention(pen: &mut Pen<'_>, area: Rect, state: &State) {
    let (problems, count) = problems(state, usize::from(area.height), pen.look);
    let mut title = Phrase::new().say("Needs attention", Meaning::Strong);
    if !problems.is_empty() {
        title = title
            .say(" (", Meaning::Label)
            .add(figures::count(count as u64), Meaning::Watch)
            .say(")", Meaning::Label);
    }
    let remark = if problems.is_empty() {
        Phrase::new()
    } else {
        Phrase::new()
            .say("!", Meaning::Key)
            .say(" next", Meaning::Label)
    };
    let inner = boxed(pen, area, &title, &remark);
    if inner.height == 0 {
        return;
    }
    let said = if problems.is_empty() {
        all_well(state, pen.look)
    } else {
        in_lines(&problems, count, inner)
    };
    say_lines(pen, inner, &said);
}

/// The worst problems, as many as could be seen at most, and how many there are.
fn problems(state: &State, most: usize, look: Look) -> (Vec<Problem>, usize) {
    let picture = state.shown();
    let mut problems: Vec<Problem> = picture
        .broker
        .iter()
        .flat_map(|broker| of_broker(broker, look))
        .collect();
    let (rows, count) = worst(state);
    let count = problems.len() + count;
    problems.extend(rows.into_iter().take(most).map(|one| {
        let standing = Standing::of(one);
        of_subscription(one, &standing, (picture.sampled, look))
    }));
    (problems, count)
}

/// The subscriptions that want attention, the worst first, and how many there are: of those that are here, or, where
/// the worst may be beyond the window, as the broker was asked for them.
fn worst(state: &State) -> (Vec<&Subscription>, usize) {
    let asked = state.page().data.worst.value();
    if let Some(asked) = asked.filter(|_| !state.has_worst()) {
        return (asked.rows.iter().collect(), asked.count);
    }
    let here = state.shown().rows.values().map(|row| &row.now);
    let mut rows: Vec<(&Subscription, Severity)> = here
        .map(|one| (one, Standing::severity_of(one)))
        .filter(|(_, severity)| severity.is_problem())
        .collect();
    rows.sort_by(|(a, one), (b, two)| {
        let age = |one: &Subscription| one.lag.unwrap_or(0.0);
        let rank = two.rank().cmp(&one.rank());
        rank.then_with(|| age(b).total_cmp(&age(a)))
            .then_with(|| a.name.as_str().cmp(b.name.as_str()))
    });
    let count = rows.len();
    (rows.into_iter().map(|(one, _)| one).collect(), count)
}

fn of_subscription(
    one: &Subscription,
    standing: &Standing,
    (now, look): (Option<f64>, Look),
) -> Problem {
    let (glyph, meaning) = look.standing(standing);
    let mut title = Phrase::new()
        .add(one.name.clone(), meaning)
        .say("  ", Meaning::Plain)
        .say(standing.word, Meaning::Strong);
    if standing.since.is_some() {
        title = title
            .say(" for ", Meaning::Label)
            .add(clock::since(standing.since, now), Meaning::Plain);
    }
    let mut text = standing.reason.clone();
    if one.diagnosis.is_none() {
        // The console's own verdict is a constant: the numbers belong to it.
        text.push(&SafeText::literal(" (backlog "));
        text.push(&figures::count(one.backlog));
        text.push(&SafeText::literal(", oldest "));
        text.push(&figures::age(one.lag_at(now)));
        text.push(&SafeText::literal(")"));
    }
    if !standing.advice.is_empty() {
        text.push(&SafeText::literal(" "));
        text.push(&standing.advice);
    }
    Problem {
        glyph,
        meaning,
        title,
        text,
    }
}

fn of_broker(broker: &Broker, look: Look) -> Vec<Problem> {
    let act = (look.pick("✖", "x"), Meaning::Act);
    let watch = (look.pick("▲", "!"), Meaning::Watch);
    let problem = |(glyph, meaning), title, text| Problem {
        glyph,
        meaning,
        title: Phrase::new().say(title, meaning),
        text,
    };
    let mut problems = Vec::new();
    match broker.health {
        BrokerHealth::Poisoned | BrokerHealth::DiskFull => {
            problems.push(problem(act, "the broker", broker.health_detail.clone()));
        }
        BrokerHealth::Draining => {
            let text = SafeText::literal("is shutting down");
            problems.push(problem(watch, "the broker", text));
        }
        BrokerHealth::Serving | BrokerHealth::Unspecified => {}
    }
    let free = broker
        .disk_free_bytes
        .zip(broker.disk_total_bytes)
        .map(|(free, total)| free as f64 / total.max(1) as f64);
    if let Some(free) = free.filter(|free| *free < DISK_LOW) {
        let sign = if free < DISK_SHORT { act } else { watch };
        let mut text = SafeText::literal("has only ");
        text.push(&figures::bytes(broker.disk_free_bytes));
        text.push(&SafeText::literal(
            " left: publishing stops when it is full.",
        ));
        problems.push(problem(sign, "the disk", text));
    }
    problems
}

/// Problems in lines: each has its title, and the worst have their sentences as far as there is room.
fn in_lines(problems: &[Problem], count: usize, area: Rect) -> Vec<Phrase> {
    let height = usize::from(area.height);
    let width = area.width.saturating_sub(2);
    let mut said = Vec::new();
    for (at, problem) in problems.iter().enumerate() {
        let left = height.saturating_sub(said.len());
        // Those after it want at least their titles, the last line says how many have not even these.
        let others = (problems.len() - at - 1).min(left.saturating_sub(1));
        let is_last_line = left == 1 && at + 1 < problems.len();
        if left == 0 || is_last_line {
            break;
        }
        said.push(
            Phrase::new()
                .say(problem.glyph, problem.meaning)
                .say(" ", Meaning::Plain)
                .then(problem.title.clone()),
        );
        // The worst one may crowd out the titles of others down to one line.
        let keep = if at == 0 {
            others.min(left / 3)
        } else {
            others
        };
        let room = left.saturating_sub(1 + keep).min(LINES_EACH);
        for line in sentence(&problem.text, width, room, Meaning::Plain) {
            said.push(Phrase::new().say("  ", Meaning::Plain).then(line));
        }
    }
    let shown = said.iter().filter(|line| starts_with_glyph(line)).count();
    if shown < count && said.len() < height {
        said.push(
            Phrase::new()
                .say("  and ", Meaning::Label)
                .add(figures::count((count - shown) as u64), Meaning::Watch)
                .say(" more", Meaning::Label),
        );
    }
    said
}

fn starts_with_glyph(line: &Phrase) -> bool {
    line.words
        .first()
        .is_some_and(|word| !word.text.as_str().starts_with(' '))
}

fn all_well(state: &State, look: Look) -> Vec<Phrase> {
    let picture = state.shown();
    let broker = picture.broker.as_ref();
    let dead = broker.map_or(0, |broker| broker.dead);
    // As many as the broker has, of which only a window may be here.
    let here = picture.rows.len() as u64;
    let count = broker
        .map_or(0, |broker| u64::from(broker.subscription_count))
        .max(here);
    let mut said = vec![
        Phrase::new()
            .say(look.pick("●", "o"), Meaning::Fine)
            .say(" Nothing needs attention.", Meaning::Plain),
        Phrase::new()
            .say("  ", Meaning::Plain)
            .add(figures::count(count), Meaning::Plain)
            .say(" subscriptions are fine, draining or idle.", Meaning::Label),
    ];
    if dead > 0 {
        said.push(
            Phrase::new()
                .say("  ", Meaning::Plain)
                .add(figures::count(dead), Meaning::Plain)
                .say(" messages are dead: ", Meaning::Label)
                .say("4", Meaning::Key)
                .say(" says why.", Meaning::Label),
        );
    }
    said
}
