//! The selected subscription of a list: a pane with facts, consumers and charts.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::columns::topic_meaning;
use super::facts;
use super::figures;
use super::pen::{Pen, lines, skip_left};
use super::phrase::Phrase;
use super::plot::{Curve, plot, seconds};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::consumer::Consumer;
use crate::tui::state::history::Series;
use crate::tui::state::picture::Row;

/// Cells for facts and consumers beside the charts.
const FACTS_CELLS: u16 = 62;
/// Charts stand at the right from this width on; below it they are left out.
const CHARTS_FROM: u16 = FACTS_CELLS + 36;
/// Two charts from this height on, one below it.
const TWO_CHARTS_FROM: u16 = 14;
/// Lines between the parts of the facts from this height on.
const AIRY_FROM: u16 = 15;

/// All there is about a subscription.
pub(crate) fn detail_of(pen: &mut Pen<'_>, area: Rect, row: &Row, sampled: Option<f64>) {
    let with_charts = area.width >= CHARTS_FROM;
    let share = (area.width * 2 / 5).clamp(FACTS_CELLS, FACTS_CELLS + 18);
    let left = Rect {
        width: if with_charts { share } else { area.width },
        ..area
    };
    let remark = Phrase::new();
    let inner = pen.frame(left, &title(row), &remark);
    let mut rest = lines(skip_left(inner, 1)).collect::<Vec<_>>().into_iter();
    for phrase in statements(row, pen.look, sampled, inner.height >= AIRY_FROM) {
        if let Some(line) = rest.next() {
            pen.phrase(line, &phrase);
        }
    }
    consumers(pen, &rest.collect::<Vec<_>>(), &row.now.consumers, sampled);
    if with_charts {
        charts(pen, skip_left(area, share), row);
    }
}

fn title(row: &Row) -> Phrase {
    Phrase::new()
        .add(row.now.name.clone(), Meaning::Strong)
        .say(" · topic ", Meaning::Label)
        .add(row.now.topic.clone(), topic_meaning(row.now.is_relaxed))
}

fn statements(row: &Row, look: Look, sampled: Option<f64>, is_airy: bool) -> Vec<Phrase> {
    let one = &row.now;
    let mut said = vec![
        facts::verdict(one, look),
        facts::states(one),
        facts::ages(one, sampled),
        facts::attempts(one),
        facts::books(one, look),
    ];
    if is_airy {
        said.push(Phrase::new());
    }
    said.extend(facts::rates(one));
    if is_airy {
        said.push(Phrase::new());
    }
    said
}

/// A table of the consumers in the lines that are left; the last line says how many are not shown.
fn consumers(pen: &mut Pen<'_>, rows: &[Rect], consumers: &[Consumer], sampled: Option<f64>) {
    const WIDTHS: [u16; 5] = [11, 8, 8, 8, 9];
    let Some((head, rest)) = rows.split_first() else {
        return;
    };
    if consumers.is_empty() {
        pen.say(*head, "no consumer is connected", Meaning::Dim);
        return;
    }
    let name_cells = head.width.saturating_sub(WIDTHS.iter().sum::<u16>() + 1);
    let columns = |line: Rect| {
        let mut at = skip_left(line, name_cells);
        WIDTHS.map(|width| {
            let cell = Rect {
                width: width.min(at.width),
                ..at
            };
            at = skip_left(at, width);
            cell
        })
    };
    let name = |line: Rect| Rect {
        width: name_cells.min(line.width),
        ..line
    };
    pen.say(name(*head), "CONSUMER", Meaning::Label);
    let titles = ["IN FLIGHT", "OUT", "ACKED", "FAILED", "LAST ACK"];
    for (cell, title) in columns(*head).into_iter().zip(titles) {
        pen.right(cell, &SafeText::literal(title), Meaning::Label);
    }
    let shown = if consumers.len() > rest.len() {
        rest.len().saturating_sub(1)
    } else {
        consumers.len()
    };
    for (line, one) in rest.iter().zip(&consumers[..shown]) {
        pen.left(name(*line), &one.name, Meaning::Plain);
        for (cell, (text, meaning)) in columns(*line).into_iter().zip(values(one, sampled)) {
            pen.right(cell, &text, meaning);
        }
    }
    if let (true, Some(line)) = (shown < consumers.len(), rest.get(shown)) {
        let more = Phrase::new()
            .add(
                figures::count((consumers.len() - shown) as u64),
                Meaning::Plain,
            )
            .say(" more", Meaning::Label);
        pen.phrase(*line, &more);
    }
}

fn values(one: &Consumer, sampled: Option<f64>) -> [(SafeText, Meaning); 5] {
    let mut in_flight = figures::count(one.leased);
    in_flight.push(&SafeText::literal("/"));
    in_flight.push(&if one.allowance > 0 {
        figures::count(one.allowance)
    } else {
        SafeText::literal("?")
    });
    let full = if one.is_full() {
        Meaning::Strong
    } else {
        Meaning::Plain
    };
    let failing = match one.fail_rate {
        Some(rate) if rate > 0.0 => Meaning::Watch,
        _ => Meaning::Plain,
    };
    let since = sampled
        .zip(one.last_ack)
        .map(|(now, then)| (now - then).max(0.0));
    [
        (in_flight, full),
        (figures::rate(one.deliver_rate), Meaning::Plain),
        (figures::rate(one.ack_rate), Meaning::Plain),
        (figures::rate(one.fail_rate), failing),
        (figures::age(since), Meaning::Plain),
    ]
}

/// Throughput, and below it the backlog if there is room.
fn charts(pen: &mut Pen<'_>, area: Rect, row: &Row) {
    let upper = if area.height >= TWO_CHARTS_FROM {
        area.height / 2
    } else {
        area.height
    };
    let top = Rect {
        height: upper,
        ..area
    };
    let remark = Phrase::new()
        .say("in", Meaning::Inflow)
        .say(" · ", Meaning::Label)
        .say("acked", Meaning::Acked);
    let remark = match pen.look.pick("", "ascii") {
        "" => remark,
        _ => Phrase::new().say("* in  o acked", Meaning::Plain),
    };
    chart(pen, top, ("Throughput, messages/s", &remark), |width| {
        vec![
            curve(row, Series::Inflow, width, Meaning::Inflow),
            curve(row, Series::Acked, width, Meaning::Acked),
        ]
    });
    if upper < area.height {
        let below = Rect {
            y: area.y + upper,
            height: area.height - upper,
            ..area
        };
        chart(pen, below, ("Backlog", &Phrase::new()), |width| {
            vec![curve(row, Series::Backlog, width, Meaning::Backlog)]
        });
    }
}

fn chart(
    pen: &mut Pen<'_>,
    area: Rect,
    (title, remark): (&'static str, &Phrase),
    curves: impl Fn(usize) -> Vec<Curve>,
) {
    let inner = pen.frame(area, &Phrase::new().say(title, Meaning::Strong), remark);
    let inner = Rect {
        width: inner.width.saturating_sub(1),
        ..inner
    };
    plot(pen, inner, &curves(seconds(inner)));
}

fn curve(row: &Row, series: Series, seconds: usize, meaning: Meaning) -> Curve {
    Curve {
        values: row.history.last(series, seconds).collect(),
        meaning,
    }
}
