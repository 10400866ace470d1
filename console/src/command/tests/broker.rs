//! A broker in memory: one topic `orders`, the subscriptions `billing` and `shop/audit`, and what
//! the commands did to them.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};
use weir_proto::server::{self, NackAction};

use super::services::Services;

/// What the broker holds, and what it was asked.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Payloads that can be pulled.
    pub(crate) ready: VecDeque<Vec<u8>>,
    /// Leases by ack id.
    pub(crate) leased: BTreeMap<String, Vec<u8>>,
    /// Ack ids that were acknowledged.
    pub(crate) acked: Vec<String>,
    /// What was given back, and how.
    pub(crate) nacked: Vec<(String, NackAction, String)>,
    /// How many messages each Pull asked for.
    pub(crate) pulls: Vec<u32>,
    /// How many messages each batch held that was published.
    pub(crate) batches: Vec<usize>,
    /// After so many batches the broker is gone.
    pub(crate) dies_after_batches: Option<usize>,
    /// What was planned.
    pub(crate) plans: Vec<(server::PlanRequest, server::ActionPlan)>,
    /// What was applied, and what came of it.
    pub(crate) applied: Vec<server::ApplyRequest>,
    pub(crate) operations: Vec<server::Operation>,
    /// A canary dies again.
    pub(crate) canary_dies: bool,
    /// Nobody may apply anything.
    pub(crate) is_forbidden: bool,
    pub(crate) released: Vec<server::ReleaseKeyRequest>,
    /// Clients that were disconnected.
    pub(crate) disconnected: Vec<u64>,
    /// Dead messages of `billing`: the reason of each, with its offset for a payload.
    pub(crate) dead: Vec<String>,
    /// Leases end before they are settled.
    pub(crate) leases_end: bool,
    next_lease: u64,
}

impl Memory {
    /// Leases up to `count` messages.
    pub(crate) fn lease(&mut self, count: u32) -> Vec<server::Delivery> {
        self.pulls.push(count);
        let mut deliveries = Vec::new();
        while let Some(payload) = self.ready.pop_front().filter(|_| count > 0) {
            let offset = self.next_lease;
            self.next_lease += 1;
            let ack_id = format!("lease-{offset}");
            deliveries.push(server::Delivery {
                ack_id: ack_id.clone(),
                message: Some(encoded(&payload).into()),
                message_id: format!("7.0.{offset}"),
                offset,
                delivery_attempt: 1,
                ..server::Delivery::default()
            });
            self.leased.insert(ack_id, payload);
            if deliveries.len() == count as usize {
                break;
            }
        }
        deliveries
    }

    /// Some dead messages from an offset on.
    pub(crate) fn dead_from(&self, first: usize, count: usize) -> Vec<server::PeekedMessage> {
        let dead = self.dead.iter().enumerate().skip(first).take(count);
        let peeked = |(at, reason): (usize, &String)| server::PeekedMessage {
            message_id: format!("7.0.{at}"),
            message: Some(encoded(format!("{{\"n\":{at}}}").as_bytes()).into()),
            offset: at as u64,
            states: vec![server::SubscriptionMessageState {
                subscription: "billing".to_owned(),
                state: server::MessageState::Dead.into(),
                dead_letter: Some(server::DeadLetter {
                    reason: reason.clone(),
                    attempts: 3,
                    ..server::DeadLetter::default()
                }),
                ..server::SubscriptionMessageState::default()
            }],
            ..server::PeekedMessage::default()
        };
        dead.map(peeked).collect()
    }

    /// Ends a lease; false if it had ended.
    pub(crate) fn end_lease(&mut self, ack_id: &str) -> bool {
        self.leased.remove(ack_id).is_some() && !self.leases_end
    }
}

/// The bytes of a message with a short payload and nothing else.
fn encoded(payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).expect("a short payload");
    assert!(length < 0x80, "the length is one byte");
    [&[0x0a, length][..], payload].concat()
}

/// A broker that listens.
#[derive(Debug)]
pub(crate) struct Broker {
    pub(crate) address: SocketAddr,
    memory: Arc<Mutex<Memory>>,
}

impl Broker {
    /// Listens on a free port and holds these payloads.
    pub(crate) async fn with(payloads: &[&str]) -> Self {
        let ready = payloads
            .iter()
            .map(|payload| payload.as_bytes().to_vec())
            .collect();
        let memory = Memory {
            ready,
            ..Memory::default()
        };
        let memory = Arc::new(Mutex::new(memory));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (die, dead) = tokio::sync::watch::channel(false);
        let services = Services {
            memory: memory.clone(),
            die: Arc::new(die),
        };
        let running = Server::builder()
            .add_service(server::admin_server::AdminServer::new(services.clone()))
            .add_service(server::publisher_server::PublisherServer::new(
                services.clone(),
            ))
            .add_service(server::subscriber_server::SubscriberServer::new(
                services.clone(),
            ))
            .add_service(server::operator_server::OperatorServer::new(
                services.clone(),
            ))
            .add_service(server::stats_server::StatsServer::new(services))
            .serve_with_incoming(TcpListenerStream::new(listener));
        let mut dead = dead;
        tokio::spawn(async move {
            let died = async {
                while !*dead.borrow() {
                    if dead.changed().await.is_err() {
                        std::future::pending::<()>().await;
                    }
                }
            };
            tokio::select! {
                ended = running => ended.expect("the broker serves"),
                () = died => {}
            }
        });
        Self { address, memory }
    }

    /// What the broker holds now.
    pub(crate) fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory
            .lock()
            .expect("no test panics while it holds the lock")
    }
}

/// A refusal as the broker writes it.
pub(crate) fn refusal(code: Code, reason: &str, message: &str) -> Status {
    let mut details = ErrorDetails::new();
    details.set_error_info(reason, weir_proto::ERROR_DOMAIN, HashMap::new());
    Status::with_error_details(code, message, details)
}
