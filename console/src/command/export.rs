//! `weir dlq export`: dead messages with why they died, as lines, to standard output or into a file.
//!
//! Nothing is changed. An export that ends early, for its limit, a signal or a lost broker, says with which page the
//! next one goes on, so that both together have each message once.

use weir_proto::v1::{self, MessageState};

use super::arguments::ExportArgs;
use super::failure::Failure;
use super::session::Session;
use super::signals::Signals;
use super::{names, peek};
use crate::files::Appended;
use crate::present::format::Format;
use crate::present::message::{MessageDocument, Sort};
use crate::present::message_printer::{Form, MessagePrinter};
use crate::present::units;

/// Messages of one page.
const PAGE: u64 = 1_000;

/// Exports what the arguments name.
pub(crate) async fn run(session: &mut Session, args: ExportArgs) -> Result<(), Failure> {
    let subscription = names::subscription(session, &args.subscription).await?;
    let mut target = Target::open(session, &args)?;
    let request = v1::PeekRequest {
        subscription: subscription.name.clone(),
        states: vec![MessageState::Dead.into()],
        fingerprint: peek::group_of(args.filter.as_ref(), true),
        page_token: args.page_token.clone().unwrap_or_default(),
        ..v1::PeekRequest::default()
    };
    let mut export = Export {
        left: args.limit.unwrap_or(u64::MAX),
        subscription,
        args,
        request,
        done: 0,
    };
    let ended = export.run(session, &mut target).await;
    let done = units::counted(export.done, "dead message", "dead messages");
    let name = &export.subscription.name;
    session.output.note(&match export.rest() {
        Some(rest) => format!("exported {done} of {name}; the next ones: {rest}"),
        None => format!("exported {done} of {name}"),
    });
    ended
}

/// An export under way.
struct Export {
    subscription: v1::Subscription,
    args: ExportArgs,
    /// The next page; nothing is left if `left` is 0 or it has no token after the first.
    request: v1::PeekRequest,
    left: u64,
    done: u64,
}

impl Export {
    async fn run(&mut self, session: &mut Session, target: &mut Target) -> Result<(), Failure> {
        let mut signals = Signals::listen()?;
        loop {
            let page = tokio::select! {
                page = self.page(session) => page?,
                () = signals.next() => return Err(Failure::Interrupted),
            };
            target.write(session, &page.messages).await?;
            self.done += page.messages.len() as u64;
            self.left = self.left.saturating_sub(page.messages.len() as u64);
            self.request.page_token = page.next;
            if self.request.page_token.is_empty() {
                self.left = 0;
                return target.end(session).await;
            }
            if self.left == 0 {
                return target.end(session).await;
            }
        }
    }

    /// The next messages that are chosen, and where those after them begin.
    async fn page(&mut self, session: &Session) -> Result<Page, Failure> {
        let wanted = if self.args.filter.is_some() {
            PAGE
        } else {
            PAGE.min(self.left)
        };
        let page = self.peek(session, wanted).await?;
        let (name, topic) = (&self.subscription.name, &self.subscription.topic);
        let (mut messages, mut seen, all) = (Vec::new(), 0, page.messages.len());
        for peeked in page.messages {
            if messages.len() as u64 == self.left {
                break;
            }
            seen += 1;
            let message = MessageDocument::peeked(topic, Some(name), peeked);
            if peek::is_selected(self.args.filter.as_ref(), &message) {
                messages.push(message);
            }
        }
        let next = if seen < all {
            // The limit lies within the page: the same page ends there.
            self.peek(session, seen as u64).await?.next_page_token
        } else {
            page.next_page_token
        };
        Ok(Page { messages, next })
    }

    async fn peek(&self, session: &Session, size: u64) -> Result<v1::PeekResponse, Failure> {
        let request = v1::PeekRequest {
            page_size: i32::try_from(size).unwrap_or(i32::MAX),
            ..self.request.clone()
        };
        let page = session.client.operator().peek(request).await;
        let tried = || format!("export the dead messages of {}", self.subscription.name);
        page.map_err(|error| session.failure(tried(), error))
    }

    /// The command that goes on, if there is something left and a place to go on from.
    fn rest(&self) -> Option<String> {
        let token = Some(&self.request.page_token).filter(|token| !token.is_empty())?;
        Some(format!("--page-token {token}"))
    }
}

struct Page {
    messages: Vec<MessageDocument>,
    next: String,
}

/// Where the messages go.
struct Target {
    printer: MessagePrinter,
    file: Option<Appended>,
}

impl Target {
    fn open(session: &Session, args: &ExportArgs) -> Result<Self, Failure> {
        let format = match session.format {
            // For programs: what is exported is not for a look.
            Format::Table | Format::Wide => Format::Jsonl,
            format => format,
        };
        let file = args.file.as_ref().map(|path| {
            let opened = Appended::open(path, args.page_token.is_some());
            opened.map_err(|error| Failure::Page {
                path: path.clone(),
                error,
            })
        });
        Ok(Self {
            printer: MessagePrinter::new(Form::As(format), Sort::Dead, false),
            file: file.transpose()?,
        })
    }

    async fn write(
        &mut self,
        session: &mut Session,
        messages: &[MessageDocument],
    ) -> Result<(), Failure> {
        let part = self.printer.part(messages)?;
        self.put(session, &part).await
    }

    async fn end(&mut self, session: &mut Session) -> Result<(), Failure> {
        let end = self.printer.end();
        self.put(session, end.as_bytes()).await
    }

    async fn put(&mut self, session: &mut Session, bytes: &[u8]) -> Result<(), Failure> {
        match &mut self.file {
            Some(file) => file.append(bytes).map_err(|error| Failure::Page {
                path: file.path().to_owned(),
                error,
            }),
            None => session.output.data(bytes).await,
        }
    }
}
