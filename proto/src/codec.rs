//! The broker's codec: prost, but a request whose elements would cost far more memory than its bytes is
//! refused before it is decoded.
//!
//! An empty element of a repeated field takes two bytes on the wire and a hundred in memory, so the number of
//! fields is counted first.

use std::collections::HashMap;
use std::marker::PhantomData;

use bytes::Buf as _;
use prost::Message;
use prost::encoding::{WireType, decode_key, decode_varint};
use tonic::codec::{BufferSettings, Codec, DecodeBuf, Decoder, EncodeBuf, Encoder};
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::ERROR_DOMAIN;

/// The most fields that one request may hold at its top level: a full batch of 10,000 elements and the
/// fields beside it.
pub const MAX_REQUEST_FIELDS: usize = 10_064;

/// With how much room each call begins, in and out. Most single messages fit; a larger one is given what it needs at
/// once. A pair of buffers of 8 KiB for each call, as is usual, is what an allocator is slow at.
const BUFFER_BYTES: usize = 1 << 10;
/// What is ready to be sent goes out together up to this size.
const TOGETHER_BYTES: usize = 32 << 10;

/// Encodes as prost does; decodes only what holds at most [`MAX_REQUEST_FIELDS`] fields.
#[derive(Debug, Clone)]
pub struct BoundedCodec<E, D>(PhantomData<(E, D)>);

impl<E, D> Default for BoundedCodec<E, D> {
    fn default() -> Self {
        Self(PhantomData)
    }
}

impl<E, D> Codec for BoundedCodec<E, D>
where
    E: Message + Send + 'static,
    D: Message + Default + Send + 'static,
{
    type Encode = E;
    type Decode = D;
    type Encoder = SizedEncoder<E>;
    type Decoder = BoundedDecoder<D>;

    fn encoder(&mut self) -> Self::Encoder {
        SizedEncoder(PhantomData)
    }

    fn decoder(&mut self) -> Self::Decoder {
        BoundedDecoder(PhantomData)
    }
}

fn buffers() -> BufferSettings {
    BufferSettings::new(BUFFER_BYTES, TOGETHER_BYTES)
}

/// Encodes into room that was made for the whole message.
#[derive(Debug, Clone)]
pub struct SizedEncoder<E>(PhantomData<E>);

impl<E: Message> Encoder for SizedEncoder<E> {
    type Item = E;
    type Error = Status;

    fn encode(&mut self, item: E, to: &mut EncodeBuf<'_>) -> Result<(), Status> {
        to.reserve(item.encoded_len());
        item.encode(to)
            .map_err(|error| Status::internal(format!("the message does not fit: {error}")))
    }

    fn buffer_settings(&self) -> BufferSettings {
        buffers()
    }
}

/// Counts, then decodes.
#[derive(Debug, Clone)]
pub struct BoundedDecoder<D>(PhantomData<D>);

impl<D: Message + Default> Decoder for BoundedDecoder<D> {
    type Item = D;
    type Error = Status;

    fn decode(&mut self, src: &mut DecodeBuf<'_>) -> Result<Option<D>, Status> {
        let bytes = src.copy_to_bytes(src.remaining());
        let fields = count_fields(&bytes)
            .ok_or_else(|| malformed("a field is cut, or of a wire type that is not known"))?;
        if fields > MAX_REQUEST_FIELDS {
            let text = format!(
                "the request holds {fields} fields, at most {MAX_REQUEST_FIELDS} are taken; \
                 split it into smaller batches"
            );
            let parts = [
                ("size", fields.to_string()),
                ("limit", MAX_REQUEST_FIELDS.to_string()),
                ("unit", "fields".to_owned()),
            ];
            return Err(refusal("BATCH_TOO_LARGE", text, parts));
        }
        let item = D::decode(bytes).map_err(|error| malformed(&error.to_string()))?;
        Ok(Some(item))
    }

    fn buffer_settings(&self) -> BufferSettings {
        buffers()
    }
}

fn malformed(detail: &str) -> Status {
    let text = format!("the request is not valid protobuf: {detail}");
    refusal("MESSAGE_MALFORMED", text, [("detail", detail.to_owned())])
}

/// A refusal with its reason and the variable parts of its text, as every error of the broker carries them.
fn refusal<const N: usize>(reason: &str, text: String, parts: [(&str, String); N]) -> Status {
    let parts: HashMap<_, _> = parts
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value))
        .collect();
    let mut details = ErrorDetails::with_error_info(reason, ERROR_DOMAIN, parts);
    details.add_bad_request_violation("request", text.clone());
    Status::with_error_details(Code::InvalidArgument, text, details)
}

/// The number of fields at the top level of `bytes`, or `None` if they are no protobuf message.
fn count_fields(bytes: &[u8]) -> Option<usize> {
    let mut rest = bytes;
    let mut count = 0usize;
    while rest.has_remaining() {
        let (_, wire) = decode_key(&mut rest).ok()?;
        let skip = match wire {
            WireType::Varint => {
                decode_varint(&mut rest).ok()?;
                0
            }
            WireType::SixtyFourBit => 8,
            WireType::ThirtyTwoBit => 4,
            WireType::LengthDelimited => usize::try_from(decode_varint(&mut rest).ok()?).ok()?,
            WireType::StartGroup | WireType::EndGroup => return None,
        };
        if skip > rest.remaining() {
            return None;
        }
        rest.advance(skip);
        count += 1;
    }
    Some(count)
}
