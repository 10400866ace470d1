//! The calls that dialogs make: plans, what carries them out, and what is done at once. Whose act it is goes
//! on record.

use std::time::Duration;

use weir_proto::client::{Client, Operator};
use weir_proto::safe_text::SafeText;
use weir_proto::v1::{MessageState, PeekRequest, PlanRequest};

use super::state::deed::{Call, Control, Done, Sought};
use super::state::fetch::{Cause, Failure};
use super::state::filter::Filter;
use super::state::letter::Letters;
use super::state::operation::Operation;
use super::state::place::Place;
use super::state::plan::Plan;
use super::state::row::Row;

/// How long a call may take; looking through a million messages takes the broker longer than others.
const LIMIT: Duration = Duration::from_secs(10);
const PLAN_LIMIT: Duration = Duration::from_mins(2);
/// The most ids of one plan, which is the broker's limit.
const IDS: usize = 10_000;
/// How many messages are looked at in one call.
const PAGE: i32 = 1_000;
/// What names the operator, as for commands.
const NAMES: [&str; 2] = ["WEIR_ACTOR", "USER"];

/// Makes a call; it ends within the limit.
pub(crate) async fn within_limit(client: &Client, call: Call) -> Result<Done, Failure> {
    let is_plan = matches!(call, Call::Plan { .. });
    let limit = if is_plan { PLAN_LIMIT } else { LIMIT };
    let said = if is_plan {
        "the broker has not planned it in time; nothing was done"
    } else {
        "the broker did not answer in time: it may have been done"
    };
    match tokio::time::timeout(limit, operate(client, call)).await {
        Ok(result) => result,
        Err(_elapsed) => Err(Failure {
            cause: Cause::Unreachable,
            text: SafeText::literal(said),
        }),
    }
}

async fn operate(client: &Client, call: Call) -> Result<Done, Failure> {
    let operator = client.operator().acting_as(&actor());
    let said = |text: &str, name: &SafeText| {
        let mut said = SafeText::new(text);
        said.push(name);
        Done::Said(said)
    };
    Ok(match call {
        Call::Plan {
            request,
            sought,
            goes_home,
        } => {
            let mut request = *request;
            if goes_home {
                let admin = client.admin();
                let found = admin.get_subscription(&request.subscription).await?;
                request.target_topic = found.topic;
            }
            if let Some(sought) = sought {
                name_ids(&operator, &mut request, &sought).await?;
            }
            Done::Planned(Box::new(Plan::new(&operator.plan(request).await?)))
        }
        Call::Apply(request) => {
            let begun = operator.apply(*request).await?;
            Done::Operation(Box::new(Operation::new(&begun)))
        }
        Call::Pause(name) => {
            client.admin().pause_subscription(name.as_str()).await?;
            said("paused ", &name)
        }
        Call::Resume(name) => {
            client.admin().resume_subscription(name.as_str()).await?;
            said("resumed ", &name)
        }
        Call::Disconnect(id) => {
            let ended = client.admin().disconnect_client(id).await?;
            let text = format!("disconnected client {id}: {ended} streams have ended");
            Done::Said(SafeText::new(text))
        }
        Call::Control { operation, control } => {
            let id = operation.as_str();
            let now = match control {
                Control::Pause => operator.pause_operation(id).await?,
                Control::Resume => operator.resume_operation(id).await?,
                Control::Cancel => operator.cancel_operation(id).await?,
            };
            Done::Operation(Box::new(Operation::new(&now)))
        }
    })
}

/// Who does it: the name of the operator's account, as far as it is known.
fn actor() -> String {
    let set = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    NAMES.into_iter().find_map(set).unwrap_or_default()
}

/// Looks for what no single question selects, and plans with its ids.
async fn name_ids(
    operator: &Operator,
    request: &mut PlanRequest,
    sought: &Sought,
) -> Result<(), Failure> {
    let filter = filter(sought)?;
    let mut ids = Vec::new();
    let group = sought.fingerprint.as_ref();
    let mut asked = PeekRequest {
        subscription: sought.subscription.as_str().to_owned(),
        states: vec![MessageState::Dead.into()],
        page_size: PAGE,
        fingerprint: group.map_or_else(String::new, |group| group.as_str().to_owned()),
        ..PeekRequest::default()
    };
    loop {
        let page = operator.peek(asked.clone()).await?;
        let letters = Letters::new(&page).letters;
        let found = letters
            .iter()
            .filter(|one| filter.selects(&Row::Letter(one)));
        ids.extend(found.map(|one| one.id.as_str().to_owned()));
        if ids.len() > IDS {
            return Err(refused(
                "more than 10,000 messages pass the filter, and a plan names no more: narrow it, \
                 take the whole group, or copy the command (y), which makes several plans",
            ));
        }
        if page.next_page_token.is_empty() {
            break;
        }
        asked.page_token = page.next_page_token;
    }
    if ids.is_empty() {
        return Err(refused("no message passes it now; nothing was planned"));
    }
    if let Some(selection) = &mut request.selection {
        selection.message_ids = ids;
    }
    Ok(())
}

/// The filter of the list from which it was taken.
fn filter(sought: &Sought) -> Result<Filter, Failure> {
    let mut filter = Filter::default();
    let place = Place::DeadMessages {
        subscription: sought.subscription.clone(),
        group: None,
    };
    if let Some(table) = place.table() {
        filter.set(sought.filter.as_str(), table);
        if let Some(problem) = filter.problem() {
            return Err(Failure {
                cause: Cause::Other,
                text: problem.clone(),
            });
        }
    }
    Ok(filter)
}

fn refused(why: &'static str) -> Failure {
    Failure {
        cause: Cause::Other,
        text: SafeText::literal(why),
    }
}
