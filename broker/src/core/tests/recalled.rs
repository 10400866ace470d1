//! What moves and edits have published, taken back beside subscriptions that were deleted and may come back.

use super::bench::name;
use super::deleted::{delete, undo};
use super::moving::{
    apply_edit, bench_with_dead, counts_of, edit_of, finish_move, take_from, to, to_parked,
};
use super::operating::{apply, bench, counts, die, plan, restart, run};
use crate::core::{Order, Pace};
use crate::model::settings::SubscriptionSettings;

fn gone(text: &str) -> Order {
    Order::DeleteSubscription {
        subscription: name(text),
    }
}

#[test]
fn a_copy_that_a_deleted_subscription_has_finished_is_not_taken_back() {
    let mut bench = bench_with_dead(2);
    bench.subscription("y", "parked", SubscriptionSettings::default());
    let planned = plan(&mut bench, to_parked());
    let moved = apply(&mut bench, &planned, Pace::default());
    assert_eq!(finish_move(&mut bench, moved).progress.affected, 2);
    take_from(&mut bench, "p", 1);
    let deletion = delete(&mut bench, gone("p"));
    restart(&mut bench);
    let planned = plan(&mut bench, Order::Undo { operation: moved });
    assert_eq!(
        planned.counts.affected, 0,
        "one was done there, the other would be found there"
    );
    undo(&mut bench, deletion);
    let planned = plan(&mut bench, Order::Undo { operation: moved });
    assert_eq!(planned.counts.affected, 1, "nobody has had the other");
    let back = apply(&mut bench, &planned, Pace::default());
    run(&mut bench, back);
    restart(&mut bench);
    let (first, second) = (counts_of(&bench, "p"), counts_of(&bench, "y"));
    assert_eq!((first.acked, first.ready, second.ready), (1, 0, 1));
    assert_eq!(counts(&bench).dead, 1, "what was done is not dead again");
}

#[test]
fn what_a_deleted_subscription_would_find_again_is_not_edited_into_it_and_not_taken_back() {
    let mut bench = bench();
    bench.subscription("o", "t", SubscriptionSettings::default());
    die(&mut bench, 3);
    take_from(&mut bench, "o", 3);
    let gone = Order::DeleteSubscription {
        subscription: name("o"),
    };
    let planned = plan(&mut bench, gone);
    let deletion = apply(&mut bench, &planned, Pace::default());
    let order = edit_of(&bench, 1);
    apply_edit(&mut bench, order);
    let planned = plan(&mut bench, to("t"));
    let moved = apply(&mut bench, &planned, Pace::default());
    assert_eq!(finish_move(&mut bench, moved).progress.affected, 2);
    restart(&mut bench);
    let undo = plan(&mut bench, Order::Undo { operation: moved });
    assert_eq!(
        undo.counts.affected, 0,
        "it would have both if it came back"
    );
    let back = Order::Undo {
        operation: deletion,
    };
    let back = plan(&mut bench, back);
    apply(&mut bench, &back, Pace::default());
    restart(&mut bench);
    let other = counts_of(&bench, "o");
    assert_eq!(
        (other.ready, other.acked, other.dropped_sum()),
        (2, 3, 1),
        "the edited one is for the other alone"
    );
    let undo = plan(&mut bench, Order::Undo { operation: moved });
    assert_eq!(undo.counts.affected, 2);
    let undo = apply(&mut bench, &undo, Pace::default());
    run(&mut bench, undo);
    restart(&mut bench);
    assert_eq!((counts(&bench).dead, counts_of(&bench, "o").ready), (2, 0));
}
