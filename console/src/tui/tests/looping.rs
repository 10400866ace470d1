//! The real loop on a test terminal, with scripted keys.

use std::io;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tokio::sync::mpsc;

use super::fixture::{SHAPES, fresh, numbers, sample, subscription};
use crate::tui::event_loop::{EventLoop, Flow};
use crate::tui::inlets::Inlets;
use crate::tui::message::{Effect, Message};

fn key(code: KeyCode) -> Event {
    Event::Key(KeyEvent::new(code, KeyModifiers::NONE))
}

/// Runs the loop over scripted keys; the script's end is the terminal's end.
async fn run(keys: Vec<io::Result<Event>>) -> (Vec<Effect>, String) {
    let terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    let (_urgent, urgent) = mpsc::channel(1);
    let (sender, messages) = mpsc::channel(1);
    let rows = SHAPES.iter().map(|shape| subscription(shape, 0)).collect();
    sender
        .try_send(Message::Sample(numbers(sample(0, rows))))
        .unwrap();
    let inlets = Inlets {
        urgent,
        input: tokio_stream::iter(keys),
        messages,
    };
    let mut event_loop = EventLoop::new(terminal, fresh((80, 24)), inlets);
    let mut effects = Vec::new();
    let done = event_loop.run(|effect| {
        let flow = if effect == Effect::Quit {
            Flow::Leave
        } else {
            Flow::Go
        };
        effects.push(effect);
        Ok(flow)
    });
    done.await.unwrap();
    (effects, event_loop.terminal.backend().to_string())
}

#[tokio::test]
async fn loop_ends_with_the_quit_key() {
    let (effects, _) = run(vec![
        Ok(key(KeyCode::Char('j'))),
        Ok(key(KeyCode::Char('q'))),
    ])
    .await;
    assert!(matches!(
        effects.as_slice(),
        [Effect::Watch(_), Effect::Quit]
    ));
}

#[tokio::test]
async fn loop_ends_when_the_terminal_is_gone() {
    let (effects, _) = run(Vec::new()).await;
    assert!(matches!(
        effects.as_slice(),
        [Effect::Watch(_), Effect::Quit]
    ));
    let (effects, _) = run(vec![Err(io::Error::other("hung up"))]).await;
    assert!(matches!(
        effects.as_slice(),
        [Effect::Watch(_), Effect::Quit]
    ));
}

/// The screen after the loop has run by itself for a while, on a terminal of `size`.
async fn alone(size: (u16, u16)) -> String {
    let terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    let (_urgent, urgent) = mpsc::channel(1);
    let (sender, messages) = mpsc::channel(1);
    let inlets = Inlets {
        urgent,
        input: tokio_stream::pending(),
        messages,
    };
    let mut event_loop = EventLoop::new(terminal, fresh((80, 24)), inlets);
    let rows = SHAPES.iter().map(|shape| subscription(shape, 0)).collect();
    sender
        .send(Message::Sample(numbers(sample(0, rows))))
        .await
        .unwrap();
    // The loop's own second comes long after the frame, and ends the test.
    {
        let run = event_loop.run(|_| Ok(Flow::Go));
        tokio::pin!(run);
        let mut pace = crate::clock::pace(std::time::Duration::from_millis(400));
        tokio::select! {
            _ = &mut run => unreachable!("nobody quits"),
            _ = pace.tick() => {}
        }
    }
    event_loop.terminal.backend().to_string()
}

#[tokio::test]
async fn data_reaches_the_screen_without_a_key() {
    let shown = alone((80, 24)).await;
    assert!(shown.contains("fulfilment"), "{shown}");
}

#[tokio::test]
async fn a_size_that_nobody_told_of_is_found_with_the_next_frame() {
    let shown = alone((100, 30)).await;
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(lines.len(), 30, "{shown}");
    assert!(lines[29].contains("q quit"), "{shown}");
}
