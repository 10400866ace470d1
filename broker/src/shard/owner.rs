//! The task that owns the core and its journal.
//!
//! Each round takes all waiting commands, lets the core decide them, grants what is ready, appends
//! what was decided, and lets effects leave. It waits for commands and deadlines only: never for a channel, and
//! for the disk only where the journal says so (a small sync while nothing else is to be done and the disk is
//! quick). A task and no thread: who sends a command on a worker wakes the owner there, and nothing changes hands.

use std::sync::Arc;
use std::time::Duration;

use super::Health;
use super::bodies::{TAIL_BYTES, Tail};
use super::command::Command;
use super::doorbell::{Note, Waiting, Woken};
use super::effects::Effects;
use super::exposed::Exposed;
use super::handle::{Shared, poisoning};
use super::held_back::HeldBack;
use super::party::Parties;
use super::readers::Readers;
use super::sampling::{Sampler, Scene};
use super::scanning::Scanner;
use super::standstill::Standstill;
use super::upkeep::Upkeep;
use crate::core::{Core, Departure};
use crate::journal::{CloseError, Journal};
use crate::model::{ConsumerId, Mono, Now, Refusal, Span};

/// Commands that may wait in the channel, and that one round takes: one round takes all that waited
/// when it began.
pub(super) const COMMANDS: usize = 1_024;
/// Commands after which a round hands over what it has, so that the disk begins early.
const FLUSH_EVERY: usize = 128;
/// Bytes of publishes after which it does so, too: the journal is asked for room before each publish,
/// and must know of what was let in before.
const FLUSH_BYTES: usize = 1 << 20;
/// The longest wait: upkeep and samples are due each second.
const PATIENCE: Span = Span::from_secs(1);
/// A step of operations that takes so long is followed by a rest of theirs.
const LONG_STEP: Span = Span(500);
/// So many times as long as the step: what an operator does to a million messages takes a third of the owner's
/// time, the rest is for those who publish and receive.
const RESTS: u64 = 2;
/// How often a stop looks whether the last leases are back.
const STOP_INTERVAL: Span = Span::from_millis(20);

/// Why a shard ended by itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct ShardError {
    /// What was tried, on what, and why it failed.
    pub reason: String,
}

/// The owner's state.
pub(super) struct Owner {
    pub(super) core: Core,
    pub(super) journal: Box<dyn Journal>,
    pub(super) shared: Arc<Shared>,
    pub(super) parties: Parties,
    pub(super) readers: Readers,
    scanner: Scanner,
    pub(super) tail: Tail,
    pub(super) effects: Effects,
    pub(super) upkeep: Upkeep,
    pub(super) held_back: HeldBack,
    pub(super) exposed: Exposed,
    /// Bytes of publishes that were decided since the last flush: the journal does not know of them.
    pub(super) unflushed: usize,
    pub(super) sampler: Sampler,
    standstill: Standstill,
    /// Groups up to this size are appended together.
    pub(super) merge_bytes: usize,
    /// By when the journal is to be asked again to write what waits for company.
    handed_over: Option<Mono>,
    /// When a stop no longer waits for acks; set once a stop was asked for.
    pub(super) stops_at: Option<Mono>,
}

impl Owner {
    /// An owner that has done nothing yet; the core's output of recovery is still in it.
    pub(super) fn new(
        core: Core,
        journal: Box<dyn Journal>,
        shared: Arc<Shared>,
        sampler: Sampler,
        merge_bytes: usize,
    ) -> Self {
        let now = shared.clock.mono();
        Self {
            core,
            journal,
            parties: Parties::new(Arc::clone(&shared)),
            readers: Readers::default(),
            scanner: Scanner::default(),
            tail: Tail::new(TAIL_BYTES),
            effects: Effects::default(),
            upkeep: Upkeep::begin(now),
            held_back: HeldBack::default(),
            exposed: Exposed::default(),
            unflushed: 0,
            sampler,
            standstill: Standstill::begin(now),
            merge_bytes,
            handed_over: None,
            stops_at: None,
            shared,
        }
    }

    /// Works until a stop or a failure. The journal is still open afterwards.
    pub(super) async fn run(&mut self, commands: &mut Waiting<Command>) -> Result<(), ShardError> {
        let mut batch = Vec::with_capacity(COMMANDS);
        self.flush()?;
        loop {
            // Notes are about what was said before them: the round first does all that waits now.
            let notes = self.shared.doorbell.take();
            let patience = if notes.is_empty() {
                self.patience()
            } else {
                Duration::ZERO
            };
            self.standstill.rest(self.shared.clock.now().mono);
            let woken = commands
                .receive(&mut batch, COMMANDS, patience, &self.shared.doorbell)
                .await;
            if woken == Woken::Commands {
                // Whoever is ready on this worker says first what it has to say: it goes into the same sync.
                tokio::task::yield_now().await;
                commands.take_more(&mut batch, COMMANDS);
            }
            let mut now = self.shared.clock.now();
            self.standstill.wake(now.mono, patience);
            for (index, command) in batch.drain(..).enumerate() {
                self.decide(command, now);
                if index % FLUSH_EVERY == FLUSH_EVERY - 1 || self.unflushed >= FLUSH_BYTES {
                    self.flush()?;
                    self.hand_over(false, now);
                    now = self.shared.clock.now();
                }
            }
            self.heed(notes, now);
            self.pass_time(now)?;
            if self.has_stopped(now, woken)? {
                return Ok(());
            }
            let is_idle = commands.is_empty();
            self.hand_over(is_idle, now);
            if !is_idle || patience.is_zero() {
                // Others share this worker.
                tokio::task::yield_now().await;
            }
        }
    }

    /// Lets what was appended be written.
    fn hand_over(&mut self, is_idle: bool, now: Now) {
        let left = self.journal.hand_over(is_idle);
        self.handed_over = left.map(|left| now.mono.plus(Span::from(left)));
    }

    /// What time brings: deadlines, grants, upkeep, samples.
    fn pass_time(&mut self, now: Now) -> Result<(), ShardError> {
        let step = self.core.has_step(now).then(|| self.shared.clock.mono());
        if self
            .core
            .next_deadline(now)
            .is_some_and(|at| at <= now.mono)
        {
            self.core.hear_until(self.standstill.until());
            self.core.tick(now);
        }
        self.let_go(now);
        for pull in self.parties.give_up(now.mono, &mut self.effects) {
            self.core.cancel_pull(pull);
        }
        if self.stops_at.is_none() {
            self.core.dispatch(now);
        }
        self.flush()?;
        if let Some(begun) = step {
            self.rest_after(begun);
        }
        if self.core.take_forward_hint() {
            self.shared.forwarding.send_modify(|hints| *hints += 1);
        }
        if self.core.take_operation_news(now) {
            self.shared.operated.send_modify(|count| *count += 1);
        }
        if self.stops_at.is_none() && self.core.has_scans() {
            self.scanner.go_on(&self.shared);
        }
        self.keep_up(now)?;
        self.sampler.proceed(Scene {
            core: &self.core,
            journal: &*self.journal,
            shared: &self.shared,
            now,
        });
        match self.shared.watermark.poisoned() {
            Some(poisoned) => Err(ShardError::new(&poisoning(&poisoned))),
            None => Ok(()),
        }
    }

    /// Operations rest after a long step of theirs.
    fn rest_after(&mut self, begun: Mono) {
        let end = self.shared.clock.mono();
        let took = end.since(begun);
        if took >= LONG_STEP {
            let rest = Span(took.0.saturating_mul(RESTS));
            self.core.rest_operations(end.plus(rest));
        }
    }

    fn patience(&self) -> Duration {
        let now = self.shared.clock.now();
        let (clock, now) = (now, now.mono);
        if self.sampler.is_busy() || self.upkeep.is_busy() {
            return Duration::ZERO;
        }
        let stop_check = self.stops_at.map(|at| at.min(now.plus(STOP_INTERVAL)));
        let deadlines = [
            Some(now.plus(PATIENCE)),
            Some(self.sampler.next()),
            Some(self.upkeep.next()),
            self.core.next_deadline(clock),
            self.core.next_operation_news(),
            self.parties.next_deadline(),
            self.handed_over,
            stop_check,
        ];
        let next = deadlines.into_iter().flatten().min().unwrap_or(now);
        next.since(now).as_duration()
    }

    fn heed(&mut self, notes: Vec<Note>, now: Now) {
        for note in notes {
            match note {
                Note::Departed(consumer, how) => {
                    self.parties.remove(consumer);
                    self.core.detach(consumer, how, now);
                }
                Note::Untaken(subscription, pull) => {
                    self.core.release_pull(subscription, pull, now);
                }
                Note::Forsaken => self.stop_taking(Span::ZERO, now),
            }
        }
    }

    /// A consumer that does not read: its connection counts as lost.
    pub(super) fn cut_off(&mut self, laggards: Vec<ConsumerId>, now: Now) {
        for consumer in laggards {
            let detail = "the consumer did not read what was delivered to it; connect again";
            self.parties
                .end_one(consumer, Refusal::StreamProtocol { detail });
            self.core.detach(consumer, Departure::TooSlow, now);
        }
    }

    /// Whether it is over: no handle is left, or the stop is complete.
    fn has_stopped(&mut self, now: Now, woken: Woken) -> Result<bool, ShardError> {
        let is_due = match self.stops_at {
            None => woken == Woken::Closed,
            Some(at) => at <= now.mono || woken == Woken::Closed || !self.is_awaited(now),
        };
        if is_due {
            self.core.stop(now);
            self.flush()?;
        }
        Ok(is_due)
    }

    /// Whether a connected consumer still holds messages.
    fn is_awaited(&self, now: Now) -> bool {
        let ids = self.core.subscription_ids(None, usize::MAX);
        let mut counts = ids
            .into_iter()
            .filter_map(|id| self.core.subscription_counts(id, now));
        counts.any(|counts| counts.consumers.iter().any(|consumer| consumer.leased > 0))
    }

    /// Everything ends with `reason`: nothing more is acknowledged.
    pub(super) fn fail(&mut self, reason: &ShardError) {
        let health = Health::Poisoned(reason.reason.clone());
        self.shared.health.send_replace(health);
        self.shared.budget.close();
        let refusal = Refusal::LogPoisoned {
            detail: reason.reason.clone(),
        };
        self.parties.end_all(&refusal);
    }

    /// Closes the journal and answers all that still waits.
    pub(super) fn close(self) -> Result<(), CloseError> {
        let Self {
            journal,
            mut parties,
            scanner,
            shared,
            ..
        } = self;
        parties.end_all(&Refusal::Draining);
        shared.budget.close();
        let closed = journal.close();
        scanner.join();
        closed
    }
}

impl ShardError {
    /// From what callers are told.
    pub(super) fn new(refusal: &Refusal) -> Self {
        Self {
            reason: refusal.to_string(),
        }
    }
}
