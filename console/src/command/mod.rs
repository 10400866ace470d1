//! The command line, one file for each noun.
//!
//! `arguments` is what is typed, `dispatch` what is done with it. Every command but the dashboard ends
//! within 2 s of a refused or lost connection, with an exit code of `failure`.

mod arguments;
mod dispatch;

pub(crate) use dispatch::run;
