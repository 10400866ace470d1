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
//! A meter of six counters takes 2.8 KiB while something moves in every second, 360 bytes when something moved once,
//! and next to nothing once nothing has moved for the longest window.

use std::collections::VecDeque;

use super::ticks::{BLOCK, BLOCKS, SLOTS, Since, Ticks, WINDOWS, Windows};
use crate::model::{Mono, Span};

/// N counters of one thing.
#[derive(Debug, Clone)]
pub struct Meter<const N: usize> {
    born: Mono,
    seen: [u64; N],
    /// Absent while all of it is zero.
    growth: Option<Box<Growth<N>>>,
}

/// What counters grew by.
#[derive(Debug, Clone, Default)]
struct Growth<const N: usize> {
    /// In the second before each tick: at most [`SLOTS`].
    ticks: Grown<N>,
    /// In each block, number n having the ticks 10 n + 1 to 10 n + 10: at most [`BLOCKS`].
    blocks: Grown<N>,
}

/// What counters grew by, where they grew: a number of a tick or block with that, in order.
#[derive(Debug, Clone, Default)]
struct Grown<const N: usize>(VecDeque<(u32, [u32; N])>);

/// The block of a tick from 1 on.
fn block(tick: u64) -> u64 {
    tick.saturating_sub(1) / BLOCK
}

/// A number of a tick or block, of which there is one a second at most: enough for 136 years.
fn short(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl<const N: usize> Grown<N> {
    /// Adds to what the newest number has.
    fn add(&mut self, newest: u64, grown: [u64; N]) {
        let newest = short(newest);
        if self.0.back().is_none_or(|(number, _)| *number != newest) {
            self.0.push_back((newest, [0; N]));
        }
        let Some((_, sums)) = self.0.back_mut() else {
            return;
        };
        for (sum, grown) in sums.iter_mut().zip(grown) {
            *sum = sum.saturating_add(u32::try_from(grown).unwrap_or(u32::MAX));
        }
    }

    /// Forgets all but the last `kept` numbers up to the newest; gives the memory back if nothing is left.
    fn forget(&mut self, newest: u64, kept: usize) {
        let first = short((newest + 1).saturating_sub(kept as u64));
        while self.0.front().is_some_and(|(number, _)| *number < first) {
            self.0.pop_front();
        }
        if self.0.is_empty() {
            self.0 = VecDeque::new();
        }
    }

    /// Adds what the `count` numbers up to `newest` grew by.
    fn sum(&self, newest: u64, count: u64, sums: &mut [u64; N]) {
        let first = short((newest + 1).saturating_sub(count));
        let counted = self.0.iter().rev();
        for (_, grown) in counted.take_while(|(number, _)| *number >= first) {
            for (sum, &grown) in sums.iter_mut().zip(grown) {
                *sum += u64::from(grown);
            }
        }
    }
}

impl<const N: usize> Meter<N> {
    /// Counters that are `seen` now; what they count before does not become a rate.
    pub fn begin(now: Mono, seen: [u64; N]) -> Self {
        Self {
            born: now,
            seen,
            growth: None,
        }
    }

    /// Reads the counters for the newest tick.
    pub fn read(&mut self, ticks: &Ticks, counters: [u64; N]) {
        let grown: [u64; N] = std::array::from_fn(|at| counters[at].saturating_sub(self.seen[at]));
        self.seen = counters;
        let newest = ticks.newest;
        if let Some(growth) = &mut self.growth {
            growth.ticks.forget(newest, SLOTS);
            growth.blocks.forget(block(newest), BLOCKS);
        }
        if grown.iter().any(|&grown| grown > 0) {
            // Ticks that were missed grew nothing by themselves: all of it is in the newest.
            let growth = self.growth.get_or_insert_default();
            growth.ticks.add(newest, grown);
            growth.blocks.add(block(newest), grown);
        } else {
            // A block outlives its ticks.
            self.growth.take_if(|growth| growth.blocks.0.is_empty());
        }
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
            match (&self.growth, opened.since) {
                (None, _) => {}
                (Some(growth), Since::Ticks(count)) => {
                    growth.ticks.sum(ticks.newest, count, &mut sums);
                }
                (Some(growth), Since::Blocks(count)) => {
                    growth.blocks.sum(ticks.newest / BLOCK, count, &mut sums);
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
