//! The shard: one task owns a core and its journal; everyone else holds a [`Handle`] to it.
//!
//! Commands reach the owner over one bounded channel; what they bring about leaves when the journal
//! says that it is durable. The owner never blocks on a channel, and waits for the disk at most for one small sync.
//! Here are the broker's only clock and its threads.
//!
//! Reading order: the way in through `handle`, `publishing` and `session`; the task behind it in
//! `owner`; what leaves it in `effects` and `mailbox`; bytes in `bodies`; numbers in `gauges` and
//! `sampling`, what they mean in `judging` and `advising`, what they were in `historian`, what happened in `chronicle`.

mod handle;

mod declaring;
mod publishing;
mod session;

mod clients;
mod forwarding;
mod grouping;
mod peeking;
mod pulling;
mod reading;

mod moving;
mod sifting;

mod operating;

mod health;
mod sample;

mod command;
mod lease;
mod mailbox;
mod parcel;

mod start;

mod deciding;
mod effects;
mod exposed;
mod held_back;
mod holding_back;
mod keeping;
mod owner;
mod party;
mod readers;
mod scanning;
mod showing;
mod standstill;
mod upkeep;

mod host;

mod gauges;
mod judging;
mod sampling;

mod advising;
mod holds;

mod historian;

mod chronicle;

mod chronicler;

mod bodies;
mod budget;
mod clock;
mod doorbell;

#[cfg(test)]
mod tests;

pub use advising::Advised;
pub use chronicler::{Chronicler, Mark};
pub use clock::process_micros;
pub use declaring::Creation;
pub use forwarding::ForwardOrder;
pub use grouping::{DeadGroups, GroupOrder};
pub use handle::Handle;
pub use health::Health;
pub use historian::{Historian, Subject};
pub use lease::PullRequest;
pub use moving::OPERATION;
pub use owner::ShardError;
pub use parcel::DeliveredRun;
pub use peeking::{DeadText, PeekPage, ShownMessage, ShownPage};
pub use publishing::PublishTicket;
pub use pulling::{PulledBatch, PulledMessage};
pub use reading::{ReadEvent, ReadRequest, Reading};
pub use sample::{
    BrokerSample, ConsumerRates, HostSample, Sample, SubscriptionDetails, SubscriptionRates,
    SubscriptionSample, TopicSample,
};
pub use session::{Feedback, Session, SessionEvent, Subscribe};
pub use start::{Shard, StartError, UndoShare};
