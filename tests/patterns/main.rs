//! Patterns of messaging, each as a program that runs: what the pattern is for, what Weir gives it, and what stays
//! with the application.
//!
//! | pattern | |
//! | --- | --- |
//! | [`load_levelling`] | a burst waits on the disk, the workers keep their pace |
//! | [`fan_out`] | one event, several services, each on its own |
//! | [`cache_sync`] | every instance of an application hears every change |
//! | [`nightly_batch`] | collected by day, worked off by one consumer at night |
//! | [`event_sourcing`] | events are the truth, a projection is rebuilt from them |
//! | [`saga`] | steps in several services, taken back when one of them fails |
//! | [`pipeline`] | stage after stage, none of which may lose anything |
//! | [`request_reply`] | questions and answers with a correlation id and a timeout |
//! | [`idempotent_consumer`] | what comes twice is done once |
//! | [`priority`] | the urgent before the rest, without starving the rest |
//! | [`slow_api`] | a service outside that is slow, limited and sometimes down |
//!
//! Each file ends with its books: nothing is left that should not be, and the broker's recount agrees. Only
//! [`support`] belongs to the tests; the rest uses the Rust client as any program would.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "an example that goes wrong fails as a test does"
)]

mod support;

mod load_levelling;

mod fan_out;

mod cache_sync;

mod nightly_batch;

mod event_sourcing;

mod saga;

mod pipeline;

mod request_reply;

mod idempotent_consumer;

mod priority;

mod slow_api;
