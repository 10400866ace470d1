//! What becomes of reasons, and what no text may bring about.

use proptest::prelude::*;

use super::digest::FingerprintError;
use super::fold::{MAX_PATTERN_BYTES, PLACEHOLDERS, pattern};
use super::*;

/// Patterns are stored as numbers: a change here is another number for old messages.
#[test]
fn what_varies_gives_way_and_what_tells_stays() {
    for (reason, expected) in [
        ("", ""),
        (
            "smtp 421 from relay-2.mail.example.com",
            "smtp 421 from <host>",
        ),
        (
            "smtp 550 from relay-7.mail.example.com",
            "smtp 550 from <host>",
        ),
        ("mailbox full: dana@example.com", "mailbox full: <addr>"),
        (
            "schema: missing field \"user.id\"",
            "schema: missing field <str>",
        ),
        ("utf-8 error at 1734", "utf-<n> error at <n>"),
        (
            "HTTP/1.1 503 Service Unavailable",
            "HTTP/<n> 503 Service Unavailable",
        ),
        (
            "status=404 for https://api.example.com/v1/users/77?x=1",
            "status=404 for <addr>",
        ),
        (
            "connect to 10.0.3.17:5432 failed",
            "connect to <host> failed",
        ),
        (
            "connect to [fe80::1]:5432 failed",
            "connect to [<host>]:<n> failed",
        ),
        ("dial localhost:9092: refused", "dial <host>: refused"),
        (
            "order 3f2a9c71-0b1d-4e57-9f0a-aa10c3d0e001 is gone",
            "order <id> is gone",
        ),
        ("commit 9fceb02d0ae598e9 not found", "commit <id> not found"),
        ("at 0x7ffee3b1", "at <id>"),
        ("message 01JD8K4Z9QTA7B rejected", "message <id> rejected"),
        (
            "took 1.5s of 300ms, attempt 4",
            "took <n>s of <n>ms, attempt <n>",
        ),
        ("since 2026-11-21T12:03:40.169Z", "since <n>"),
        ("can't open '/var/data/7.db'", "can't open <str>"),
        ("java.net.SocketTimeoutException: Read timed out", {
            "java.net.SocketTimeoutException: Read timed out"
        }),
        ("src/main.rs:77:12 panicked", "src/main.rs:<n> panicked"),
        (
            "file /var/spool/77/job.json missing",
            "file /var/spool/<n>/job.json missing",
        ),
        ("balance -17.50 below 0", "balance <n> below <n>"),
        ("tabs\tand\n\u{1b}[2Jlines", "tabs and [<n>Jlines"),
        ("an unclosed \" quote 5", "an unclosed \" quote <n>"),
    ] {
        assert_eq!(pattern(reason), expected, "{reason:?}");
    }
}

#[test]
fn the_number_of_a_failure_is_frozen() {
    let of = |class, reason| Fingerprint::of(class, reason).to_string();
    let numbers = [
        of("Timeout", "smtp 421 from mx1.example.com"),
        of("lease_expired", ""),
        of("", ""),
    ];
    assert_eq!(numbers, FROZEN);
}

const FROZEN: [&str; 3] = ["8a803755c18995cb", "3c1248a2eff6146a", "c44bdff4074eecdb"];

#[test]
fn a_fingerprint_is_read_as_it_is_written() {
    let one = Fingerprint::of("Timeout", "late by 5 s");
    assert_eq!(one.to_string().parse(), Ok(one));
    assert_eq!(one.to_string().to_uppercase().parse(), Ok(one));
    assert_eq!(Fingerprint::stored(one.number()), Some(one));
    for wrong in [
        "",
        "0",
        "0000000000000000",
        "+123456789abcdef",
        "0123456789abcdeg",
        "0x12",
    ] {
        assert_eq!(
            wrong.parse::<Fingerprint>(),
            Err(FingerprintError),
            "{wrong}"
        );
    }
}

#[test]
fn the_class_tells_failures_of_one_reason_apart() {
    assert_ne!(Fingerprint::of("a", "b"), Fingerprint::of("ab", ""));
    assert_ne!(Fingerprint::of("", "b"), Fingerprint::of("b", "b"));
}

/// Reasons with places for what varies.
const FRAMES: [&str; 6] = [
    "order {} was refused after {} ms",
    "no answer from {} within {}s",
    "cannot parse {}: expected a number (line {})",
    "user={} balance={}",
    "[{}] {} gave up",
    "row {}/{} is locked",
];

fn framed(frame: &str, values: [&str; 2]) -> String {
    let mut parts = frame.split("{}");
    let mut next = || parts.next().unwrap_or_default();
    [next(), values[0], next(), values[1], next()].concat()
}

proptest! {
    #[test]
    fn other_numbers_and_ids_are_the_same_reason(
        frame in prop::sample::select(FRAMES.to_vec()),
        numbers in [any::<u64>(), any::<u64>()],
        others in [any::<u64>(), any::<u64>()],
        uuids in [any::<u128>(), any::<u128>()],
    ) {
        let text = |numbers: [u64; 2]| {
            let [one, two] = numbers.map(|number| number.to_string());
            framed(frame, [&one, &two])
        };
        prop_assert_eq!(pattern(&text(numbers)), pattern(&text(others)));
        prop_assert_eq!(
            Fingerprint::of("x", &text(numbers)),
            Fingerprint::of("x", &text(others))
        );
        let uuid = |id: u128| {
            let hex = format!("{id:032x}");
            let part = |range: std::ops::Range<usize>| hex[range].to_owned();
            [part(0..8), part(8..12), part(12..16), part(16..20), part(20..32)].join("-")
        };
        let text = |id| framed(frame, [&uuid(id), "1"]);
        prop_assert_eq!(pattern(&text(uuids[0])), pattern(&text(uuids[1])));
    }

    #[test]
    fn other_hosts_people_and_quotes_are_the_same_reason(
        frame in prop::sample::select(FRAMES.to_vec()),
        names in ["[a-z][a-z0-9-]{0,12}", "[a-z][a-z0-9-]{0,12}"],
        quotes in ["[ -!#-~]{0,40}", "[ -!#-~]{0,40}"],
        ips in [any::<[u8; 4]>(), any::<[u8; 4]>()],
    ) {
        let same = |one: String, other: String| {
            let (one, other) = (framed(frame, [&one, "1"]), framed(frame, [&other, "1"]));
            prop_assert_eq!(pattern(&one), pattern(&other), "{} {}", one, other);
            Ok(())
        };
        same(format!("{}.example.com", names[0]), format!("{}.example.com:99", names[1]))?;
        same(format!("{}@example.com", names[0]), format!("{}@mail.example.org", names[1]))?;
        same(format!("\"{}\"", quotes[0]), format!("\"{}\"", quotes[1]))?;
        let ip = |bytes: [u8; 4]| bytes.map(|byte| byte.to_string()).join(".");
        same(ip(ips[0]), ip(ips[1]))?;
    }

    #[test]
    fn any_text_has_a_pattern_that_is_bounded_and_folds_to_itself(text in hostile()) {
        let folded = pattern(&text);
        prop_assert!(folded.len() <= MAX_PATTERN_BYTES, "{}", folded.len());
        prop_assert_eq!(pattern(&folded), folded.clone(), "{:?}", text);
        prop_assert!(!folded.chars().any(char::is_control), "{:?}", folded);
        prop_assert_eq!(folded.trim(), folded.as_str());
        let mut words = folded.as_str().to_owned();
        for placeholder in PLACEHOLDERS {
            words = words.replace(placeholder, " ");
        }
        // What is left of numbers announces itself: three digits.
        let longest = words.split(|c: char| !c.is_numeric()).map(str::len).max();
        prop_assert!(longest.is_none_or(|longest| longest <= 3), "{:?}", folded);
    }
}

/// Anything, and texts made of what the rules look for.
fn hostile() -> impl Strategy<Value = String> {
    let parts = prop::sample::select(vec![
        "'",
        "\"",
        "`",
        "<n>",
        "<",
        ">",
        "<id",
        "…",
        "\\",
        "://",
        "http",
        "smtp 421",
        "=",
        ".",
        ":",
        "@",
        "-",
        "/",
        "a@b.com",
        "x.example.com",
        "10.0.0.1",
        "::",
        "fe80::1",
        "77",
        "1.5s",
        "0x1f",
        "deadbeef01",
        " ",
        "\u{1b}[31m",
        "\u{202e}",
        "é",
        "日本",
        "٣",
        "can't",
        "_",
        "%41",
        "status",
        "don't 'x",
        "ZZ9Z9Z9Z9Z",
    ]);
    prop_oneof![
        ".{0,600}",
        prop::collection::vec(parts, 0..200).prop_map(|parts| parts.concat()),
        "[a-z0-9./:@'\" -]{0,1024}",
    ]
}
