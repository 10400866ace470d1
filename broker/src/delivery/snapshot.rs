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
        Some(PageState {
            subscription,
            partition,
            epoch: self.progress.epoch,
            page,
            finished: stored.finished_ranges(offsets.start.0),
            records: stored.records(offsets.start.0).collect(),
            outstanding: leases.map(outstanding).collect(),
            requeued: stored.requeued_ranges(offsets.start.0),
        })
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
        self.pages
            .into_iter()
            .map(move |(number, page, outstanding)| {
                let base = number * size;
                PageState {
                    subscription,
                    partition,
                    epoch,
                    page: number,
                    finished: page.finished_ranges(base),
                    records: page.records(base).collect(),
                    outstanding,
                    requeued: page.requeued_ranges(base),
                }
            })
    }
}
