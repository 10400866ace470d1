//! The publish stream's codec: messages that are encoded already are written as they are.

use std::sync::Arc;

use bytes::{BufMut as _, Bytes};
use prost::encoding::{bool, encoded_len_varint, message, string, uint64};
use tonic::Status;
use tonic::codec::{BufferSettings, Codec, EncodeBuf, Encoder};
use tonic_prost::ProstDecoder;

use crate::v1::{ProducerSequence, PublishStreamResponse};

/// The path of the rpc.
pub(super) const PATH: &str = "/weir.v1.Publisher/PublishStream";

const TOPIC_FIELD: u32 = 1;
const BATCH_ID_FIELD: u32 = 3;
const PRODUCER_FIELD: u32 = 4;
const REQUIRE_SUBSCRIPTION_FIELD: u32 = 5;

/// A `PublishStreamRequest` whose messages are encoded, each with its tag and length.
#[derive(Debug)]
pub(super) struct WireBatch {
    /// Set in the first request of a stream.
    pub(super) topic: Option<String>,
    pub(super) chunks: Arc<[Bytes]>,
    pub(super) batch_id: u64,
    pub(super) producer: Option<ProducerSequence>,
    pub(super) require_subscription: bool,
}

impl WireBatch {
    fn encoded_len(&self) -> usize {
        let topic = self
            .topic
            .as_ref()
            .map_or(0, |topic| string::encoded_len(TOPIC_FIELD, topic));
        let messages: usize = self.chunks.iter().map(Bytes::len).sum();
        let producer = self
            .producer
            .as_ref()
            .map_or(0, |producer| message::encoded_len(PRODUCER_FIELD, producer));
        topic + messages + 1 + encoded_len_varint(self.batch_id) + producer + 2
    }
}

/// Writes [`WireBatch`], reads `PublishStreamResponse`.
#[derive(Debug, Default)]
pub(super) struct WireCodec;

impl Codec for WireCodec {
    type Encode = WireBatch;
    type Decode = PublishStreamResponse;
    type Encoder = WireEncoder;
    type Decoder = ProstDecoder<PublishStreamResponse>;

    fn encoder(&mut self) -> WireEncoder {
        WireEncoder
    }

    fn decoder(&mut self) -> Self::Decoder {
        ProstDecoder::new(BufferSettings::default())
    }
}

#[derive(Debug)]
pub(super) struct WireEncoder;

impl Encoder for WireEncoder {
    type Item = WireBatch;
    type Error = Status;

    fn encode(&mut self, batch: WireBatch, dst: &mut EncodeBuf<'_>) -> Result<(), Status> {
        dst.reserve(batch.encoded_len());
        if let Some(topic) = &batch.topic {
            string::encode(TOPIC_FIELD, topic, dst);
        }
        for chunk in batch.chunks.iter() {
            dst.put_slice(chunk);
        }
        uint64::encode(BATCH_ID_FIELD, &batch.batch_id, dst);
        if let Some(producer) = &batch.producer {
            message::encode(PRODUCER_FIELD, producer, dst);
        }
        if batch.require_subscription {
            bool::encode(REQUIRE_SUBSCRIPTION_FIELD, &true, dst);
        }
        Ok(())
    }

    fn buffer_settings(&self) -> BufferSettings {
        BufferSettings::new(64 << 10, 128 << 10)
    }
}
