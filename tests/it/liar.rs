//! A broker that speaks the protocol and lies in every field: names, keys, reasons, payloads, versions and errors are
//! chosen to drive a terminal, numbers to overflow, times to be out of any calendar.
//!
//! It knows each method by the description of the protocol, so a new method or field is lied about from the day it
//! is there. It promises nothing but that its answers can be decoded.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::{BufMut as _, Bytes};
use h2::server::SendResponse;
use http::{HeaderMap, HeaderValue, Request, Response};
use prost::Message as _;
use prost::encoding::encode_varint;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, FieldDescriptorProto, FileDescriptorSet};
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use weir_tests::wait;

use crate::hostile_text::{bytes, text};

/// How often the numbers are sent to who watches them.
const PACE: Duration = Duration::from_millis(100);
/// Messages in messages in messages go no deeper.
const DEEPEST: usize = 6;
/// About the time of the tests.
const EPOCH: i64 = 1_770_000_000;

/// The broker; it ends when dropped.
pub(crate) struct Liar {
    address: String,
    tongue: Arc<Tongue>,
    _connections: JoinSet<()>,
}

/// What it knows of the protocol.
struct Tongue {
    methods: HashMap<String, Method>,
    messages: HashMap<String, DescriptorProto>,
    seed: u64,
    calls: AtomicU64,
    /// Strings that it has sent.
    said: AtomicU64,
}

struct Method {
    answer: String,
    is_stream: bool,
}

impl Liar {
    /// Begins to lie at a free port.
    pub(crate) async fn start(seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let tongue = Arc::new(Tongue::new(seed));
        let shared = Arc::clone(&tongue);
        let mut connections = JoinSet::new();
        connections.spawn(async move {
            let mut open = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                open.spawn(serve(Arc::clone(&shared), stream));
            }
        });
        Self {
            address,
            tongue,
            _connections: connections,
        }
    }

    /// `HOST:PORT`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// How many strings it has sent so far.
    pub(crate) fn said(&self) -> u64 {
        self.tongue.said.load(Ordering::Relaxed)
    }
}

async fn serve(tongue: Arc<Tongue>, stream: TcpStream) {
    let Ok(mut connection) = h2::server::handshake(stream).await else {
        return;
    };
    let mut calls = JoinSet::new();
    while let Some(Ok((request, respond))) = connection.accept().await {
        let tongue = Arc::clone(&tongue);
        calls.spawn(async move {
            // A client that is gone wants no answer.
            drop(tongue.answer(request, respond).await);
        });
    }
}

impl Tongue {
    fn new(seed: u64) -> Self {
        let set = FileDescriptorSet::decode(weir_proto::FILE_DESCRIPTOR_SET).unwrap();
        let (mut methods, mut messages) = (HashMap::new(), HashMap::new());
        for file in set.file {
            let package = file.package().to_owned();
            for service in &file.service {
                for method in &service.method {
                    let path = format!("/{package}.{}/{}", service.name(), method.name());
                    let answer = method.output_type().to_owned();
                    let is_stream = method.server_streaming();
                    methods.insert(path, Method { answer, is_stream });
                }
            }
            for message in file.message_type {
                collect(&format!(".{package}"), message, &mut messages);
            }
        }
        Self {
            methods,
            messages,
            seed,
            calls: AtomicU64::new(0),
            said: AtomicU64::new(0),
        }
    }

    async fn answer(
        &self,
        request: Request<h2::RecvStream>,
        mut respond: SendResponse<Bytes>,
    ) -> Result<(), h2::Error> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        let mut random = SmallRng::seed_from_u64(self.seed ^ call);
        let response = Response::builder().header("content-type", "application/grpc");
        let mut stream = respond.send_response(response.body(()).unwrap(), false)?;
        let Some(method) = self.methods.get(request.uri().path()) else {
            return stream.send_trailers(status(12, "no such method"));
        };
        let is_watch = method.answer.ends_with(".WatchResponse");
        if random.random_ratio(1, if is_watch { 40 } else { 6 }) {
            self.said.fetch_add(1, Ordering::Relaxed);
            let code = random.random_range(1..=16);
            return stream.send_trailers(status(code, &text(&mut random)));
        }
        let turns = if is_watch {
            u64::MAX
        } else {
            1 + u64::from(method.is_stream)
        };
        for turn in 1..=turns {
            let mut message = Vec::new();
            self.message(&method.answer, &mut random, (turn, 0), &mut message);
            let mut frame = Vec::with_capacity(message.len() + 5);
            frame.put_u8(0);
            frame.put_u32(u32::try_from(message.len()).unwrap());
            frame.extend(message);
            stream.send_data(frame.into(), false)?;
            if is_watch {
                wait::pass(PACE).await;
            }
        }
        stream.send_trailers(status(0, ""))
    }

    /// Any message of a type. `turn` numbers those of a stream, `depth` says how deep this one is in others.
    fn message(
        &self,
        name: &str,
        random: &mut SmallRng,
        (turn, depth): (u64, usize),
        into: &mut Vec<u8>,
    ) {
        let Some(shape) = self.messages.get(name) else {
            return;
        };
        if let ".google.protobuf.Timestamp" | ".google.protobuf.Duration" = name {
            return point(name, random, into);
        }
        for field in &shape.field {
            let most = if depth == 0 { 12 } else { 3 };
            let count = match (field.label(), field.name()) {
                // A list would go on for ever.
                // Without rows of a window all rows are those of the window, whatever was asked for.
                (_, "next_page_token" | "subscription_rows" | "topic_rows") => 0,
                (Label::Repeated, _) => random.random_range(0..=most),
                _ => u32::from(random.random_ratio(9, 10) || field.name() == "full"),
            };
            for _ in 0..count {
                self.field(field, random, (turn, depth), into);
            }
        }
    }

    fn field(
        &self,
        field: &FieldDescriptorProto,
        random: &mut SmallRng,
        (turn, depth): (u64, usize),
        into: &mut Vec<u8>,
    ) {
        let number = u64::from(field.number().unsigned_abs());
        let key = |wire: u64, into: &mut Vec<u8>| encode_varint(number << 3 | wire, into);
        match field.r#type() {
            Type::Double => {
                key(1, into);
                into.put_f64_le(real(random));
            }
            Type::Float => {
                key(5, into);
                into.put_f32_le(1.5);
            }
            Type::Fixed64 | Type::Sfixed64 => {
                key(1, into);
                into.put_u64_le(count(random));
            }
            Type::Fixed32 | Type::Sfixed32 => {
                key(5, into);
                into.put_u32_le(random.random());
            }
            Type::String | Type::Bytes => {
                self.said.fetch_add(1, Ordering::Relaxed);
                let value = if field.r#type() == Type::Bytes {
                    bytes(random)
                } else {
                    text(random).into_bytes()
                };
                key(2, into);
                length_and(&value, into);
            }
            Type::Message | Type::Group if depth < DEEPEST => {
                let mut inner = Vec::new();
                self.message(field.type_name(), random, (turn, depth + 1), &mut inner);
                key(2, into);
                length_and(&inner, into);
            }
            Type::Message | Type::Group => {}
            Type::Bool => {
                key(0, into);
                encode_varint(u64::from(field.name() == "full" || random.random()), into);
            }
            Type::Enum => {
                key(0, into);
                encode_varint(random.random_range(0..16), into);
            }
            _ => {
                key(0, into);
                let value = if field.name() == "sequence" && depth == 0 {
                    turn
                } else {
                    count(random)
                };
                encode_varint(value, into);
            }
        }
    }
}

/// Notes a message and those that are declared in it by their whole names.
fn collect(scope: &str, message: DescriptorProto, into: &mut HashMap<String, DescriptorProto>) {
    let name = format!("{scope}.{}", message.name());
    for nested in message.nested_type.clone() {
        collect(&name, nested, into);
    }
    into.insert(name, message);
}

fn length_and(value: &[u8], into: &mut Vec<u8>) {
    encode_varint(value.len() as u64, into);
    into.extend(value);
}

/// A point in time or a length of it: mostly one that may be.
fn point(name: &str, random: &mut SmallRng, into: &mut Vec<u8>) {
    let near = if name.ends_with("Timestamp") {
        EPOCH
    } else {
        0
    };
    let (seconds, nanos) = if random.random_ratio(1, 20) {
        (random.random(), random.random())
    } else {
        let seconds = near + random.random_range(-5_000..5_000);
        (seconds, random.random_range(0..1_000_000_000))
    };
    let point = prost_types::Timestamp { seconds, nanos };
    into.extend(point.encode_to_vec());
}

fn real(random: &mut SmallRng) -> f64 {
    const EXTREMES: [f64; 8] = [
        f64::NAN,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::MAX,
        f64::MIN_POSITIVE,
        -1.0,
        0.0,
        1e18,
    ];
    if random.random_ratio(1, 5) {
        *EXTREMES.choose(random).unwrap()
    } else {
        random.random_range(0.0..10_000.0)
    }
}

/// Larger than any count there ever was, and small enough to be added up: a debug build stops at an overflow, and a
/// release goes on with a wrong sum of wrong numbers.
const LARGEST: u64 = u64::MAX >> 20;

fn count(random: &mut SmallRng) -> u64 {
    match random.random_range(0..10) {
        0 => LARGEST - random.random_range(0..3),
        1 => random.random_range(0..LARGEST),
        2..5 => random.random_range(0..10_000_000),
        _ => random.random_range(0..100),
    }
}

/// How a call ended, with any text, as gRPC carries it.
fn status(code: u32, message: &str) -> HeaderMap {
    let mut encoded = String::new();
    for byte in message.bytes() {
        if (0x20..0x7f).contains(&byte) && byte != b'%' {
            encoded.push(char::from(byte));
        } else {
            write!(encoded, "%{byte:02X}").unwrap();
        }
    }
    let mut trailers = HeaderMap::new();
    trailers.insert("grpc-status", HeaderValue::from(code));
    trailers.insert("grpc-message", HeaderValue::from_str(&encoded).unwrap());
    trailers
}
