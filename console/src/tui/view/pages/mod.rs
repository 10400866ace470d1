//! The pages, a file each: what is between the line of tabs and the footer. Read what pages are made of
//! first, then the pages in the order of the tabs.

mod parts;
mod happened;
mod timeline;
mod charts;
mod attention;

mod overview;

mod topics;
mod partitions;
mod topic;

mod now;
mod advice;
mod consumers;
mod subscriptions;
mod subscription;

mod letters;
mod dead_letters;
mod operations;
mod dead_operations;
mod dead;
mod message;

mod clients;
mod events;
mod audit;

pub(super) mod load;

use super::pen::Pen;
use crate::tui::state::State;
use crate::tui::state::place::Place;

/// Draws the page that is seen.
pub(crate) fn page(pen: &mut Pen<'_>, state: &State) {
    let draw = match &state.page().place {
        Place::Overview => overview::overview,
        Place::Topics => topics::topics,
        Place::Topic { .. } => topic::topic,
        Place::Subscriptions => subscriptions::subscriptions,
        Place::Subscription { .. } => subscription::subscription,
        Place::DeadLetters => dead_letters::dead_letters,
        Place::DeadGroups { .. } | Place::DeadMessages { .. } => dead::dead,
        Place::Message { .. } => message::message,
        Place::Clients => clients::clients,
        Place::Events => events::events,
        Place::Operations => operations::operations,
        Place::Audit => audit::audit,
    };
    draw(pen, state);
}
