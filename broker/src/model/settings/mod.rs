//! Settings of topics and subscriptions, with their defaults and ranges.
//!
//! - [`range`]: defaults, ranges and their refusals.
//! - [`topic`], [`subscription`]: what can be chosen of each.

pub mod range;
pub mod topic;

pub mod subscription;

pub use range::*;
pub use subscription::{BacklogPolicy, KeyOrder, SubscriptionSettings};
pub use topic::{Durability, LimitPolicy, TopicSettings};
