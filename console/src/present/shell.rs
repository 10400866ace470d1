//! Words as a shell reads them: what came from outside stands in a command that somebody may paste, and must stay one
//! word there, whatever it holds.

/// A word that a shell takes as it is, in quotes if it needs them.
pub(crate) fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~%+/:@=,".contains(c);
    // What begins so would be taken for a flag, for somebody's home or for a variable that is set.
    let begins_plain = text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '/');
    if begins_plain && text.chars().all(is_plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[cfg(test)]
mod tests {
    use super::word;

    #[test]
    fn what_could_be_more_than_a_word_stands_in_quotes() {
        for plain in [
            "orders",
            "shop/audit",
            "plan-00c0ffee00c0ffee-3-1",
            "12",
            "1.0.7",
        ] {
            assert_eq!(word(plain), plain);
        }
        for (text, written) in [
            ("", "''"),
            ("a b", "'a b'"),
            ("x; reboot", "'x; reboot'"),
            ("$(reboot)", "'$(reboot)'"),
            ("it's", "'it'\\''s'"),
            ("-x", "'-x'"),
            ("~root", "'~root'"),
            ("a\nb", "'a\nb'"),
        ] {
            assert_eq!(word(text), written);
        }
    }
}
