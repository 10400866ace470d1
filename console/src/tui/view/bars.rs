//! Bars that lie: how many of what, one a line, with the figure behind.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;

use super::figures;
use super::pen::{Pen, lines, skip_left};
use crate::tui::look::{Meaning, Script};
use crate::tui::state::latency::Latency;

/// A bar.
pub(crate) struct Bar {
    pub(crate) label: SafeText,
    pub(crate) value: f64,
    /// What stands behind it.
    pub(crate) text: SafeText,
}

const PARTS: [char; 8] = ['▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'];
/// Upper ends of the bars of a histogram of spans, in seconds.
const BOUNDS: [f64; 17] = [
    0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0,
    3_600.0,
];

/// Draws bars, the longest as long as there is room.
pub(crate) fn bars(pen: &mut Pen<'_>, area: Rect, bars: &[Bar], meaning: Meaning) {
    let cells = |of: fn(&Bar) -> &SafeText| {
        let widest = bars.iter().map(|bar| of(bar).width()).max().unwrap_or(0);
        u16::try_from(widest).unwrap_or(u16::MAX)
    };
    let (label, text) = (cells(|bar| &bar.label), cells(|bar| &bar.text));
    let room = area.width.saturating_sub(label + text + 2);
    let highest = bars
        .iter()
        .fold(0.0_f64, |highest, bar| highest.max(bar.value));
    for (line, bar) in lines(area).zip(bars) {
        let label_area = Rect {
            width: label.min(line.width),
            ..line
        };
        pen.right(label_area, &bar.label, Meaning::Label);
        let part = if highest > 0.0 {
            bar.value / highest
        } else {
            0.0
        };
        let drawn = SafeText::new(bar_of(part, usize::from(room), pen.look.script));
        pen.left(skip_left(line, label + 1), &drawn, meaning);
        pen.right(line, &bar.text, Meaning::Plain);
    }
}

/// A spread of spans as bars, in at most so many lines; shares are of all that was measured.
pub(crate) fn spread(latency: &Latency, rows: usize) -> Vec<Bar> {
    let counts = counts(latency);
    let Some(first) = counts.iter().position(|count| *count > 0) else {
        return Vec::new();
    };
    let last = counts.iter().rposition(|count| *count > 0).unwrap_or(first);
    let each = (last - first + 1).div_ceil(rows.max(1));
    let total = sum(&counts);
    let mut bars = Vec::new();
    let mut at = first;
    while at <= last {
        let end = (at + each - 1).min(last);
        let count = sum(&counts[at..=end]);
        let share = count as f64 / total.max(1) as f64;
        bars.push(Bar {
            label: bound(end),
            value: share,
            text: SafeText::new(format!("{:.0}%", share * 100.0)),
        });
        at = end + 1;
    }
    bars
}

/// Whatever a broker counts, the sum is a number.
fn sum(counts: &[u64]) -> u64 {
    counts
        .iter()
        .fold(0, |sum, count| sum.saturating_add(*count))
}

/// How many fell between each two bounds, and beyond the last one.
fn counts(latency: &Latency) -> Vec<u64> {
    let mut counts = vec![0_u64; BOUNDS.len() + 1];
    for (up_to, count) in &latency.buckets {
        // A bucket belongs where its middle is; its bound may be a little beyond ours.
        let at = BOUNDS.iter().position(|bound| *up_to <= bound * 1.07);
        let slot = &mut counts[at.unwrap_or(BOUNDS.len())];
        *slot = slot.saturating_add(*count);
    }
    counts
}

fn bound(at: usize) -> SafeText {
    let mut label = SafeText::literal(if at < BOUNDS.len() { "<" } else { ">" });
    let seconds = BOUNDS[at.min(BOUNDS.len() - 1)];
    label.push(&match seconds {
        ..1.0 => SafeText::new(format!("{:.0}ms", seconds * 1_000.0)),
        ..60.0 => SafeText::new(format!("{seconds:.0}s")),
        ..3_600.0 => SafeText::new(format!("{:.0}m", seconds / 60.0)),
        _ => figures::age(Some(seconds)),
    });
    label
}

/// A bar that fills a part of its room.
pub(crate) fn bar_of(part: f64, room: usize, script: Script) -> String {
    let steps = if script == Script::Ascii { 1 } else { 8 };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between 0 and the cells there are"
    )]
    let filled = (part.clamp(0.0, 1.0) * (room * steps) as f64).round() as usize;
    // What is not nothing is seen.
    let filled = if part > 0.0 && room > 0 {
        filled.max(1)
    } else {
        filled
    };
    match script {
        Script::Ascii => "#".repeat(filled),
        Script::Unicode | Script::Blocks => {
            let mut bar = "█".repeat(filled / 8);
            if filled % 8 > 0 {
                bar.push(PARTS[filled % 8 - 1]);
            }
            bar
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latency(buckets: &[(f64, u64)]) -> Latency {
        Latency {
            window: Some(60.0),
            count: buckets.iter().map(|(_, count)| count).sum(),
            p50: None,
            p90: None,
            p99: None,
            max: None,
            buckets: buckets.to_vec(),
        }
    }

    #[test]
    fn a_spread_has_a_bar_for_each_decade_between_its_ends() {
        let spread = spread(
            &latency(&[(0.004, 10), (0.017, 60), (0.09, 20), (0.4, 10)]),
            20,
        );
        let said: Vec<String> = spread
            .iter()
            .map(|bar| format!("{} {}", bar.label, bar.text))
            .collect();
        assert_eq!(
            said,
            [
                "<5ms 10%",
                "<10ms 0%",
                "<20ms 60%",
                "<50ms 0%",
                "<100ms 20%",
                "<200ms 0%",
                "<500ms 10%"
            ]
        );
    }

    #[test]
    fn a_spread_in_few_lines_puts_neighbours_together_and_loses_nothing() {
        let all = latency(&[(0.0008, 1), (0.03, 2), (2.4, 3), (9_000.0, 4)]);
        for rows in 1..20 {
            let spread = spread(&all, rows);
            assert!(spread.len() <= rows);
            let sum: f64 = spread.iter().map(|bar| bar.value).sum();
            assert!((sum - 1.0).abs() < 1e-9);
        }
        assert_eq!(spread(&all, 20).last().unwrap().label.as_str(), ">1h00m");
        assert!(spread(&latency(&[]), 5).is_empty());
    }

    #[test]
    fn a_bar_is_as_long_as_its_part_and_never_nothing_for_something() {
        assert_eq!(bar_of(1.0, 4, Script::Unicode), "████");
        assert_eq!(bar_of(0.5, 3, Script::Unicode), "█▌");
        assert_eq!(bar_of(0.000_1, 3, Script::Unicode), "▏");
        assert_eq!(bar_of(0.0, 3, Script::Unicode), "");
        assert_eq!(bar_of(0.5, 4, Script::Ascii), "##");
        assert_eq!(bar_of(f64::NAN, 4, Script::Ascii), "");
    }
}
