//! A journal on a simulated disk under a random workload, and the oracle that judges it.
//!
//! The workload folds a number over all frames; each frame carries the number after it, a restated
//! frame or a checkpoint states it. After any crash the oracle asks: is what was reported durable
//! there, byte for byte and in order, is nothing there that was not appended, and does the fold
//! come out the same.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;

use super::oracle::{Fold, Oracle, PUBLISHED, STATE, Told};
use crate::journal::sim_disk::{Choices, SimDisk};
use crate::journal::{
    Frame, Indexed, Journal, LocalJournal, OpenError, Options, Poisoned, Recovered, Threads,
};
use crate::model::ids::Position;

/// A violated promise, in words.
pub(super) type Verdict = Result<(), String>;

/// The figure of a test: the default, or the full one with `WEIR_TESTS=full`.
pub(super) fn figure(default: u64, full: u64) -> u64 {
    if std::env::var("WEIR_TESTS").as_deref() == Ok("full") {
        full
    } else {
        default
    }
}

/// Runs a test for many seeds and names the one that fails.
pub(super) fn hold(name: &str, seeds: u64, run: impl Fn(u64) -> Verdict) {
    for seed in 0..seeds {
        if let Err(problem) = run(seed) {
            panic!("{name}: seed {seed}: {problem}");
        }
    }
}

/// Bytes of a body that the index of a segment holds; some bodies are shorter.
const INDEXED_BYTES: usize = 40;

/// What the replay of data shows of a body.
pub(super) fn indexed_front(body: &[u8]) -> &[u8] {
    body.get(..INDEXED_BYTES).unwrap_or(body)
}

/// Small segments, so that every boundary is crossed.
pub(super) fn small_options() -> Options {
    Options {
        segment_bytes: 4 << 10,
        spares: 1,
        reserve: 1,
        restate_segments: 2,
        cold_bytes: 4 << 10,
        indexed: Indexed {
            version: 7,
            bytes: |_, _, _, body| indexed_front(body).len(),
        },
        place_bytes: 256,
        threads: Threads::Stepped,
        uuid: Some(*b"a journal's uuid"),
        ..Options::default()
    }
}

/// A journal, its disk, and what must be true of them.
pub(super) struct Rig {
    pub(super) disk: SimDisk,
    pub(super) journal: LocalJournal,
    pub(super) recovered: Recovered,
    pub(super) oracle: Oracle,
    now_us: u64,
}

/// Why a rig could not be opened.
#[derive(Debug)]
pub(super) enum Refused {
    Open(OpenError),
    Violated(String),
}

impl From<String> for Refused {
    fn from(problem: String) -> Self {
        Self::Violated(problem)
    }
}

impl Refused {
    pub(super) fn into_text(self) -> String {
        match self {
            Self::Open(error) => format!("refused to open: {error}"),
            Self::Violated(problem) => problem,
        }
    }
}

impl Rig {
    /// A new journal on an empty disk.
    pub(super) fn new(disk: SimDisk, options: Options) -> Result<Self, Refused> {
        Self::open(disk, options, Oracle::default())
    }

    /// Opens the directory and judges what recovery says.
    pub(super) fn open(
        disk: SimDisk,
        options: Options,
        mut oracle: Oracle,
    ) -> Result<Self, Refused> {
        let mut fold = Fold {
            oracle: &oracle,
            sum: 0,
            time_us: 0,
            next: None,
            shown: BTreeSet::new(),
            problem: None,
        };
        let covers_data = options.checkpoint_covers_data;
        let (mut journal, recovered) =
            LocalJournal::open(Arc::new(disk.clone()), options, &mut |source, frame| {
                fold.take(source, &frame);
                Ok(())
            })
            .map_err(Refused::Open)?;
        let last = recovered.last.0;
        let is_all_shown = !covers_data || recovered.checkpoint.is_none();
        if is_all_shown && let Some(missing) = fold.missing(last) {
            return Err(format!("position {missing} is needed and was not shown").into());
        }
        let Fold { sum, problem, .. } = fold;
        if let Some(problem) = problem {
            return Err(problem.into());
        }
        let (reported, appended) = (oracle.reported(), oracle.appended());
        if last < reported || last > appended {
            let text = format!("{last} recovered; {reported} reported, {appended} appended");
            return Err(text.into());
        }
        oracle
            .timeline
            .truncate(usize::try_from(last).unwrap_or(usize::MAX));
        oracle.live.retain(|position| *position <= last);
        if oracle.timeline.last().is_some_and(|told| !told.is_commit) || oracle.sum() != sum {
            return Err(format!("the state at {last} is not what was appended").into());
        }
        let found = recovered.checkpoint.map_or(0, |at| at.0);
        if found < oracle.checkpointed && oracle.floor <= oracle.checkpointed {
            let text = format!("checkpoint {} is lost, {found} found", oracle.checkpointed);
            return Err(text.into());
        }
        oracle.reported = Arc::new(AtomicU64::new(last));
        oracle.written = Arc::new(AtomicU64::new(last));
        for position in &oracle.live {
            journal.keep(Position(*position), 100);
        }
        let rig = Self {
            disk,
            journal,
            recovered,
            oracle,
            now_us: 0,
        };
        rig.check_live()?;
        Ok(rig)
    }

    /// Everything that must be readable is, byte for byte.
    pub(super) fn check_live(&self) -> Verdict {
        let reader = self.journal.reader();
        let reported = self.oracle.reported();
        let due = self
            .oracle
            .live
            .iter()
            .take_while(|position| **position <= reported);
        for position in due {
            self.oracle
                .judge(*position, &reader.read(Position(*position)))?;
        }
        Ok(())
    }

    /// Appends one group of bodies of the lengths given; false when the journal takes no more.
    pub(super) fn append(&mut self, bodies: &[usize]) -> bool {
        let told = self.tell(bodies);
        self.append_told(told, |frame| frame).is_some()
    }

    /// Appends a group that is only wanted written.
    pub(super) fn append_relaxed(&mut self, bodies: &[usize]) {
        let told = self.tell(bodies);
        let Some(last) = self.append_told(told, Frame::lazy) else {
            return;
        };
        let written = Arc::clone(&self.oracle.written);
        let release = move |outcome: Result<(), Poisoned>| {
            if outcome.is_ok() {
                written.fetch_max(last.0, Ordering::Relaxed);
            }
        };
        self.journal.when_written(last, Box::new(release));
    }

    fn tell(&mut self, bodies: &[usize]) -> Vec<Told> {
        let mut told = Vec::new();
        let mut sum = self.oracle.sum();
        for len in bodies {
            let one = self.oracle.tell(PUBLISHED, *len, sum);
            sum = one.sum;
            told.push(one);
        }
        told
    }

    fn append_told(
        &mut self,
        mut told: Vec<Told>,
        urgency: fn(Frame) -> Frame,
    ) -> Option<Position> {
        if let Some(last) = told.last_mut() {
            last.is_commit = true;
        }
        let group = told
            .iter()
            .map(|one| urgency(Frame::new(one.kind, 1, one.head.clone(), one.body.clone())))
            .collect();
        self.now_us += 10;
        let last = self.journal.append(group, self.now_us).ok()?;
        let first = self.oracle.appended() + 1;
        for (position, one) in (first..).zip(told) {
            if !one.body.is_empty() {
                self.oracle.live.insert(position);
                self.journal.keep(Position(position), 100);
            }
            self.oracle.timeline.push(one);
        }
        let reported = Arc::clone(&self.oracle.reported);
        self.journal.when_durable(
            last,
            Box::new(move |outcome| {
                if outcome.is_ok() {
                    reported.fetch_max(last.0, Ordering::Relaxed);
                }
            }),
        );
        Some(last)
    }

    /// Steps until nothing is left to do; false when the journal is poisoned.
    pub(super) fn settle(&mut self) -> bool {
        while self.journal.step() {}
        !self.journal.watermark().is_poisoned()
    }

    /// States the sum anew and lets replay begin there.
    pub(super) fn restate(&mut self) {
        let sum = self.oracle.sum();
        let told = self.oracle.tell(STATE, 0, sum);
        if let Some(position) = self.append_told(vec![told], |frame| frame)
            && self.settle()
        {
            self.journal.set_state_floor(position);
            self.oracle.floor = position.0;
        }
    }

    pub(super) fn checkpoint(&mut self) {
        let at = self.oracle.appended();
        let sum = self.oracle.sum();
        let told = self.oracle.tell(STATE, 0, sum);
        let frames = vec![
            Frame::new(
                STATE,
                1,
                Bytes::from_static(b"overwritten by the next"),
                told.body.clone(),
            ),
            Frame::new(STATE, 1, told.head.clone(), told.body),
        ];
        self.journal.checkpoint(Position(at), Box::new(|| frames));
        if self.settle() && !self.disk.is_off() {
            self.oracle.checkpointed = at;
        }
    }

    pub(super) fn release(&mut self, position: u64) {
        if self.oracle.live.remove(&position) {
            self.journal.release(Position(position), 100);
        }
    }

    pub(super) fn housekeep(&mut self) {
        let oracle = &self.oracle;
        self.journal.housekeep(&|range| oracle.is_live(range));
        self.settle();
    }

    /// One random act.
    pub(super) fn act(&mut self, choices: &mut Choices) {
        match choices.pick(24) {
            0..=9 => {
                let count = 1 + choices.pick(3);
                let bodies: Vec<usize> = (0..count).map(|_| body_len(choices)).collect();
                if choices.pick(2) == 0 {
                    self.append_relaxed(&bodies);
                } else {
                    self.append(&bodies);
                }
            }
            10..=14 => {
                self.journal.step();
            }
            15 => self.restate(),
            16 => self.checkpoint(),
            17..=20 => {
                for _ in 0..=choices.pick(12) {
                    let live: Vec<u64> = self.oracle.live.iter().copied().collect();
                    if !live.is_empty() {
                        self.release(live[choices.pick(live.len())]);
                    }
                }
            }
            _ => self.housekeep(),
        }
    }

    /// Closes cleanly.
    pub(super) fn close(self) -> Result<(SimDisk, Oracle), String> {
        let Self {
            disk,
            journal,
            oracle,
            ..
        } = self;
        Box::new(journal)
            .close()
            .map_err(|error| error.to_string())?;
        oracle.reported.store(oracle.appended(), Ordering::Relaxed);
        Ok((disk, oracle))
    }

    /// Closes cleanly and opens again.
    pub(super) fn reopen(self, options: Options) -> Result<Self, Refused> {
        let (disk, oracle) = self.close()?;
        let rig = Self::open(disk, options, oracle)?;
        if rig.recovered.was_clean {
            Ok(rig)
        } else {
            Err("the close was not clean".to_owned().into())
        }
    }

    /// Leaves the journal as a crash does, with what the oracle knows.
    pub(super) fn abandon(self) -> (SimDisk, Oracle) {
        (self.disk.clone(), self.oracle.clone())
    }
}

fn body_len(choices: &mut Choices) -> usize {
    match choices.pick(8) {
        0 => 0,
        1..=5 => choices.pick(150),
        6 => choices.pick(700),
        _ => 600 + choices.pick(500),
    }
}
