//! How high a chart is: from nothing to a round figure, with round figures between.
//!
//! It begins at zero always: a chart that does not makes a ripple look like a flood.

use weir_proto::safe_text::SafeText;

/// What the figures of a chart are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    Count,
    /// Messages per second.
    Rate,
    Seconds,
}

/// The highest figure and how far the figures at the axis are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scale {
    pub(crate) top: f64,
    pub(crate) step: f64,
    unit: Unit,
}

/// Rows between two figures at least.
const ROWS_A_TICK: usize = 3;

/// Steps of spans beyond a second, as clocks have them.
const SECONDS: [f64; 17] = [
    1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 7_200.0,
    14_400.0, 43_200.0, 86_400.0,
];

impl Scale {
    /// The least scale of a chart of some rows that holds a value.
    pub(crate) fn fit(highest: f64, unit: Unit, rows: usize) -> Self {
        let ticks = (rows.saturating_sub(1) / ROWS_A_TICK).max(1) as f64;
        let highest = if highest.is_finite() { highest } else { 0.0 };
        let least = highest.max(least(unit)) / ticks;
        // With one figure only, in-between ones may be the highest.
        let step = round_up(least, unit, ticks < 2.0);
        Self {
            top: step * (highest.max(least) / step).ceil().max(1.0),
            step,
            unit,
        }
    }

    /// The figures at the axis, the lowest first, as parts of the height and in words.
    pub(crate) fn ticks(&self) -> impl Iterator<Item = (f64, SafeText)> {
        let (step, top, unit) = (self.step, self.top, self.unit);
        (0_u32..64)
            .map(move |at| f64::from(at) * step)
            .take_while(move |value| *value <= top * 1.001)
            .map(move |value| (value / top, label(value, unit)))
    }
}

/// Below this a chart shows noise.
fn least(unit: Unit) -> f64 {
    match unit {
        Unit::Count | Unit::Rate => 1.0,
        Unit::Seconds => 0.001,
    }
}

/// The next of 1, 2, 5, 10, 20 …, and of what clocks have.
fn round_up(value: f64, unit: Unit, is_only: bool) -> f64 {
    if unit == Unit::Seconds && value > 0.5 {
        let days = (value / 86_400.0).ceil() * 86_400.0;
        return SECONDS
            .into_iter()
            .find(|step| value <= *step)
            .unwrap_or(days);
    }
    let mut scale = if unit == Unit::Seconds { 0.001 } else { 1.0 };
    if unit == Unit::Rate && value < 1.0 {
        scale = 0.1;
    }
    let steps: &[f64] = if is_only {
        &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0]
    } else {
        &[1.0, 2.0, 5.0]
    };
    loop {
        for step in steps {
            if value <= scale * step * 1.000_001 || scale > 1e18 {
                return scale * step;
            }
        }
        scale *= 10.0;
    }
}

/// A round figure in at most five cells.
fn label(value: f64, unit: Unit) -> SafeText {
    let text = match (unit, value) {
        (_, 0.0) => "0".to_owned(),
        (Unit::Seconds, ..0.9995) => format!("{:.0}ms", value * 1_000.0),
        (Unit::Seconds, ..60.0) => format!("{value:.0}s"),
        (Unit::Seconds, ..3_600.0) => parts(value, 60.0, ('m', 's')),
        (Unit::Seconds, ..86_400.0) => parts(value, 3_600.0, ('h', 'm')),
        (Unit::Seconds, _) => format!("{:.0}d", value / 86_400.0),
        (_, ..0.95) => format!("{value:.1}"),
        _ => scaled(value),
    };
    SafeText::new(text)
}

fn parts(value: f64, large: f64, (unit, small): (char, char)) -> String {
    let whole = (value / large).floor();
    let rest = (value % large / large * 60.0).round();
    if rest < 1.0 {
        format!("{whole:.0}{unit}")
    } else if whole < 10.0 {
        format!("{whole:.0}{unit}{rest:.0}{small}")
    } else {
        format!("{:.1}{unit}", value / large)
    }
}

fn scaled(value: f64) -> String {
    let mut value = value;
    let units = ["", "k", "M", "G", "T", "P", "E"];
    let mut at = 0;
    while value >= 999.5 && at + 1 < units.len() {
        value /= 1_000.0;
        at += 1;
    }
    let is_whole = (value - value.round()).abs() < 0.05;
    let digits = usize::from(!is_whole);
    format!("{value:.digits$}{}", units[at])
}
