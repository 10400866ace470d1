//! Directories that a broker must refuse: clearly, with 1, and without touching them.

use std::path::Path;
use std::process::Command;

use weir_tests::broker::{Broker, directory};
use weir_tests::child::{Child, Start};
use weir_tests::files;

use crate::PROGRAM;

/// Starts the daemon on `data_dir`, which must refuse; gives what it says.
fn refusal(data_dir: &Path) -> String {
    let start = Start {
        arguments: vec!["--segment-bytes=1048576".to_owned()],
        fail_point: None,
    };
    let error = match Child::start(PROGRAM, data_dir, &start) {
        Ok(_) => panic!("it started on {}", data_dir.display()),
        Err(error) => error.to_string(),
    };
    assert!(error.contains("exit status: 1"), "{error}");
    error
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_broker_on_a_directory_is_refused_and_the_first_lives_on() {
    let mut broker = Broker::start(PROGRAM).await;
    broker.pair().await;
    let before = files::tree(&broker.data_dir()).unwrap();
    let said = refusal(&broker.data_dir());
    assert!(
        said.contains("in use") || said.contains("another"),
        "{said}"
    );
    assert!(said.contains("data"), "it names the directory: {said}");
    assert_eq!(files::tree(&broker.data_dir()).unwrap(), before);
    broker.publish_texts("t", &["x"]).await;
    assert_eq!(broker.pull_all("s", 1).await.len(), 1);
    broker.stop();
}

/// The manifest with another version and a checksum that is right.
fn of_version(manifest: &str, version: u32) -> String {
    let (first, rest) = manifest.split_once('\n').unwrap();
    let (title, _) = first.split_once(' ').unwrap();
    let body = format!("{title} {version}\n{rest}");
    let end = body.rfind("crc ").unwrap();
    let body = &body[..end];
    format!("{body}crc {:08x}\n", crc32c::crc32c(body.as_bytes()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_directory_of_a_newer_format_is_refused_and_not_touched() {
    let mut broker = Broker::start(PROGRAM).await;
    broker.pair().await;
    broker.publish_texts("t", &["x"]).await;
    broker.stop();
    let path = broker.data_dir().join("manifest");
    let manifest = String::from_utf8(files::read(&path).unwrap()).unwrap();
    assert_eq!(
        of_version(&manifest, 1),
        manifest,
        "the test knows the manifest"
    );
    files::write(&path, of_version(&manifest, 2).as_bytes()).unwrap();
    let before = files::tree(&broker.data_dir()).unwrap();
    let said = refusal(&broker.data_dir());
    assert!(
        said.contains("format 2") && said.contains("up to 1"),
        "{said}"
    );
    assert_eq!(files::tree(&broker.data_dir()).unwrap(), before);
    files::write(&path, manifest.as_bytes()).unwrap();
    broker.start_again().await;
    assert_eq!(broker.pull_all("s", 1).await.len(), 1);
    broker.stop();
}

#[test]
fn a_directory_that_may_not_be_written_is_refused() {
    let directory = directory(false);
    files::set_read_only(directory.path(), true).unwrap();
    let may_write = files::write(&directory.path().join("try"), b"").is_ok();
    if may_write {
        println!("SKIPPED: this user may write everywhere");
    } else {
        let said = refusal(&directory.path().join("data"));
        assert!(said.contains("denied"), "{said}");
    }
    files::set_read_only(directory.path(), false).unwrap();
}

#[test]
fn a_place_where_no_directory_can_be_made_is_refused() {
    let directory = directory(false);
    let file = directory.path().join("file");
    files::write(&file, b"of somebody else").unwrap();
    let said = refusal(&file);
    assert!(said.contains("file"), "{said}");
    let said = refusal(&file.join("below"));
    assert!(said.contains("file"), "{said}");
    assert_eq!(files::read(&file).unwrap(), b"of somebody else");
}

/// A small file system in memory, unmounted when dropped.
struct Small<'a>(&'a Path);

impl<'a> Small<'a> {
    fn mount(at: &'a Path, bytes: u64) -> Option<Self> {
        let size = format!("size={bytes}");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &size, "tmpfs"])
            .arg(at)
            .output()
            .is_ok_and(|done| done.status.success());
        mounted.then_some(Self(at))
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        let _best_effort = Command::new("umount").arg(self.0).output();
    }
}

#[test]
fn a_disk_that_is_full_at_the_first_start_is_refused() {
    let directory = directory(false);
    let Some(small) = Small::mount(directory.path(), 8 << 20) else {
        println!("SKIPPED: this user may not mount");
        return;
    };
    let others = vec![1; 8 << 20];
    let filled = files::write(&small.0.join("others"), &others);
    assert!(filled.is_err() || files::write(&small.0.join("more"), &others).is_err());
    let said = refusal(&small.0.join("data"));
    assert!(said.contains("space"), "{said}");
}
