//! `weir topic peek`, `weir sub peek`, `weir dlq peek`: messages that are looked at and not
//! touched.

use weir_proto::v1::{self, MessageState};

use super::arguments::{PeekArgs, PeekDeadArgs, PeekSubscriptionArgs, PeekTopicArgs, StateArg};
use super::failure::Failure;
use super::names;
use super::session::Session;
use crate::present::message::{MessageDocument, Sort};
use crate::present::message_fields::{FINGERPRINT, LookedInto};
use crate::present::message_printer::MessagePrinter;
use crate::present::units;
use weir_proto::filter::Filter;

/// The most messages of one page.
const PAGE_SIZE: i32 = 1_000;

/// Shows the newest messages of a topic.
pub(crate) async fn topic(session: &mut Session, args: &PeekTopicArgs) -> Result<(), Failure> {
    let topic = session.client.admin().get_topic(&args.topic).await;
    let topic = topic
        .map_err(|error| session.failure(format!("look into the topic {}", args.topic), error))?;
    let request = v1::PeekRequest {
        topic: topic.name.clone(),
        ..v1::PeekRequest::default()
    };
    let look = Look {
        topic: topic.name,
        subscription: None,
        sort: Sort::OfTopic,
    };
    look.print(session, request, &args.peek).await
}

/// Shows unfinished messages of a subscription.
pub(crate) async fn subscription(
    session: &mut Session,
    args: &PeekSubscriptionArgs,
) -> Result<(), Failure> {
    let states = args
        .state
        .iter()
        .map(|state| state_of(*state).into())
        .collect();
    let sort = Sort::OfSubscription;
    in_subscription(session, &args.subscription, states, sort, &args.peek).await
}

/// Shows dead messages of a subscription.
pub(crate) async fn dead(session: &mut Session, args: &PeekDeadArgs) -> Result<(), Failure> {
    let states = vec![MessageState::Dead.into()];
    in_subscription(session, &args.subscription, states, Sort::Dead, &args.peek).await
}

/// The ids of the messages of a subscription in some states that a filter selects, at most `limit` of them.
pub(crate) async fn ids(
    session: &Session,
    subscription: &v1::Subscription,
    (states, filter): (&[MessageState], &Filter),
    limit: usize,
) -> Result<Vec<String>, Failure> {
    let operator = session.client.operator();
    let is_dead = states == [MessageState::Dead];
    let look = Look {
        topic: subscription.topic.clone(),
        subscription: Some(subscription.name.clone()),
        sort: if is_dead {
            Sort::Dead
        } else {
            Sort::OfSubscription
        },
    };
    let mut request = v1::PeekRequest {
        subscription: subscription.name.clone(),
        states: states.iter().map(|state| (*state).into()).collect(),
        fingerprint: group_of(Some(filter), is_dead),
        page_size: PAGE_SIZE,
        ..v1::PeekRequest::default()
    };
    let mut ids = Vec::new();
    loop {
        let page = operator.peek(request.clone()).await;
        let page = page.map_err(|error| session.failure(look.tried(), error))?;
        for peeked in page.messages {
            let message = look.document(peeked);
            if is_selected(Some(filter), &message) {
                ids.push(message.message_id);
            }
        }
        if ids.len() > limit {
            let limit = units::messages(limit as u64);
            let what = format!("the expression selects more than {limit}; narrow it");
            return Err(Failure::Usage(what));
        }
        request.page_token = page.next_page_token;
        if request.page_token.is_empty() {
            return Ok(ids);
        }
    }
}

async fn in_subscription(
    session: &mut Session,
    given: &str,
    states: Vec<i32>,
    sort: Sort,
    args: &PeekArgs,
) -> Result<(), Failure> {
    let found = names::subscription(session, given).await?;
    let request = v1::PeekRequest {
        subscription: found.name.clone(),
        fingerprint: group_of(args.filter.as_ref(), sort == Sort::Dead),
        states,
        ..v1::PeekRequest::default()
    };
    let look = Look {
        topic: found.topic,
        subscription: Some(found.name),
        sort,
    };
    look.print(session, request, args).await
}

/// The one group of dead messages that a filter is about, which the broker then looks for; empty if about none, or
/// about several.
pub(crate) fn group_of(filter: Option<&Filter>, is_dead: bool) -> String {
    let required = filter.and_then(|filter| filter.requires(FINGERPRINT));
    let required = required.filter(|_| is_dead);
    match required {
        Some((groups, _)) if groups.len() == 1 => groups.concat(),
        _ => String::new(),
    }
}

/// Whether a filter selects a message; without one, each.
pub(crate) fn is_selected(filter: Option<&Filter>, message: &MessageDocument) -> bool {
    filter.is_none_or(|filter| filter.selects(&LookedInto::new(message)))
}

/// Where is looked.
struct Look {
    topic: String,
    subscription: Option<String>,
    sort: Sort,
}

impl Look {
    async fn print(
        self,
        session: &mut Session,
        mut request: v1::PeekRequest,
        args: &PeekArgs,
    ) -> Result<(), Failure> {
        args.payload.check(&session.output)?;
        let form = args.payload.form(session.format);
        let mut printer = MessagePrinter::new(form, self.sort, session.output.is_colored());
        let operator = session.client.operator();
        let mut left = args.max;
        while left > 0 {
            request.page_size = match args.filter {
                // Few may be selected of many.
                Some(_) => PAGE_SIZE,
                None => i32::try_from(left).map_or(PAGE_SIZE, |left| left.min(PAGE_SIZE)),
            };
            let page = operator.peek(request.clone()).await;
            let page = page.map_err(|error| session.failure(self.tried(), error))?;
            let messages: Vec<MessageDocument> = page
                .messages
                .into_iter()
                .map(|peeked| self.document(peeked))
                .filter(|message| is_selected(args.filter.as_ref(), message))
                .take(usize::try_from(left).unwrap_or(usize::MAX))
                .collect();
            left = left.saturating_sub(messages.len() as u64);
            session.output.data(printer.part(&messages)?).await?;
            request.page_token = page.next_page_token;
            if request.page_token.is_empty() {
                break;
            }
        }
        session.output.data(printer.end()).await
    }

    fn document(&self, peeked: v1::PeekedMessage) -> MessageDocument {
        MessageDocument::peeked(&self.topic, self.subscription.as_deref(), peeked)
    }

    fn tried(&self) -> String {
        match &self.subscription {
            Some(name) => format!("look into the subscription {name}"),
            None => format!("look into the topic {}", self.topic),
        }
    }
}

fn state_of(state: StateArg) -> MessageState {
    match state {
        StateArg::Scheduled => MessageState::Scheduled,
        StateArg::Ready => MessageState::Ready,
        StateArg::Leased => MessageState::Leased,
        StateArg::Waiting => MessageState::Waiting,
        StateArg::Dead => MessageState::Dead,
    }
}
