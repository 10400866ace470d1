//! Ids of requests: random UUIDs, by which the broker knows a repeat.

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};

/// A new id: a random UUID (version 4) as text.
pub(super) fn fresh() -> String {
    let random: u128 = SmallRng::from_os_rng().random();
    let version = 0x4000 << 64;
    let variant = 0x8000 << 48;
    let bits = random & !(0xf000 << 64) & !(0xc000 << 48) | version | variant;
    let digits = format!("{bits:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    let parts = parts.into_iter().filter_map(|part| digits.get(part));
    parts.collect::<Vec<_>>().join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_uuid_of_its_own() {
        let (one, other) = (fresh(), fresh());
        assert_ne!(one, other);
        let parts: Vec<&str> = one.split('-').collect();
        let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12], "{one}");
        assert!(parts[2].starts_with('4'), "{one}");
        assert!(parts[3].starts_with(['8', '9', 'a', 'b']), "{one}");
        assert!(
            parts.concat().chars().all(|c| c.is_ascii_hexdigit()),
            "{one}"
        );
    }
}
