//! What a word of a reason stands for: letters and digits, and what joins them into hosts, paths, ids and times.

/// Words that announce a status of three digits, or another small number that is a reason.
const ANNOUNCING: [&str; 12] = [
    "http", "https", "smtp", "ftp", "sip", "status", "code", "error", "errno", "signal", "exit",
    "sqlstate",
];
/// Endings of host names of two words or more. Of three or more, two letters that are no ending of a file do, too.
const ENDINGS: [&str; 38] = [
    "com",
    "net",
    "org",
    "edu",
    "gov",
    "mil",
    "int",
    "io",
    "dev",
    "app",
    "cloud",
    "biz",
    "arpa",
    "local",
    "internal",
    "intranet",
    "lan",
    "localdomain",
    "svc",
    "corp",
    "consul",
    "example",
    "invalid",
    "test",
    "eu",
    "de",
    "uk",
    "fr",
    "nl",
    "us",
    "ca",
    "au",
    "jp",
    "ch",
    "at",
    "be",
    "se",
    "br",
];
/// Endings of two letters that files have.
const FILES: [&str; 14] = [
    "rs", "py", "js", "ts", "go", "md", "sh", "so", "cc", "pl", "hs", "ml", "cs", "kt",
];

/// A word without a joint from here on varies, in characters.
const LONG: usize = 40;
/// A word of letters and digits mixed is an id from here on, in characters.
const MIXED: usize = 10;

/// Whether it is part of a word.
pub(super) fn is_part(c: char) -> bool {
    c.is_alphanumeric() || is_joint(c)
}

fn is_joint(c: char) -> bool {
    matches!(c, '.' | '_' | '-' | ':' | '@' | '/' | '+' | '%' | '~')
}

/// A word with what varies in it replaced, and whether it announces a status.
pub(super) fn fold(chunk: &str, is_announced: bool) -> (String, bool) {
    let whole = chunk.trim_end_matches(is_joint);
    let tail = &chunk[whole.len()..];
    if whole.is_empty() {
        return (chunk.to_owned(), false);
    }
    if is_ip6(whole) {
        return (format!("<host>{tail}"), false);
    }
    let core = whole.trim_start_matches(is_joint);
    let (head, core) = if number_with_sign(whole) {
        ("", whole)
    } else {
        whole.split_at(whole.len() - core.len())
    };
    let mut out = head.to_owned();
    let is_announced = is_announced && head.is_empty();
    if is_announced && is_status(core) {
        out.push_str(core);
    } else if is_numeric(core) && !is_ip4(core) {
        out.push_str("<n>");
    } else {
        for (at, part) in core.split('/').enumerate() {
            out.push_str(if at > 0 { "/" } else { "" });
            if is_email(part) {
                out.push_str("<addr>");
            } else if is_host(part) {
                out.push_str("<host>");
            } else {
                runs(part, &mut out, is_announced && at == 0);
            }
        }
    }
    out.push_str(tail);
    let mut words = core.split(|c: char| !c.is_alphanumeric());
    (out, words.any(announces))
}

/// Folds the runs of letters and digits between joints.
fn runs(text: &str, out: &mut String, is_announced: bool) {
    let mut rest = text;
    let mut is_announced = is_announced;
    while let Some(first) = rest.chars().next() {
        let length = rest.find(is_joint).unwrap_or(rest.len());
        if length == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
            continue;
        }
        let run = &rest[..length];
        if let Some(after) = uuid(rest) {
            out.push_str("<id>");
            rest = after;
            is_announced = false;
            continue;
        }
        if is_announced && is_status(run) {
            out.push_str(run);
            is_announced = false;
        } else if is_id(run) {
            out.push_str("<id>");
            is_announced = false;
        } else if run.starts_with(char::is_numeric) {
            // A number goes on behind a dot or a colon: 1.5s, 12:03.
            let length = number(rest);
            out.push_str("<n>");
            rest = &rest[length..];
            is_announced = false;
            // What measures it, and what may follow within the same run.
            let unit = rest.find(is_joint).unwrap_or(rest.len());
            digits(&rest[..unit], out);
            rest = &rest[unit..];
            continue;
        } else {
            digits(run, out);
            is_announced = announces(run);
        }
        rest = &rest[length..];
    }
}

/// The length of the number at the start: digits, and more of them behind a dot or a colon.
fn number(text: &str) -> usize {
    let mut end = text.len() - text.trim_start_matches(char::is_numeric).len();
    loop {
        let after = &text[end..];
        let Some(more) = after.strip_prefix(['.', ':']) else {
            return end;
        };
        let digits = more.len() - more.trim_start_matches(char::is_numeric).len();
        if digits == 0 {
            return end;
        }
        end += 1 + digits;
    }
}

/// Letters with each run of digits replaced.
fn digits(run: &str, out: &mut String) {
    let mut was_digit = false;
    for c in run.chars() {
        let is_digit = c.is_numeric();
        if is_digit && !was_digit {
            out.push_str("<n>");
        } else if !is_digit {
            out.push(c);
        }
        was_digit = is_digit;
    }
}

fn announces(word: &str) -> bool {
    ANNOUNCING
        .iter()
        .any(|known| known.eq_ignore_ascii_case(word))
}

/// Three digits from 100 to 599: what protocols answer.
fn is_status(text: &str) -> bool {
    text.len() == 3
        && text
            .parse::<u16>()
            .is_ok_and(|code| (100..600).contains(&code))
}

fn number_with_sign(text: &str) -> bool {
    let rest = text.strip_prefix(['-', '+']);
    rest.is_some_and(|rest| rest.starts_with(char::is_numeric) && is_numeric(rest))
}

/// Digits and what joins them into numbers, dates, times and versions.
fn is_numeric(text: &str) -> bool {
    let text = text.trim_start_matches(['-', '+']);
    let is_joined = |c: char| c.is_numeric() || ".:-/+_%TZ".contains(c);
    text.starts_with(char::is_numeric) && text.chars().all(is_joined)
}

/// A run of letters and digits that names one thing among many.
fn is_id(run: &str) -> bool {
    let length = run.chars().count();
    let count = run.chars().filter(|c| c.is_numeric()).count();
    let is_hex = run.bytes().all(|byte| byte.is_ascii_hexdigit());
    let tail = run.strip_prefix("0x").or_else(|| run.strip_prefix("0X"));
    let is_prefixed = tail
        .is_some_and(|tail| !tail.is_empty() && tail.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let is_mixed = || {
        let kinds: Vec<bool> = run.chars().map(char::is_numeric).collect();
        let changes = kinds.windows(2).filter(|pair| pair[0] != pair[1]).count();
        length >= MIXED && count >= 2 && changes >= 3
    };
    let is_number = count == length;
    is_prefixed || !is_number && (is_hex && length >= 8 && count > 0 || is_mixed() || length > LONG)
}

fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else {
        return false;
    };
    let is_domain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-');
    !local.is_empty() && domain.starts_with(char::is_alphanumeric) && domain.chars().all(is_domain)
}

/// What follows the UUID at the start.
fn uuid(text: &str) -> Option<&str> {
    let (front, after) = text.split_at_checked(36)?;
    let is_in_place = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    let goes_on = after.starts_with(char::is_alphanumeric);
    (front.bytes().enumerate().all(is_in_place) && !goes_on).then_some(after)
}

/// A host name or an IP address, perhaps with a port.
fn is_host(text: &str) -> bool {
    let (name, port) = text.rsplit_once(':').unwrap_or((text, "0"));
    let is_port = !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    is_port && (name == "localhost" || is_ip4(name) || is_name(name))
}

fn is_name(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    let is_label = |label: &&str| {
        let mut bytes = label.bytes();
        !label.is_empty()
            && bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-_".contains(&b))
    };
    let Some((last, rest)) = labels.split_last().filter(|(_, rest)| !rest.is_empty()) else {
        return false;
    };
    let is_country = rest.len() > 1
        && last.len() == 2
        && last.bytes().all(|byte| byte.is_ascii_lowercase())
        && !FILES.contains(last);
    labels.iter().all(is_label) && (ENDINGS.contains(last) || is_country)
}

fn is_ip4(text: &str) -> bool {
    let (text, port) = text.split_once(':').unwrap_or((text, "0"));
    let (text, bits) = text.split_once('/').unwrap_or((text, "0"));
    let parts: Vec<&str> = text.split('.').collect();
    let is_small = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() == 4
        && parts.iter().all(|part| part.parse::<u8>().is_ok())
        && [port, bits].into_iter().all(is_small)
}

/// Hexadecimal digits and colons, as in `fe80::1` and in eight groups.
fn is_ip6(text: &str) -> bool {
    let colons = text.matches(':').count();
    let is_digit = |byte: u8| byte.is_ascii_hexdigit() || byte == b':';
    let is_short = text.split(':').all(|part| part.len() <= 4);
    text.bytes().all(is_digit)
        && is_short
        && (colons == 7 || text.contains("::") && (2..=7).contains(&colons))
        && text.bytes().any(|byte| byte.is_ascii_digit())
}
