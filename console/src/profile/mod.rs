//! What an operator set up for this machine: the brokers that have a name, and how the screen is to be.
//!
//! Two files in one directory, `contexts.toml` and `console.toml`. What is not known in them is refused
//! with its line. Nothing secret is kept. Read in this order.

mod place;
mod reading;

mod contexts;
mod screen;

#[cfg(test)]
mod tests;

pub(crate) use contexts::{Chosen, Context, Contexts, Location, Stage, choose, is_a_name};
pub(crate) use place::{CONTEXT_VARIABLE, contexts_file, screen_file};
pub(crate) use reading::line_of;
pub(crate) use screen::{KeyChange, Preferences};
