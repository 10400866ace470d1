//! The pages of a machine as they are at a moment, to be stated elsewhere.
//!
//! Taking one costs a visit to each page and to each lease; the pages are shared until they change.

use std::sync::Arc;

use super::Machine;
use super::page::Page;
use super::recovery::outstanding;
use crate::model::entry::{OutstandingLease, PageState};
use crate::model::{Epoch, Partition, SubscriptionId};

/// The pages of a subscription on a partition.
#[derive(Debug, Clone)]
pub struct Snapshot {
    epoch: Epoch,
    size: u64,
    pages: Vec<(u64, Arc<Page>, Vec<OutstandingLease>)>,
}

impl Machine {
    /// Its pages.
    pub fn snapshot(&self) -> Snapshot {
        let pages = self.progress.pages.iter().map(|(&number, page)| {
            let leases = self.leases.within(self.progress.offsets(number));
            (number, Arc::clone(page), leases.map(outstanding).collect())
        });
        Snapshot {
            epoch: self.progress.epoch,
            size: self.progress.size,
            pages: pages.collect(),
        }
    }

    /// A page as it is, to be stated; none if there is nothing to say of it.
    pub fn page_state(
        &self,
        page: u64,
        subscription: SubscriptionId,
        partition: Partition,
    ) -> Option<PageState> {
        let stored = self.progress.pages.get(&page)?;
        let offsets = self.progress.offsets(page);
        let leases = self.leases.within(offsets);
        let leases = leases.map(outstanding).collect();
        let place = (subscription, partition, self.progress.epoch, page);
        Some(state_of(stored, place, (offsets.start.0, leases)))
    }
}

/// What is to be stated of a page of a subscription on a partition in an epoch: its number, its first offset, and the
/// leases within.
fn state_of(
    page: &Page,
    (subscription, partition, epoch, number): (SubscriptionId, Partition, Epoch, u64),
    (first, outstanding): (u64, Vec<OutstandingLease>),
) -> PageState {
    PageState {
        subscription,
        partition,
        epoch,
        page: number,
        finished: page.finished_ranges(first),
        records: page.records(first).collect(),
        outstanding,
        requeued: page.requeued_ranges(first),
    }
}

impl Snapshot {
    /// What is to be stated of them.
    pub fn states(
        self,
        subscription: SubscriptionId,
        partition: Partition,
    ) -> impl Iterator<Item = PageState> {
        let (epoch, size) = (self.epoch, self.size);
        let pages = self.pages.into_iter();
        pages.map(move |(number, page, leases)| {
            let place = (subscription, partition, epoch, number);
            state_of(&page, place, (number * size, leases))
        })
    }
}
