//! The command line, one file for each noun or for a verb that has much to say.
//!
//! `arguments` is what is typed, `dispatch` what is done with it. Every command but the dashboard
//! ends within 2 s of a refused or lost connection, with an exit code of `failure`. Data goes to
//! stdout, talk to stderr, both through `output` alone.

mod candidates;

mod arguments;
mod failure;
mod output;
mod signals;

mod location;
mod session;

mod consent;
mod names;
mod payload;

mod lag;
mod peek;
mod publish;
mod read;
mod settle;

mod pull;

mod read_only;

mod parts;

mod acting;

mod seek;

mod bulk;
mod edit_message;

mod export;
mod resources;

mod apply;
mod audit;
mod check;
mod client;
mod config;
mod ctx;
mod dlq;
mod edit;
mod load;
mod op;
mod load_results;
mod load_run;
mod shell;
mod status;
mod sub;
mod sentences;
mod timeline;
mod topic;

mod dispatch;

#[cfg(test)]
mod tests;

pub(crate) use dispatch::run;
