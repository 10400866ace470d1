//! Who asks: the name that the caller gives in the header `weir-actor`, and the address that the call comes from.
//!
//! The name is what the caller says, no more: until callers prove who they are, the address stands beside it.

use tonic::Request;

use crate::api::clients::Connected;
use crate::model::entry::Who;
use crate::shard::Handle;

/// The header with the caller's name.
const ACTOR: &str = "weir-actor";
/// The longest name, in characters; a longer one is cut.
const MAX_ACTOR_CHARS: usize = 255;

/// The way in, for the caller of a request.
pub(super) fn by<T>(handle: &Handle, request: &Request<T>) -> Handle {
    named(handle, request, "")
}

/// The same, for a caller who is named in the request, too: that name wins.
pub(super) fn named<T>(handle: &Handle, request: &Request<T>, actor: &str) -> Handle {
    let header = request.metadata().get(ACTOR);
    let header = header.and_then(|value| value.to_str().ok()).unwrap_or("");
    let actor = if actor.is_empty() { header } else { actor };
    let connection = request.extensions().get::<Connected>();
    let peer = connection.map_or("unknown", Connected::peer);
    handle.by(Who {
        actor: actor.chars().take(MAX_ACTOR_CHARS).collect(),
        peer: peer.to_owned(),
    })
}
