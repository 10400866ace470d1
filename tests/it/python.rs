//! Another language: the contract as the usual tools of Python read it, with code made from the protos and without
//! any, by reflection.
//!
//! `WEIR_PYTHON` names an interpreter with what `tests/python/requirements.txt` lists. Without one the tests print
//! SKIPPED and pass, or fail if `WEIR_REQUIRE_PYTHON=1`.

use std::ffi::OsStr;
use std::process::Command;

use weir_tests::files;

use crate::broker;

/// The interpreter, if there is one that has what the scripts import.
fn interpreter() -> Option<String> {
    let found = std::env::var("WEIR_PYTHON").ok().filter(|python| {
        let imports = "import grpc_reflection, grpc_status, grpc_tools";
        let asked = Command::new(python).args(["-c", imports]).status();
        asked.is_ok_and(|status| status.success())
    });
    let is_required = std::env::var("WEIR_REQUIRE_PYTHON").is_ok_and(|value| value == "1");
    assert!(
        found.is_some() || !is_required,
        "WEIR_PYTHON must name an interpreter with the packages of tests/python/requirements.txt"
    );
    if found.is_none() {
        println!("SKIPPED: WEIR_PYTHON names no interpreter with grpcio-tools");
    }
    found
}

/// Runs a script of `tests/python` and fails with all it said unless it ends with 0.
fn run(python: &str, script: &str, arguments: &[&OsStr]) {
    let root = files::workspace_root();
    let ended = Command::new(python)
        .arg(root.join("tests/python").join(script))
        .args(arguments)
        .output()
        .expect("the interpreter runs");
    let (out, err) = (ended.stdout, ended.stderr);
    let said = String::from_utf8_lossy(&out) + String::from_utf8_lossy(&err);
    assert!(ended.status.success(), "{script}: {said}");
    println!("{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_generated_for_python_speaks_the_contract() {
    let Some(python) = interpreter() else { return };
    let broker = broker().await;
    let protos = files::workspace_root().join("proto");
    let address = broker.child().address();
    run(&python, "client.py", &[address.as_ref(), protos.as_ref()]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_without_protos_is_served_by_reflection() {
    let Some(python) = interpreter() else { return };
    let broker = broker().await;
    run(&python, "generic.py", &[broker.child().address().as_ref()]);
}
