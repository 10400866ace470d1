//! Weir beside Redis Streams and NATS JetStream: the same works in the same run, and the limits of the machine.
//!
//! `cargo bench -p weir-tests --features peers --bench peers`, or with `-- 1` one round in place of three. It starts
//! `redis-server` and `nats-server` from the path (or what `REDIS_SERVER` and `NATS_SERVER` name) on free ports; one
//! that is missing is named and left out. One node each, no TLS, data on the same file system as the target
//! directory's, and the generators on the same cores. Weir syncs before every ack; the peers run with their defaults,
//! which do not.
//!
//! It promises ratios, not figures: of a virtual machine, compare only what one run measured.

#![expect(clippy::print_stdout, reason = "a benchmark prints")]
#![expect(clippy::disallowed_methods, reason = "a benchmark has a clock")]
#![expect(clippy::print_stderr, reason = "a benchmark says how far it is")]

mod calls;
mod feed;
mod limits;
mod nats;
mod redis_streams;
mod server;
mod table;
mod weir;
mod works;

use nats::Nats;
use redis_streams::Redis;
use table::Figures;
use works::Peer;

const ROUNDS: usize = 3;

fn main() -> anyhow::Result<()> {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(2).enable_all().build()?;
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [echo, address] = arguments.as_slice()
        && echo == limits::ECHO
    {
        return runtime.block_on(limits::serve(address));
    }
    // Cargo adds arguments of its own.
    let rounds = arguments.iter().find_map(|text| text.parse().ok());
    runtime.block_on(measure(rounds.unwrap_or(ROUNDS)))
}

async fn measure(rounds: usize) -> anyhow::Result<()> {
    let mut figures = Figures::default();
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        limits::all(&mut figures).await?;
        weir::all(&mut figures).await?;
        Box::pin(peer(Redis::start, &mut figures)).await?;
        Box::pin(peer(Nats::start, &mut figures)).await?;
    }
    let others = [Redis::NAME, Nats::NAME, limits::NAME];
    println!("{}", figures.table(weir::NAME, &others));
    Ok(())
}

/// All works of one peer, each on a fresh server; none if it is not there.
async fn peer<P: Peer>(
    start: impl Fn() -> anyhow::Result<P>,
    figures: &mut Figures,
) -> anyhow::Result<()> {
    match start() {
        Ok(peer) => {
            works::all(peer, figures).await?;
            works::many(start()?, figures).await
        }
        Err(error) => {
            eprintln!("{} is left out: {error:#}", P::NAME);
            Ok(())
        }
    }
}
