//! Scans: a thread reads older messages, puts them through filters, and tells the owner what these leave out.
//!
//! It lives as long as there is something to scan. What it is given is durable, so it can be read; a message that
//! cannot be read is left in, and its consumer is told.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use super::Handle;
use super::handle::Shared;
use crate::core::ScanSlice;
use crate::journal::Reader;
use crate::model::OffsetRange;
use crate::model::entry::Columns;
use crate::model::filter::Attributes;

/// The thread, if there is one.
#[derive(Debug, Default)]
pub(super) struct Scanner(Option<JoinHandle<()>>);

impl Scanner {
    /// There is something to scan: starts a thread unless one is at it.
    pub(super) fn go_on(&mut self, shared: &Arc<Shared>) {
        if self.0.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        let handle = Handle {
            shared: Arc::clone(shared),
            who: None,
        };
        let thread = thread::Builder::new().name("weir-scanner".to_owned());
        // Without a thread there is none for now; the next round tries again.
        self.0 = thread.spawn(move || scan(&handle)).ok();
    }

    /// Waits for its end, which comes by itself once there is no owner.
    pub(super) fn join(self) {
        if let Some(thread) = self.0 {
            // If it has panicked, nothing is left of it to care for.
            drop(thread.join());
        }
    }
}

fn scan(handle: &Handle) {
    let reader = handle.shared.bodies.reader();
    let mut judged: Option<(ScanSlice, Vec<OffsetRange>)> = None;
    loop {
        let done = judged.take();
        let next = handle.act_here(move |core, now| {
            if let Some((slice, left_out)) = done {
                core.scanned(&slice, &left_out, now);
            }
            Ok(core.next_scan(now))
        });
        let Ok(Some(slice)) = next else { return };
        let left_out = judge(&reader, &slice);
        judged = Some((slice, left_out));
    }
}

/// What the filter leaves out of a slice.
fn judge(reader: &Reader, slice: &ScanSlice) -> Vec<OffsetRange> {
    let mut left_out: Vec<OffsetRange> = Vec::new();
    for run in &slice.runs {
        let body = match reader.read(run.position) {
            Ok(frame) => frame.body,
            Err(error) => {
                let (subscription, error) = (slice.subscription.0, error.to_string());
                tracing::warn!(
                    subscription,
                    error,
                    "messages are not put through the filter"
                );
                continue;
            }
        };
        let Ok(columns) = Columns::parse(&body) else {
            continue;
        };
        for (index, message) in (0..).zip(columns.messages(&body)) {
            let offset = run.frame_base.plus(index);
            if !run.range.contains(offset) || slice.filter.selects(&Attributes::of(message)) {
                continue;
            }
            match left_out.last_mut() {
                Some(last) if last.end == offset => last.end = offset.plus(1),
                _ => left_out.push(OffsetRange::one(offset)),
            }
        }
    }
    left_out
}
