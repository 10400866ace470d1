//! Looking at messages: the owner says which, their bytes are read on other threads.
//!
//! A message that was trimmed between the two is left out.

use std::sync::Arc;

use bytes::Bytes;
use tokio::task::spawn_blocking;

use super::Handle;
use super::bodies::{TailBody, internal, unreadable};
use crate::core::{MessageView, PeekPlace, PeekSubscription, PeekTopic, Peeked, State};
use crate::journal::{ReadError, Reader};
use crate::model::entry::{Entry, decode};
use crate::model::{Fingerprint, MessageId, Name, Position, Refusal};

/// A message with its bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownMessage {
    /// What and where it is, and its states.
    pub view: MessageView,
    /// The encoded `Message`.
    pub content: Bytes,
    /// Why it died, for each of `view.states` in which it is dead.
    pub texts: Vec<Option<DeadText>>,
}

/// The words of a message's last failure.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct DeadText {
    /// The kind of failure.
    pub class: String,
    /// Why, in the consumer's words.
    pub reason: String,
    /// The consumer.
    pub consumer: String,
}

/// How much a look shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PeekPage {
    /// Only messages beyond this place, in the order of the look.
    pub from: Option<PeekPlace>,
    /// At most this many, 1 to 1,000.
    pub limit: usize,
    /// At most this many bytes of messages in all, or one larger message.
    pub max_bytes: usize,
}

/// A page of messages.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownPage {
    /// The messages.
    pub messages: Vec<ShownMessage>,
    /// Where the next page goes on; `None` at the end.
    pub next: Option<PeekPlace>,
}

impl Handle {
    /// Shows messages of a subscription in one of `states` (any unfinished one if empty), the
    /// oldest first; with a fingerprint, dead ones of that group only.
    pub async fn peek_subscription(
        &self,
        subscription: Name,
        states: Vec<State>,
        fingerprint: Option<Fingerprint>,
        page: PeekPage,
    ) -> Result<ShownPage, Refusal> {
        self.name_dead(fingerprint.is_some(), &subscription).await?;
        let look = self.act(move |core, now| {
            let peek = PeekSubscription {
                subscription: &subscription,
                states: &states,
                fingerprint,
                after: page.from,
                limit: page.limit,
            };
            core.peek_subscription(&peek, now)
        });
        let peeked = look.await?;
        self.show_page(peeked, page.max_bytes).await
    }

    /// Shows messages of a topic, the newest first.
    pub async fn peek_topic(&self, topic: Name, page: PeekPage) -> Result<ShownPage, Refusal> {
        let look = self.act(move |core, now| {
            let peek = PeekTopic {
                topic: &topic,
                before: page.from,
                limit: page.limit,
            };
            core.peek_topic(&peek, now)
        });
        let peeked = look.await?;
        self.show_page(peeked, page.max_bytes).await
    }

    /// Shows one message with its state in each subscription of its topic, and the topic's name.
    pub async fn message(&self, id: MessageId) -> Result<(ShownMessage, Name), Refusal> {
        let (view, topic) = self.act(move |core, now| core.message(id, now)).await?;
        let shown = self.show(vec![view]).await?.pop();
        let not_stored = || Refusal::MessageNotFound {
            message: id.to_string(),
        };
        Ok((shown.ok_or_else(not_stored)?, topic))
    }

    async fn show_page(&self, peeked: Peeked, max_bytes: usize) -> Result<ShownPage, Refusal> {
        let Peeked {
            mut messages,
            mut next,
        } = peeked;
        let mut weight = 0;
        let fits = messages.iter().take_while(|view| {
            let is_first = weight == 0;
            weight += view.size as usize + 1;
            is_first || weight <= max_bytes
        });
        let count = fits.count();
        if count < messages.len() {
            messages.truncate(count);
            next = messages.last().map(|last| PeekPlace {
                time: last.time,
                partition: last.id.partition,
                offset: last.id.offset,
            });
        }
        let messages = self.show(messages).await?;
        Ok(ShownPage { messages, next })
    }

    pub(super) async fn show(&self, views: Vec<MessageView>) -> Result<Vec<ShownMessage>, Refusal> {
        let reader = self.shared.bodies.reader();
        let shown = spawn_blocking(move || {
            let mut frame = None;
            let mut shown = Vec::with_capacity(views.len());
            for view in views {
                shown.extend(show_one(&reader, view, &mut frame)?);
            }
            Ok(shown)
        });
        shown.await.map_err(internal)?
    }
}

/// The frame read last: neighbours are often in one.
type Frame = Option<(Position, Arc<TailBody>)>;

fn show_one(
    reader: &Reader,
    view: MessageView,
    frame: &mut Frame,
) -> Result<Option<ShownMessage>, Refusal> {
    let body = match frame {
        Some((at, body)) if *at == view.position => Arc::clone(body),
        _ => match reader.read(view.position) {
            Ok(stored) => {
                let body = TailBody::new(stored.body);
                *frame = Some((view.position, Arc::clone(&body)));
                body
            }
            Err(ReadError::NotFound(_trimmed)) => return Ok(None),
            Err(error) => return Err(unreadable(&error)),
        },
    };
    let index = view.id.offset.0.saturating_sub(view.frame_base.0);
    let index = usize::try_from(index).unwrap_or(usize::MAX);
    // The copy lets go of the frame, which may be much larger.
    let content = body.slice(body.columns()?.message(index))?;
    let content = Bytes::copy_from_slice(&content);
    let mut texts = Vec::with_capacity(view.states.len());
    for state in &view.states {
        let text = state.dead.map(|dead| dead_text(reader, dead.text));
        texts.push(text.transpose()?);
    }
    Ok(Some(ShownMessage {
        view,
        content,
        texts,
    }))
}

/// The words of the `Failed` entry at `position`; empty if it has just been let go.
pub(super) fn dead_text(reader: &Reader, position: Position) -> Result<DeadText, Refusal> {
    let stored = match reader.read(position) {
        Ok(stored) => stored,
        Err(ReadError::NotFound(_released)) => return Ok(DeadText::default()),
        Err(error) => return Err(unreadable(&error)),
    };
    match decode(stored.kind, stored.version, &stored.head) {
        Ok(Entry::Failed(failed)) => Ok(DeadText {
            class: failed.class,
            reason: failed.reason,
            consumer: failed.consumer,
        }),
        Ok(_other) => Err(Refusal::DataDamaged {
            detail: format!("the frame at position {position} holds no failure"),
        }),
        Err(error) => Err(Refusal::DataDamaged {
            detail: error.to_string(),
        }),
    }
}
