//! The bytes on the disk: frozen, and never trusted.

use super::rig::figure;
use crate::journal::checkpoint::Checkpoint;
use crate::journal::codec::{
    COMMIT, Header, Seed, SegmentHeader, Shape, decode, frame_len, looks_like,
};
use crate::journal::manifest::{Manifest, Open, Sealed};
use crate::journal::scan::{Expected, Scan, witness};
use crate::journal::sim_disk::{Choices, SimDisk};

const UUID: [u8; 16] = *b"a journal's uuid";

fn header() -> Header {
    Header {
        kind: 3,
        version: 1,
        flags: COMMIT,
        segment: 9,
        head_len: 4,
        body_len: 5,
        position: 77,
        time_us: 1_700_000_000_000_000,
        durable: 70,
        body_crc: crc32c::crc32c(b"body!"),
    }
}

fn frame() -> Vec<u8> {
    let mut bytes = Vec::new();
    header().encode(b"head", Seed::new(UUID, 9), &mut bytes);
    bytes.extend_from_slice(b"body!");
    bytes.resize(frame_len(4, 5), 0);
    bytes
}

fn hex(bytes: &[u8]) -> String {
    bytes
        .iter()
        .fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

/// The frame of these tests: 56 bytes of header, then head, body and padding.
const FROZEN: &str = "4557030101000000090000000000000004000000050000004d00000000000000\
    00401e18240a0600460000000000000096bba8d179f2348e\
    68656164626f64792100000000000000";

#[test]
fn the_bytes_of_a_frame_are_frozen() {
    let bytes = frame();
    assert_eq!(hex(&bytes), FROZEN);
    let decoded = decode(&bytes, 9, Seed::new(UUID, 9)).unwrap();
    assert_eq!(
        (decoded.header, decoded.head),
        (header(), b"head".as_slice())
    );
    assert_eq!(decoded.verify_body().unwrap(), b"body!");
}

#[test]
fn a_frame_of_another_segment_or_journal_is_not_taken() {
    assert!(decode(&frame(), 9, Seed::new(UUID, 8)).is_err());
    assert!(decode(&frame(), 8, Seed::new(UUID, 8)).is_err());
    assert!(decode(&frame(), 9, Seed::new([0; 16], 9)).is_err());
}

#[test]
fn the_manifest_comes_back_as_it_was_written() {
    let manifest = Manifest {
        uuid: UUID,
        incarnation: 3,
        durable: 1_234,
        is_clean: true,
        state_floor: 100,
        next_segment: 9,
        next_file: 7,
        log: vec![Sealed {
            id: 4,
            number: 2,
            first: 100,
            last: 199,
        }],
        cold: vec![Sealed {
            id: 5,
            number: 3,
            first: 1,
            last: 99,
        }],
        open: vec![Open { id: 6, number: 4 }],
        old: vec![7],
    };
    let text = manifest.encode();
    assert!(
        text.starts_with("weir-journal 1\nuuid 61206a6f75726e616c27732075756964\n"),
        "{text}"
    );
    assert_eq!(Manifest::decode(text.as_bytes()).unwrap(), manifest);
    for at in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1 << bit;
            assert!(Manifest::decode(&bytes).is_err(), "bit {bit} of byte {at}");
        }
        assert!(
            Manifest::decode(&text.as_bytes()[..at]).is_err(),
            "cut at {at}"
        );
    }
}

/// Foreign bytes: random ones, and sound ones with a few changed.
fn foreign(choices: &mut Choices) -> Vec<u8> {
    let mut bytes = Vec::new();
    match choices.pick(4) {
        0 => {}
        1 => SegmentHeader {
            uuid: UUID,
            segment: 9,
            first: 77,
            durable: 76,
            shape: Shape::Dense,
        }
        .encode(&mut bytes),
        2 => bytes = frame(),
        _ => bytes = Manifest::default().encode().into_bytes(),
    }
    for _ in 0..choices.pick(40) {
        bytes.push(u8::try_from(choices.pick(256)).unwrap());
    }
    for _ in 0..choices.pick(4) {
        let at = choices.pick(bytes.len().max(1));
        if let Some(byte) = bytes.get_mut(at) {
            *byte = u8::try_from(choices.pick(256)).unwrap();
        }
    }
    bytes
}

#[test]
fn foreign_bytes_are_refused_without_a_panic() {
    let seed = Seed::new(UUID, 9);
    for number in 0..figure(20_000, 2_000_000) {
        let bytes = foreign(&mut Choices::seeded(number));
        if let Ok(decoded) = decode(&bytes, 9, seed) {
            // Sound by its checksum, so it is the frame that was made sound.
            assert_eq!(decoded.header, header(), "seed {number}");
        }
        let expected = Expected {
            segment: 9,
            seed,
            shape: Shape::Sparse,
            first: 1,
            time_us: 0,
        };
        let mut scan = Scan::starting_at(&bytes, expected, 0);
        while scan.step().is_ok() {}
        witness(&bytes, 0, 9, seed);
        looks_like(&bytes, 9, 77);
        SegmentHeader::decode(&bytes);
        assert!(
            Manifest::decode(&bytes).is_err() || bytes == Manifest::default().encode().as_bytes()
        );
        let disk = SimDisk::new();
        disk.replace("checkpoint-0", bytes);
        assert!(Checkpoint::read(&disk, 0, UUID).is_err(), "seed {number}");
    }
}
