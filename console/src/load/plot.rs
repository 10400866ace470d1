//! Lines and bars as SVG, drawn by hand: two shapes need no library, and the page stays small enough to be mailed.
//!
//! Colours come from the page's style (`.s0`, `.s1`, ...), so that it can be light and dark.

use std::fmt::Write as _;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 220.0;
/// Room for the numbers at the left, and for those below.
const LEFT: f64 = 78.0;
const BELOW: f64 = 24.0;
const ABOVE: f64 = 8.0;
const TICKS: u32 = 4;

/// One line of a plot.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) name: &'static str,
    /// x and y; a gap where y is not known.
    pub(super) points: Vec<(f64, Option<f64>)>,
}

/// What a text is in HTML, whatever it holds.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            control if control.is_control() => safe.push('\u{fffd}'),
            other => safe.push(other),
        }
    }
    safe
}

/// Lines over seconds, with a legend; `unit` writes a value of the left axis. Says so if there is nothing to draw.
pub(super) fn lines(title: &str, lines: &[Line], unit: impl Fn(f64) -> String) -> String {
    let points = || lines.iter().flat_map(|line| &line.points);
    let ys = points().filter_map(|(_, y)| *y);
    let (xs, top) = (points().map(|(x, _)| *x), ys.fold(0.0, f64::max));
    let end = xs.fold(0.0, f64::max);
    let mut svg = figure(title);
    if end <= 0.0 || top <= 0.0 {
        svg.push_str("<p>nothing was measured</p></figure>\n");
        return svg;
    }
    legend(&mut svg, lines);
    let top = ceiling(top);
    begin(&mut svg, title);
    for tick in 0..=TICKS {
        let part = f64::from(tick) / f64::from(TICKS);
        let y = HEIGHT - BELOW - part * (HEIGHT - BELOW - ABOVE);
        let _infallible = write!(
            svg,
            "<line class=\"grid\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
             <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
            LEFT - 8.0,
            y + 4.0,
            escaped(&unit(top * part)),
        );
        let x = LEFT + part * (WIDTH - LEFT);
        let anchor = if tick == TICKS { "end" } else { "middle" };
        let _infallible = write!(
            svg,
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"{anchor}\">{:.0} s</text>",
            HEIGHT - 6.0,
            end * part
        );
    }
    for (index, line) in lines.iter().enumerate() {
        let place = |x: f64, y: f64| {
            (
                LEFT + x / end * (WIDTH - LEFT),
                HEIGHT - BELOW - y / top * (HEIGHT - BELOW - ABOVE),
            )
        };
        let mut path = String::new();
        let mut is_pen_down = false;
        for (x, y) in &line.points {
            let Some(y) = y else {
                is_pen_down = false;
                continue;
            };
            let (x, y) = place(*x, *y);
            let _infallible = write!(path, "{}{x:.1} {y:.1}", if is_pen_down { 'L' } else { 'M' });
            is_pen_down = true;
        }
        let _infallible = write!(svg, "<path class=\"s{index}\" d=\"{path}\"/>");
    }
    svg.push_str("</svg></figure>\n");
    svg
}

/// A bar for each name, as long as its share of the largest, with the share of all beside it.
pub(super) fn bars(title: &str, bars: &[(String, u64)]) -> String {
    let mut svg = figure(title);
    let all: u64 = bars.iter().map(|(_, count)| *count).sum();
    let largest = bars.iter().map(|(_, count)| *count).max().unwrap_or(0);
    if largest == 0 {
        svg.push_str("<p>nothing was measured</p></figure>\n");
        return svg;
    }
    svg.push_str("<table class=\"bars\">\n");
    for (name, count) in bars {
        let width = *count as f64 / largest as f64 * 100.0;
        let share = *count as f64 / all as f64 * 100.0;
        let _infallible = writeln!(
            svg,
            "<tr><td>{}</td><td class=\"bar\"><i style=\"width:{width:.2}%\"></i></td><td>{share:.2} %</td></tr>",
            escaped(name)
        );
    }
    svg.push_str("</table></figure>\n");
    svg
}

fn figure(title: &str) -> String {
    format!("<figure><figcaption>{}</figcaption>\n", escaped(title))
}

fn begin(svg: &mut String, title: &str) {
    let _infallible = write!(
        svg,
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{}\">",
        escaped(title)
    );
}

fn legend(svg: &mut String, lines: &[Line]) {
    svg.push_str("<p class=\"legend\">");
    for (index, line) in lines.iter().enumerate() {
        let _infallible = write!(svg, "<b class=\"k{index}\"></b>{} ", escaped(line.name));
    }
    svg.push_str("</p>\n");
}

/// The next of 1, 2, 2.5, 5, 10, ... times a power of ten, so that the ticks are round.
fn ceiling(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let steps = [1.0, 2.0, 2.5, 4.0, 5.0, 8.0, 10.0];
    let step = steps.into_iter().find(|step| step * power >= value);
    step.unwrap_or(10.0) * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_parts_a_line_and_nothing_to_draw_is_said() {
        let line = Line {
            name: "published",
            points: vec![
                (1.0, Some(5.0)),
                (2.0, None),
                (3.0, Some(7.0)),
                (4.0, Some(8.0)),
            ],
        };
        let drawn = lines("rates", &[line], |value| format!("{value}/s"));
        assert_eq!(drawn.matches('M').count(), 2, "{drawn}");
        assert_eq!(drawn.matches('L').count(), 1, "{drawn}");
        assert!(drawn.contains("8/s"), "{drawn}");
        assert!(lines("rates", &[], |_| String::new()).contains("nothing was measured"));
        assert!(bars("times", &[]).contains("nothing was measured"));
    }

    #[test]
    fn no_text_gets_out_of_its_place() {
        let drawn = bars("<script>", &[("\"><b>&\u{1b}".to_owned(), 1)]);
        assert!(!drawn.contains("<script>") && !drawn.contains("<b>") && !drawn.contains('\u{1b}'));
    }

    #[test]
    fn the_top_of_an_axis_is_round_and_not_below_its_values() {
        for (value, top) in [
            (0.7, 0.8),
            (1.0, 1.0),
            (11.0, 20.0),
            (230.0, 250.0),
            (9_100.0, 10_000.0),
        ] {
            assert!((ceiling(value) - top).abs() < top * 1e-9, "{value}");
        }
    }
}
