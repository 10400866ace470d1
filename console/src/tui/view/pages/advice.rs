//! How many consumers a subscription needs: the choices with their drain times, and what they rest on.

use ratatui::layout::Rect;
use weir_proto::safe_text::SafeText;
use weir_proto::v1::{AdviceBound, Confidence};

use super::now::percent;
use super::parts::{boxed, loaded, say_lines, sentence, titled};
use crate::tui::look::{Look, Meaning};
use crate::tui::state::State;
use crate::tui::state::advice::{Advice, Choice};
use crate::tui::view::figures;
use crate::tui::view::pen::Pen;
use crate::tui::view::phrase::Phrase;

/// From this width on what it rests on and its limits stand in one line.
const WIDE: u16 = 112;

/// Draws it.
pub(super) fn advice(pen: &mut Pen<'_>, area: Rect, state: &State) {
    if area.height == 0 {
        return;
    }
    let fetch = &state.page().data.advice;
    let remark = fetch
        .value()
        .map_or_else(Phrase::new, |advice| confidence(advice));
    let inner = boxed(pen, area, &titled("How many consumers"), &remark);
    let Some(advice) = loaded(pen, inner, fetch, state) else {
        return;
    };
    let height = usize::from(inner.height);
    let mut said = vec![choices(advice, (usize::from(inner.width), pen.look))];
    let rests_on = if inner.width >= WIDE {
        let limits = limits(advice);
        vec![
            capacity(advice),
            inputs(advice).say("   ", Meaning::Plain).then(limits),
        ]
    } else {
        vec![capacity(advice), inputs(advice), limits(advice)]
    };
    let room = height.saturating_sub(1 + rests_on.len()).max(1);
    said.extend(sentence(
        &advice.summary,
        inner.width,
        room,
        Meaning::Strong,
    ));
    said.extend(rests_on);
    said.truncate(height);
    say_lines(pen, inner, &said);
}

fn confidence(advice: &Advice) -> Phrase {
    let (word, meaning) = match advice.confidence {
        Confidence::Unspecified => ("not known", Meaning::Dim),
        Confidence::Low => ("low", Meaning::Watch),
        Confidence::Medium => ("medium", Meaning::Plain),
        Confidence::High => ("high", Meaning::Fine),
    };
    Phrase::new()
        .say("confidence ", Meaning::Label)
        .say(word, meaning)
}

/// `6 now: never   8: 21m   9: 3m ‹ advised   12: 50s`.
fn choices(advice: &Advice, (width, look): (usize, Look)) -> Phrase {
    let options = advice
        .options
        .iter()
        .map(|option| choice(option, advice, look));
    let line = Phrase::fitting(options, "    ", width);
    if !line.words.is_empty() {
        return line;
    }
    let count = Phrase::new()
        .add(figures::count(advice.consumers.into()), Meaning::Strong)
        .say(" now", Meaning::Label);
    match advice.recommended {
        Some(recommended) => count
            .say(", advised ", Meaning::Label)
            .say(
                if advice.is_lower_bound {
                    "at least "
                } else {
                    ""
                },
                Meaning::Label,
            )
            .add(figures::count(recommended.into()), Meaning::Strong),
        None => count.say(", and no number would help or is known", Meaning::Dim),
    }
}

fn choice(option: &Choice, advice: &Advice, look: Look) -> Phrase {
    let meaning = if option.is_recommended {
        Meaning::Strong
    } else {
        Meaning::Plain
    };
    let mut phrase = Phrase::new().add(figures::count(option.consumers.into()), meaning);
    if option.consumers == advice.consumers {
        phrase = phrase.say(" now", Meaning::Label);
    }
    phrase = phrase.say(": ", Meaning::Label);
    phrase = match option.drain {
        Some(seconds) => phrase.add(figures::age(Some(seconds)), meaning),
        None => phrase.say("never", Meaning::Watch),
    };
    if option.is_recommended {
        phrase = phrase
            .say(" ", Meaning::Plain)
            .say(look.pick("‹ advised", "< advised"), Meaning::Key);
    }
    phrase
}

/// `capacity 1,036/s each when busy (990 to 1,071; 6 consumers, 1m00s)`.
fn capacity(advice: &Advice) -> Phrase {
    let label = Phrase::new().say("capacity  ", Meaning::Label);
    let Some(capacity) = &advice.capacity else {
        return label.say(
            "not known: no consumer has been busy long enough",
            Meaning::Dim,
        );
    };
    label
        .add(figures::rate(capacity.median), Meaning::Plain)
        .say(" each when busy (", Meaning::Label)
        .add(figures::bare_rate(capacity.p10), Meaning::Plain)
        .say(" to ", Meaning::Label)
        .add(figures::bare_rate(capacity.p90), Meaning::Plain)
        .say("; ", Meaning::Label)
        .add(figures::count(capacity.consumers.into()), Meaning::Plain)
        .say(" measured for ", Meaning::Label)
        .add(figures::age(capacity.window), Meaning::Plain)
        .say(")", Meaning::Label)
}

/// `rests on  in 8.1k/s, acked 6.2k/s, backlog 214,880, again 0.4%`.
fn inputs(advice: &Advice) -> Phrase {
    Phrase::new()
        .say("rests on  in ", Meaning::Label)
        .add(figures::rate(advice.publish_rate), Meaning::Inflow)
        .say(", acked ", Meaning::Label)
        .add(figures::rate(advice.ack_rate), Meaning::Acked)
        .say(", backlog ", Meaning::Label)
        .add(figures::count(advice.backlog), Meaning::Plain)
        .say(", again ", Meaning::Label)
        .add(
            advice
                .redelivery_ratio
                .map_or_else(figures::unknown, percent),
            Meaning::Plain,
        )
}

/// `limits    12 at most: one partition is behind`.
fn limits(advice: &Advice) -> Phrase {
    let why = match advice.bound {
        AdviceBound::Unspecified => "not known",
        AdviceBound::None => "none",
        AdviceBound::Partitions => "one partition is behind",
        AdviceBound::Keys => "few keys carry most messages",
        AdviceBound::DeliveryRate => "the delivery rate of the subscription",
        AdviceBound::Outstanding => "what its consumers together may hold",
        AdviceBound::Requested => "as asked",
    };
    let mut phrase = Phrase::new().say("limits  ", Meaning::Label);
    if let Some(most) = advice.max_useful {
        phrase = phrase
            .say("more than ", Meaning::Label)
            .add(figures::count(most.into()), Meaning::Strong)
            .say(" are of no use: ", Meaning::Label);
    }
    phrase.add(SafeText::literal(why), Meaning::Plain)
}
