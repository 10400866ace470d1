//! Charts as text, and what their columns stand for.

use prost_types::Timestamp;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use weir_proto::v1::{HistoryPoint, HistoryResponse};

use super::pool::columns;
use super::scale::Scale;
use super::*;
use crate::tui::look::{Look, Meaning};
use crate::tui::state::past::Past;
use crate::tui::view::pen::Pen;
use crate::tui::view::tests::{ASCII, COLORED};

const MINUTE: Span = Span {
    until: 1_060.0,
    seconds: 60.0,
};

fn point(second: i64, backlog: u64, publish_count: u64) -> HistoryPoint {
    HistoryPoint {
        sample_time: Some(Timestamp {
            seconds: second,
            nanos: 0,
        }),
        span_seconds: 1.0,
        backlog,
        publish_count,
        ack_count: publish_count / 2,
        lag_seconds: Some(backlog as f64 / 100.0),
        ..HistoryPoint::default()
    }
}

fn past(points: impl IntoIterator<Item = HistoryPoint>) -> Past {
    Past::new(&HistoryResponse {
        points: points.into_iter().collect(),
        truncated: false,
    })
}

/// A flood that begins after half of the time, with a gap before.
fn flood() -> Past {
    let known = (101..=560).chain(621..=1_000);
    past(known.map(|at| {
        let late = u64::try_from(at - 600).unwrap_or(0);
        point(at, 40 + late * 500, 800 + late)
    }))
}

fn drawn(look: Look, size: (u16, u16), draw: impl FnOnce(&mut Pen<'_>, Rect)) -> String {
    let area = Rect::new(0, 0, size.0, size.1);
    let mut buffer = Buffer::empty(area);
    draw(&mut Pen::new(&mut buffer, look), area);
    let line = |y| {
        (0..size.0)
            .map(|x| buffer[(x, y)].symbol())
            .collect::<String>()
    };
    let lines: Vec<String> = (0..size.1).map(|y| line(y).trim_end().to_owned()).collect();
    lines.join("\n")
}

fn flooded(look: Look, size: (u16, u16), (lines, unit): (&[Line], Unit)) -> String {
    let past = flood();
    let marks = [
        Mark {
            at: 610.0,
            glyph: look.pick("▲", "!"),
            meaning: Meaning::Watch,
            rank: 2,
        },
        Mark {
            at: 300.0,
            glyph: look.pick("◆", "#"),
            meaning: Meaning::Plain,
            rank: 1,
        },
    ];
    drawn(look, size, |pen, area| {
        chart(
            pen,
            area,
            &Chart {
                past: &past,
                span: Span {
                    until: 1_000.0,
                    seconds: 900.0,
                },
                lines,
                unit,
                limit: (unit == Unit::Seconds).then_some(1_500.0),
                marks: &marks,
                end: "now",
                cursor: None,
            },
        );
    })
}

const BACKLOG: [Line; 1] = [Line {
    of: Quantity::Backlog,
    meaning: Meaning::Backlog,
}];
const AGE: [Line; 1] = [Line {
    of: Quantity::Age,
    meaning: Meaning::Plain,
}];
const FLOW: [Line; 2] = [
    Line {
        of: Quantity::Published,
        meaning: Meaning::Inflow,
    },
    Line {
        of: Quantity::Acked,
        meaning: Meaning::Acked,
    },
];

#[test]
fn charts_as_they_are_seen() {
    insta::assert_snapshot!(
        "backlog",
        flooded(COLORED, (72, 9), (&BACKLOG, Unit::Count))
    );
    insta::assert_snapshot!(
        "age_with_limit",
        flooded(COLORED, (72, 9), (&AGE, Unit::Seconds))
    );
    insta::assert_snapshot!("two_rates", flooded(COLORED, (72, 9), (&FLOW, Unit::Rate)));
    insta::assert_snapshot!(
        "two_rates_ascii",
        flooded(ASCII, (72, 9), (&FLOW, Unit::Rate))
    );
    insta::assert_snapshot!("flat", flooded(COLORED, (40, 4), (&BACKLOG, Unit::Count)));
}

#[test]
fn a_column_of_a_gauge_is_its_peak_and_of_a_rate_its_mean() {
    let past = past((1_001..=1_060).map(|at| {
        let spike = u64::from(at == 1_005);
        point(at, 10 + 90 * spike, 60 * spike)
    }));
    let backlog = columns(&past, Quantity::Backlog, MINUTE, 6);
    assert_eq!(backlog[0], Some(100.0));
    assert_eq!(backlog[1..], [Some(10.0); 5]);
    let published = columns(&past, Quantity::Published, MINUTE, 6);
    assert!((published[0].unwrap() - 6.0).abs() < 1e-6, "{published:?}");
    assert_eq!(published[1], Some(0.0));
}

#[test]
fn what_was_not_measured_is_a_gap_and_not_a_zero() {
    let known = (1_001..=1_020).chain(1_041..=1_060);
    let past = past(known.map(|at| point(at, 5, 1)));
    let five = Some(5.0);
    assert_eq!(
        columns(&past, Quantity::Backlog, MINUTE, 6),
        [five, five, None, None, five, five]
    );
    assert_eq!(
        columns(&Past::default(), Quantity::Age, MINUTE, 3),
        [None; 3]
    );
}

#[test]
fn columns_finer_than_points_are_filled_by_the_point_that_covers_them() {
    let past = past((1_001..=1_060).map(|at| point(at, at.unsigned_abs(), 1)));
    let columns = columns(&past, Quantity::Backlog, MINUTE, 240);
    assert!(columns.iter().all(Option::is_some));
    assert_eq!(columns[236..], [Some(1_060.0); 4]);
    assert_eq!(columns[235], Some(1_059.0));
}

#[test]
fn a_chart_moves_as_a_whole() {
    let past = past((0..=1_060).map(|at| point(at + 1, (at % 7).unsigned_abs(), 1)));
    let at = |until: f64| {
        let span = Span {
            until,
            seconds: 60.0,
        };
        columns(&past, Quantity::Backlog, span, 6)
    };
    assert_eq!(at(1_051.0), at(1_060.0));
    assert_eq!(at(1_050.0)[1..], at(1_060.0)[..5]);
}

#[test]
fn a_moment_falls_into_the_column_of_its_points() {
    assert_eq!(MINUTE.place(1_059.9, 6), Some(5));
    assert_eq!(MINUTE.place(1_000.0, 6), Some(0));
    assert_eq!(MINUTE.place(999.0, 6), None);
    assert_eq!(MINUTE.place(1_061.0, 6), None);
    assert_eq!(MINUTE.place(1_010.0, 0), None);
}

#[test]
fn scales_end_in_round_figures_above_the_highest_value() {
    let labels = |highest, unit, rows| {
        let scale = Scale::fit(highest, unit, rows);
        assert!(highest.is_nan() || scale.top >= highest, "{scale:?}");
        let ticks: Vec<String> = scale.ticks().map(|(_, label)| label.to_string()).collect();
        ticks.join(" ")
    };
    assert_eq!(labels(0.0, Unit::Count, 6), "0 1");
    assert_eq!(labels(214_880.0, Unit::Count, 10), "0 100k 200k 300k");
    assert_eq!(labels(0.3, Unit::Rate, 4), "0 1");
    assert_eq!(labels(26.0, Unit::Seconds, 7), "0 15s 30s");
    assert_eq!(labels(0.084, Unit::Seconds, 5), "0 100ms");
    assert_eq!(labels(247_000.0, Unit::Count, 3), "0 300k");
    assert_eq!(labels(2_500.0, Unit::Seconds, 7), "0 30m 1h");
    assert_eq!(labels(f64::NAN, Unit::Rate, 7), "0 0.5");
    for exponent in 0..40_u32 {
        for unit in [Unit::Count, Unit::Rate, Unit::Seconds] {
            let highest = 1.7_f64.powi(exponent.cast_signed()) * 0.003;
            for (_, label) in Scale::fit(highest, unit, 12).ticks() {
                assert!(label.width() <= 5, "{label} of {highest}");
            }
        }
    }
}
