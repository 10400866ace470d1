//! The figures of all rounds, and the table of their medians and ratios.

use std::collections::BTreeMap;

/// One row of the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Row {
    Publish,
    PublishKib,
    Drain,
    LatencyHalf,
    LatencyMost,
    Together,
    Keyed,
    Start,
    ManyPublish,
    ManyMemory,
    Unary,
    SyncOver,
    SyncAppend,
    SyncLarge,
}

impl Row {
    /// What it is, its unit, and whether less is better.
    fn words(self) -> (&'static str, &'static str, bool) {
        match self {
            Self::Publish => ("W1 publish, 128 B", "messages/s", false),
            Self::PublishKib => ("W1 publish, 1 KiB", "messages/s", false),
            Self::Drain => ("W2 drain 1 M, an ack each", "messages/s", false),
            Self::LatencyHalf => ("W3 at 5,000/s, p50", "ms", true),
            Self::LatencyMost => ("W3 at 5,000/s, p99", "ms", true),
            Self::Together => ("W4 four and four", "messages/s", false),
            Self::Keyed => ("W4 with 10,000 keys in order", "messages/s", false),
            Self::Start => ("W5 start to first message", "s", true),
            Self::ManyPublish => ("W6 one to each of 10,000", "messages/s", false),
            Self::ManyMemory => ("W6 memory for each", "KiB", true),
            Self::Unary => ("unary, 64 in flight", "calls/s", false),
            Self::SyncOver => ("sync of 4 KiB, written over", "ms", true),
            Self::SyncAppend => ("sync of 4 KiB, appended", "ms", true),
            Self::SyncLarge => ("synced groups of 1 MiB", "MB/s", false),
        }
    }
}

/// Medians by row and by who did the work.
#[derive(Default)]
pub(crate) struct Figures {
    found: BTreeMap<(Row, &'static str), Vec<f64>>,
}

impl Figures {
    /// Notes one figure and prints it, so that a long run is seen to go on.
    pub(crate) fn note(&mut self, row: Row, who: &'static str, figure: f64) {
        let (what, unit, _) = row.words();
        eprintln!("{who}: {what}: {} {unit}", number(figure));
        self.found.entry((row, who)).or_default().push(figure);
    }

    fn median(&self, row: Row, who: &'static str) -> Option<f64> {
        let mut figures = self.found.get(&(row, who))?.clone();
        figures.sort_by(f64::total_cmp);
        figures.get(figures.len() / 2).copied()
    }

    /// A table with `ours` first, then a column and a ratio for each of `others`; over 1 is better for `ours`.
    pub(crate) fn table(&self, ours: &'static str, others: &[&'static str]) -> String {
        let ratios = others.iter().map(|other| format!("{ours} / {other}"));
        let names = others.iter().map(|&other| other.to_owned());
        let mut head = vec!["work".to_owned(), ours.to_owned()];
        head.extend(names.chain(ratios));
        let mut lines = vec![line(&head), line(&vec!["---".to_owned(); head.len()])];
        let mut rows: Vec<Row> = self.found.keys().map(|(row, _)| *row).collect();
        rows.dedup();
        for row in rows {
            let (what, unit, is_less_better) = row.words();
            let own = self.median(row, ours);
            let mut cells = vec![format!("{what}, {unit}"), self.cell(row, ours)];
            cells.extend(others.iter().map(|other| self.cell(row, other)));
            cells.extend(others.iter().map(|other| {
                let ratio = own.zip(self.median(row, other)).map(|(own, other)| {
                    if is_less_better {
                        other / own
                    } else {
                        own / other
                    }
                });
                ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2}"))
            }));
            lines.push(line(&cells));
        }
        lines.join("\n")
    }

    /// The median, with the least and the most where they differ.
    fn cell(&self, row: Row, who: &'static str) -> String {
        let Some(median) = self.median(row, who) else {
            return "–".to_owned();
        };
        let figures = self.found.get(&(row, who)).into_iter().flatten();
        let ends = figures.fold((median, median), |(least, most), figure| {
            (figure.min(least), figure.max(most))
        });
        let [least, median, most] = [ends.0, median, ends.1].map(number);
        if least == most {
            median
        } else {
            format!("{median} ({least} to {most})")
        }
    }
}

fn line(cells: &[String]) -> String {
    format!("| {} |", cells.join(" | "))
}

/// With three digits that mean something.
fn number(figure: f64) -> String {
    match figure.abs() {
        1e6.. => format!("{:.2} M", figure / 1e6),
        1e4.. => format!("{:.0} k", figure / 1e3),
        1e3.. => format!("{:.1} k", figure / 1e3),
        100.0.. => format!("{figure:.0}"),
        10.0.. => format!("{figure:.1}"),
        1.0.. => format!("{figure:.2}"),
        _ => format!("{figure:.3}"),
    }
}
