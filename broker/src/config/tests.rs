//! Which value wins, and that nothing wrong is taken.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use proptest::prelude::*;

use super::file::parse;
use super::setting::{ConfigError, Source};
use super::settings::Settings;
use super::{Arguments, Config, ServeArgs};

fn args(flags: &[&str]) -> ServeArgs {
    let start = ["weir-broker"];
    Arguments::parse_from(start.iter().chain(flags)).serve
}

fn nothing(_name: &str) -> Option<OsString> {
    None
}

fn settings(flags: &[&str]) -> Settings {
    args(flags).settings_in(&nothing).expect("settings")
}

/// A file with this text, which is there as long as the first value lives.
fn file(text: &str) -> (tempfile::NamedTempFile, PathBuf) {
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    file.write_all(text.as_bytes()).expect("a text");
    let path = file.path().to_owned();
    (file, path)
}

#[test]
fn no_arguments_serve_with_the_defaults() {
    let arguments = Arguments::parse_from(["weir-broker"]);
    assert!(arguments.command.is_none());
    let settings = settings(&[]);
    let (config, default) = (Config::from(&settings), Config::default());
    assert_eq!(
        (config.listen, config.data_dir, config.insecure_i_know),
        (default.listen, default.data_dir, false)
    );
    assert_eq!(config.journal.segment_bytes, default.journal.segment_bytes);
    let mut sources = settings.rows().into_iter();
    assert!(sources.all(|(_, setting)| setting.source == Source::Default));
}

#[test]
fn what_is_held_for_an_undo_is_a_setting_within_bounds() {
    let undo = |settings: &Settings| {
        let undo = Config::from(settings).undo;
        (undo.grace.0 / 1_000_000, undo.disk_percent)
    };
    assert_eq!(undo(&settings(&[])), (86_400, 10));
    let (_file, path) = file("undo-grace-seconds = 60\nundo-disk-percent = 25\n");
    let path = path.to_str().expect("a path");
    assert_eq!(undo(&settings(&["--config", path])), (60, 25));
    let flags = ["--config", path, "--undo-grace-seconds", "0"];
    assert_eq!(undo(&settings(&flags)), (0, 25));
    let environment = |name: &str| (name == "WEIR_UNDO_DISK_PERCENT").then(|| "51".into());
    let error = args(&[]).settings_in(&environment).expect_err("a refusal");
    assert!(error.to_string().contains("0 to 50 percent"), "{error}");
    let (_file, long) = file("undo-grace-seconds = 2592001\n");
    assert!(super::check(&long).is_err());
}

#[test]
fn the_help_names_the_defaults() {
    let help = <Arguments as clap::CommandFactory>::command().render_help();
    let help = help.to_string().replace('\n', " ");
    let words: Vec<&str> = help.split_whitespace().collect();
    let help = words.join(" ");
    let default = Config::default();
    for value in [
        default.listen.to_string(),
        default.data_dir.display().to_string(),
        default.journal.segment_bytes.to_string(),
    ] {
        assert!(
            help.contains(&format!("[default: {value}]")),
            "{value}: {help}"
        );
    }
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let text = "# ours\nsegment-bytes = 1048576\nlisten = \"127.0.0.1:1\"\ndata-dir = \"/f\"\n";
    let (_file, path) = file(text);
    let environment = |name: &str| match name {
        "WEIR_LISTEN" => Some(OsString::from("127.0.0.1:2")),
        "WEIR_DATA_DIR" => Some(OsString::from("/e")),
        "WEIR_INSECURE_I_KNOW" => Some(OsString::new()),
        _ => None,
    };
    let path_text = path.to_str().expect("a path");
    let args = args(&["--config", path_text, "--data-dir", "/a"]);
    let settings = args.settings_in(&environment).expect("settings");
    assert_eq!(settings.data_dir.value, Path::new("/a"));
    assert_eq!(settings.data_dir.source, Source::Flag("--data-dir"));
    assert_eq!(settings.listen.value.port(), 2);
    assert_eq!(settings.listen.source, Source::Environment("WEIR_LISTEN"));
    assert_eq!(settings.segment_bytes.value, 1 << 20);
    assert_eq!(
        settings.segment_bytes.source.to_string(),
        format!("{path_text}:2")
    );
    assert_eq!(
        settings.insecure_i_know.source,
        Source::Default,
        "empty is unset"
    );
    let names = settings.differences(&self::settings(&[]));
    assert_eq!(names, ["listen", "data-dir", "segment-bytes"]);
}

#[test]
fn a_flag_can_take_back_what_the_file_allows() {
    let (_file, path) = file("insecure-i-know = true\n");
    let path = path.to_str().expect("a path");
    assert!(settings(&["--config", path]).insecure_i_know.value);
    assert!(settings(&["--insecure-i-know"]).insecure_i_know.value);
    let taken_back = settings(&["--config", path, "--insecure-i-know=false"]);
    assert!(!taken_back.insecure_i_know.value);
}

#[test]
fn the_journal_is_bounded_by_any_place_of_a_setting_and_by_none() {
    let bound = |settings: &Settings| Config::from(settings).journal.max_bytes;
    assert_eq!(bound(&settings(&[])), None);
    let (_file, path) = file("max-disk-bytes = 9000000\n");
    let path = path.to_str().expect("a path");
    assert_eq!(bound(&settings(&["--config", path])), Some(9_000_000));
    let flag = settings(&["--config", path, "--max-disk-bytes", "10000000"]);
    assert_eq!(bound(&flag), Some(10_000_000));
    let environment = |name: &str| (name == "WEIR_MAX_DISK_BYTES").then(|| "11000000".into());
    let decided = args(&["--config", path]).settings_in(&environment);
    assert_eq!(bound(&decided.expect("settings")), Some(11_000_000));
    let environment = |name: &str| (name == "WEIR_MAX_DISK_BYTES").then(|| "1 GiB".into());
    let error = args(&[]).settings_in(&environment).expect_err("a refusal");
    let sentence = error.to_string();
    assert!(
        sentence.starts_with("WEIR_MAX_DISK_BYTES: 1 GiB is no number of bytes"),
        "{sentence}"
    );
}

#[test]
fn a_wrong_variable_is_refused_by_name() {
    let environment = |name: &str| (name == "WEIR_SEGMENT_BYTES").then(|| OsString::from("5"));
    let error = args(&[]).settings_in(&environment).expect_err("a refusal");
    assert_eq!(
        error.to_string(),
        "WEIR_SEGMENT_BYTES: a segment has 1048576 to 1073741824 bytes, not 5"
    );
}

#[test]
fn a_file_that_is_not_there_is_refused() {
    let missing = args(&["--config", "/nowhere/weir.toml"]);
    let error = missing.settings_in(&nothing).expect_err("a refusal");
    assert!(matches!(error, ConfigError::Read { .. }), "{error}");
}

#[test]
fn a_name_is_an_address() {
    let listen = settings(&["--listen", "localhost:0"]).listen.value;
    assert!(listen.ip().is_loopback());
}

#[test]
fn a_repair_that_changes_things_is_not_offered() {
    assert!(Arguments::try_parse_from(["weir-broker", "repair"]).is_err());
    assert!(Arguments::try_parse_from(["weir-broker", "repair", "--dry-run"]).is_ok());
}

/// Lines of which each is wrong by itself, whatever stands before it.
fn wrong_lines() -> impl Strategy<Value = String> {
    let unknown = "[a-z][a-z_]{2,12}x = [0-9]{1,4}";
    let misspelt = prop::sample::select(vec![
        "listen_address = \"127.0.0.1:1\"",
        "data_dir = \"x\"",
        "Segment-Bytes = 1048576",
        "insecure = true",
        "config = \"other.toml\"",
    ])
    .prop_map(str::to_owned);
    let wrong_type = prop::sample::select(vec![
        "listen = 7420",
        "listen = [\"127.0.0.1:1\"]",
        "listen = \"nowhere\"",
        "listen = \"127.0.0.1:99999\"",
        "data-dir = true",
        "data-dir = { path = \"x\" }",
        "insecure-i-know = \"yes\"",
        "insecure-i-know = 1",
        "segment-bytes = \"64MiB\"",
        "segment-bytes = 1.5",
        "segment-bytes = -1",
    ])
    .prop_map(str::to_owned);
    let range = prop_oneof![0_u64..1 << 20, (1_u64 << 30) + 1..1 << 62];
    let range = range.prop_map(|bytes| format!("segment-bytes = {bytes}"));
    let syntax = prop::sample::select(vec![
        "listen",
        "listen =",
        "= 5",
        "listen = \"open",
        "[serve",
        "listen == \"x\"",
        "a b = 1",
        "segment-bytes = 10MiB",
    ])
    .prop_map(str::to_owned);
    let table = "\\[[a-z]{1,8}x\\]";
    prop_oneof![unknown, misspelt, wrong_type, range, syntax, table]
}

fn harmless_line() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "# [ -~]{0,20}", " {1,4}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Test 61: what is unknown or wrong is refused with the file and the line.
    #[test]
    fn a_broken_file_is_refused_with_its_line(
        before in prop::collection::vec(harmless_line(), 0..6),
        wrong in wrong_lines(),
        after in prop::collection::vec(harmless_line(), 0..6),
    ) {
        let line = before.len() + 1;
        let lines = [before, vec![wrong.clone()], after].concat();
        let text = lines.join("\n") + "\n";
        let refused = parse(Path::new("weir.toml"), text.as_bytes());
        let Err(error) = refused else {
            return Err(TestCaseError::fail(format!("taken: {text}")));
        };
        let sentence = error.to_string();
        prop_assert!(sentence.starts_with(&format!("weir.toml:{line}: ")), "{}\n{}", sentence, text);
        prop_assert!(!sentence.contains('\n'), "{}", sentence);
    }

    #[test]
    fn any_bytes_are_read_or_refused_with_a_line(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        if let Err(error) = parse(Path::new("weir.toml"), &bytes) {
            prop_assert!(error.to_string().starts_with("weir.toml:"), "{}", error);
        }
    }
}

#[test]
fn a_key_twice_and_bytes_that_are_no_text_are_refused_where_they_are() {
    let refused = |bytes: &[u8]| {
        parse(Path::new("w"), bytes)
            .expect_err("a refusal")
            .to_string()
    };
    assert!(refused(b"data-dir = 'a'\n\ndata-dir = 'b'\n").starts_with("w:3: "));
    assert_eq!(
        refused(b"# ok\ndata-dir = '\xff'\n"),
        "w:2: this is no text"
    );
    let large = vec![b'#'; (1 << 20) + 1];
    assert_eq!(
        refused(&large),
        "w:1: a configuration file has at most 1048576 bytes"
    );
}
