//! `weir topic read`, `weir topic tail`, `weir sub tail`.

use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::list::message_filter;
use super::place::place;
use super::{PayloadArgs, Place};
use crate::command::candidates::{subscriptions, topics};
use weir_proto::filter::Filter;

/// What `weir topic read` takes.
#[derive(Debug, Args)]
pub(crate) struct ReadArgs {
    /// The topic
    #[arg(value_name = "TOPIC", add = ArgValueCandidates::new(topics))]
    pub(crate) topic: String,

    /// Where to begin: earliest, latest, a time, or an offset, written PARTITION:OFFSET where there are several
    /// partitions; those not named begin with the oldest message
    #[arg(long, value_name = "PLACE", value_parser = place, default_value = "earliest")]
    pub(crate) from: Place,

    /// Only this partition
    #[arg(long, value_name = "N")]
    pub(crate) partition: Option<u32>,

    /// Go on with what is published later, until Ctrl-C
    #[arg(short, long)]
    pub(crate) follow: bool,

    /// How many messages at most [default: all]
    #[arg(short = 'n', long, value_name = "N", visible_alias = "limit")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max: Option<u64>,

    /// Only those that this is true of, for example 'attributes.kind = b'; filtered here, not by the broker
    #[arg(long = "where", value_name = "EXPR", value_parser = message_filter)]
    pub(crate) filter: Option<Filter>,

    /// How to print payloads.
    #[command(flatten)]
    pub(crate) payload: PayloadArgs,
}

/// What both `tail` take besides the name.
#[derive(Debug, Args)]
pub(crate) struct TailArgs {
    /// Only this partition
    #[arg(long, value_name = "N")]
    pub(crate) partition: Option<u32>,

    /// End after so many messages [default: go on until Ctrl-C]
    #[arg(short = 'n', long, value_name = "N", visible_alias = "limit")]
    #[arg(value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) max: Option<u64>,

    /// Only those that this is true of, for example 'attributes.kind = b'; filtered here, not by the broker
    #[arg(long = "where", value_name = "EXPR", value_parser = message_filter)]
    pub(crate) filter: Option<Filter>,

    /// How to print payloads.
    #[command(flatten)]
    pub(crate) payload: PayloadArgs,
}

/// What `weir topic tail` takes.
#[derive(Debug, Args)]
pub(crate) struct TailTopicArgs {
    /// The topic
    #[arg(value_name = "TOPIC", add = ArgValueCandidates::new(topics))]
    pub(crate) topic: String,

    /// How.
    #[command(flatten)]
    pub(crate) tail: TailArgs,
}

/// What `weir sub tail` takes.
#[derive(Debug, Args)]
pub(crate) struct TailSubscriptionArgs {
    /// The subscription
    #[arg(value_name = "SUBSCRIPTION", add = ArgValueCandidates::new(subscriptions))]
    pub(crate) subscription: String,

    /// How.
    #[command(flatten)]
    pub(crate) tail: TailArgs,
}

impl TailArgs {
    /// The same as a read of a topic from its end on.
    pub(crate) fn read_of(self, topic: String) -> ReadArgs {
        ReadArgs {
            topic,
            from: Place::Latest,
            partition: self.partition,
            follow: true,
            max: self.max,
            filter: self.filter,
            payload: self.payload,
        }
    }
}
