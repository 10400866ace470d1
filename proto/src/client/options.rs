//! What a client may be told about its connection, with the defaults that suit a broker nearby.

use std::time::Duration;

use tonic::transport::Endpoint;

use super::backoff::Backoff;
use super::error::Error;

/// Where a broker listens unless it is told otherwise.
pub const DEFAULT_ADDRESS: &str = "http://127.0.0.1:7420";

/// The port of an address that names none.
pub const DEFAULT_PORT: u16 = 7420;

/// How many bytes of one stream may be under way: enough to keep a stream of batches flowing.
pub const STREAM_WINDOW_BYTES: u32 = 2 << 20;

/// How many bytes of one connection may be under way. It also decides how many small frames the
/// HTTP/2 library takes for an attack, so it is not to be made small.
pub const CONNECTION_WINDOW_BYTES: u32 = 16 << 20;

/// The largest message taken or sent: a full batch of 16 MiB and what is written around it.
pub const MAX_MESSAGE_BYTES: usize = 20 << 20;

/// What a client says it is unless it is told otherwise.
pub const USER_AGENT: &str = concat!("weir-rust/", env!("CARGO_PKG_VERSION"));

/// Within this time a client that fails fast knows that its broker is gone.
pub const FAIL_FAST_LIMIT: Duration = Duration::from_secs(2);

/// What a client does when the broker cannot be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reconnect {
    /// Streams connect again, for ever, with growing waits.
    #[default]
    Forever,
    /// The first refused or lost connection is an error, within [`FAIL_FAST_LIMIT`].
    Never,
}

/// How to reach a broker. Begin with [`Options::to`] or the default and change what must differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// `http://HOST:PORT`, `HOST:PORT` or `HOST`.
    pub address: String,
    /// What to do when the broker cannot be reached.
    pub reconnect: Reconnect,
    /// The waits between attempts to connect.
    pub backoff: Backoff,
    /// How long one attempt to connect may take.
    pub connect_timeout: Duration,
    /// How often a connection is probed. A client that fails fast probes at least every second.
    pub keepalive_interval: Duration,
    /// How long the answer to a probe may take. A client that fails fast waits at most a second.
    pub keepalive_timeout: Duration,
    /// How many bytes of one stream may be under way.
    pub stream_window_bytes: u32,
    /// How many bytes of all streams may be under way.
    pub connection_window_bytes: u32,
    /// The largest message taken or sent.
    pub max_message_bytes: usize,
    /// What the client says it is, shown to operators, such as `billing/2.1`; what the transport adds
    /// follows it.
    pub user_agent: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            address: DEFAULT_ADDRESS.to_owned(),
            reconnect: Reconnect::Forever,
            backoff: Backoff::default(),
            connect_timeout: FAIL_FAST_LIMIT,
            keepalive_interval: Duration::from_secs(10),
            keepalive_timeout: Duration::from_secs(10),
            stream_window_bytes: STREAM_WINDOW_BYTES,
            connection_window_bytes: CONNECTION_WINDOW_BYTES,
            max_message_bytes: MAX_MESSAGE_BYTES,
            user_agent: USER_AGENT.to_owned(),
        }
    }
}

impl Options {
    /// The defaults with another address: `http://HOST:PORT`, `HOST:PORT` or `HOST`.
    pub fn to(address: impl Into<String>) -> Self {
        Self {
            address: address.into(),
            ..Self::default()
        }
    }

    /// The same, but the first refused or lost connection is an error.
    #[must_use]
    pub fn fail_fast(self) -> Self {
        Self {
            reconnect: Reconnect::Never,
            ..self
        }
    }

    /// The same, but the client says that it is this, such as `billing/2.1`.
    #[must_use]
    pub fn with_user_agent(self, user_agent: impl Into<String>) -> Self {
        Self {
            user_agent: user_agent.into(),
            ..self
        }
    }

    /// The address as a URI. Refuses what is not plaintext HTTP/2, since TLS is not offered yet.
    pub(super) fn uri(&self) -> Result<String, Error> {
        let given = self.address.trim();
        let authority = match given.split_once("://") {
            None => given,
            Some(("http", rest)) => rest.trim_end_matches('/'),
            Some((scheme, _)) => {
                return Err(Error::usage(format!(
                    "the address {given:?} has the scheme {scheme:?}; only http:// is offered"
                )));
            }
        };
        if authority.is_empty() || authority.contains(['/', '?', '#', '@', ' ']) {
            return Err(Error::usage(format!(
                "the address {given:?} is not HOST:PORT or http://HOST:PORT"
            )));
        }
        Ok(format!("http://{}", with_port(authority)))
    }

    /// The transport's settings.
    pub(super) fn endpoint(&self) -> Result<Endpoint, Error> {
        let uri = self.uri()?;
        let endpoint = Endpoint::from_shared(uri.clone())
            .map_err(|error| Error::usage(format!("the address {uri:?} is not one: {error}")))?;
        let probe = match self.reconnect {
            Reconnect::Forever => Duration::MAX,
            Reconnect::Never => FAIL_FAST_LIMIT / 2,
        };
        let agent = self.user_agent.as_str();
        let endpoint = endpoint
            .user_agent(agent)
            .map_err(|error| Error::usage(format!("{agent:?} is no user agent: {error}")))?;
        Ok(endpoint
            .connect_timeout(match self.reconnect {
                Reconnect::Forever => self.connect_timeout,
                Reconnect::Never => self.connect_timeout.min(FAIL_FAST_LIMIT),
            })
            .initial_stream_window_size(self.stream_window_bytes)
            .initial_connection_window_size(self.connection_window_bytes)
            .http2_keep_alive_interval(self.keepalive_interval.min(probe))
            .keep_alive_timeout(self.keepalive_timeout.min(probe))
            .keep_alive_while_idle(true)
            .tcp_nodelay(true))
    }
}

impl From<&str> for Options {
    fn from(address: &str) -> Self {
        Self::to(address)
    }
}

impl From<String> for Options {
    fn from(address: String) -> Self {
        Self::to(address)
    }
}

/// `authority`, with the default port if it names none. An IPv6 address stands in brackets.
fn with_port(authority: &str) -> String {
    let after_brackets = authority.rsplit(']').next().unwrap_or(authority);
    if after_brackets.contains(':') {
        authority.to_owned()
    } else {
        format!("{authority}:{DEFAULT_PORT}")
    }
}
