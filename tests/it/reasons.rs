//! Every reason that the contract names has a test that meets it through gRPC; a new one without fails here.

use weir_proto::v1::ErrorReason;
use weir_tests::files;

/// Each reason, and the module and test that provoke it and read its code, reason and sentence.
const TESTS: &[(ErrorReason, &str, &str)] = &[
    (
        ErrorReason::RequestIdReused,
        "requests",
        "an_id_of_another_request_and_one_that_is_no_uuid_are_refused",
    ),
    (
        ErrorReason::TopologyInvalid,
        "topology",
        "what_cannot_be_as_declared_is_refused_and_nothing_is_done",
    ),
    (
        ErrorReason::TopicNotFound,
        "refusals",
        "what_does_not_exist_is_not_found",
    ),
    (
        ErrorReason::SubscriptionNotFound,
        "refusals",
        "what_does_not_exist_is_not_found",
    ),
    (
        ErrorReason::MessageNotFound,
        "refusals",
        "what_does_not_exist_is_not_found",
    ),
    (
        ErrorReason::TopicAlreadyExists,
        "refusals",
        "what_exists_is_not_made_again_and_not_deleted_by_accident",
    ),
    (
        ErrorReason::SubscriptionAlreadyExists,
        "refusals",
        "what_exists_is_not_made_again_and_not_deleted_by_accident",
    ),
    (
        ErrorReason::TopicHasSubscriptions,
        "refusals",
        "what_exists_is_not_made_again_and_not_deleted_by_accident",
    ),
    (
        ErrorReason::NameInvalid,
        "names",
        "a_hostile_name_is_refused_by_every_rpc_and_reaches_no_file",
    ),
    (
        ErrorReason::FieldRequired,
        "refusals",
        "what_must_be_set_is_asked_for",
    ),
    (
        ErrorReason::ValueOutOfRange,
        "refusals",
        "settings_out_of_their_range_are_refused_by_field",
    ),
    (
        ErrorReason::MessageMalformed,
        "malformed",
        "a_message_that_could_be_read_in_two_ways_is_refused",
    ),
    (
        ErrorReason::MessageTooLarge,
        "sizes",
        "everything_at_its_limit_is_taken_and_one_more_is_refused",
    ),
    (
        ErrorReason::BatchTooLarge,
        "troubles",
        "a_request_beyond_the_size_of_its_service_is_refused_with_a_reason",
    ),
    (
        ErrorReason::AckIdMalformed,
        "stale",
        "an_ack_id_that_this_broker_did_not_make_is_malformed",
    ),
    (
        ErrorReason::LeaseStale,
        "stale",
        "a_lease_that_has_ended_changes_nothing",
    ),
    (
        ErrorReason::PageTokenInvalid,
        "refusals",
        "requests_out_of_their_range_are_refused",
    ),
    (
        ErrorReason::SelectionRequired,
        "acts",
        "an_act_without_a_selection_is_refused",
    ),
    (
        ErrorReason::StreamProtocol,
        "stale",
        "a_stream_used_against_its_rules_ends_by_name",
    ),
    (
        ErrorReason::Backpressure,
        "pressure",
        "beyond_what_may_wait_for_the_disk_calls_are_refused_and_streams_are_held_back",
    ),
    (
        ErrorReason::DiskFull,
        "pressure",
        "a_full_disk_refuses_publishes_until_consumers_make_room",
    ),
    (
        ErrorReason::LimitReached,
        "troubles",
        "consumers_beyond_their_limit_are_refused_and_the_others_stay",
    ),
    (
        ErrorReason::Draining,
        "troubles",
        "a_broker_that_stops_refuses_what_is_new_and_takes_acks",
    ),
    (
        ErrorReason::LogPoisoned,
        "troubles",
        "after_a_failed_sync_nothing_is_confirmed_any_more",
    ),
    (
        ErrorReason::DataDamaged,
        "troubles",
        "a_message_whose_bytes_are_damaged_is_refused_and_never_shown",
    ),
    (
        ErrorReason::SubscriptionDeleted,
        "refusals",
        "a_deleted_subscription_ends_its_streams_by_name",
    ),
    (
        ErrorReason::NotSupported,
        "troubles",
        "what_is_not_offered_is_said_to_be_so",
    ),
    (
        ErrorReason::TopicMismatch,
        "troubles",
        "a_subscription_beside_a_topic_that_is_not_its_own_is_a_mismatch",
    ),
    (
        ErrorReason::EtagMismatch,
        "updates",
        "a_stale_etag_is_refused_and_changes_nothing",
    ),
    (
        ErrorReason::MaskInvalid,
        "updates",
        "a_mask_that_names_no_field_or_a_fixed_one_is_refused",
    ),
    (
        ErrorReason::FieldImmutable,
        "updates",
        "a_mask_that_names_no_field_or_a_fixed_one_is_refused",
    ),
    (
        ErrorReason::OffsetBelowLowWatermark,
        "seeks",
        "a_seek_to_what_is_not_stored_is_refused",
    ),
    (
        ErrorReason::DeadLetterTopicMissing,
        "letters",
        "a_dead_letter_topic_that_is_missing_is_refused_and_one_that_goes_holds_its_letters",
    ),
    (
        ErrorReason::DedupFull,
        "dedup",
        "beyond_a_million_ids_what_has_an_id_is_refused_and_the_rest_is_taken",
    ),
    (
        ErrorReason::BacklogFull,
        "backlogs",
        "a_full_subscription_holds_publishers_until_its_consumers_have_caught_up",
    ),
    (
        ErrorReason::FilterInvalid,
        "watching",
        "a_window_that_does_not_read_is_refused_and_ends_its_watcher",
    ),
    (
        ErrorReason::NoSubscription,
        "producers",
        "what_nobody_would_get_is_refused_if_asked_and_counted_otherwise",
    ),
    (
        ErrorReason::TopicFull,
        "fullness",
        "a_full_topic_refuses_calls_and_holds_streams_back_until_messages_are_finished",
    ),
    (
        ErrorReason::SequenceStale,
        "producers",
        "a_batch_sent_again_is_stored_once_on_the_places_of_the_first_time_across_a_kill",
    ),
    (
        ErrorReason::ProducersFull,
        "producers",
        "one_producer_too_many_is_refused_and_the_others_go_on",
    ),
    (
        ErrorReason::ClientNotFound,
        "clients",
        "who_is_not_there_cannot_be_disconnected_and_who_asks_gets_an_answer",
    ),
    (
        ErrorReason::ClientDisconnected,
        "clients",
        "a_client_that_is_disconnected_is_told_so_and_its_leases_go_back",
    ),
    (
        ErrorReason::OperationNotFound,
        "operations",
        "what_cannot_be_applied_or_taken_back_says_why",
    ),
    (
        ErrorReason::PlanOfAnotherBroker,
        "operations",
        "what_cannot_be_applied_or_taken_back_says_why",
    ),
    (
        ErrorReason::PlanMismatch,
        "operations",
        "what_cannot_be_applied_or_taken_back_says_why",
    ),
    (
        ErrorReason::SelectionShrank,
        "operations",
        "what_cannot_be_applied_or_taken_back_says_why",
    ),
    (
        ErrorReason::OperationState,
        "operations",
        "what_cannot_be_applied_or_taken_back_says_why",
    ),
    (
        ErrorReason::UndoBlocked,
        "deletions",
        "a_deleted_topic_comes_back_once_its_name_is_free",
    ),
    (
        ErrorReason::UndoTooLate,
        "operations",
        "what_cannot_be_applied_or_taken_back_says_why",
    ),
    (
        ErrorReason::PlanExpired,
        "operations",
        "what_cannot_be_applied_or_taken_back_says_why",
    ),
];

/// What no test provokes, and why.
const NONE: &[(ErrorReason, &str)] = &[
    (ErrorReason::Unspecified, "the broker never says it"),
    (
        ErrorReason::Internal,
        "a fault of the broker; the mapping's own test knows its form",
    ),
];

/// Values that an enum of the contract may have, generously.
const VALUES: std::ops::Range<i32> = 0..1_000;

#[test]
fn every_reason_of_the_contract_has_a_test_through_grpc() {
    for reason in VALUES.filter_map(|value| ErrorReason::try_from(value).ok()) {
        let tested = TESTS.iter().filter(|(known, ..)| *known == reason).count();
        let excused = NONE.iter().filter(|(known, _)| *known == reason).count();
        assert_eq!(tested + excused, 1, "{reason:?} needs one test");
    }
}

#[test]
fn the_tests_of_the_reasons_are_there_and_read_them() {
    let folder = files::workspace_root().join("tests/it");
    for &(reason, module, test) in TESTS {
        let path = folder.join(format!("{module}.rs"));
        let text = String::from_utf8(files::read(&path).unwrap()).unwrap();
        let is_there = text.contains(&format!("]\nasync fn {test}()"));
        assert!(is_there, "{module} has no test {test}");
        let is_read = text.contains(&format!("ErrorReason::{reason:?}"));
        assert!(is_read, "{module} does not read {reason:?}");
    }
}
