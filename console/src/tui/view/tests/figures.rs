//! Values in few cells.

use std::time::Duration;

use crate::tui::view::figures::{
    age, bare_rate, bytes, cores, count, latency, net, rate, whole_seconds,
};

#[test]
fn counts_have_separators_and_at_most_nine_cells() {
    assert_eq!(count(0).as_str(), "0");
    assert_eq!(count(999).as_str(), "999");
    assert_eq!(count(1_204).as_str(), "1,204");
    assert_eq!(count(9_999_999).as_str(), "9,999,999");
    assert_eq!(count(10_000_000).as_str(), "10.0M");
    assert_eq!(count(999_960_000).as_str(), "1.0G");
    assert!(count(u64::MAX).width() <= 9);
}

#[test]
fn ages_have_the_two_parts_that_matter() {
    let cases = [
        (0.0, "<1ms"),
        (0.000_9, "<1ms"),
        (0.149, "149ms"),
        (0.999_4, "999ms"),
        (0.999_9, "1.0s"),
        (4.25, "4.2s"),
        (9.96, "9s"),
        (59.99, "59s"),
        (60.0, "1m00s"),
        (2_472.0, "41m12s"),
        (11_100.0, "3h05m"),
        (792_000.0, "9d4h"),
    ];
    for (seconds, shown) in cases {
        assert_eq!(age(Some(seconds)).as_str(), shown, "{seconds}");
    }
    assert_eq!(age(None).as_str(), "-");
}

#[test]
fn latencies_below_a_millisecond_are_told_apart() {
    let cases = [
        (0.000_042, "0.04ms"),
        (0.000_42, "0.42ms"),
        (0.000_999, "1.0ms"),
        (0.014_2, "14.2ms"),
        (0.149, "149ms"),
        (4.25, "4.2s"),
    ];
    for (seconds, shown) in cases {
        assert_eq!(latency(Some(seconds)).as_str(), shown, "{seconds}");
    }
    assert_eq!(latency(None).as_str(), "-");
}

#[test]
fn rates_keep_small_values_apart_from_nothing() {
    let cases = [
        (0.0, "0/s"),
        (0.05, "0.05/s"),
        (0.4, "0.4/s"),
        (9.94, "9.9/s"),
        (812.4, "812/s"),
        (8_123.0, "8.1k/s"),
        (48_200.0, "48.2k/s"),
        (999_999.0, "1.0M/s"),
    ];
    for (value, shown) in cases {
        assert_eq!(rate(Some(value)).as_str(), shown, "{value}");
        assert!(rate(Some(value)).width() <= 7);
    }
    assert_eq!(rate(None).as_str(), "-");
    assert_eq!(bare_rate(None).as_str(), "-");
}

#[test]
fn a_net_rate_has_a_sign_unless_it_is_nothing() {
    assert_eq!(net(Some(1_900.0)).as_str(), "+1.9k");
    assert_eq!(net(Some(-900.0)).as_str(), "-900");
    assert_eq!(net(Some(-0.001)).as_str(), "0");
    assert_eq!(net(None).as_str(), "-");
}

#[test]
fn bytes_and_cores_and_waits() {
    assert_eq!(bytes(Some(512)).as_str(), "512 B");
    assert_eq!(bytes(Some(44_300_000)).as_str(), "42.2 MiB");
    assert_eq!(bytes(Some(86_973_087_744)).as_str(), "81.0 GiB");
    assert_eq!(bytes(None).as_str(), "-");
    assert_eq!(cores(Some(0.314)).as_str(), "0.31");
    assert_eq!(cores(None).as_str(), "-");
    assert_eq!(whole_seconds(Duration::from_millis(12_900)).as_str(), "12s");
    assert_eq!(whole_seconds(Duration::from_secs(65)).as_str(), "1m05s");
}
