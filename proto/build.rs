//! Compiles `weir/v1` without protoc, twice: typed for clients, and for the broker with every field that
//! holds a stored message as raw bytes, so that the broker moves messages without decoding them.

#![expect(
    clippy::disallowed_methods,
    reason = "a build script writes what the compiler reads; no data of the broker is touched"
)]

use std::error::Error;
use std::path::PathBuf;

use prost::Message as _;
use prost_types::FileDescriptorSet;
use prost_types::field_descriptor_proto::{Label, Type};

const FILES: &[&str] = &[
    "weir/v1/message.proto",
    "weir/v1/topic.proto",
    "weir/v1/topology.proto",
    "weir/v1/error.proto",
    "weir/v1/read.proto",
    "weir/v1/partition_stats.proto",
    "weir/v1/latency.proto",
    "weir/v1/consumer_stats.proto",
    "weir/v1/diagnosis.proto",
    "weir/v1/events.proto",
    "weir/v1/dead_groups.proto",
    "weir/v1/undo_stats.proto",
    "weir/v1/stats.proto",
    "weir/v1/operations.proto",
    "weir/v1/audit.proto",
    "weir/v1/publisher_service.proto",
    "weir/v1/subscriber_service.proto",
    "weir/v1/admin_service.proto",
    "weir/v1/operator_service.proto",
    "weir/v1/stats_service.proto",
    "weir/v1/clients.proto",
];

/// Fields that are the same on the wire but bytes in the broker: (message, field).
const RAW: [(&str, &str); 7] = [
    ("PublishRequest", "messages"),
    ("TopicBatch", "messages"),
    ("PublishStreamRequest", "messages"),
    ("SubscribeResponse", "runs"),
    ("ReadResponse", "runs"),
    ("Delivery", "message"),
    ("PeekedMessage", "message"),
];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=weir");
    println!("cargo:rerun-if-changed=build.rs");
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    let set = protox::compile(FILES, ["."])?;
    std::fs::write(out.join("weir_v1.binpb"), set.encode_to_vec())?;

    let client = out.join("client");
    std::fs::create_dir_all(&client)?;
    tonic_prost_build::configure()
        .build_server(false)
        .bytes(".")
        .out_dir(client)
        .compile_fds(set.clone())?;

    let server = out.join("server");
    std::fs::create_dir_all(&server)?;
    tonic_prost_build::configure()
        .build_client(false)
        .bytes(".")
        .codec_path("crate::codec::BoundedCodec")
        .out_dir(server)
        .compile_fds(with_raw_messages(set))?;
    Ok(())
}

fn with_raw_messages(mut set: FileDescriptorSet) -> FileDescriptorSet {
    for file in &mut set.file {
        for message in &mut file.message_type {
            for field in &mut message.field {
                if RAW.contains(&(message.name.as_deref().unwrap_or(""), field.name())) {
                    field.set_type(Type::Bytes);
                    field.type_name = None;
                    // An empty message is there all the same, which plain bytes would not say.
                    if field.label() != Label::Repeated {
                        field.proto3_optional = Some(true);
                    }
                }
            }
        }
    }
    set
}
