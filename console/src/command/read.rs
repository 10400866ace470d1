//! `weir topic read`, `weir topic tail`, `weir sub tail`: what a topic stores, printed as it comes.
//!
//! What retention let go before it was read is said on stderr, never passed over.

use std::time::SystemTime;

use weir_proto::client::{ReadFrom, ReadItem, ReadOptions, Reader};

use super::arguments::{Place, ReadArgs, TailSubscriptionArgs};
use super::failure::Failure;
use super::names;
use super::session::Session;
use crate::present::message::{MessageDocument, Sort};
use crate::present::message_fields::LookedInto;
use crate::present::message_printer::MessagePrinter;
use crate::present::units;
use weir_proto::filter::Filter;

/// Reads what the arguments name.
pub(crate) async fn run(session: &mut Session, args: ReadArgs) -> Result<(), Failure> {
    args.payload.check(&session.output)?;
    let form = args.payload.form(session.format);
    let mut printer = MessagePrinter::new(form, Sort::OfTopic, session.output.is_colored());
    let mut left = args.max.unwrap_or(u64::MAX);
    let filter = args.filter.clone();
    let tried = format!("read the topic {}", args.topic);
    let reader = session.client.read(options(args)).await;
    let mut reader = reader.map_err(|error| session.failure(tried.clone(), error))?;
    while left > 0 {
        let items = reader.next_batch().await;
        let items = items.map_err(|error| session.failure(tried.clone(), error))?;
        if items.is_empty() {
            break;
        }
        let mut messages = documents(session, &reader, items, filter.as_ref());
        messages.truncate(usize::try_from(left).unwrap_or(usize::MAX));
        left = left.saturating_sub(messages.len() as u64);
        session.output.data(printer.part(&messages)?).await?;
    }
    session.output.data(printer.end()).await
}

/// Follows what is published to the topic of a subscription: nothing is leased, nothing is taken from its consumers.
pub(crate) async fn subscription(
    session: &mut Session,
    args: TailSubscriptionArgs,
) -> Result<(), Failure> {
    let found = names::subscription(session, &args.subscription).await?;
    if !found.filter.is_empty() {
        session.output.note(&format!(
            "{} has the filter {}: what it leaves out is shown, too",
            found.name, found.filter
        ));
    }
    run(session, args.tail.read_of(found.topic)).await
}

fn options(args: ReadArgs) -> ReadOptions {
    let mut options = ReadOptions {
        partition: args.partition,
        follow: args.follow,
        ..ReadOptions::of(args.topic)
    };
    match args.from {
        Place::Earliest => {}
        Place::Latest => options.from = ReadFrom::Latest,
        // A time that no clock shows is far in the future.
        Place::Time(time) => {
            let time = SystemTime::try_from(time);
            options.from = time.map_or(ReadFrom::Latest, ReadFrom::Time);
        }
        Place::Offsets(offsets) => {
            let places = offsets.iter().map(|at| (at.partition, at.offset));
            options.offsets = places.collect();
        }
    }
    options
}

/// The messages among what came; what is missing is said.
fn documents(
    session: &Session,
    reader: &Reader,
    items: Vec<ReadItem>,
    filter: Option<&Filter>,
) -> Vec<MessageDocument> {
    let mut documents = Vec::with_capacity(items.len());
    for item in items {
        match item {
            ReadItem::Message(message) => {
                documents.push(MessageDocument::read(reader.topic(), message));
            }
            ReadItem::Trimmed {
                partition,
                from,
                to,
            } => {
                let missing = units::messages(to - from);
                session.output.note(&format!(
                    "{missing} of partition {partition}, offsets {from} to {}, are no longer stored",
                    to - 1
                ));
            }
        }
    }
    if let Some(filter) = filter {
        documents.retain(|message| filter.selects(&LookedInto::new(message)));
    }
    documents
}
