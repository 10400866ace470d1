//! Runs of stored messages on their way out, without decoding one.

use bytes::{BufMut as _, Bytes, BytesMut};
use prost::Message;

/// A run as the contract has it: its head, which names no messages, then the messages as they are
/// stored, which is as field 2 of every kind of run.
pub(super) fn encode(head: &impl Message, messages: &[u8]) -> Bytes {
    let mut bytes = BytesMut::with_capacity(head.encoded_len() + messages.len());
    head.encode_raw(&mut bytes);
    bytes.put_slice(messages);
    bytes.freeze()
}
