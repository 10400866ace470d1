//! The filters of a topic together, and what they leave out of a batch.

use std::ops::Range;
use std::sync::Arc;

use super::attributes::Attributes;
use super::selection::Filter;

/// The distinct filters of a topic at one time.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Filters {
    /// Another number for each other state; 0 without a filter.
    pub generation: u64,
    /// Each once.
    pub filters: Vec<Arc<Filter>>,
}

/// What the filters of a topic leave out of a batch.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Sieved {
    /// Which state of the topic's filters it was.
    pub generation: u64,
    /// For each filter, in their order, the messages that it does not select, counted from 0: in order, disjoint.
    pub holes: Vec<Vec<Range<u32>>>,
}

impl Filters {
    /// Puts the encoded messages of a batch through each filter.
    pub fn sieve<'a>(&self, messages: impl Iterator<Item = &'a [u8]>) -> Sieved {
        let mut holes = vec![Vec::new(); self.filters.len()];
        if !holes.is_empty() {
            for (index, message) in (0..).zip(messages) {
                let attributes = Attributes::of(message);
                for (filter, holes) in self.filters.iter().zip(&mut holes) {
                    if !filter.selects(&attributes) {
                        add(holes, index);
                    }
                }
            }
        }
        Sieved {
            generation: self.generation,
            holes,
        }
    }
}

fn add(holes: &mut Vec<Range<u32>>, index: u32) {
    match holes.last_mut() {
        Some(last) if last.end == index => last.end = index + 1,
        _ => holes.push(index..index + 1),
    }
}
