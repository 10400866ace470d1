//! A body gives back what was put into it.

use super::*;
use crate::model::entry::indexed_bytes;

#[test]
fn a_body_gives_back_each_message() {
    for messages in [
        vec![b"a".to_vec(); 3],
        vec![vec![], vec![7; 200], vec![1; 20_000]],
    ] {
        for key in [0, 42] {
            let mut builder = BodyBuilder::default();
            for message in &messages {
                builder.push(message, key);
            }
            let body = builder.finish().unwrap();
            assert_eq!(Columns::parse(&body.bytes), Ok(body.columns.clone()));
            assert_eq!(body.crc, crc32c::crc32c(&body.bytes));
            for (index, message) in messages.iter().enumerate() {
                assert_eq!(&body.bytes[body.columns.message(index)], message.as_slice());
                assert_eq!(body.bytes[body.columns.slice(index, 1)][0], MESSAGE_TAG);
            }
            assert_eq!(body.columns.keys.is_some(), key != 0);
            assert_eq!(body.columns.slice(0, messages.len()).end, body.bytes.len());
        }
    }
}

#[test]
fn a_body_cut_anywhere_is_refused() {
    let mut builder = BodyBuilder::default();
    builder.push(b"first", 1);
    builder.push(b"second!", 0);
    let body = builder.finish().unwrap();
    for end in 0..body.bytes.len() {
        assert!(Columns::parse(&body.bytes[..end]).is_err(), "cut at {end}");
        let front = &body.bytes[..end];
        if end < body.columns.messages_start {
            assert!(Columns::parse_front(front).is_err(), "cut at {end}");
            assert_eq!(indexed_bytes(7, 1, &[], front), end);
        } else {
            assert_eq!(Columns::parse_front(front).as_ref(), Ok(&body.columns));
            assert_eq!(indexed_bytes(7, 1, &[], front), body.columns.messages_start);
        }
    }
}
