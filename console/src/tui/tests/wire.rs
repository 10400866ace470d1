//! The dashboard's task against a server that speaks the real contract.

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;

use prost::Message as _;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio_stream::wrappers::{ReceiverStream, TcpListenerStream};
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status};
use weir_proto::server::stats_server::{Stats, StatsServer};
use weir_proto::server::{AdviseRequest, AdviseResponse, WatchEventsRequest, WatchEventsResponse};
use weir_proto::server::{
    GetStatsRequest, GetStatsResponse, HistoryRequest, HistoryResponse, WatchRequest, WatchResponse,
};
use weir_proto::v1;

use super::fixture::{SHAPES, fresh, sample, selected, subscription};
use crate::clock;
use crate::tui::effect::{Performer, WAITING_MESSAGES};
use crate::tui::message::Message;
use crate::tui::state::State;
use crate::tui::state::link::{Freshness, Link};
use crate::tui::state::row_id::RowId;
use crate::tui::state::window::Windows;
use crate::tui::update::update;

/// Nothing here takes longer than this.
const LIMIT: Duration = Duration::from_secs(20);

/// Hands out one stream of prepared samples; later calls are refused.
struct Prepared {
    samples: Mutex<Option<mpsc::Receiver<v1::WatchResponse>>>,
}

#[tonic::async_trait]
impl Stats for Prepared {
    type WatchStream = Pin<Box<dyn Stream<Item = Result<WatchResponse, Status>> + Send>>;
    type WatchEventsStream =
        Pin<Box<dyn Stream<Item = Result<WatchEventsResponse, Status>> + Send>>;

    async fn advise(
        &self,
        _request: Request<AdviseRequest>,
    ) -> Result<Response<AdviseResponse>, Status> {
        Err(Status::unimplemented("not asked for here"))
    }

    async fn watch_events(
        &self,
        _request: Request<WatchEventsRequest>,
    ) -> Result<Response<Self::WatchEventsStream>, Status> {
        Err(Status::unimplemented("not asked for here"))
    }

    async fn get_stats(
        &self,
        _request: Request<GetStatsRequest>,
    ) -> Result<Response<GetStatsResponse>, Status> {
        Err(Status::unimplemented("not asked for here"))
    }

    async fn history(
        &self,
        _request: Request<HistoryRequest>,
    ) -> Result<Response<HistoryResponse>, Status> {
        Err(Status::unimplemented("not asked for here"))
    }

    async fn watch(
        &self,
        _request: Request<WatchRequest>,
    ) -> Result<Response<Self::WatchStream>, Status> {
        let samples = self.samples.lock().unwrap().take();
        let samples = samples.ok_or_else(|| Status::unavailable("one stream only"))?;
        let encoded = ReceiverStream::new(samples).map(|sample| {
            let bytes = sample.encode_to_vec();
            WatchResponse::decode(bytes.as_slice())
                .map_err(|error| Status::internal(error.to_string()))
        });
        Ok(Response::new(Box::pin(encoded)))
    }
}

/// Serves prepared samples on a free port until the task is ended.
async fn serve() -> (SocketAddr, mpsc::Sender<v1::WatchResponse>) {
    let (sender, samples) = mpsc::channel(8);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let service = StatsServer::new(Prepared {
        samples: Mutex::new(Some(samples)),
    });
    let server = tonic::transport::Server::builder()
        .add_service(service)
        .serve_with_incoming(TcpListenerStream::new(listener));
    drop(tokio::spawn(server));
    (address, sender)
}

/// Applies messages until the state is as wanted.
async fn until(
    state: &mut State,
    messages: &mut mpsc::Receiver<Message>,
    wanted: impl Fn(&State) -> bool,
) {
    let applied = async {
        while !wanted(state) {
            let message = messages.recv().await.unwrap();
            let now = state.now;
            update(state, now, message);
        }
    };
    tokio::time::timeout(LIMIT, applied).await.unwrap();
}

fn watching(address: SocketAddr) -> (Performer, mpsc::Receiver<Message>) {
    let (sender, messages) = mpsc::channel(WAITING_MESSAGES);
    let started = clock::now().into_std();
    let mut performer = Performer::new(address.to_string(), started, sender);
    performer.watch(Windows::default()).unwrap();
    (performer, messages)
}

#[tokio::test]
async fn full_state_and_deltas_reach_the_screen_and_a_lost_stream_makes_it_stale() {
    let (address, samples) = serve().await;
    let (_performer, mut messages) = watching(address);
    let mut state = fresh((80, 24));
    let first = SHAPES.iter().map(|shape| subscription(shape, 0)).collect();
    samples.send(sample(0, first)).await.unwrap();
    until(&mut state, &mut messages, |state| {
        state.live.rows.len() == SHAPES.len()
    })
    .await;
    assert_eq!(state.freshness(), Freshness::Live);
    assert_eq!(selected(&state), "smtp");

    let mut changed = subscription(&SHAPES[0], 1);
    changed.conservation_error = 3;
    let mut delta = sample(1, vec![changed]);
    delta.full = false;
    delta.removed_subscription_ids = vec![6];
    samples.send(delta).await.unwrap();
    until(&mut state, &mut messages, |state| {
        state.live.rows.len() == 5
    })
    .await;
    assert_eq!(state.live.rows[&1].now.conservation_error, 3);
    assert!(
        state.listing().order[..2].contains(&RowId::Number(1)),
        "wrong books are urgent"
    );

    drop(samples);
    until(&mut state, &mut messages, |state| {
        matches!(state.link, Link::Waiting { .. })
    })
    .await;
    assert!(matches!(
        state.freshness(),
        Freshness::Stale {
            retry_in: Some(_),
            ..
        }
    ));
    assert_eq!(state.live.rows.len(), 5, "the numbers stay");
}

#[tokio::test]
async fn without_a_broker_the_screen_says_so_and_goes_on_trying() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let (_performer, mut messages) = watching(address);
    let mut state = fresh((80, 24));
    let tries = |state: &State| match state.freshness() {
        Freshness::NoBroker { tries, .. } => tries,
        _ => 0,
    };
    until(&mut state, &mut messages, |state| tries(state) >= 3).await;
}
