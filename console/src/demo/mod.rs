//! `weir demo`: a broker in this process with live traffic, and the dashboard on top of it.
//!
//! The traffic uses the public client and nothing else, so that whatever the demo shows can be had without
//! it. Each shape of traffic is one file; all of them go by the console's one clock (`crate::clock`), and
//! by random numbers of one seed. Read in this order.

mod arguments;

mod chance;

mod tally;

mod stage;

mod topology;

mod publishing;

mod working;

mod orders;

mod emails;

mod payments;

mod caretaker;

mod traffic;

mod audit;

mod farewell;

mod run;

#[cfg(test)]
mod tests;

pub(crate) use arguments::DemoArgs;
pub(crate) use run::run;
