//! What the broker's refusals mean for programs, and what people read of them.

use tonic::{Code, Status};
use weir_proto::client::Error;

use super::broker::refusal;
use crate::command::failure::{Exit, Failure};

fn refused(code: Code, reason: &str) -> Failure {
    let error = Error::from(refusal(code, reason, "it may not be"));
    let tried = "do it".to_owned();
    Failure::Broker { tried, error }
}

#[test]
fn each_refusal_has_the_exit_code_of_the_contract() {
    for (code, reason, exit) in [
        (Code::NotFound, "TOPIC_NOT_FOUND", Exit::NotFound),
        (Code::NotFound, "SUBSCRIPTION_NOT_FOUND", Exit::NotFound),
        (Code::NotFound, "MESSAGE_NOT_FOUND", Exit::NotFound),
        (Code::Aborted, "SUBSCRIPTION_DELETED", Exit::NotFound),
        (Code::AlreadyExists, "TOPIC_ALREADY_EXISTS", Exit::Failed),
        (
            Code::FailedPrecondition,
            "TOPIC_HAS_SUBSCRIPTIONS",
            Exit::Refused,
        ),
        (Code::InvalidArgument, "NAME_INVALID", Exit::Usage),
        (Code::InvalidArgument, "VALUE_OUT_OF_RANGE", Exit::Usage),
        (Code::InvalidArgument, "MESSAGE_TOO_LARGE", Exit::Failed),
        (Code::ResourceExhausted, "DISK_FULL", Exit::Failed),
        (Code::Unavailable, "DRAINING", Exit::Unreachable),
        (Code::Unavailable, "LOG_POISONED", Exit::Failed),
        (
            Code::PermissionDenied,
            "A_REASON_OF_LATER",
            Exit::NotAllowed,
        ),
        (Code::Unauthenticated, "A_REASON_OF_LATER", Exit::NotAllowed),
        (Code::Internal, "INTERNAL", Exit::Failed),
    ] {
        assert_eq!(refused(code, reason).exit(), exit, "{reason}");
    }
}

#[test]
fn exit_codes_are_the_numbers_of_the_contract() {
    let codes = [
        Exit::Done,
        Exit::Failed,
        Exit::Usage,
        Exit::Partly,
        Exit::Refused,
        Exit::Unreachable,
        Exit::NotAllowed,
        Exit::NotFound,
        Exit::Interrupted,
    ];
    assert_eq!(codes.map(|exit| exit as u8), [0, 1, 2, 3, 4, 5, 6, 7, 130]);
}

#[test]
fn a_sentence_names_what_was_tried_why_it_failed_and_the_reason() {
    let failure = refused(Code::NotFound, "TOPIC_NOT_FOUND");
    assert_eq!(
        failure.to_string(),
        "cannot do it: it may not be (TOPIC_NOT_FOUND)"
    );
    assert_eq!(
        failure.advice().as_deref(),
        Some("weir topic ls lists the topics")
    );
}

#[test]
fn a_lost_broker_is_unreachable_and_a_first_attempt_says_how_to_start_one() {
    let error = Error::from(Status::unavailable("connection reset"));
    let server = "h:1".to_owned();
    let lost = Failure::Lost {
        server: server.clone(),
        tried: "see".to_owned(),
        error: error.clone(),
    };
    assert_eq!(lost.exit(), Exit::Unreachable);
    assert!(
        lost.to_string()
            .starts_with("lost the broker at h:1 while trying to see: ")
    );
    let unreachable = Failure::Unreachable { server, error };
    assert_eq!(unreachable.exit(), Exit::Unreachable);
    assert!(
        unreachable
            .advice()
            .is_some_and(|advice| advice.contains("weir serve"))
    );
}

#[test]
fn a_publish_that_ended_early_ends_as_its_cause() {
    let cause = Box::new(refused(Code::NotFound, "TOPIC_NOT_FOUND"));
    let failure = Failure::Publish {
        confirmed: "3 messages confirmed".to_owned(),
        cause,
    };
    assert_eq!(failure.exit(), Exit::NotFound);
    assert!(
        failure
            .to_string()
            .starts_with("3 messages confirmed; cannot do it")
    );
}
