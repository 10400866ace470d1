//! Calls of single messages, many under way: how many a second are answered.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use crate::table::{Figures, Row};

/// Calls under way.
const CALLS: usize = 64;
/// How long calls are counted.
const CALLED_FOR: Duration = Duration::from_secs(3);

/// Notes how many calls a second `call` gets answered; it is given the number of its call.
pub(crate) async fn count<C, F>(
    name: &'static str,
    figures: &mut Figures,
    call: C,
) -> anyhow::Result<()>
where
    C: Fn(u64) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let mut callers = JoinSet::new();
    let (start, until) = (Instant::now(), Instant::now() + CALLED_FOR);
    for _ in 0..CALLS {
        let call = call.clone();
        callers.spawn(async move {
            let mut count = 0_u64;
            while Instant::now() < until {
                call(count).await?;
                count += 1;
            }
            anyhow::Ok(count)
        });
    }
    let mut count = 0;
    while let Some(called) = callers.join_next().await {
        count += called??;
    }
    let rate = count as f64 / start.elapsed().as_secs_f64();
    figures.note(Row::Unary, name, rate);
    Ok(())
}
