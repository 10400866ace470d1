//! Where a subscription starts or goes on, as the contract says it: a position, a time or offsets; and how a key goes
//! on.

use prost_types::Timestamp;
use weir_proto::server::{
    PartitionOffset, ReleaseKeyRequest, ReleaseKeyResponse, SeekRequest, SeekResponse,
    StartPosition,
};

use super::{convert, scan};
use crate::core::{DryRun, Start};
use crate::model::settings::MAX_PARTITIONS;
use crate::model::{Offset, Partition, Refusal};
use crate::shard::Handle;

/// A place in the contract's words: at most one of them may be said.
pub(super) struct Place {
    pub(super) position: i32,
    pub(super) time: Option<Timestamp>,
    pub(super) offsets: Vec<PartitionOffset>,
}

impl Place {
    /// As the broker takes it; none if nothing is said.
    pub(super) fn start(&self, field: &'static str) -> Result<Option<Start>, Refusal> {
        let said = [
            self.position != 0,
            self.time.is_some(),
            !self.offsets.is_empty(),
        ];
        if said.into_iter().filter(|&is_said| is_said).count() > 1 {
            return Err(Refusal::ValueOutOfRange {
                field,
                value: "more than one place".to_owned(),
                range: "one of a position, a time and offsets".to_owned(),
            });
        }
        if let Some(time) = self.time {
            return Ok(Some(Start::Time(convert::time("target_time", time)?)));
        }
        if !self.offsets.is_empty() {
            return Ok(Some(Start::Offsets(offsets(&self.offsets)?)));
        }
        match StartPosition::try_from(self.position) {
            Ok(StartPosition::Unspecified) => Ok(None),
            Ok(StartPosition::Latest) => Ok(Some(Start::Latest)),
            Ok(StartPosition::Earliest) => Ok(Some(Start::Earliest)),
            Err(_unknown) => Err(convert::unknown(field, self.position)),
        }
    }
}

fn offsets(wire: &[PartitionOffset]) -> Result<Vec<(Partition, Offset)>, Refusal> {
    let mut places: Vec<_> = wire
        .iter()
        .map(|place| (Partition(place.partition), Offset(place.offset)))
        .collect();
    places.sort_unstable();
    let is_twice = places
        .windows(2)
        .any(|pair| matches!(pair, [(one, _), (other, _)] if one == other));
    if places.len() > MAX_PARTITIONS as usize || is_twice {
        return Err(Refusal::ValueOutOfRange {
            field: "offsets",
            value: format!("{} places", wire.len()),
            range: "each of another partition".to_owned(),
        });
    }
    Ok(places)
}

/// Lets a subscription go on from elsewhere.
pub(super) async fn seek(handle: &Handle, request: SeekRequest) -> Result<SeekResponse, Refusal> {
    let subscription = convert::name("subscription", &request.subscription)?;
    let place = Place {
        position: request.position,
        time: request.target_time,
        offsets: request.offsets,
    };
    let target = place.start("position")?;
    let target = target.ok_or(Refusal::FieldRequired { field: "position" })?;
    let dry_run = if request.dry_run {
        DryRun::Yes
    } else {
        DryRun::No
    };
    let sought = handle.seek(subscription, target, dry_run).await?;
    Ok(SeekResponse {
        skipped: sought.skipped,
        restored: sought.restored,
        ended_leases: sought.ended_leases,
    })
}

/// Lets an ordering key go on past its dead messages.
pub(super) async fn release_key(
    handle: &Handle,
    request: &ReleaseKeyRequest,
) -> Result<ReleaseKeyResponse, Refusal> {
    let subscription = convert::name("subscription", &request.subscription)?;
    let field = "ordering_key";
    convert::label(field, &request.ordering_key, scan::MAX_ORDERING_KEY_BYTES)?;
    let key = match scan::key_hash(request.ordering_key.as_bytes()) {
        0 => return Err(Refusal::FieldRequired { field }),
        key => key,
    };
    let dry_run = if request.dry_run {
        DryRun::Yes
    } else {
        DryRun::No
    };
    let passed = handle.release_key(subscription, key, dry_run).await?;
    Ok(ReleaseKeyResponse { passed })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Time;

    fn place() -> Place {
        Place {
            position: 0,
            time: None,
            offsets: Vec::new(),
        }
    }

    fn at(partition: u32, offset: u64) -> PartitionOffset {
        PartitionOffset { partition, offset }
    }

    #[test]
    fn at_most_one_place_may_be_said() {
        assert_eq!(place().start("start"), Ok(None));
        let two = Place {
            position: StartPosition::Earliest.into(),
            time: Some(Timestamp::default()),
            ..place()
        };
        assert!(two.start("start").is_err());
        let unknown = Place {
            position: 77,
            ..place()
        };
        assert!(unknown.start("start").is_err());
    }

    #[test]
    fn a_partition_is_named_once() {
        let named = |offsets| Place { offsets, ..place() };
        let twice = named(vec![at(0, 1), at(1, 1), at(0, 2)]);
        assert!(twice.start("start").is_err());
        let once = named(vec![at(1, 5), at(0, 3)]);
        let expected = vec![(Partition(0), Offset(3)), (Partition(1), Offset(5))];
        assert_eq!(once.start("start"), Ok(Some(Start::Offsets(expected))));
    }

    #[test]
    fn a_time_is_a_point_and_one_before_1970_is_the_beginning() {
        let timed = |seconds, nanos| {
            let time = Some(Timestamp { seconds, nanos });
            Place { time, ..place() }.start("start")
        };
        assert_eq!(timed(2, 3_000), Ok(Some(Start::Time(Time(2_000_003)))));
        assert_eq!(timed(-5, 7), Ok(Some(Start::Time(Time(0)))));
        assert!(timed(1, -1).is_err());
        assert!(timed(i64::MAX, 0).is_err());
    }
}
