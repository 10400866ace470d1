//! The state of a shard: decides what commands do, and applies entries.
//!
//! Long because: it names all rooms of the core in reading order.
//!
//! `decide` yields entries, `apply` is the only code that changes durable state, live and in recovery alike. An entry
//! is applied at once when it is decided and collected in [`Output`] with dense positions; effects (grants, ended
//! consumers, frames to keep or release) are collected there, too, and the shard performs them. Pure: no input or
//! output, no clock, no locks, no randomness.
//!
//! - [`command`]: what callers ask for. [`output`]: what the shard has to do. [`views`]: what callers see.
//! - [`ack_id`]: leases as text.

pub mod ack_id;
pub mod limits;

mod counts;

pub mod views;

pub mod command;
pub mod output;

mod agenda;
mod bucket;
mod credit;
mod dedup;
mod guard;
mod producers;
mod remembered;
mod sieves;
mod operation;
mod plan;
mod kept;
mod totals;
mod alike;
mod measures;
mod trail;

mod objects;
mod places;
mod weights;
mod apply;
mod changed;
mod operated;
mod aside;
mod stated;
mod stored;
mod consumer;
mod state;
mod happening;

mod auditing;
mod grace;
mod portions;

mod pace;
mod standing;
mod trust;
mod schedule;
mod retries;
mod lives;
mod setback;
mod consumers;
mod backlog;
mod jumping;
mod stock;
mod filtering;
mod publish;
mod forward;
mod scanning;
mod subscriptions;
mod topics;
mod expiry;
mod updates;
mod seek;

mod requests;
mod topology;

mod dispatch;
mod settle;

mod acknowledge;
mod retention;
mod tick;

mod dead_groups;
mod selection;

mod operations;
mod stepping;

mod recalling;
mod undoing;

mod applying;
mod planned;
mod parts;

mod counting;
mod returning;

mod deleting;
mod bringing_back;

mod sifting;
mod wording;

mod picking;
mod weighing;

mod planning;
mod biography;

mod audit;
mod numbers;
mod measured;
mod partitions;
mod peek;

mod moving;

mod editing;

mod reading;
mod restate;
mod snapshot;
mod sequencing;
mod stop;

mod recovery;

#[cfg(test)]
mod tests;

pub use crate::delivery::Counts;
pub use ack_id::AckId;
pub use apply::ApplyError;
pub use applying::Control;
pub use audit::BooksError;
pub use command::{
    Allowance, Attach, Declaration, DeclaredSubscription, DeclaredTopic, Departure, DryRun,
    Forward, Nack, NackAction, NewSubscription, PeekSubscription, PeekTopic, Publication, Pull,
    Purge, PurgeScope, RequestKey, Seek, Selection, SequenceRange, Start,
};
pub use counts::{BrokerCounts, ConsumerCounts, Meters, Standing};
pub use dead_groups::DeadMessages;
pub use kept::KeptForUndo;
pub use measures::{DepartedConsumer, Distributions};
pub use moving::{MoveSlice, MoveStep, Moved};
pub use output::{EndedConsumer, GrantEffect, GrantRun, Group, OutFrame, Output};
pub use plan::{
    Change as FieldChange, EditOrder, Edited, Order, Pace, Plan, PlanCounts, PlannedPart,
    SkipCause, UndoLimits,
};
pub use planning::{Planned, Planning};
pub use reading::{
    BelowLow, NewRead, ReadBegun, ReadLimits, ReadPart, ReadPlan, ReadStart, ReadStep,
};
pub use recovery::{RecoverError, Recovered, Recovery, ReplayFrame, Source};
pub use scanning::ScanSlice;
pub use setback::{CONSUMER_LOST, LEASE_EXPIRED, group_of};
pub use snapshot::Snapshot;
pub use state::Core;
pub use trail::TrailBroken;
pub use updates::Change;
pub use views::{
    Attached, Deleted, Differences, Forwardable, MessageView, PeekPlace, Peeked, Pulled, Receipt,
    Route, Sought, State, StateView, SubscriptionCounts, SubscriptionDifference,
    SubscriptionPartition, SubscriptionView, Summary, TopicCounts, TopicDifference, TopicPartition,
    TopicView,
};
