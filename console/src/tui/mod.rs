//! The console's screen: `weir` and `weir top`; and that of a load test.
//!
//! One task owns a [`state::State`]. Whatever happens becomes a [`message::Message`]; the pure function
//! [`update::update`] applies it and returns effects, which [`effect`] performs; [`view`] draws the
//! state, and [`keys`] is the one table of keys. Nothing in that task waits for the network. Read in this
//! order. [`load_screen`] shows a load test with the same pens.

#[expect(
    dead_code,
    reason = "what the broker says is all here before each page shows all of it"
)]
mod state;

mod message;

mod keys;

mod overlay_bindings;

mod writing_bindings;

mod bindings;

mod live_keys;

mod narrow;

mod copying;

mod answering;

mod locking;

mod editing;

mod reaching;

mod asking;

mod act;

mod update;

mod theme;

mod look;

mod view;

mod calls;

mod operating;

mod export;

mod effect;

mod surface;

mod terminal;

mod signals;

mod frames;

mod inlets;

mod event_loop;

mod setup;

mod session;

mod load_keys;

mod load_update;

mod load_reading;

mod load_export;

mod load_screen;

#[cfg(test)]
mod tests;

pub(crate) use load_screen::{Followed, LoadScreen, Reins};
pub(crate) use look::Look;
pub(crate) use session::{Session, SessionError, TopArgs, follow, has_terminal, run};
pub(crate) use state::badge::Badge;
pub(crate) use state::baseline::Baseline;
pub(crate) use state::load::About;
