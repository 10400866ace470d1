//! Whatever frames come and wherever reads cut them, each stream says the same.

use std::collections::BTreeMap;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::*;

const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const CONTINUATION: u8 = 9;
const PADDED: u8 = 8;

#[derive(Debug, Clone, PartialEq, Eq)]
struct Frame {
    kind: u8,
    flags: u8,
    stream: u32,
    payload: Vec<u8>,
}

impl Frame {
    fn new(kind: u8, flags: u8, stream: u32, payload: Vec<u8>) -> Self {
        Self {
            kind,
            flags,
            stream,
            payload,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        let length = u32::try_from(self.payload.len()).unwrap();
        out.extend(&length.to_be_bytes()[1..]);
        out.extend([self.kind, self.flags]);
        out.extend(self.stream.to_be_bytes());
        out.extend(&self.payload);
    }

    /// Whether it may be joined with another of its stream.
    fn is_plain(&self) -> bool {
        self.kind == DATA && self.flags & !END_STREAM == 0 && !self.payload.is_empty()
    }
}

fn written(frames: &[Frame]) -> Vec<u8> {
    let mut out = Vec::new();
    for frame in frames {
        frame.write(&mut out);
    }
    out
}

/// The frames in bytes that end with a whole one.
fn read(mut bytes: &[u8]) -> Vec<Frame> {
    let mut frames = Vec::new();
    while let Some((header, after)) = bytes.split_first_chunk() {
        let header = Header::read(*header);
        let (payload, next) = after.split_at(header.length);
        let payload = payload.to_vec();
        frames.push(Frame::new(
            header.kind,
            header.flags,
            header.stream,
            payload,
        ));
        bytes = next;
    }
    assert!(bytes.is_empty(), "a frame is cut");
    frames
}

/// What each stream says: frames of data that follow each other are one. What is aside is left out.
fn said(frames: &[Frame]) -> BTreeMap<u32, Vec<Frame>> {
    let mut streams: BTreeMap<u32, Vec<Frame>> = BTreeMap::new();
    for frame in frames {
        if matches!(frame.kind, SETTINGS | PING | WINDOW_UPDATE) {
            continue;
        }
        let before = streams.entry(frame.stream).or_default();
        match before.last_mut() {
            Some(last) if last.is_plain() && last.flags == 0 && frame.is_plain() => {
                last.payload.extend(&frame.payload);
                last.flags = frame.flags;
            }
            _ => before.push(frame.clone()),
        }
    }
    streams
}

fn without_plain(frames: &[Frame]) -> Vec<&Frame> {
    let others = frames.iter().filter(|frame| !frame.is_plain());
    others
        .filter(|frame| !matches!(frame.kind, SETTINGS | PING | WINDOW_UPDATE))
        .collect()
}

fn random_frames(random: &mut SmallRng) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut byte = 0_u8;
    let mut bytes = |length: usize| {
        let next = |_| {
            byte = byte.wrapping_add(1);
            byte
        };
        (0..length).map(next).collect::<Vec<u8>>()
    };
    for _ in 0..random.random_range(1..200) {
        let stream = random.random_range(0..6) * 2 + 1;
        let length = match random.random_range(0..10) {
            0 => random.random_range(200..300),
            1 => random.random_range(300..40_000),
            _ => random.random_range(1..60),
        };
        let frame = match random.random_range(0..20) {
            0 => Frame::new(RST_STREAM, 0, stream, bytes(4)),
            1 => Frame::new(WINDOW_UPDATE, 0, stream, bytes(4)),
            2 => Frame::new(PING, 0, 0, bytes(8)),
            3 => Frame::new(DATA, 0, stream, Vec::new()),
            4 => Frame::new(DATA, PADDED, stream, bytes(length)),
            5 => Frame::new(DATA, END_STREAM, stream, bytes(length)),
            6 => Frame::new(DATA, 0, 0, bytes(5)),
            7 => {
                frames.push(Frame::new(HEADERS, 0, stream, bytes(length)));
                Frame::new(CONTINUATION, 4, stream, bytes(length))
            }
            _ => Frame::new(DATA, 0, stream, bytes(length)),
        };
        frames.push(frame);
    }
    frames
}

#[test]
fn each_stream_says_the_same_wherever_reads_cut_its_frames() {
    for seed in 0..500 {
        let mut random = SmallRng::seed_from_u64(seed);
        let sent = random_frames(&mut random);
        let (mut gatherer, mut seen) = (Gatherer::default(), Vec::new());
        let bytes = written(&sent);
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            let most = [1, 8, 100, 4_000, 100_000][random.random_range(0..5)];
            let (now, later) = rest.split_at(random.random_range(1..=most).min(rest.len()));
            if random.random_range(0..4) == 0 {
                gatherer.look(now);
                seen.extend(now);
            } else {
                gatherer.gather(now, &mut seen);
            }
            rest = later;
        }
        let seen = read(&seen);
        assert_eq!(said(&seen), said(&sent), "seed {seed}");
        assert_eq!(without_plain(&seen), without_plain(&sent), "seed {seed}");
        let aside = |frames: &[Frame]| {
            let aside = frames.iter().filter(|frame| frame.kind >= SETTINGS);
            aside.filter(|frame| frame.kind != CONTINUATION).count()
        };
        assert_eq!(aside(&seen), aside(&sent), "seed {seed}");
        for pair in seen.windows(2) {
            if pair[1].kind == CONTINUATION {
                assert_eq!((pair[0].kind, pair[0].stream), (HEADERS, pair[1].stream));
            }
        }
    }
}

#[test]
fn small_frames_of_streams_that_take_turns_are_no_longer_small() {
    let turns = (0..2_600).map(|turn| Frame::new(DATA, 0, turn % 200 * 2 + 1, vec![7; 42]));
    let sent: Vec<Frame> = turns.collect();
    let mut seen = Vec::new();
    let small = Gatherer::default().gather(&written(&sent), &mut seen);
    assert_eq!(small, 2_600);
    let seen = read(&seen);
    assert_eq!(seen.len(), 200);
    assert!(seen.iter().all(|frame| frame.payload.len() == 13 * 42));
    assert_eq!(Gatherer::default().look(&written(&seen)), 0);
}

#[test]
fn no_frame_is_made_that_a_peer_may_refuse() {
    let sent = vec![Frame::new(DATA, 0, 1, vec![7; 250]); 1_000];
    let mut seen = Vec::new();
    Gatherer::default().gather(&written(&sent), &mut seen);
    let seen = read(&seen);
    assert!(seen.iter().all(|frame| frame.payload.len() <= GATHERED));
    assert_eq!(seen.len(), 1_000_usize.div_ceil(GATHERED / 250));
}

#[test]
fn what_comes_alone_passes_as_it_is() {
    let sent = [
        Frame::new(HEADERS, 4, 1, vec![1; 30]),
        Frame::new(DATA, 0, 1, vec![2; 30]),
        Frame::new(DATA, 0, 3, vec![3; 30]),
        Frame::new(DATA, 0, 1, vec![4; 300]),
        Frame::new(DATA, END_STREAM, 1, vec![5; 9]),
    ];
    let bytes = written(&sent);
    let mut seen = Vec::new();
    Gatherer::default().gather(&bytes, &mut seen);
    assert_eq!(seen, bytes);
}
