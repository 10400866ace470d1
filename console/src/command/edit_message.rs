//! `weir dlq edit`: a dead message is published anew with another content, once somebody has seen what changes.

use weir_proto::v1;

use super::acting::{self, Asks, How, Wanted};
use super::arguments::EditMessageArgs;
use super::failure::Failure;
use super::names;
use super::session::Session;
use crate::files;
use crate::present::operation::Counted;

/// Edits a dead message.
pub(crate) async fn run(session: &mut Session, args: EditMessageArgs) -> Result<(), Failure> {
    let edit = edit(&args)?;
    let name = names::subscription(session, &args.subscription).await?.name;
    let request = args.id.as_ref().map(|id| v1::PlanRequest {
        act: v1::OperationAct::Edit.into(),
        subscription: name.clone(),
        selection: Some(v1::Selection {
            message_ids: vec![id.clone()],
            ..v1::Selection::default()
        }),
        edit: Some(edit),
        ..v1::PlanRequest::default()
    });
    let wanted = Wanted {
        requests: request.into_iter().collect(),
        command: ("dlq edit", name.clone()),
        tried: match &args.id {
            Some(id) => format!("edit the dead message {id} of {name}"),
            None => format!("edit a dead message of {name}"),
        },
        done: ("edited", Counted::Messages),
        asks: Asks::Counting("Publish anew", ["dead message", "dead messages"]),
        lead: String::new(),
        name,
    };
    let how = How {
        consent: args.consent,
        ..How::default()
    };
    acting::run(session, wanted, how).await
}

/// What is to differ; at least something.
fn edit(args: &EditMessageArgs) -> Result<v1::MessageEdit, Failure> {
    let payload = match (&args.message, &args.payload_file) {
        (Some(text), _) => Some(text.clone().into()),
        (None, Some(path)) => {
            let read = files::read_payload(path);
            Some(read.map_err(|error| Failure::file(path, error))?)
        }
        (None, None) => None,
    };
    let edit = v1::MessageEdit {
        payload,
        set_attributes: args.attributes.iter().cloned().collect(),
        remove_attributes: args.unset_attributes.clone(),
        ordering_key: args.key.clone(),
    };
    if edit == v1::MessageEdit::default() && args.consent.plan.is_empty() {
        let what = "say what is to differ: --message, --payload-file, --attribute, \
                    --unset-attribute or --key";
        return Err(Failure::Usage(what.to_owned()));
    }
    Ok(edit)
}
