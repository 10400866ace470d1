//! A result as a page: one HTML file with its plots in it, which needs no network and runs no script.

use std::fmt::Write as _;

use super::plot::{Line, bars, escaped, lines};
use super::second::Second;
use super::summary::{Quantiles, Summary, rounded};
use crate::present::units;

/// Light and dark, after what the reader's system prefers.
const STYLE: &str = "
:root { --ground: #fff; --text: #1c1e21; --dim: #6a7079; --grid: #e3e6ea; --a: #2563ad; --b: #b4540a; --c: #2d7d46; --bad: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --ground: #16181c; --text: #e6e8eb; --dim: #9aa1ab; --grid: #2d3138; --a: #7ab0f0; --b: #f0a35e; --c: #7fce97; --bad: #ff8a80 }
}
body { background: var(--ground); color: var(--text); font: 15px/1.5 system-ui, sans-serif; max-width: 900px; margin: 2em auto; padding: 0 1em }
h1 { font-size: 1.4em; margin-bottom: 0 } p.sub { color: var(--dim); margin-top: .2em }
table { border-collapse: collapse; font-variant-numeric: tabular-nums } th, td { text-align: right; padding: .2em .9em .2em 0 }
th:first-child, td:first-child { text-align: left } th { color: var(--dim); font-weight: 500 }
figure { margin: 2em 0 } figcaption { font-weight: 600 } .legend { color: var(--dim); margin: .2em 0 } .legend b { display: inline-block; width: 1em; height: 3px; margin: 0 .4em .25em 1em }
svg { width: 100%; height: auto } svg text { fill: var(--dim); font-size: 12px } .grid { stroke: var(--grid) }
path { fill: none; stroke-width: 1.6 } .s0 { stroke: var(--a) } .s1 { stroke: var(--b) } .s2 { stroke: var(--c) }
.k0 { background: var(--a) } .k1 { background: var(--b) } .k2 { background: var(--c) }
.bars { width: 100% } .bars .bar { width: 75% } .bars i { display: block; height: .8em; background: var(--a) } .bad { color: var(--bad) }
";

/// The page.
pub(crate) fn page(run: &Summary) -> String {
    let name = run.profile.as_deref().unwrap_or("run");
    let title = escaped(&format!("{name} on {}", run.topic));
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head><body>\n\
         <h1>{title}</h1>\n"
    );
    let kind = if run.durable { "durable" } else { "relaxed" };
    let what = format!(
        "{} messages of {}, {kind}, {} and {}, batches of {}, broker {}",
        units::count(run.messages),
        units::bytes(run.message_bytes),
        units::counted(run.producers.into(), "producer", "producers"),
        units::counted(run.consumers.into(), "consumer", "consumers"),
        units::count(run.batch),
        run.broker_version,
    );
    // Writing to a String cannot fail.
    let _infallible = writeln!(page, "<p class=\"sub\">{}</p>", escaped(&what));
    facts(&mut page, run);
    quantiles(&mut page, run);
    page.push_str(&rates(&run.seconds));
    page.push_str(&latencies(run));
    if run.consumers > 0 {
        let backlog = line("backlog", &run.seconds, |second| {
            Some(second.backlog as f64)
        });
        page.push_str(&lines(
            "Backlog: published and not acknowledged",
            &[backlog],
            count,
        ));
    }
    let bins = run.latency_bins.iter();
    let bins = bins.map(|bin| {
        (
            format!("≤ {}", units::seconds(bin.up_to_seconds)),
            bin.count,
        )
    });
    page.push_str(&bars(
        &format!("How many took how long, {}", way(run)),
        &bins.collect::<Vec<_>>(),
    ));
    page.push_str("<p class=\"sub\">Latency is counted from when a message was due, not from when it was sent.</p>\n</body></html>\n");
    page
}

fn facts(page: &mut String, run: &Summary) {
    let wrong = |count: u64| if count == 0 { "" } else { " class=\"bad\"" };
    page.push_str("<table><tr><th>rate</th><th>over</th><th>lost</th><th>duplicates</th><th>out of order</th><th>broker CPU</th><th>broker memory</th></tr>\n");
    let cpu = run
        .cpu_cores
        .map_or_else(|| "-".to_owned(), |cores| format!("{cores:.2} cores"));
    let memory = run.rss_bytes.map_or_else(|| "-".to_owned(), units::bytes);
    let _infallible = writeln!(
        page,
        "<tr><td>{}</td><td>{:.1} s</td><td{}>{}</td><td{}>{}</td><td{}>{}</td><td>{cpu}</td><td>{memory}</td></tr></table>",
        count(run.rate),
        run.elapsed_seconds,
        wrong(run.lost),
        units::count(run.lost),
        wrong(run.duplicates),
        units::count(run.duplicates),
        wrong(run.out_of_order),
        units::count(run.out_of_order),
    );
    for change in &run.rate_changes {
        let [from, to] = [change.from, change.to].map(count);
        let _infallible = writeln!(
            page,
            "<p class=\"sub\">The rate was changed from {from}/s to {to}/s at {:.1} s.</p>",
            change.at
        );
    }
    for (error, met) in &run.errors {
        let text = format!("{} met: {error}", units::messages(*met));
        let _infallible = writeln!(page, "<p class=\"bad\">{}</p>", escaped(&text));
    }
    if run.generator_limited {
        page.push_str("<p class=\"bad\">The generator was the limit: it could not keep its times while the broker had room.</p>\n");
    }
}

fn quantiles(page: &mut String, run: &Summary) {
    page.push_str("<table><tr><th>latency</th>");
    for (name, _) in Quantiles::default().named() {
        let _infallible = write!(page, "<th>{name}</th>");
    }
    page.push_str("</tr>\n");
    let mut rows = vec![("due to confirmed", run.confirm_seconds)];
    if run.consumers > 0 {
        rows.push(("due to consumed", run.latency_seconds));
        rows.push(("consumed to acknowledged", run.ack_seconds));
    }
    for (what, quantiles) in rows {
        let _infallible = write!(page, "<tr><td>{what}</td>");
        for (_, value) in quantiles.named() {
            let value = value.map_or_else(|| "-".to_owned(), units::seconds);
            let _infallible = write!(page, "<td>{value}</td>");
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</table>\n");
}

fn rates(seconds: &[Second]) -> String {
    let drawn = [
        line("published", seconds, |second| Some(second.publish_rate)),
        line("confirmed", seconds, |second| Some(second.confirm_rate)),
        line("acknowledged", seconds, |second| Some(second.ack_rate)),
    ];
    lines("Messages per second", &drawn, count)
}

fn latencies(run: &Summary) -> String {
    let is_consumed = run.consumers > 0;
    let pick =
        |consume: Option<f64>, confirm: Option<f64>| if is_consumed { consume } else { confirm };
    let drawn = [
        line("p50", &run.seconds, |second| {
            pick(second.consume_p50, second.confirm_p50)
        }),
        line("p99", &run.seconds, |second| {
            pick(second.consume_p99, second.confirm_p99)
        }),
    ];
    lines(&format!("Latency, {}", way(run)), &drawn, units::seconds)
}

fn way(run: &Summary) -> &'static str {
    if run.consumers > 0 {
        "from when a message was due until a consumer had it"
    } else {
        "from when a message was due until it was confirmed"
    }
}

fn line(name: &'static str, seconds: &[Second], value: impl Fn(&Second) -> Option<f64>) -> Line {
    Line {
        name,
        points: seconds
            .iter()
            .map(|second| (second.at, value(second)))
            .collect(),
    }
}

fn count(value: f64) -> String {
    units::count(rounded(value))
}

#[cfg(test)]
mod tests {
    use super::super::latency::Bin;
    use super::super::offered::RateChange;
    use super::super::summary::tests::sample;
    use super::*;

    #[test]
    fn a_change_of_the_rate_is_told() {
        let changed = Summary {
            rate_changes: vec![RateChange {
                at: 2.25,
                from: 5_000.0,
                to: 6_000.0,
            }],
            ..run()
        };
        let told = "The rate was changed from 5,000/s to 6,000/s at 2.2 s.";
        assert!(page(&changed).contains(told) && !page(&run()).contains("was changed"));
    }

    fn run() -> Summary {
        let second = |at: u32| Second {
            at: f64::from(at),
            publish_rate: 5_000.0,
            confirm_rate: 4_990.0,
            ack_rate: 4_980.0,
            backlog: 12,
            consume_p50: Some(0.001),
            consume_p99: (at != 2).then_some(0.004),
            ..Second::default()
        };
        Summary {
            seconds: (1..=5).map(second).collect(),
            latency_bins: vec![
                Bin {
                    up_to_seconds: 0.001,
                    count: 90,
                },
                Bin {
                    up_to_seconds: 0.002,
                    count: 10,
                },
            ],
            ..sample()
        }
    }

    #[test]
    fn a_page_needs_nothing_but_itself_and_has_every_plot() {
        let page = page(&run());
        for outside in ["http:", "https:", "<script", "src=", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
        for held in [
            "Messages per second",
            "Latency, from when",
            "Backlog",
            "How many took how long",
            "90.00 %",
            "due to consumed",
        ] {
            assert!(page.contains(held), "{held}");
        }
        assert_eq!(page.matches("<svg").count(), 3);
        assert!(!page.contains("class=\"bad\">"), "nothing went wrong");
    }

    #[test]
    fn what_went_wrong_stands_out_and_no_name_writes_the_page() {
        let wrong = Summary {
            topic: "<img onerror=x>".to_owned(),
            lost: 3,
            errors: [("<b>".to_owned(), 2)].into(),
            generator_limited: true,
            ..run()
        };
        let page = page(&wrong);
        assert!(!page.contains("<img") && !page.contains("<b>"), "{page}");
        assert!(page.contains("class=\"bad\">3"), "{page}");
        assert!(page.contains("The generator was the limit"));
    }
}
