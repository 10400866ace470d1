//! The console while its broker dies, hangs, or is replaced by something that talks nonsense: the numbers stay,
//! dim, and say how old they are; keys work; it comes back by itself.

use std::path::PathBuf;
use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng as _, SeedableRng as _};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use weir_proto::client::{Client, Options};
use weir_proto::v1::{StartPosition, Topic};
use weir_tests::broker::{directory, subscription};
use weir_tests::child::{Child, Start};
use weir_tests::drawn::{check_frame, check_only_draws};
use weir_tests::figures::{figure, seed};
use weir_tests::terminal::Terminal;

use crate::PROGRAM;
use crate::terminals::{SOON, WEIR};

/// Within this the console says that the numbers are old. Two seconds are promised; a busy machine gets more.
const SAYS_SO: Duration = Duration::from_secs(5);
/// The longest wait between two tries is five seconds.
const BACK: Duration = Duration::from_secs(20);

/// A broker that always comes back at its address.
struct Phoenix {
    directory: TempDir,
    address: String,
    child: Option<Child>,
}

impl Phoenix {
    async fn start() -> Self {
        let directory = directory(false);
        let child = start(&directory.path().join("data"), None);
        let address = child.address().to_owned();
        let client = Client::connect(Options::to(&address)).await.unwrap();
        let admin = client.admin();
        let topic = Topic {
            name: "orders".to_owned(),
            ..Topic::default()
        };
        admin.create_topic(topic).await.unwrap();
        let billing = subscription("billing", "orders");
        let created = admin.create_subscription(billing, StartPosition::Latest);
        created.await.unwrap();
        Self {
            directory,
            address,
            child: Some(child),
        }
    }

    fn data_dir(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    fn child(&self) -> &Child {
        self.child.as_ref().unwrap()
    }

    fn kill(&mut self) {
        self.child.take().unwrap().kill().unwrap();
    }

    fn rise(&mut self) {
        self.child = Some(start(&self.data_dir(), Some(&self.address)));
    }
}

fn start(data_dir: &std::path::Path, address: Option<&str>) -> Child {
    let mut arguments = vec!["--segment-bytes=1048576".to_owned()];
    arguments.extend(address.map(|address| format!("--listen={address}")));
    let start = Start {
        arguments,
        fail_point: None,
    };
    Child::start(PROGRAM, data_dir, &start).unwrap()
}

/// How old the screen says that its numbers are.
fn age(screen: &str) -> Option<u64> {
    let (_, after) = screen.split_once("◌ stale ")?;
    let word = after.split_whitespace().next()?;
    word.strip_suffix('s')?.parse().ok()
}

/// The numbers stay, dim and growing old, and keys are answered.
fn check_is_stale(terminal: &mut Terminal) {
    let screen = terminal.until("stale", SAYS_SO, |screen| age(screen).is_some());
    assert!(!screen.contains("● live"), "{screen}");
    assert!(screen.contains("billing"), "the data stays\n{screen}");
    let first = age(&screen);
    terminal.until("older", SOON, |screen| age(screen) > first);
    terminal.cells(|screen| {
        let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
        for row in 3..rows - 1 {
            for column in 0..columns {
                let Some(cell) = screen.cell(row, column) else {
                    continue;
                };
                let is_figure = cell.contents().starts_with(|c: char| c.is_ascii_digit());
                let is_tab = row == 3;
                let is_dim = !is_figure || is_tab || cell.dim();
                assert!(
                    is_dim,
                    "{row}, {column} is bright on\n{}",
                    screen.contents()
                );
            }
        }
    });
    for (key, shown) in [("2", "[2 Topics]"), ("3", "[3 Subscriptions]")] {
        terminal.press(key);
        terminal.until(shown, SOON, |screen| screen.contains(shown));
    }
}

/// Speaks at an address, but not what a broker speaks, until it is dropped.
async fn babble(address: &str, seed: u64) -> JoinSet<()> {
    let listener = TcpListener::bind(address).await.unwrap();
    let mut random = SmallRng::seed_from_u64(seed);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else {
                continue;
            };
            let mut bytes = vec![0; random.random_range(0..4_096)];
            random.fill(&mut bytes[..]);
            // An honest beginning now and then, so that it is believed a little longer.
            let honest: &[u8] = if random.random() {
                b"\0\0\0\x04\0\0\0\0\0"
            } else {
                b""
            };
            drop(stream.write_all(honest).await);
            drop(stream.write_all(&bytes).await);
        }
    });
    tasks
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_console_outlives_its_broker_however_it_fails() {
    let seed = seed("outages", 54);
    let mut random = SmallRng::seed_from_u64(seed);
    let mut broker = Phoenix::start().await;
    let arguments = ["--server", &broker.address, "top"];
    let mut terminal = Terminal::start(WEIR, &arguments, (120, 36));
    let is_live = |screen: &str| screen.contains("● live") && screen.contains("billing");
    terminal.until("live", SOON, is_live);
    terminal.press("3");
    for round in 0..figure(10, 100) {
        match random.random_range(0..3) {
            0 => {
                broker.kill();
                check_is_stale(&mut terminal);
                broker.rise();
            }
            1 => {
                broker.child().hang().unwrap();
                check_is_stale(&mut terminal);
                broker.child().go_on().unwrap();
            }
            _ => {
                broker.kill();
                let mut babble = babble(&broker.address, seed + round).await;
                check_is_stale(&mut terminal);
                babble.shutdown().await;
                broker.rise();
            }
        }
        terminal.until("live again", BACK, is_live);
        terminal.cells(check_frame);
    }
    terminal.press("q");
    assert_eq!(terminal.end(SOON), 0, "{}", terminal.screen());
    terminal.until("the main screen", SOON, |_| terminal.is_restored());
    check_only_draws(&terminal.bytes());
}
