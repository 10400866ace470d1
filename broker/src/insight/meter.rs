//! Counters that only grow, as rates over windows.
//!
//! **Definition.** Counters are read at ticks, about once a second. The rate over a window of W
//! seconds at a moment is what the counter grew by since the tick that is nearest to W seconds
//! before, divided by the time since that tick. While fewer ticks are known, or the counter is
//! younger, the window is as long as it is known: from the birth of the counter or the first tick;
//! but never taken as shorter than one second, so that a burst at birth is not blown up. A counter
//! that went back (its owner began anew) counts as not having grown.
//!
//! The moment may lie after the newest tick: what a counter grew by since then is added, and no
//! meter changes by being looked at.
//!
//! The longest window goes by blocks of ten ticks: it opens at the end of a block, and so may be five
//! seconds longer or shorter than said; the rate divides by how long it was.
//!
//! A meter of six counters takes 2.3 KiB while something moves, and next to nothing once nothing
//! has moved for the longest window.

use super::ticks::{BLOCK, BLOCKS, SLOTS, Since, Ticks, WINDOWS, Windows, place};
use crate::model::{Mono, Span};

/// N counters of one thing.
#[derive(Debug, Clone)]
pub struct Meter<const N: usize> {
    born: Mono,
    seen: [u64; N],
    /// The tick at which something last grew.
    moved: u64,
    /// Absent while all of it is zero.
    growth: Option<Box<Growth<N>>>,
    /// The newest tick that was read.
    read: u64,
}

/// What counters grew by.
#[derive(Debug, Clone)]
struct Growth<const N: usize> {
    /// In the second before tick n: at n % SLOTS.
    ticks: [[u32; N]; SLOTS],
    /// In block n, the ticks 10 n + 1 to 10 n + 10: at n % BLOCKS.
    blocks: [[u32; N]; BLOCKS],
}

/// The block of a tick from 1 on.
fn block(tick: u64) -> u64 {
    tick.saturating_sub(1) / BLOCK
}

impl<const N: usize> Growth<N> {
    const NONE: Self = Self {
        ticks: [[0; N]; SLOTS],
        blocks: [[0; N]; BLOCKS],
    };

    /// Forgets the rounds that lie where the ticks after `read` up to `newest` do, and adds to those.
    fn add(&mut self, read: u64, newest: u64, grown: [u64; N]) {
        // Ticks that were missed grew nothing by themselves: all of it is in the newest.
        for back in 0..(newest - read).min(SLOTS as u64) {
            self.ticks[place(newest - back, SLOTS)] = [0; N];
        }
        let whole = if read == 0 { 0 } else { block(read) + 1 };
        let begun = (block(newest) + 1).saturating_sub(whole);
        for back in 0..begun.min(BLOCKS as u64) {
            self.blocks[place(block(newest) - back, BLOCKS)] = [0; N];
        }
        let tick = &mut self.ticks[place(newest, SLOTS)];
        let block = &mut self.blocks[place(block(newest), BLOCKS)];
        for ((tick, block), grown) in tick.iter_mut().zip(block).zip(grown) {
            let grown = u32::try_from(grown).unwrap_or(u32::MAX);
            *tick = tick.saturating_add(grown);
            *block = block.saturating_add(grown);
        }
    }
}

impl<const N: usize> Meter<N> {
    /// Counters that are `seen` now; what they count before does not become a rate.
    pub fn begin(now: Mono, ticks: &Ticks, seen: [u64; N]) -> Self {
        Self {
            born: now,
            seen,
            moved: 0,
            growth: None,
            read: ticks.newest,
        }
    }

    /// Reads the counters for the newest tick.
    pub fn read(&mut self, ticks: &Ticks, counters: [u64; N]) {
        let grown: [u64; N] = std::array::from_fn(|at| counters[at].saturating_sub(self.seen[at]));
        self.seen = counters;
        if grown.iter().any(|&grown| grown > 0) {
            self.moved = ticks.newest;
        } else if ticks.newest - self.moved > BLOCK * BLOCKS as u64 {
            self.growth = None;
        }
        if self.growth.is_some() || self.moved == ticks.newest {
            let growth = self.growth.get_or_insert_with(|| Box::new(Growth::NONE));
            growth.add(self.read, ticks.newest, grown);
        }
        self.read = ticks.newest;
    }

    /// Growth per second over each window, `counters` being what is counted now.
    pub fn rates(
        &self,
        ticks: &Ticks,
        windows: &Windows,
        counters: [u64; N],
    ) -> [[f64; N]; WINDOWS] {
        windows.opened.map(|opened| {
            let mut sums: [u64; N] =
                std::array::from_fn(|at| counters[at].saturating_sub(self.seen[at]));
            let mut add = |slot: &[u32; N]| {
                for (sum, &grown) in sums.iter_mut().zip(slot) {
                    *sum += u64::from(grown);
                }
            };
            // Slots after the last reading hold an older round.
            match (&self.growth, opened.since) {
                (None, _) => {}
                (Some(growth), Since::Ticks(count)) => (0..count)
                    .map(|back| ticks.newest - back)
                    .filter(|&tick| tick <= self.read)
                    .for_each(|tick| add(&growth.ticks[place(tick, SLOTS)])),
                (Some(growth), Since::Blocks(count)) => {
                    let newest = ticks.newest / BLOCK;
                    (0..count)
                        .map(|back| newest - back)
                        .filter(|&number| self.read > 0 && number <= block(self.read))
                        .for_each(|number| add(&growth.blocks[place(number, BLOCKS)]));
                }
            }
            let known = windows.now.since(opened.at.max(self.born));
            let known = known.max(Span::from_secs(1)).as_seconds();
            sums.map(|sum| sum as f64 / known)
        })
    }
}

#[cfg(test)]
#[path = "meter_tests.rs"]
mod tests;
