//! A connection as the services' server reads it: its preface again, and small frames gathered while many come.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tonic::transport::server;

use super::clients::{Connected, Membership};
use super::gather::Gatherer;

/// What a client says first, from RFC 9113.
pub const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// So many small frames in one read begin the gathering; fewer end it.
const MANY: usize = 16;
/// The bytes of one read while frames are gathered: some for each of 200 streams that take turns.
const CHUNK: usize = 128 << 10;

/// A counted connection whose preface was read and is given again.
#[derive(Debug)]
pub struct Connection {
    preface: &'static [u8],
    stream: TcpStream,
    gatherer: Gatherer,
    /// Where to read while frames are gathered.
    chunk: Option<Box<[u8]>>,
    /// What is gathered, and how much of it was given.
    gathered: (Vec<u8>, usize),
    member: Membership,
    _permit: OwnedSemaphorePermit,
}

impl Connection {
    /// Of a stream whose preface was read; counted as long as it lives.
    pub fn new(stream: TcpStream, permit: OwnedSemaphorePermit, member: Membership) -> Self {
        Self {
            preface: PREFACE,
            stream,
            gatherer: Gatherer::default(),
            chunk: None,
            gathered: (Vec::new(), 0),
            member,
            _permit: permit,
        }
    }

    /// Reads as much as there is, and gathers.
    fn poll_gather(
        &mut self,
        context: &mut Context<'_>,
        mut chunk: Box<[u8]>,
    ) -> Poll<io::Result<()>> {
        let mut read = ReadBuf::new(&mut chunk);
        let polled = Pin::new(&mut self.stream).poll_read(context, &mut read);
        let mut small = MANY;
        if let Poll::Ready(Ok(())) = polled {
            let (gathered, given) = &mut self.gathered;
            gathered.clear();
            *given = 0;
            small = self.gatherer.gather(read.filled(), gathered);
        }
        if small >= MANY {
            self.chunk = Some(chunk);
        }
        polled
    }

    /// Gives what was gathered.
    fn give(&mut self, buffer: &mut ReadBuf<'_>) {
        let (gathered, given) = &mut self.gathered;
        let rest = gathered.get(*given..).unwrap_or_default();
        let count = rest.len().min(buffer.remaining());
        buffer.put_slice(&rest[..count]);
        *given += count;
        if *given == gathered.len() && self.chunk.is_none() {
            self.gathered = (Vec::new(), 0);
        }
    }

    fn has_gathered(&self) -> bool {
        self.gathered.1 < self.gathered.0.len()
    }
}

impl server::Connected for Connection {
    type ConnectInfo = Connected;

    fn connect_info(&self) -> Connected {
        self.member.client.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.member.client.is_cut(context) {
            // As if the client had said all that it will.
            return Poll::Ready(Ok(()));
        }
        if !self.preface.is_empty() {
            let count = self.preface.len().min(buffer.remaining());
            let (given, rest) = self.preface.split_at(count);
            buffer.put_slice(given);
            self.preface = rest;
            return Poll::Ready(Ok(()));
        }
        if !self.has_gathered() {
            let Some(chunk) = self.chunk.take() else {
                let before = buffer.filled().len();
                ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
                let read = buffer.filled().get(before..).unwrap_or_default();
                if self.gatherer.look(read) >= MANY {
                    self.chunk = Some(vec![0; CHUNK].into());
                }
                return Poll::Ready(Ok(()));
            };
            ready!(self.poll_gather(context, chunk))?;
        }
        self.give(buffer);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
