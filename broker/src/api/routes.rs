//! All services together, with their limits, health and reflection.

use tonic::service::Routes;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use weir_proto::FILE_DESCRIPTOR_SET;
use weir_proto::server::admin_server::AdminServer;
use weir_proto::server::operator_server::OperatorServer;
use weir_proto::server::publisher_server::PublisherServer;
use weir_proto::server::stats_server::StatsServer;
use weir_proto::server::subscriber_server::SubscriberServer;

use super::clients::Clients;
use super::weir::admin::Admin;
use super::weir::operator::Operator;
use super::weir::publisher::Publisher;
use super::weir::stats::Stats;
use super::weir::subscriber::Subscriber;
use crate::shard::{Handle, Health};

/// The largest request of a publisher: a full batch and its framing.
const MAX_PUBLISH_BYTES: usize = 17 << 20;
/// The largest request of anybody else.
const MAX_REQUEST_BYTES: usize = 4 << 20;
/// The largest request of an operator: 10,000 ids and their framing. Ids of two bytes each would
/// take more than ten times their bytes, so this is no larger than needed.
const MAX_OPERATOR_BYTES: usize = 512 << 10;
/// The largest response: the largest message, or a full page of smaller ones, and its framing.
const MAX_RESPONSE_BYTES: usize = 20 << 20;

/// The names of the services whose health is told, beside the whole (the empty name).
const SERVICES: [&str; 6] = [
    "",
    "weir.v1.Publisher",
    "weir.v1.Subscriber",
    "weir.v1.Admin",
    "weir.v1.Operator",
    "weir.v1.Stats",
];

/// The most bytes that one request to the method at `path` may have.
pub(super) fn request_limit(path: &str) -> u64 {
    let limit = if path.starts_with("/weir.v1.Publisher/") {
        MAX_PUBLISH_BYTES
    } else if path.starts_with("/weir.v1.Operator/") {
        MAX_OPERATOR_BYTES
    } else {
        MAX_REQUEST_BYTES
    };
    limit as u64
}

/// The services, and the reporter that [`report_health`] drives.
pub fn routes(
    handle: &Handle,
    clients: &Clients,
) -> Result<(Routes, HealthReporter), tonic_reflection::server::Error> {
    let (reporter, health) = tonic_health::server::health_reporter();
    let v1 = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .build_v1()?;
    let v1alpha = tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET)
        .build_v1alpha()?;
    let publisher = PublisherServer::new(Publisher::new(handle.clone()))
        .max_decoding_message_size(MAX_PUBLISH_BYTES)
        .max_encoding_message_size(MAX_RESPONSE_BYTES);
    let subscriber = SubscriberServer::new(Subscriber(handle.clone()))
        .max_decoding_message_size(MAX_REQUEST_BYTES)
        .max_encoding_message_size(MAX_RESPONSE_BYTES);
    let admin = AdminServer::new(Admin(handle.clone(), clients.clone()))
        .max_decoding_message_size(MAX_REQUEST_BYTES)
        .max_encoding_message_size(MAX_RESPONSE_BYTES);
    let operator = OperatorServer::new(Operator(handle.clone()))
        .max_decoding_message_size(MAX_OPERATOR_BYTES)
        .max_encoding_message_size(MAX_RESPONSE_BYTES);
    let stats = StatsServer::new(Stats(handle.clone()))
        .max_decoding_message_size(MAX_REQUEST_BYTES)
        .max_encoding_message_size(usize::MAX);
    let routes = Routes::new(publisher)
        .add_service(subscriber)
        .add_service(admin)
        .add_service(operator)
        .add_service(stats)
        .add_service(health)
        .add_service(v1)
        .add_service(v1alpha);
    Ok((routes, reporter))
}

/// Tells the health of the shard as gRPC's health service does, until the shard is gone. A full disk is told by errors:
/// acks and operations are served.
pub async fn report_health(handle: Handle, reporter: HealthReporter) {
    let mut health = handle.watch_health();
    loop {
        let serves = matches!(
            *health.borrow_and_update(),
            Health::Serving | Health::DiskFull
        );
        let status = if serves {
            ServingStatus::Serving
        } else {
            ServingStatus::NotServing
        };
        for service in SERVICES {
            reporter.set_service_status(service, status).await;
        }
        if health.changed().await.is_err() {
            return;
        }
    }
}
