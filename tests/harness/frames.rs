//! HTTP/2 by hand, for frames that no library sends.
//!
//! Only what a hostile client needs: a preface, HEADERS of a gRPC call without compression, any frame,
//! and the frames that come back.

use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

/// Frame types of RFC 9113.
pub const DATA: u8 = 0;
/// See RFC 9113.
pub const HEADERS: u8 = 1;
/// See RFC 9113.
pub const RST_STREAM: u8 = 3;
/// See RFC 9113.
pub const SETTINGS: u8 = 4;
/// See RFC 9113.
pub const GOAWAY: u8 = 7;
/// See RFC 9113.
pub const WINDOW_UPDATE: u8 = 8;

/// The flag of the last frame of a stream's direction; of SETTINGS, that it is an answer.
pub const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// The setting that tells how many streams may be open.
pub const MAX_CONCURRENT_STREAMS: u16 = 3;
/// The error of a stream beyond that.
pub const REFUSED_STREAM: u32 = 7;

const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const LARGEST_FRAME: usize = 1 << 20;

/// A frame that came.
#[derive(Debug, Clone)]
pub struct Frame {
    /// What it is.
    pub kind: u8,
    /// Its flags.
    pub flags: u8,
    /// Its stream; 0 is the connection.
    pub stream: u32,
    /// The rest.
    pub payload: Vec<u8>,
}

impl Frame {
    /// The number at `at` of the payload.
    pub fn number(&self, at: usize) -> u32 {
        let bytes = self
            .payload
            .get(at..at + 4)
            .and_then(|four| four.try_into().ok());
        bytes.map_or(0, u32::from_be_bytes)
    }

    /// The value of a setting in a SETTINGS frame.
    pub fn setting(&self, id: u16) -> Option<u32> {
        let (pairs, _) = self.payload.as_chunks::<6>();
        let pair = pairs.iter().find(|pair| pair[..2] == id.to_be_bytes())?;
        Some(u32::from_be_bytes([pair[2], pair[3], pair[4], pair[5]]))
    }
}

/// The half of a connection that reads.
#[derive(Debug)]
pub struct Reads(BufReader<OwnedReadHalf>);

/// The half of a connection that writes.
#[derive(Debug)]
pub struct Writes {
    socket: OwnedWriteHalf,
    next_stream: u32,
}

/// Connects and says the preface with empty settings.
pub async fn connect(address: &str) -> std::io::Result<(Reads, Writes)> {
    let socket = TcpStream::connect(address).await?;
    socket.set_nodelay(true)?;
    let (reads, socket) = socket.into_split();
    let mut writes = Writes {
        socket,
        next_stream: 1,
    };
    writes.socket.write_all(PREFACE).await?;
    writes.send(SETTINGS, 0, 0, &[]).await?;
    Ok((Reads(BufReader::new(reads)), writes))
}

impl Reads {
    /// The next frame, if one comes within `limit`; `None` when the connection has ended or is silent.
    pub async fn next(&mut self, limit: Duration) -> Option<Frame> {
        tokio::time::timeout(limit, self.frame()).await.ok()?.ok()
    }

    async fn frame(&mut self) -> std::io::Result<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await?;
        let size = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        if size > LARGEST_FRAME {
            return Err(std::io::Error::other("a frame of more than a megabyte"));
        }
        let mut payload = vec![0; size];
        self.0.read_exact(&mut payload).await?;
        Ok(Frame {
            kind: head[3],
            flags: head[4],
            stream: u32::from_be_bytes([head[5], head[6], head[7], head[8]]) & (u32::MAX >> 1),
            payload,
        })
    }
}

impl Writes {
    /// Sends any frame.
    pub async fn send(
        &mut self,
        kind: u8,
        flags: u8,
        stream: u32,
        payload: &[u8],
    ) -> std::io::Result<()> {
        let size = u32::try_from(payload.len()).map_err(std::io::Error::other)?;
        let mut frame = size.to_be_bytes()[1..].to_vec();
        frame.extend([kind, flags]);
        frame.extend(stream.to_be_bytes());
        frame.extend(payload);
        self.socket.write_all(&frame).await
    }

    /// Begins a call to `method` (`Publisher/Publish`) on a new stream; its number.
    pub async fn call(&mut self, method: &str, is_half_closed: bool) -> std::io::Result<u32> {
        let stream = self.next_stream;
        self.next_stream += 2;
        let end = if is_half_closed { END_STREAM } else { 0 };
        let block = headers(method);
        self.send(HEADERS, END_HEADERS | end, stream, &block)
            .await?;
        Ok(stream)
    }

    /// Makes the send window of `stream` overflow, which is an error of that stream alone.
    pub async fn overflow(&mut self, stream: u32) -> std::io::Result<()> {
        let most = (u32::MAX >> 1).to_be_bytes();
        self.send(WINDOW_UPDATE, 0, stream, &most).await
    }

    /// Sends DATA.
    pub async fn data(&mut self, stream: u32, bytes: &[u8]) -> std::io::Result<()> {
        self.send(DATA, 0, stream, bytes).await
    }
}

/// A header block with nothing compressed: `:method POST` and `:scheme http` from the static table, the
/// rest as literals.
fn headers(method: &str) -> Vec<u8> {
    let mut block = vec![0x83, 0x86];
    let path = format!("/weir.v1.{method}");
    // Literals without indexing; the name is an index of the static table.
    literal(&mut block, &[0x04], &path);
    literal(&mut block, &[0x01], "weir");
    literal(&mut block, &[0x0f, 0x10], "application/grpc");
    literal(&mut block, &[0x00, 0x02, b't', b'e'], "trailers");
    block
}

fn literal(block: &mut Vec<u8>, name: &[u8], value: &str) {
    block.extend(name);
    // A length below 127 is one byte.
    block.push(u8::try_from(value.len()).unwrap_or(0));
    block.extend(value.as_bytes());
}
