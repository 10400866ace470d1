//! The one owner of a publisher's stream: takes messages over, sends batches while there is room,
//! deals out answers, and decides what a refusal or a lost stream means.

use std::sync::{Arc, OnceLock};

use tokio::sync::mpsc;
use tonic::Code;

use super::batch::{Cost, Submission};
use super::handle::Budget;
use super::link::{Event, Link};
use super::pipeline::{Answered, FlushReply, Pipeline};
use crate::client::backoff::{self, Delays};
use crate::client::connection::Client;
use crate::client::error::{Error, Kind};
use crate::v1::{ErrorReason, PublishStreamResponse};

/// How many commands are taken over at once.
const COMMANDS_AT_ONCE: usize = 1024;

/// What a publisher's handles ask of its task.
pub(super) enum Command {
    Publish(Submission),
    Flush(FlushReply),
    Close(FlushReply),
}

pub(super) struct Task {
    pub(super) client: Client,
    pub(super) commands: mpsc::Receiver<Command>,
    pub(super) pipeline: Pipeline,
    pub(super) link: Link,
    pub(super) budget: Arc<Budget>,
    pub(super) ended: Arc<OnceLock<Error>>,
    pub(super) resend: bool,
    /// The waits between streams.
    pub(super) reopening: Delays,
    /// The waits before refused batches are tried again, where the broker names none.
    pub(super) retrying: Delays,
    pub(super) is_closing: bool,
}

impl Task {
    pub(super) async fn run(mut self) {
        let mut arrived = Vec::with_capacity(COMMANDS_AT_ONCE);
        while !self.is_done() {
            let is_listening = !self.is_closing && self.pipeline.has_room();
            tokio::select! {
                count = self.commands.recv_many(&mut arrived, COMMANDS_AT_ONCE), if is_listening =>
                {
                    self.is_closing |= count == 0;
                    arrived.drain(..).for_each(|command| self.obey(command));
                }
                event = self.link.next(self.pipeline.can_send()) => self.handle(event),
                () = backoff::at(self.pipeline.paused_until()) => self.pipeline.resume(),
            }
        }
        self.end().await;
    }

    fn is_done(&self) -> bool {
        self.ended.get().is_some() || (self.is_closing && self.pipeline.is_empty())
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Publish(submission) => self.pipeline.accept(submission),
            Command::Flush(reply) => self.pipeline.flush(reply),
            Command::Close(reply) => {
                self.pipeline.flush(reply);
                self.is_closing = true;
            }
        }
    }

    fn handle(&mut self, event: Event) {
        match event {
            Event::Opened => {}
            Event::Room => {
                if let Some(batch) = self.pipeline.next_batch() {
                    self.link.send(batch);
                }
            }
            Event::Answered(response) => self.take_answers(response),
            Event::Lost(error) => self.take_loss(error),
        }
    }

    fn take_answers(&mut self, response: PublishStreamResponse) {
        self.reopening.reset();
        let reconnects = self.client.reconnects();
        for result in response.results {
            match self
                .pipeline
                .answer(result, |error| is_for_now(error, reconnects))
            {
                Answered::Settled(charge) => {
                    self.retrying.reset();
                    self.budget.give_back(charge);
                }
                Answered::ForNow(error) => {
                    let own = self.retrying.after_failure();
                    let delay = error.retry_delay().unwrap_or(own);
                    self.pipeline.pause(backoff::now() + delay);
                }
                // A broker that answers what was not asked changes nothing here.
                Answered::Unasked => {}
            }
        }
    }

    fn take_loss(&mut self, error: Error) {
        // A stream that the broker ended for what it was sent would end again.
        let is_worth_resending = error.is_retryable();
        if self.resend && self.client.reconnects() && is_worth_resending {
            self.pipeline.send_again();
        } else {
            let freed = self.pipeline.forget_in_flight(&error);
            self.budget.give_back(freed);
        }
        let is_for_good = error.kind() == Kind::Refused && !error.is_retryable();
        if !self.client.reconnects() || is_for_good {
            self.ended.get_or_init(|| error);
        } else {
            self.link.reopen_after(self.reopening.after_failure());
        }
    }

    /// Answers everybody who still waits; then nobody can ask any more.
    async fn end(mut self) {
        let error = self
            .ended
            .get_or_init(|| Error::closed("publisher"))
            .clone();
        self.budget.close();
        self.commands.close();
        while let Some(command) = self.commands.recv().await {
            self.obey(command);
        }
        let freed: Cost = self.pipeline.fail_unsent(&error);
        self.budget.give_back(freed);
        self.link.finish().await;
    }
}

/// Whether a refused batch is tried again: always when the broker asks to slow down; when it has no
/// room or is shutting down only by a client that has patience.
fn is_for_now(error: &Error, reconnects: bool) -> bool {
    match error.reason() {
        ErrorReason::Backpressure => true,
        ErrorReason::LogPoisoned | ErrorReason::ProducersFull => false,
        _ => reconnects && matches!(error.code(), Code::ResourceExhausted | Code::Unavailable),
    }
}
