//! What can go wrong, typed: what the broker refused and why, or that it was not reached, or that
//! nobody knows what became of a message.

use std::collections::HashMap;
use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use tonic::{Code, Status};
use tonic_types::StatusExt as _;

use crate::ERROR_DOMAIN;
use crate::v1::{ErrorReason, ItemError};

/// Which sort of failure an [`Error`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// The broker answered with a refusal; nothing was done.
    Refused,
    /// The broker was not reached, or the connection was lost.
    Unreachable,
    /// The connection was lost after the message was sent: it is stored, or it is not.
    OutcomeUnknown,
    /// The publisher or subscriber was closed by this program.
    Closed,
    /// This program asked for what cannot be: an address that is none, a batch above the limits.
    Usage,
}

/// Why a call, a message or a stream failed. Cheap to clone: one lost connection fails many
/// messages.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{}", inner.message)]
pub struct Error {
    inner: Arc<Inner>,
}

#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Inner {
    kind: Kind,
    code: Code,
    reason: ErrorReason,
    reason_name: String,
    message: String,
    metadata: HashMap<String, String>,
    violations: Vec<Violation>,
    retry_delay: Option<Duration>,
    source: Option<Box<dyn StdError + Send + Sync>>,
}

/// A field of a request that the broker refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The path of the field in the request.
    pub field: String,
    /// What is wrong with it.
    pub description: String,
}

impl Error {
    /// Which sort of failure this is.
    pub fn kind(&self) -> Kind {
        self.inner.kind
    }

    /// The canonical gRPC code.
    pub fn code(&self) -> Code {
        self.inner.code
    }

    /// The broker's reason; unspecified if the broker gave none or one that this client does not
    /// know.
    pub fn reason(&self) -> ErrorReason {
        self.inner.reason
    }

    /// The broker's reason as it came, for example `TOPIC_NOT_FOUND`; empty if it gave none.
    pub fn reason_name(&self) -> &str {
        &self.inner.reason_name
    }

    /// One sentence that says what was tried and why it failed.
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// The variable parts of the message.
    pub fn metadata(&self) -> &HashMap<String, String> {
        &self.inner.metadata
    }

    /// The fields of the request that were refused.
    pub fn violations(&self) -> &[Violation] {
        &self.inner.violations
    }

    /// How long the broker asks to wait before the next attempt; what is longer than an hour is an hour.
    pub fn retry_delay(&self) -> Option<Duration> {
        self.inner.retry_delay
    }

    /// Whether the same call may succeed later and nothing of it was done now. A lost connection
    /// counts, although a call that was under way may have been done: repeat only what may happen
    /// twice.
    pub fn is_retryable(&self) -> bool {
        match self.kind() {
            Kind::Unreachable => true,
            Kind::Refused => {
                self.retry_delay().is_some()
                    || matches!(self.code(), Code::Unavailable | Code::ResourceExhausted)
            }
            Kind::OutcomeUnknown | Kind::Closed | Kind::Usage => false,
        }
    }

    /// Whether the broker was not reached or the connection was lost, an unknown outcome included.
    pub fn is_unreachable(&self) -> bool {
        matches!(self.kind(), Kind::Unreachable | Kind::OutcomeUnknown)
    }

    /// Whether a topic, subscription or message does not exist.
    pub fn is_not_found(&self) -> bool {
        self.code() == Code::NotFound
    }

    /// Whether it is unknown if the message was stored.
    pub fn is_outcome_unknown(&self) -> bool {
        self.kind() == Kind::OutcomeUnknown
    }

    /// A status is the broker's word if it carries a reason of ours; a status that the transport
    /// made carries the cause as its source, or one of the codes that the broker never sends.
    pub(super) fn from_status(status: Status) -> Self {
        let details = status.get_error_details();
        let info = details
            .error_info()
            .filter(|info| info.domain == ERROR_DOMAIN);
        if info.is_none() && is_of_transport(&status) {
            return Self::unreachable(status);
        }
        let reason_name = info.map(|info| info.reason.clone()).unwrap_or_default();
        let violations = details.bad_request().into_iter().flat_map(|bad| {
            bad.field_violations.iter().map(|violation| Violation {
                field: violation.field.clone(),
                description: violation.description.clone(),
            })
        });
        Self::from_inner(Inner {
            kind: Kind::Refused,
            code: status.code(),
            reason: reason_named(&reason_name),
            reason_name,
            message: message_of(&status),
            metadata: info.map(|info| info.metadata.clone()).unwrap_or_default(),
            violations: violations.collect(),
            retry_delay: details
                .retry_info()
                .and_then(|info| info.retry_delay)
                .map(bounded),
            source: Some(Box::new(status)),
        })
    }

    /// The refusal of one item of a batch or stream.
    pub(super) fn from_item(item: ItemError) -> Self {
        let reason = item.reason();
        let retry_delay = item.retry_delay.and_then(|delay| delay.try_into().ok());
        let retry_delay = retry_delay.map(bounded);
        let name = reason.as_str_name();
        Self::from_inner(Inner {
            kind: Kind::Refused,
            code: Code::from_i32(item.code),
            reason,
            reason_name: match reason {
                ErrorReason::Unspecified => String::new(),
                _ => name.strip_prefix(REASON_PREFIX).unwrap_or(name).to_owned(),
            },
            message: item.message,
            metadata: item.metadata,
            violations: Vec::new(),
            retry_delay,
            source: None,
        })
    }

    /// The broker was not reached; `cause` says why.
    pub(super) fn unreachable(cause: impl StdError + Send + Sync + 'static) -> Self {
        let message = format!("the broker cannot be reached: {}", root_of(&cause));
        Self::simple(
            Kind::Unreachable,
            Code::Unavailable,
            message,
            Some(Box::new(cause)),
        )
    }

    /// The broker ended a stream, or fell silent, without a word.
    pub(super) fn lost(what: &str) -> Self {
        let message = format!("the connection to the broker was lost: {what}");
        Self::simple(Kind::Unreachable, Code::Unavailable, message, None)
    }

    /// The message was sent and the connection was lost before the answer.
    pub(super) fn outcome_unknown(cause: &Self) -> Self {
        let message = format!(
            "it is unknown whether the message was stored, since the answer did not come: {cause}"
        );
        Self::simple(
            Kind::OutcomeUnknown,
            Code::Unknown,
            message,
            Some(Box::new(cause.clone())),
        )
    }

    /// This program closed `what`.
    pub(super) fn closed(what: &str) -> Self {
        let message = format!("the {what} is closed");
        Self::simple(Kind::Closed, Code::Cancelled, message, None)
    }

    /// This program asked for what cannot be.
    pub(super) fn usage(message: String) -> Self {
        Self::simple(Kind::Usage, Code::InvalidArgument, message, None)
    }

    /// The client refuses what the broker would refuse with this reason, for this field.
    pub(super) fn over_limit(reason: ErrorReason, field: &str, message: String) -> Self {
        let name = reason.as_str_name();
        let violation = Violation {
            field: field.to_owned(),
            description: message.clone(),
        };
        Self::from_inner(Inner {
            kind: Kind::Usage,
            code: Code::InvalidArgument,
            reason,
            reason_name: name.strip_prefix(REASON_PREFIX).unwrap_or(name).to_owned(),
            message,
            metadata: HashMap::new(),
            violations: vec![violation],
            retry_delay: None,
            source: None,
        })
    }

    /// The broker's answer breaks the contract.
    pub(super) fn bad_answer(message: &str) -> Self {
        let message = format!("the broker's answer breaks the contract: {message}");
        Self::simple(Kind::Refused, Code::Internal, message, None)
    }

    fn simple(
        kind: Kind,
        code: Code,
        message: String,
        source: Option<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self::from_inner(Inner {
            kind,
            code,
            reason: ErrorReason::Unspecified,
            reason_name: String::new(),
            message,
            metadata: HashMap::new(),
            violations: Vec::new(),
            retry_delay: None,
            source,
        })
    }

    fn from_inner(inner: Inner) -> Self {
        Self {
            inner: Arc::new(inner),
        }
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        Self::from_status(status)
    }
}

const REASON_PREFIX: &str = "ERROR_REASON_";

/// The longest wait that a broker can ask of a client: beyond it, it is a mistake, and no clock may have such a time.
const LONGEST_RETRY_DELAY: Duration = Duration::from_hours(1);

fn bounded(retry_delay: Duration) -> Duration {
    retry_delay.min(LONGEST_RETRY_DELAY)
}

fn reason_named(name: &str) -> ErrorReason {
    ErrorReason::from_str_name(&format!("{REASON_PREFIX}{name}")).unwrap_or_default()
}

fn is_of_transport(status: &Status) -> bool {
    status.source().is_some()
        || matches!(
            status.code(),
            Code::Unavailable | Code::Unknown | Code::Cancelled
        )
}

fn message_of(status: &Status) -> String {
    match status.message() {
        "" => format!("the broker refused: {}", status.code().description()),
        message => message.to_owned(),
    }
}

/// What the innermost cause says: `Connection refused`, not `transport error`.
fn root_of(error: &(dyn StdError + 'static)) -> String {
    let mut innermost = error;
    while let Some(cause) = innermost.source() {
        innermost = cause;
    }
    innermost
        .downcast_ref::<Status>()
        .map_or_else(|| innermost.to_string(), message_of)
}
