//! Topics and subscriptions as flags describe them, for a creation and for a change.

use weir_proto::v1;

use super::arguments::{
    Durability, KeyOrderArg, LimitPolicy, SubscriptionSettingArgs, TopicSettingArgs,
};
use crate::present::units;

/// A topic with the settings that are given, and nothing else.
pub(super) fn topic(args: &TopicSettingArgs) -> v1::Topic {
    v1::Topic {
        retention_duration: args.retention.map(units::proto_span),
        retention_bytes: args.retention_bytes,
        message_time_to_live: args.message_ttl.map(units::proto_span),
        max_messages: args.max_messages,
        max_bytes: args.max_bytes,
        limit_policy: match args.limit_policy {
            None => v1::LimitPolicy::Unspecified,
            Some(LimitPolicy::Reject) => v1::LimitPolicy::Reject,
            Some(LimitPolicy::DropOldest) => v1::LimitPolicy::DropOldest,
        }
        .into(),
        durability: match args.durability {
            None => v1::Durability::Unspecified,
            Some(Durability::Durable) => v1::Durability::Durable,
            Some(Durability::Relaxed) => v1::Durability::Relaxed,
        }
        .into(),
        ..v1::Topic::default()
    }
}

/// A subscription with the settings that are given, and nothing else.
pub(super) fn subscription(args: SubscriptionSettingArgs) -> v1::Subscription {
    let key_order = match args.key_order {
        None => v1::KeyOrder::Unspecified,
        Some(KeyOrderArg::Off) => v1::KeyOrder::Off,
        Some(KeyOrderArg::Block) => v1::KeyOrder::Block,
        Some(KeyOrderArg::Skip) => v1::KeyOrder::Skip,
    };
    let backlog_policy = if args.hold_publishers {
        v1::BacklogPolicy::HoldPublishers
    } else {
        v1::BacklogPolicy::Unspecified
    };
    v1::Subscription {
        ack_deadline: args.ack_deadline.map(units::proto_span),
        max_attempts: args.max_attempts.unwrap_or(0),
        minimum_backoff: args.backoff_min.map(units::proto_span),
        maximum_backoff: args.backoff_max.map(units::proto_span),
        key_order: key_order.into(),
        delivery_rate: args.rate,
        max_outstanding_messages: args.max_outstanding,
        backlog_retention: args.backlog_retention.map(units::proto_span),
        max_backlog_messages: args.max_backlog,
        max_backlog_bytes: args.max_backlog_bytes,
        backlog_policy: backlog_policy.into(),
        dead_letter_topic: args.dead_letter_topic.unwrap_or_default(),
        retry_budget: args.retry_budget,
        expiration: args.expiration.map(units::proto_span),
        ephemeral: args.ephemeral,
        slo_age: args.slo_age.map(units::proto_span),
        slo_backlog: args.slo_backlog,
        dead_letter_retention: args.dead_retention.map(units::proto_span),
        ..v1::Subscription::default()
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::command::arguments::{Cli, Command, SubCommand};

    fn created_by(flags: &[&str]) -> v1::Subscription {
        let start = ["weir", "sub", "create", "billing", "--topic", "orders"];
        let cli = Cli::try_parse_from(start.iter().chain(flags)).unwrap();
        match cli.command {
            Some(Command::Sub(SubCommand::Create(args))) => subscription(args.settings),
            other => panic!("parsed as {other:?}"),
        }
    }

    #[test]
    fn what_is_not_said_is_left_to_the_broker() {
        let created = created_by(&[]);
        assert_eq!(created.ack_deadline, None);
        assert_eq!(created.max_attempts, 0);
        assert_eq!(created.key_order(), v1::KeyOrder::Unspecified);
    }

    #[test]
    fn settings_reach_the_broker_as_they_were_written() {
        let created = created_by(&[
            "--max-attempts",
            "3",
            "--ack-deadline",
            "1m",
            "--backoff-min",
            "0s",
            "--backoff-max",
            "250ms",
            "--slo-age",
            "5m",
            "--slo-backlog",
            "1000",
        ]);
        assert_eq!(units::span_seconds(created.slo_age.as_ref()), Some(300.0));
        assert_eq!(created.slo_backlog, Some(1_000));
        assert_eq!(created.max_attempts, 3);
        assert_eq!(
            units::span_seconds(created.ack_deadline.as_ref()),
            Some(60.0)
        );
        assert_eq!(
            units::span_seconds(created.minimum_backoff.as_ref()),
            Some(0.0)
        );
        assert_eq!(
            units::span_seconds(created.maximum_backoff.as_ref()),
            Some(0.25)
        );
    }

    #[test]
    fn key_order_without_a_value_blocks() {
        assert_eq!(
            created_by(&["--key-order"]).key_order(),
            v1::KeyOrder::Block
        );
        assert_eq!(
            created_by(&["--key-order", "skip"]).key_order(),
            v1::KeyOrder::Skip
        );
        assert_eq!(
            created_by(&["--key-order=off"]).key_order(),
            v1::KeyOrder::Off
        );
    }
}
