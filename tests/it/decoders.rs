//! Everything that reads bytes from outside or from the disk, fed with mutated and random bytes: an
//! error, never a panic.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use clap::Parser as _;
use prost::Message as _;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use weir_broker::api::readers;
use weir_broker::config::Arguments;
use weir_broker::core::AckId;
use weir_broker::journal::{self, LocalJournal, OpenError, Options, OsDisk};
use weir_broker::model::entry::{self, Body, BodyBuilder, Columns};
use weir_broker::model::{MessageId, Name};
use weir_tests::broker::{directory, keyed};
use weir_tests::figures::{figure, seed};
use weir_tests::{files, wait};

/// How long each kind of decoder is fed.
fn how_long() -> Duration {
    figure(Duration::from_millis(1_500), Duration::from_mins(20))
}

/// Changes a few bytes, cuts, or joins two of the corpus.
fn mutate(random: &mut SmallRng, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = corpus[random.random_range(0..corpus.len())].clone();
    for _ in 0..random.random_range(0..6) {
        let at = random.random_range(0..=bytes.len());
        match random.random_range(0..6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.random_range(0..8),
            1 if at < bytes.len() => bytes[at] = random.random(),
            2 => bytes.truncate(at),
            3 => bytes.insert(at, random.random()),
            4 if at < bytes.len() => {
                // The numbers that overflow.
                let extreme = [0, 0x7f, 0x80, 0xff][random.random_range(0..4)];
                bytes[at..]
                    .iter_mut()
                    .take(8)
                    .for_each(|byte| *byte = extreme);
            }
            _ => bytes.extend(&corpus[random.random_range(0..corpus.len())]),
        }
    }
    bytes
}

/// Feeds `decode` for a while; it keeps what it took, so that the corpus grows deeper.
fn feed(what: &str, mut corpus: Vec<Vec<u8>>, mut decode: impl FnMut(&[u8]) -> bool) {
    const KEPT: usize = 500;
    let mut random = SmallRng::seed_from_u64(seed(what, 7));
    let mut goes_on = wait::for_a_while(how_long());
    let (mut fed, mut taken) = (0u64, 0u64);
    while goes_on() {
        for _ in 0..200 {
            let bytes = mutate(&mut random, &corpus);
            fed += 1;
            if decode(&bytes) {
                taken += 1;
                if corpus.len() < KEPT {
                    corpus.push(bytes);
                }
            }
        }
    }
    println!("{what}: {taken} of {fed} were taken");
    assert!(fed > 0);
}

fn body() -> Body {
    let mut builder = BodyBuilder::default();
    builder.push(&keyed("k", "first").encode_to_vec(), 7);
    builder.push(&keyed("", "the second").encode_to_vec(), 0);
    builder.finish().expect("two messages")
}

#[test]
fn names_and_ids_read_anything_without_a_panic() {
    let good = ["orders", "team/orders", "7.0.123", "1AAAAAAAA", "0100ff"];
    let corpus = good.map(|text| text.as_bytes().to_vec()).to_vec();
    feed("names and ids", corpus, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let name = Name::parse(&text).is_ok();
        let id = text.parse::<MessageId>().is_ok();
        let ack = text.parse::<AckId>().is_ok();
        name | id | ack | readers::page_token(&text).is_ok()
    });
}

#[test]
fn messages_and_bodies_read_anything_without_a_panic() {
    let message = keyed("key", "text").encode_to_vec();
    let corpus = vec![message, body().bytes.to_vec()];
    feed("messages and bodies", corpus, |bytes| {
        let is_message = readers::published_message(bytes).is_ok();
        if is_message {
            let decoded = weir_proto::v1::Message::decode(bytes);
            assert!(
                decoded.is_ok(),
                "the scan takes what prost does not: {bytes:02x?}"
            );
        }
        is_message | Columns::parse(bytes).is_ok()
    });
}

#[test]
fn entries_read_anything_without_a_panic() {
    let mut corpus = vec![vec![0; 40], vec![1; 12]];
    let golden = files::workspace_root().join("tests/golden/0.1.0/data");
    let disk = OsDisk::new(golden);
    // The first byte says the kind.
    let dumped = journal::dump(&disk, &mut |_, frame| {
        corpus.push([&[frame.kind][..], frame.head].concat());
        Ok(())
    });
    assert!(dumped.unwrap().is_sound());
    assert!(corpus.len() > 10, "the golden directory holds entries");
    feed("entries", corpus, |bytes| {
        let Some((&kind, head)) = bytes.split_first() else {
            return false;
        };
        (1..=2).any(|version| entry::decode(kind, version, head).is_ok())
    });
}

#[test]
fn segments_manifests_and_checkpoints_read_anything_without_a_panic() {
    let golden = files::tree(&files::workspace_root().join("tests/golden/0.1.0/data")).unwrap();
    let place = directory(false);
    let mut random = SmallRng::seed_from_u64(seed("directories", 8));
    let names: Vec<_> = golden.keys().collect();
    let mut goes_on = wait::for_a_while(2 * how_long());
    let (mut tried, mut opened) = (0, 0);
    while goes_on() {
        let data = place.path().join(tried.to_string());
        let hurt = names[random.random_range(0..names.len())];
        for (name, bytes) in &golden {
            let bytes = if name == hurt {
                mutate(&mut random, std::slice::from_ref(bytes))
            } else {
                bytes.clone()
            };
            files::write(&data.join(name), &bytes).unwrap();
        }
        opened += u32::from(open(&data));
        files::remove_tree(&data).unwrap();
        tried += 1;
    }
    println!("{opened} of {tried} hurt directories opened");
}

/// Verifies and opens; whether it opened. What verifies as sound opens.
fn open(data: &Path) -> bool {
    let disk = OsDisk::new(data);
    let report = journal::verify(&disk);
    let options = Options {
        segment_bytes: 16 << 10,
        max_frame: 8 << 10,
        spares: 1,
        reserve: 1,
        ..Options::default()
    };
    let opened = LocalJournal::open(std::sync::Arc::new(disk), options, &mut |_, frame| {
        // What the broker would do with it.
        drop(entry::decode(frame.kind, frame.version, frame.head));
        Ok(())
    });
    let is_sound = report.is_ok_and(|report| report.is_sound());
    // Another test of this process that starts a child lends it the lock for a moment.
    let is_locked = matches!(opened, Err(OpenError::Locked { .. }));
    let is_open = opened.is_ok() || is_locked;
    assert!(!is_sound || is_open, "sound, and yet {:?}", opened.err());
    opened.is_ok()
}

#[test]
fn arguments_read_anything_without_a_panic() {
    let corpus = [
        "--listen\n127.0.0.1:0\n--data-dir\nx",
        "verify\n--data-dir\nx",
        "repair\n--dry-run",
        "serve\n--segment-bytes\n1048576",
        "--help",
    ];
    let corpus = corpus.map(|text| text.as_bytes().to_vec()).to_vec();
    feed("arguments of the broker", corpus, |bytes| {
        // A colon makes the address ask a resolver.
        let text = String::from_utf8_lossy(bytes).replace(':', ".");
        let typed = std::iter::once("weir-broker").chain(text.split('\n'));
        Arguments::try_parse_from(typed).is_ok()
    });
}

#[test]
fn the_programs_answer_any_arguments_with_an_exit_code() {
    const WEIR: &str = env!("CARGO_BIN_EXE_weir-under-test");
    let words = [
        "topic",
        "sub",
        "dlq",
        "ls",
        "create",
        "get",
        "rm",
        "publish",
        "peek",
        "pull",
        "requeue",
        "purge",
        "--all",
        "--yes",
        "-o",
        "json",
        "jsonl",
        "--max",
        "-1",
        "99999999999999999999",
        "--wait",
        "1s",
        "s",
        "t",
        "a/b",
        "--",
        "-",
        "",
        "\u{1b}[2J",
        "é",
        "--message",
        "--nack",
    ];
    let mut random = SmallRng::seed_from_u64(seed("arguments of weir", 9));
    for _ in 0..figure(60, 2_000) {
        let count = random.random_range(1..7);
        let noun = ["topic", "sub", "dlq", "status"][random.random_range(0..4)];
        let typed: Vec<_> = (0..count)
            .map(|_| words[random.random_range(0..words.len())])
            .collect();
        // Port 1 refuses at once.
        let ran = Command::new(WEIR)
            .arg(noun)
            .args(&typed)
            .env("WEIR_SERVER", "127.0.0.1:1")
            .stdin(std::process::Stdio::null())
            .output()
            .unwrap();
        let code = ran.status.code();
        let is_known = matches!(code, Some(0..=9));
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(is_known, "{noun} {typed:?} ended with {code:?}: {said}");
        assert!(!said.contains("panicked"), "{noun} {typed:?}: {said}");
    }
}
