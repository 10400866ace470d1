//! A broker inside the test's process, for what a process cannot be made to meet from outside: a disk that
//! waits, fails or reads wrong, and limits that no command line sets.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tonic::transport::Channel;
use weir_broker::config::Config;
use weir_broker::journal;
use weir_broker::server::{self, Running};
use weir_proto::client::{Client, Options};

use super::faulty_disk::FaultyDisk;

/// Segments small enough for a disk in memory.
const SEGMENT_BYTES: u64 = 1 << 20;
/// How long it may take to stop.
const GRACE: Duration = Duration::from_secs(5);

/// A broker on a disk of the test's.
#[derive(Debug)]
pub struct Embedded {
    running: Running,
    /// Ends at the first lost connection.
    pub client: Client,
}

impl Embedded {
    /// Starts one on a free port, with the journal's settings as `adjust` leaves them.
    pub async fn start(disk: &FaultyDisk, adjust: impl FnOnce(&mut journal::Options)) -> Self {
        let mut config = Config {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            data_dir: PathBuf::from("/"),
            ..Config::default()
        };
        config.journal.segment_bytes = SEGMENT_BYTES;
        config.journal.max_frame = 512 << 10;
        // Who opens and shuts this disk runs beside the broker, and could not while the owner waits for it.
        config.journal.own_bytes = 0;
        adjust(&mut config.journal);
        let running = server::start_on(Arc::new(disk.clone()), config).await;
        let running = running.expect("the broker starts");
        let options = Options::to(running.address().to_string()).fail_fast();
        let client = Client::connect(options).await;
        let client = client.expect("the broker is reached");
        Self { running, client }
    }

    /// A plain channel with a connection of its own.
    pub async fn channel(&self) -> Channel {
        let address = format!("http://{}", self.running.address());
        let endpoint = Channel::from_shared(address).expect("an address");
        endpoint.connect().await.expect("the broker is reached")
    }

    /// Stops it cleanly.
    pub async fn stop(self) {
        self.running.stop(GRACE).await.expect("it stops cleanly");
    }
}
