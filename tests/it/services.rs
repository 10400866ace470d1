//! Beside `weir.v1`: health and reflection answer, and what is not offered says so.

use bytes::Bytes;
use prost::Message as _;
use tonic::Code;
use weir_tests::frames;
use weir_tests::raw;

use crate::broker;

/// `HealthCheckRequest`: field 1 is the service.
#[derive(Clone, PartialEq, prost::Message)]
struct Check {
    #[prost(string, tag = "1")]
    service: String,
}

/// `HealthCheckResponse`: field 1 is the status; 1 is SERVING.
#[derive(Clone, PartialEq, prost::Message)]
struct Checked {
    #[prost(int32, tag = "1")]
    status: i32,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn health_is_told_for_the_whole_and_each_service() {
    let broker = broker().await;
    let channel = broker.channel().await;
    for service in [
        "",
        "weir.v1.Publisher",
        "weir.v1.Subscriber",
        "weir.v1.Stats",
    ] {
        let request = Check {
            service: service.to_owned(),
        };
        let request = Bytes::from(request.encode_to_vec());
        let path = "/grpc.health.v1.Health/Check";
        let answer = raw::call_path(&channel, path, request).await.unwrap();
        assert_eq!(Checked::decode(answer).unwrap().status, 1, "{service:?}");
    }
    let unknown = Bytes::from(
        Check {
            service: "nobody".to_owned(),
        }
        .encode_to_vec(),
    );
    let answer = raw::call_path(&channel, "/grpc.health.v1.Health/Check", unknown).await;
    assert_eq!(answer.unwrap_err().code(), Code::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reflection_lists_the_services() {
    let broker = broker().await;
    let channel = broker.channel().await;
    // Field 7 of the request is `list_services`.
    let list = Bytes::from_static(&[0x3a, 1, b'*']);
    for version in ["v1", "v1alpha"] {
        let path = format!("/grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
        let answer = raw::stream_path(&channel, &path, vec![list.clone()]).await;
        let answer = String::from_utf8_lossy(&answer.unwrap()).into_owned();
        for service in ["Publisher", "Subscriber", "Admin", "Operator", "Stats"] {
            let name = format!("weir.v1.{service}");
            assert!(answer.contains(&name), "{name} in {answer:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_method_that_is_not_offered_is_unimplemented() {
    let broker = broker().await;
    let channel = broker.channel().await;
    for method in ["Publisher/Nothing", "Nobody/Publish"] {
        let answer = raw::call(&channel, method, Bytes::new()).await;
        assert_eq!(answer.unwrap_err().code(), Code::Unimplemented, "{method}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_speaks_no_http2_is_closed_and_others_live() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let broker = broker().await;
    broker.pair().await;
    let address = broker.child().address().to_owned();
    let mut socket = tokio::net::TcpStream::connect(&address).await.unwrap();
    let hello = b"GET / HTTP/1.1\r\nHost: weir\r\n\r\n........................";
    socket.write_all(hello).await.unwrap();
    let mut answer = Vec::new();
    let limit = std::time::Duration::from_secs(15);
    let closed = tokio::time::timeout(limit, socket.read_to_end(&mut answer)).await;
    assert!(closed.is_ok(), "the connection stays open");
    let (mut reads, _writes) = frames::connect(&address).await.unwrap();
    assert!(reads.next(limit).await.is_some(), "others are served");
    broker.publish_texts("t", &["x"]).await;
}
