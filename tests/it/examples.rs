//! The examples that the documents name run as they are written.

use std::process::Command;

use crate::broker;

/// `proto/examples/quickstart.rs`.
const QUICKSTART: &str = env!("CARGO_BIN_EXE_quickstart-under-test");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_quickstart_publishes_and_receives_a_hundred_messages_each_time_it_is_run() {
    let broker = broker().await;
    for run in 1..=2 {
        let mut command = Command::new(QUICKSTART);
        let output = command.arg(broker.child().address()).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{said}: {:?}", output.stderr);
        let lines = |start| said.lines().filter(|line| line.starts_with(start)).count();
        assert_eq!((lines("stored 1.0."), lines("received 1.0.")), (100, 100));
        for number in [0, 99] {
            let line = format!("(attempt 1): \"message {number}\"");
            assert!(said.contains(&line), "{said}");
        }
        let stats = broker.stats("quickstart-reader").await;
        assert_eq!((stats.entered, stats.acked), (100 * run, 100 * run));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_quickstart_without_a_broker_fails_and_says_why() {
    let mut broker = broker().await;
    let address = broker.child().address().to_owned();
    broker.stop();
    let output = Command::new(QUICKSTART).arg(address).output().unwrap();
    assert!(!output.status.success());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("cannot be reached"), "{said}");
}
