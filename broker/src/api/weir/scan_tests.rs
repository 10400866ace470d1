//! Whatever the scan takes, a decoder takes and reads the same way; whatever could be read in two ways is refused.

use prost::Message as _;
use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use weir_proto::v1;

use super::*;

fn span(seconds: i64, nanos: i32) -> prost_types::Duration {
    prost_types::Duration { seconds, nanos }
}

const NOW: Time = Time(1_000);

fn message() -> v1::Message {
    v1::Message {
        payload: b"payload".as_slice().into(),
        attributes: [
            ("kind".to_owned(), "a".to_owned()),
            ("x".to_owned(), String::new()),
        ]
        .into(),
        ordering_key: "customer-7".to_owned(),
        delay: Some(span(5, 1_500)),
        dedup_id: "order-17".to_owned(),
        time_to_live: Some(span(60, 0)),
        ..v1::Message::default()
    }
}

fn refused(message: &[u8]) -> String {
    scan(0, message, NOW).unwrap_err().to_string()
}

#[test]
fn what_a_client_encodes_is_taken() {
    assert_eq!(
        scan(0, &message().encode_to_vec(), NOW),
        Ok(Marks {
            key: xxh3_64(b"customer-7"),
            // Rounded up to whole microseconds, from now on.
            due: Time(1_000 + 5_000_002),
            dedup: xxh3_128(b"order-17"),
            life: Span(60_000_000),
        })
    );
    assert_eq!(scan(0, &[], NOW), Ok(Marks::default()));
}

#[test]
fn what_decoders_read_in_two_ways_is_refused() {
    let twice = |part: &[u8]| [part, part].concat();
    let cases: [(&[u8], &str); 19] = [
        (&twice(&[0x0a, 1, b'a']), "payload occurs twice"),
        (&twice(&[0x1a, 1, b'a']), "ordering_key occurs twice"),
        (&twice(&[0x12, 3, 0x0a, 1, b'a']), "occurs twice"),
        (&[0x12, 6, 0x0a, 1, b'a', 0x0a, 1, b'b'], "twice"),
        (&[0x12, 2, 0x12, 0], "key is empty"),
        (&[0x1a, 1, 0xff], "not UTF-8"),
        (&[0x12, 3, 0x0a, 1, 0xc0], "not UTF-8"),
        (&[0x0b, 0x0c], "wire type 3"),
        (&[0x08, 1], "field 1 with wire type 0"),
        (&[0x42, 0], "field 8"),
        (&twice(&[0x22, 0]), "deliver_time occurs twice"),
        (&[0x22, 0, 0x2a, 0], "exclude one another"),
        (&twice(&[0x3a, 1, b'a']), "dedup_id occurs twice"),
        (&[0x3a, 1, 0xff], "dedup_id is not UTF-8"),
        (&[0x2a, 4, 0x08, 1, 0x08, 1], "message.delay is not"),
        (&[0x2a, 2, 0x18, 1], "message.delay is not"),
        (&[0x2a, 3, 0x08, 0x81, 0x00], "message.delay is not"),
        (&[0x8a, 0x00, 1, b'a'], "a tag is cut or too long"),
        (&[0x0a, 0x80], "cut"),
    ];
    for (bytes, expected) in cases {
        let text = refused(bytes);
        assert!(text.contains(expected), "{bytes:?}: {text}");
    }
}

#[test]
fn sizes_are_limits_and_name_their_field() {
    let mut large = message();
    large.payload = vec![0; MAX_PAYLOAD_BYTES].into();
    assert!(scan(0, &large.encode_to_vec(), NOW).is_ok());
    large.payload = vec![0; MAX_PAYLOAD_BYTES + 1].into();
    assert!(refused(&large.encode_to_vec()).contains("message.payload"));

    let mut keyed = message();
    keyed.ordering_key = "k".repeat(MAX_ORDERING_KEY_BYTES + 1);
    assert!(refused(&keyed.encode_to_vec()).contains("message.ordering_key"));

    let mut many = message();
    many.attributes = (0..=MAX_ATTRIBUTES)
        .map(|n| (n.to_string(), String::new()))
        .collect();
    assert!(refused(&many.encode_to_vec()).contains("more than 100 attributes"));
    many.attributes.remove("0");
    assert!(scan(0, &many.encode_to_vec(), NOW).is_ok());

    let long_key = "k".repeat(MAX_ATTRIBUTE_KEY_BYTES + 1);
    let long_value = "v".repeat(MAX_ATTRIBUTE_VALUE_BYTES + 1);
    for (key, value, field) in [
        (long_key.as_str(), "", "message.attributes.key"),
        ("k", long_value.as_str(), "message.attributes.value"),
    ] {
        let mut wide = message();
        wide.attributes = [(key.to_owned(), value.to_owned())].into();
        assert!(refused(&wide.encode_to_vec()).contains(field));
    }
}

#[test]
fn times_beyond_ten_years_or_before_now_have_one_meaning() {
    let ten_years = 3_650 * 24 * 3_600;
    let with_delay = |seconds, nanos| v1::Message {
        delay: Some(span(seconds, nanos)),
        ..v1::Message::default()
    };
    let due = |message: v1::Message| scan(0, &message.encode_to_vec(), NOW).map(|marks| marks.due);
    assert_eq!(due(with_delay(0, 0)), Ok(Time(0)), "at once");
    assert_eq!(
        due(with_delay(ten_years, 0)),
        Ok(NOW.plus(Span::from_secs(ten_years.cast_unsigned())))
    );
    for wrong in [
        with_delay(ten_years, 1),
        with_delay(-1, 0),
        with_delay(i64::MAX, 0),
    ] {
        let refusal = due(wrong).unwrap_err();
        assert!(
            matches!(
                refusal,
                Refusal::ValueOutOfRange {
                    field: "message.delay",
                    ..
                }
            ),
            "{refusal}"
        );
    }
    let at = |seconds, nanos| v1::Message {
        deliver_time: Some(prost_types::Timestamp { seconds, nanos }),
        ..v1::Message::default()
    };
    assert_eq!(due(at(0, 1)), Ok(Time(1)), "over, but a time");
    assert!(due(at(-1, 0)).is_err());
    assert!(due(at(2 * ten_years, 0)).is_err());
    assert!(due(at(0, 1_000_000_000)).is_err());
    assert!(due(at(0, -1)).is_err());
    let lives = |seconds| {
        let message = v1::Message {
            time_to_live: Some(span(seconds, 0)),
            ..v1::Message::default()
        };
        scan(0, &message.encode_to_vec(), NOW).map(|marks| marks.life)
    };
    assert_eq!(lives(0), Ok(Span(1)), "said, and over at once");
    assert_eq!(lives(1), Ok(Span::from_secs(1)));
    assert!(lives(ten_years + 1).is_err());
}

#[test]
fn what_is_taken_after_any_mutation_is_read_alike_by_a_decoder() {
    let seed: u64 = 0x5ca1_ab1e;
    println!("seed {seed:#x}");
    let mut random = SmallRng::seed_from_u64(seed);
    let original = message().encode_to_vec();
    let mut taken = 0u32;
    for _ in 0..100_000 {
        let mut bytes = original.clone();
        for _ in 0..random.random_range(1..4) {
            let at = random.random_range(0..bytes.len());
            match random.random_range(0..3) {
                0 => bytes[at] = random.random(),
                1 => bytes.insert(at, random.random()),
                _ => {
                    bytes.remove(at);
                }
            }
        }
        if scan(0, &bytes, NOW).is_ok() {
            taken += 1;
            let decoded = v1::Message::decode(bytes.as_slice()).unwrap();
            // The same fields in the same number of bytes: nothing was skipped, merged or overridden.
            assert!(decoded.encoded_len() <= bytes.len());
            assert!(scan(0, &decoded.encode_to_vec(), NOW).is_ok());
            assert!(
                bytes.len() - decoded.encoded_len() <= 16,
                "only empty fields may differ"
            );
        }
    }
    assert!(
        taken > 1_000,
        "the mutations must leave something to compare: {taken}"
    );
}
