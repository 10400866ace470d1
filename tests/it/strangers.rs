//! What goes wrong for who comes late, from elsewhere or without leave: each has its own sentence and its own exit
//! code, and nothing is done.

use std::process::{Command, Stdio};
use std::time::Duration;

use weir_proto::v1::{ListOperationsRequest, OperationState};
use weir_tests::broker::{Broker, subscription};
use weir_tests::wait;

use crate::command_line::run_with;
use crate::terminals::WEIR;
use crate::undoable::{typed, with_dead};

const SOON: Duration = Duration::from_secs(10);

fn plan(broker: &Broker) -> String {
    let plan = typed(
        broker.child().address(),
        "dlq requeue s --all --dry-run -o json",
        0,
    );
    plan.json()["plan"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_is_not_so_any_more_is_not_carried_out() {
    let mut broker = with_dead(5).await;
    let other = with_dead(2).await;
    let foreign = plan(&other);
    let line = format!("dlq requeue s --plan {foreign}");
    let refused = typed(broker.child().address(), &line, 9);
    let said = format!(
        "error: cannot requeue dead messages of s: plan {foreign} was made by another broker; make one on this \
         broker (PLAN_OF_ANOTHER_BROKER); "
    );
    assert!(refused.stderr.starts_with(&said), "{}", refused.stderr);

    let line = format!("dlq requeue s --plan {}", plan(&broker));
    typed(broker.child().address(), "dlq discard s --keep 3 --yes", 0);
    let refused = typed(broker.child().address(), &line, 9);
    assert!(
        refused.stderr.contains("only 3 are still dead"),
        "{}",
        refused.stderr
    );
    assert!(
        refused.stderr.contains("(SELECTION_SHRANK)"),
        "{}",
        refused.stderr
    );

    broker.subscription(subscription("other", "t")).await;
    let to_requeue = plan(&broker);
    for (command, said) in [
        ("dlq discard s", "is to requeue, not to discard"),
        (
            "dlq requeue other",
            "is about the subscription s, not about other",
        ),
    ] {
        let line = format!("{command} --plan {to_requeue} --yes");
        let refused = typed(broker.child().address(), &line, 9);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
        assert!(
            refused.stderr.contains("(PLAN_MISMATCH)"),
            "{}",
            refused.stderr
        );
    }

    let line = format!("dlq requeue s --plan {to_requeue}");
    broker.kill();
    broker.start_again().await;
    let refused = typed(broker.child().address(), &line, 9);
    assert!(
        refused
            .stderr
            .contains("has expired: plans last 10 minutes"),
        "{}",
        refused.stderr
    );
    assert!(
        refused.stderr.contains("(PLAN_EXPIRED)"),
        "{}",
        refused.stderr
    );
    assert_eq!(broker.stats("s").await.dead, 3);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_id_that_is_none_is_told_from_one_that_is_not_known() {
    let broker = with_dead(1).await;
    let server = broker.child().address();
    for verb in [
        "get",
        "watch",
        "pause",
        "resume",
        "cancel --yes",
        "undo --yes",
    ] {
        let unknown = typed(server, &format!("op {verb} 99"), 7);
        assert!(
            unknown.stderr.contains("operation 99 is not known"),
            "{}",
            unknown.stderr
        );
        let malformed = typed(server, &format!("op {verb} op-x"), 2);
        assert!(
            malformed.stderr.contains("which is a number"),
            "{}",
            malformed.stderr
        );
    }
    let malformed = typed(server, "dlq requeue s --plan x", 2);
    assert!(
        malformed.stderr.contains("a plan id as Plan gives it"),
        "{}",
        malformed.stderr
    );
    typed(server, "dlq requeue s --yes", 2);
    typed(server, "dlq discard s --all --yes", 0);
    let over = typed(server, "op cancel 1 --yes", 1);
    assert!(
        over.stderr.contains("operation 1 is over"),
        "{}",
        over.stderr
    );
    assert_eq!(broker.stats("s").await.dead, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_is_read_only_plans_and_does_nothing() {
    let broker = with_dead(2).await;
    let server = broker.child().address();
    let refused = typed(server, "dlq requeue s --all --yes --read-only", 4);
    assert_eq!(
        refused.stderr,
        "error: nothing was done: `weir dlq requeue` changes something, and this session is read-only; leave \
         --read-only out, or unset WEIR_READ_ONLY, to change something\n"
    );
    let variable = [("WEIR_READ_ONLY", "1")];
    for (words, code) in [
        (&["topic", "create", "u"][..], 4),
        (&["op", "undo", "1", "--yes"], 4),
        (&["sub", "pull", "s"], 4),
        (&["dlq", "requeue", "s", "--all", "--dry-run"], 0),
        (&["dlq", "peek", "s"], 0),
    ] {
        assert_eq!(
            run_with(server, words, &variable).code,
            Some(code),
            "{words:?}"
        );
    }
    let off = [("WEIR_READ_ONLY", "0")];
    assert_eq!(
        run_with(server, &["topic", "create", "u"], &off).code,
        Some(0)
    );
    assert_eq!(broker.stats("s").await.dead, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn where_people_depend_on_a_broker_what_is_acted_on_is_named() {
    let broker = with_dead(2).await;
    let server = broker.child().address();
    let directory = tempfile::tempdir().unwrap();
    let variables = [
        ("WEIR_CONFIG_DIR", directory.path().to_str().unwrap()),
        ("WEIR_SERVER", ""),
    ];
    let run = |line: &str| {
        let words: Vec<&str> = line.split(' ').collect();
        run_with(server, &words, &variables[..1])
    };
    assert_eq!(
        run(&format!("ctx add prod --at {server} --stage production")).code,
        Some(0)
    );
    let act = "--context prod dlq discard s --all --yes";
    let unnamed = run(act);
    assert_eq!(unnamed.code, Some(4), "{}", unnamed.stderr);
    let said =
        "nothing was done: the context prod is production, and s was not named; add --confirm s";
    assert!(unnamed.stderr.contains(said), "{}", unnamed.stderr);
    let wrong = run(&format!("{act} --confirm t"));
    assert_eq!(wrong.code, Some(4), "{}", wrong.stderr);
    let said = "nothing was done: this acts on s, and \"t\" was named";
    assert!(wrong.stderr.contains(said), "{}", wrong.stderr);
    assert_eq!(broker.stats("s").await.dead, 2);
    assert_eq!(run(&format!("{act} --confirm s")).code, Some(0));
    assert_eq!(broker.stats("s").await.dead, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_leaves_while_an_operation_is_waited_for_is_told_that_it_goes_on() {
    let broker = with_dead(50).await;
    let server = broker.child().address();
    let mut command = Command::new(WEIR);
    command.args(["dlq", "requeue", "s", "--all", "--rate", "1", "--yes"]);
    command.env("WEIR_SERVER", server).stdin(Stdio::null());
    let child = command.stderr(Stdio::piped()).spawn().unwrap();
    let operator = broker.client().operator();
    wait::until("it has begun", SOON, async || {
        let request = ListOperationsRequest::default();
        let listed = operator.list_operations(request).await.unwrap();
        let begun = listed.operations.first();
        begun.filter(|one| one.affected > 0).map(|_| ())
    })
    .await;
    let id = i32::try_from(child.id())
        .ok()
        .and_then(rustix::process::Pid::from_raw);
    rustix::process::kill_process(id.unwrap(), rustix::process::Signal::INT).unwrap();
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(130), "{said}");
    let expected = "error: interrupted; operation 1 goes on; weir op watch 1 follows it, weir op cancel 1 ends it\n";
    assert_eq!(said, expected);

    let paused = typed(server, "op pause 1 -o json", 0).json();
    assert_eq!(paused["state"], "paused");
    assert_eq!(
        typed(server, "op resume 1 -o json", 0).json()["state"],
        "running"
    );
    let asked = typed(server, "op cancel 1", 4);
    assert!(
        asked
            .stderr
            .contains("ends it where it is: operation 1, requeue of t/s"),
        "{}",
        asked.stderr
    );
    typed(server, "op cancel 1 --dry-run", 0);
    let shown = operator.get_operation("1").await.unwrap();
    assert_eq!(shown.state(), OperationState::Running);
    let cancelled = typed(server, "op cancel 1 --yes -o json", 0).json();
    assert_eq!(cancelled["state"], "cancelled");
    typed(server, "op watch 1", 3);
    let stats = broker.stats("s").await;
    assert_eq!(
        (stats.dead + stats.ready, stats.conservation_error),
        (50, 0)
    );
}
