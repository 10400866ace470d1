//! Acts on many messages: a requeue or a purge does what its dry run counted, and leaves what is leased.

use std::time::Duration;

use tonic::Code;
use weir_proto::v1::{
    DropCause, ErrorReason, NackAction, NackChange, NackOptions, OperationState, OperationSummary,
    PurgeBacklogRequest, PurgeScope, RequeueDeadLettersRequest, Selection,
};
use weir_tests::broker::{Broker, eager, texts};
use weir_tests::refusals::refused;

use crate::broker;

fn all() -> Selection {
    Selection {
        all: true,
        ..Selection::default()
    }
}

async fn purge(
    broker: &Broker,
    selection: Selection,
    scope: PurgeScope,
    dry_run: bool,
) -> OperationSummary {
    let request = PurgeBacklogRequest {
        subscription: "s".to_owned(),
        selection: Some(selection),
        scope: scope.into(),
        dry_run,
    };
    broker.client().operator().purge(request).await.unwrap()
}

async fn requeue(broker: &Broker, selection: Selection, dry_run: bool) -> OperationSummary {
    let request = RequeueDeadLettersRequest {
        subscription: "s".to_owned(),
        selection: Some(selection),
        dry_run,
    };
    broker.client().operator().requeue(request).await.unwrap()
}

/// Ten messages `0` to `9`; the first `leased` are held.
async fn ten(leased: u32) -> Broker {
    let broker = broker().await;
    broker.pair_with(eager("s", "t", 10)).await;
    let all = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    broker.publish_texts("t", &all).await;
    if leased > 0 {
        broker.pull_all("s", leased as usize).await;
    }
    broker
}

/// Kills the next `count` messages, those with an even number with the class `Even`.
async fn kill(broker: &Broker, count: usize) {
    let got = broker.pull_all("s", count).await;
    let changes = got.iter().enumerate().map(|(n, one)| NackChange {
        ack_id: one.ack_id.clone(),
        options: Some(NackOptions {
            action: NackAction::Dead.into(),
            error_class: if n % 2 == 0 { "Even" } else { "Odd" }.to_owned(),
            ..NackOptions::default()
        }),
    });
    let killed = broker.client().puller().nack(changes.collect()).await;
    assert_eq!(killed.unwrap().changed_count, count as u64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_drops_what_is_not_leased_and_a_dry_run_only_counts() {
    let broker = ten(3).await;
    let planned = purge(&broker, all(), PurgeScope::Backlog, true).await;
    assert_eq!(planned.state(), OperationState::Planned);
    assert_eq!((planned.selected, planned.skipped), (10, 3));
    assert!(planned.operation.is_empty(), "{planned:?}");
    assert_eq!(broker.stats("s").await.ready, 7);
    let done = purge(&broker, all(), PurgeScope::Backlog, false).await;
    assert_eq!(done.state(), OperationState::Finished);
    assert_eq!((done.selected, done.affected, done.skipped), (10, 7, 3));
    assert!(!done.operation.is_empty());
    let stats = broker.stats("s").await;
    assert_eq!((stats.ready, stats.leased), (0, 3));
    let [dropped] = stats.dropped.as_slice() else {
        panic!("one cause: {:?}", stats.dropped);
    };
    assert_eq!((dropped.cause(), dropped.count), (DropCause::Purged, 7));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_may_keep_the_newest_or_name_its_messages() {
    let broker = ten(0).await;
    let newest = Selection {
        keep_newest: Some(6),
        ..Selection::default()
    };
    assert_eq!(
        purge(&broker, newest, PurgeScope::Backlog, false)
            .await
            .affected,
        4
    );
    let ids = ["1.0.0", "1.0.5", "1.0.99"].map(str::to_owned).to_vec();
    let named = Selection {
        message_ids: ids,
        ..Selection::default()
    };
    assert_eq!(
        purge(&broker, named, PurgeScope::Backlog, false)
            .await
            .affected,
        1
    );
    let young = Selection {
        older_than: Duration::from_hours(1).try_into().ok(),
        ..Selection::default()
    };
    assert_eq!(
        purge(&broker, young, PurgeScope::Backlog, false)
            .await
            .affected,
        0
    );
    let left = broker.pull_all("s", 5).await;
    assert_eq!(texts(&left), ["4", "6", "7", "8", "9"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_requeue_selects_by_class_and_leaves_the_others_dead() {
    let broker = ten(0).await;
    kill(&broker, 10).await;
    let even = Selection {
        error_class: "Even".to_owned(),
        ..Selection::default()
    };
    let planned = requeue(&broker, even.clone(), true).await;
    assert_eq!((planned.selected, broker.stats("s").await.dead), (5, 10));
    assert_eq!(requeue(&broker, even, false).await.affected, 5);
    let stats = broker.stats("s").await;
    assert_eq!((stats.dead, stats.ready), (5, 5));
    assert_eq!(
        texts(&broker.pull_all("s", 5).await),
        ["0", "2", "4", "6", "8"]
    );
    assert_eq!(requeue(&broker, all(), false).await.affected, 5);
    assert_eq!(broker.stats("s").await.dead, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_purge_of_the_dead_discards_them_and_leaves_the_backlog() {
    let broker = ten(0).await;
    kill(&broker, 4).await;
    let done = purge(&broker, all(), PurgeScope::Dead, false).await;
    assert_eq!((done.affected, done.skipped), (4, 0));
    let stats = broker.stats("s").await;
    assert_eq!((stats.dead, stats.ready), (0, 6));
    assert_eq!(stats.dropped.len(), 1);
    assert_eq!(stats.dropped[0].cause(), DropCause::Discarded);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_act_without_a_selection_is_refused() {
    let broker = ten(0).await;
    for selection in [None, Some(Selection::default())] {
        let operator = broker.client().operator();
        let requeue = operator.requeue(RequeueDeadLettersRequest {
            subscription: "s".to_owned(),
            selection: selection.clone(),
            dry_run: false,
        });
        let required = ErrorReason::SelectionRequired;
        refused(requeue.await, Code::InvalidArgument, required);
        let purge = operator.purge(PurgeBacklogRequest {
            subscription: "s".to_owned(),
            selection,
            ..PurgeBacklogRequest::default()
        });
        refused(purge.await, Code::InvalidArgument, required);
    }
    assert_eq!(broker.stats("s").await.ready, 10);
}
