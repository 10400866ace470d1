//! Where a subscription starts or goes on, as it is typed: `earliest`, `latest`, a time, offsets.

use weir_proto::v1;

/// A place in a topic.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Place {
    /// With the oldest stored message.
    Earliest,
    /// Past the newest message.
    Latest,
    /// With the first message published then or later.
    Time(prost_types::Timestamp),
    /// At an offset of each partition that is named.
    Offsets(Vec<v1::PartitionOffset>),
}

/// Reads a place.
pub(crate) fn place(text: &str) -> Result<Place, String> {
    match text {
        "earliest" => return Ok(Place::Earliest),
        "latest" => return Ok(Place::Latest),
        _ => {}
    }
    if let Ok(time) = humantime::parse_rfc3339_weak(text) {
        return Ok(Place::Time(time.into()));
    }
    let offsets: Option<Vec<_>> = text.split(',').map(offset).collect();
    offsets.map(Place::Offsets).ok_or_else(|| {
        "write earliest, latest, a time such as 2026-11-21T09:30:00Z, an offset, or \
         PARTITION:OFFSET, several with commas"
            .to_owned()
    })
}

/// An offset of partition 0, or of the partition before the colon.
fn offset(text: &str) -> Option<v1::PartitionOffset> {
    let (partition, offset) = text.split_once(':').unwrap_or(("0", text));
    let is_plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_plain(partition) || !is_plain(offset) {
        return None;
    }
    Some(v1::PartitionOffset {
        partition: partition.parse().ok()?,
        offset: offset.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_a_word_a_time_or_offsets() {
        let at = |partition, offset| v1::PartitionOffset { partition, offset };
        assert_eq!(place("earliest"), Ok(Place::Earliest));
        assert_eq!(place("latest"), Ok(Place::Latest));
        assert_eq!(place("77"), Ok(Place::Offsets(vec![at(0, 77)])));
        let two = Place::Offsets(vec![at(0, 5), at(3, 0)]);
        assert_eq!(place("0:5,3:0"), Ok(two));
        let point = prost_types::Timestamp {
            seconds: 1_790_000_000,
            nanos: 0,
        };
        for time in ["2026-09-21T14:13:20Z", "2026-09-21 14:13:20"] {
            assert_eq!(place(time), Ok(Place::Time(point)), "{time}");
        }
    }

    #[test]
    fn what_is_no_place_says_how_to_write_one() {
        for wrong in [
            "",
            "newest",
            "-1",
            "+1",
            "1:",
            ":1",
            "1:2:3",
            "1,",
            "2026-99-99",
        ] {
            let error = place(wrong).unwrap_err();
            assert!(error.contains("earliest, latest"), "{wrong}: {error}");
        }
    }
}
