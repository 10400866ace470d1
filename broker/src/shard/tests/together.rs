//! Requests for several topics: after a power cut all of one is there or nothing.

use std::sync::Arc;
use std::time::Duration;

use super::rig::*;
use crate::core::Publication;
use crate::journal::Disk;
use crate::journal::sim_disk::Choices;
use crate::model::TopicId;
use crate::model::settings::TopicSettings;
use crate::shard::Handle;

/// Longer than the writer takes to write what waits for it.
const SOON: Duration = Duration::from_millis(50);

async fn stored(handle: &Handle, topic: &str) -> u64 {
    let sample = soon(handle.sample(Some(name(topic)), None)).await.unwrap();
    sample.topics[0].counts.published
}

#[tokio::test]
async fn a_request_for_several_topics_survives_a_power_cut_whole_or_not_at_all() {
    let (mut none, mut some) = (0, 0);
    for seed in 0..60 {
        let (disk, gate, sim) = gated_sim();
        let shard = start(&disk);
        let handle = shard.handle();
        let mut topics: Vec<TopicId> = Vec::new();
        for topic in ["a", "b", "c"] {
            let made = handle.create_topic(name(topic), TopicSettings::default());
            topics.push(soon(made).await.unwrap().id);
        }
        gate.shut();
        let mut tickets = Vec::new();
        for number in 0..6u8 {
            // Several sectors, so that a cut may leave a part.
            let large = vec![number; 700];
            let parts = topics.iter().map(|&topic| (topic, batch(&[&large])));
            let publication = Publication {
                parts: parts.collect(),
                producer: None,
                requires_subscription: false,
            };
            tickets.push(soon(handle.publish_submit(publication)).await.unwrap());
        }
        let first = tickets.remove(0);
        let early = tokio::time::timeout(SOON, first).await;
        assert!(early.is_err(), "confirmed before it is durable: {early:?}");
        let left: Arc<dyn Disk> = Arc::new(sim.crash(&mut Choices::seeded(seed)));
        gate.open();
        let again = start(&left);
        let handle = again.handle();
        let counts = [
            stored(&handle, "a").await,
            stored(&handle, "b").await,
            stored(&handle, "c").await,
        ];
        assert!(
            counts.iter().all(|count| *count == counts[0]),
            "seed {seed}: {counts:?}"
        );
        none += u64::from(counts[0] == 0);
        some += u64::from(counts[0] > 0);
    }
    assert!(
        none > 0 && some > 0,
        "{none} cuts lost all, {some} left some"
    );
}
