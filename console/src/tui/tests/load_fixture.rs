//! A load test in the middle of its run, as its screen has seen it.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use weir_proto::safe_text::SafeText;
use weir_proto::v1::{
    Diagnosis, DrainState, HistoryPoint, HistoryResponse, Severity, SubscriptionStats, Verdict,
};

use super::fixture::{Shape, fresh, numbers, sample, subscription};
use crate::load::latency::Latency;
use crate::load::plan::Plan;
use crate::load::shape::Shape as Rates;
use crate::load::slo::Objectives;
use crate::tui::load_update::{Asked, take_sight, update};
use crate::tui::message::Message;
use crate::tui::state::link::Link;
use crate::tui::state::load::{About, LoadState, Sight, Spread, timestamp};
use crate::tui::state::past::Past;

/// The subscription of the run.
const NAME: &str = "load-00000000000007ef";
/// The second from which on consumers are too slow.
const BEHIND: u64 = 62;

/// Twenty thousand a second for three minutes, and one second before that.
pub(crate) fn about() -> About {
    About {
        server: "127.0.0.1:7420".to_owned(),
        topic: SafeText::literal("bench.orders"),
        subscription: Some(SafeText::literal(NAME)),
        is_durable: true,
        plan: Plan {
            shape: Rates::Constant(20_000.0),
            length: Duration::from_secs(181),
            warm_up: Duration::from_secs(1),
            consumers: 4,
            ..Plan::default()
        },
        objectives: None,
    }
}

/// Objectives of which one is missed.
pub(crate) fn objectives() -> Objectives {
    Objectives::read("min_rate = 15000\nlatency.p99 = \"50ms\"\nconfirm.p99 = \"10ms\"").unwrap()
}

/// A screen that has seen nothing of a run.
pub(crate) fn started(size: (u16, u16), about: About) -> LoadState {
    LoadState::new(fresh(size), about, None)
}

/// The same after some seconds: all goes well until [`BEHIND`], then consumers fall behind.
pub(crate) fn running(size: (u16, u16), about: About, seconds: u64) -> LoadState {
    let mut state = started(size, about);
    say(&mut state, 0, Message::Link(Link::Live));
    for second in 0..=seconds {
        let row = stats(second);
        say(
            &mut state,
            second,
            Message::Sample(numbers(sample(second, vec![row]))),
        );
    }
    let seen = sight(seconds, &state.about.plan);
    take_sight(&mut state, Duration::from_secs(seconds), seen);
    state
}

fn stats(second: u64) -> SubscriptionStats {
    let late = second.saturating_sub(BEHIND);
    let shape = Shape {
        id: 7,
        name: NAME,
        topic: "bench.orders",
        backlog: [1_300 * late, 60, 0],
        lag: Some(0.004 + late as f64 * 0.065),
        flow: [20_000.0, if late > 0 { 18_700.0 } else { 20_000.0 }],
        dead: 0,
        drain: if late > 0 {
            DrainState::Never
        } else {
            DrainState::Draining
        },
        consumers: &["load-consumer-0", "load-consumer-1"],
    };
    let mut stats = subscription(&shape, 0);
    stats.drain_seconds = (late == 0).then_some(0.4);
    let (verdict, severity, reason) = if late > 0 {
        let reason = "all consumers have as much as they may hold, and the backlog grows";
        (Verdict::UnderCapacity, Severity::Watch, reason)
    } else {
        (Verdict::Ok, Severity::Fine, "what comes in is acknowledged")
    };
    stats.diagnosis = Some(Diagnosis {
        verdict: verdict.into(),
        severity: severity.into(),
        reason: reason.to_owned(),
        ..Diagnosis::default()
    });
    stats
}

/// What is measured in such a run.
pub(crate) fn sight(seconds: u64, plan: &Plan) -> Sight {
    let has_consumers = plan.consumers > 0;
    let behind = seconds.saturating_sub(BEHIND);
    let published = 20_000 * seconds;
    let is_measured = Duration::from_secs(seconds) > plan.warm_up;
    let millis = |all: &[(u64, u64)]| {
        let mut latency = Latency::new();
        for (micros, count) in all.iter().filter(|_| is_measured) {
            latency.add(Duration::from_micros(*micros), *count);
        }
        latency
    };
    let confirm = millis(&[
        (420, 900_000),
        (2_000, 90_000),
        (6_800, 9_000),
        (88_000, 400),
    ]);
    let consume = millis(&[
        (800, 400_000),
        (3_400, 800_000),
        (900_000, 300_000 * behind.min(1)),
        (1_510_000, 150_000 * behind.min(1)),
    ]);
    let lately = millis(&[(1_290_000, 93_380)]);
    let ack = millis(&[(200, 900_000), (4_100, 9_000)]);
    let since_sent = millis(&[(400, 990_000), (1_900, 9_000)]);
    let none = Spread::default();
    let of = |latency: &Latency| {
        if has_consumers {
            Spread::of(latency)
        } else {
            none
        }
    };
    Sight {
        elapsed: Duration::from_secs(seconds),
        published,
        confirmed: published.saturating_sub(61),
        acked: if has_consumers {
            published.saturating_sub(61 + 1_300 * behind)
        } else {
            0
        },
        publish_rate: Some(20_000.0),
        confirm_rate: Some(19_996.0),
        ack_rate: has_consumers.then_some(18_676.0),
        reached: is_measured.then_some(19_660.0),
        confirm: Spread::of(&confirm),
        consume: of(&consume),
        lately: Spread::of(if has_consumers { &lately } else { &confirm }),
        ack: of(&ack),
        confirm_since_sent: Spread::of(&since_sent),
        consume_since_sent: of(&since_sent),
        bins: if has_consumers {
            consume.bins()
        } else {
            confirm.bins()
        },
        flow: flow(seconds),
        ..Sight::default()
    }
}

fn flow(seconds: u64) -> Past {
    let points = (1..=seconds).map(|second| HistoryPoint {
        sample_time: timestamp(second as f64),
        span_seconds: 1.0,
        publish_count: 20_000,
        ack_count: if second > BEHIND { 18_700 } else { 20_000 },
        ..HistoryPoint::default()
    });
    Past::new(&HistoryResponse {
        points: points.collect(),
        truncated: false,
    })
}

/// Applies a message in a second of the screen.
pub(crate) fn say(state: &mut LoadState, second: u64, message: Message) -> Asked {
    update(state, Duration::from_secs(second), message).0
}

/// Presses a key, with ctrl or without.
pub(crate) fn press(state: &mut LoadState, code: KeyCode, has_control: bool) -> Asked {
    let modifiers = if has_control {
        KeyModifiers::CONTROL
    } else {
        KeyModifiers::NONE
    };
    let now = state.base.now;
    update(state, now, Message::Key(KeyEvent::new(code, modifiers))).0
}
