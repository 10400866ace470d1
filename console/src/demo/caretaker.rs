//! Somebody who looks after the dead messages: requeues those whose cause has passed, and lets others lie.

use std::time::Duration;

use prost_types::Duration as ProtoDuration;
use weir_proto::client::Error;
use weir_proto::v1::{RequeueDeadLettersRequest, Selection};

use super::stage::{Act, Stage};
use super::topology::{LEDGER, MAILER, Reader, milliseconds};
use crate::clock;

/// Who stands on record for what is requeued.
const NAME: &str = "caretaker";
/// Rounds are made so often.
const ROUND: Duration = Duration::from_secs(3);
/// Every so many rounds a template is added, and what died for want of it goes back.
const TEMPLATE_ROUNDS: u64 = 5;

/// Makes rounds until the play is over.
pub(crate) async fn look_after(stage: Stage) -> Result<(), Error> {
    let mut rounds = clock::pace(ROUND);
    let over = stage.begins(Act::Over);
    tokio::pin!(over);
    for round in 1_u64.. {
        tokio::select! {
            biased;
            () = &mut over => break,
            _ = rounds.tick() => {}
        }
        requeue(&stage, &LEDGER, dead_for(1_500, "")).await?;
        requeue(&stage, &MAILER, dead_for(2_500, "mailbox_full")).await?;
        if round % TEMPLATE_ROUNDS == 2 {
            requeue(&stage, &MAILER, dead_for(500, "template_missing")).await?;
        }
    }
    Ok(())
}

/// What has been dead for some milliseconds, of one kind of failure or of any.
fn dead_for(age_ms: i64, error_class: &str) -> Selection {
    let older_than: ProtoDuration = milliseconds(age_ms);
    Selection {
        older_than: Some(older_than),
        error_class: error_class.to_owned(),
        ..Selection::default()
    }
}

async fn requeue(stage: &Stage, reader: &Reader, selection: Selection) -> Result<(), Error> {
    let operator = stage.client.operator().acting_as(NAME);
    let mut request = RequeueDeadLettersRequest {
        subscription: reader.name.to_owned(),
        selection: Some(selection),
        dry_run: true,
    };
    // What changes nothing is not to stand on record.
    if operator.requeue(request.clone()).await?.affected == 0 {
        return Ok(());
    }
    request.dry_run = false;
    let done = operator.requeue(request).await?;
    stage.tally.of(reader.name).requeued.add(done.affected);
    Ok(())
}
