//! What keys and commands do to a list: its filter, order, columns and marks; and the lines that are typed.

use weir_proto::safe_text::SafeText;

use super::keys::Action;
use super::state::State;
use super::state::mode::Mode;
use super::state::notices::Level;
use super::state::place::Tab;
use super::state::row_id::RowId;
use super::state::standing::Standing;

/// Changes what a list shows, or the line that is typed.
pub(super) fn narrow(state: &mut State, action: Action) {
    match action {
        Action::StartFilter => {
            state.listing_mut().filter.begin();
            state.mode = Mode::Filter;
        }
        Action::KeepFilter => {
            state.listing_mut().filter.keep();
            state.mode = Mode::Page;
        }
        Action::ClearFilter => {
            state.listing_mut().filter.clear();
            state.mode = Mode::Page;
        }
        Action::StartCommand => {
            state.command.begin();
            state.mode = Mode::Command;
        }
        Action::Complete => {
            let mut line = std::mem::take(&mut state.command);
            line.complete(&state.names());
            state.command = line;
        }
        Action::OlderCommand => state.command.recall(true),
        Action::NewerCommand => state.command.recall(false),
        Action::EraseLetter if state.mode == Mode::Command => {
            let had_one = state.command.pop();
            state.mode = if had_one { Mode::Command } else { Mode::Page };
        }
        Action::EraseLetter => {
            if let Some(table) = state.listing().table {
                state.listing_mut().filter.pop(table);
            }
        }
        Action::NextSort => {
            let listing = state.listing_mut();
            let sorts = listing.table.map_or(1, |table| table.sorts.len());
            listing.sort = (listing.sort + 1) % sorts.max(1);
        }
        Action::Reverse => {
            let listing = state.listing_mut();
            listing.is_reversed = !listing.is_reversed;
        }
        Action::ToggleColumn => toggle_column(state),
        Action::Left => {
            let listing = state.listing_mut();
            listing.skipped = listing.skipped.saturating_sub(1);
        }
        Action::Right => {
            let listing = state.listing_mut();
            let columns = listing.table.map_or(0, |table| table.columns.len());
            listing.skipped = (listing.skipped + 1).min(columns);
        }
        // The others lead somewhere, and `act` knows where.
        _ => {}
    }
}

pub(super) fn mark(state: &mut State, action: Action) {
    let listing = state.listing_mut();
    match action {
        Action::MarkAll => listing.marks.extend(listing.order.iter().cloned()),
        Action::MarkRange => listing.mark_range(),
        Action::Invert => {
            for id in listing.order.clone() {
                listing.toggle_mark(id);
            }
        }
        Action::NextMarked => {
            let is_marked = |id: &RowId| listing.marks.contains(id);
            if let Some(place) = listing.next_place(is_marked) {
                listing.select(place);
            }
        }
        _ => {
            if let Some(selected) = listing.selected.clone() {
                listing.toggle_mark(selected);
                step(state, |place, _| place.saturating_add(1));
            }
        }
    }
}

/// Selects the next subscription that wants attention; elsewhere it opens their list first.
pub(super) fn next_problem(state: &mut State) {
    if !state.page().place.lists_subscriptions() {
        state.tab = Tab::Subscriptions;
        while state.back() {}
        state.arrange();
    }
    let rows = &state.shown().rows;
    let is_problem = |id: &RowId| {
        let row = id.number().and_then(|id| rows.get(&id));
        row.is_some_and(|row| Standing::severity_of(&row.now).is_problem())
    };
    match state.listing().next_place(is_problem) {
        Some(place) => state.listing_mut().select(place),
        None => state.say(
            Level::Note,
            SafeText::literal("nothing here wants attention"),
        ),
    }
}

fn toggle_column(state: &mut State) {
    let at = state.skipped;
    let listing = state.listing_mut();
    let title = listing.table.and_then(|table| table.columns.get(at));
    if let Some(title) = title
        && !listing.hidden.remove(title)
    {
        listing.hidden.insert(title);
    }
}

pub(super) fn filter(state: &mut State, text: &str) {
    let Some(table) = state.listing().table else {
        return;
    };
    let filter = &mut state.listing_mut().filter;
    filter.begin();
    filter.set(text, table);
    let problem = filter.problem().cloned();
    filter.keep();
    if let Some(problem) = problem {
        state.say(Level::Trouble, problem);
    }
}

pub(super) fn sort(state: &mut State, field: &str) {
    let listing = state.listing_mut();
    let sorts = listing.table.map_or(&[][..], |table| table.sorts);
    if let Some(at) = sorts.iter().position(|sort| sort.field == field) {
        listing.sort = at;
        return;
    }
    let known: Vec<&str> = sorts.iter().map(|sort| sort.field).collect();
    let said = format!("this list is sorted by {}", known.join(", "));
    state.say(Level::Trouble, SafeText::new(said));
}

/// The longest overlay there is, and more.
const OVERLAY_LINES: usize = 300;

/// Moves the selection: `to` gets the present place and the length of a page. A page without a list
/// scrolls, and so does what lies over a page.
pub(super) fn step(state: &mut State, to: fn(usize, usize) -> usize) {
    let visible = state.visible_rows().saturating_sub(1).max(1);
    match state.mode {
        Mode::Help | Mode::Notices => {
            state.skipped = to(state.skipped, visible).min(OVERLAY_LINES);
            return;
        }
        Mode::Columns => {
            let columns = state.listing().table.map_or(0, |table| table.columns.len());
            state.skipped = to(state.skipped, visible).min(columns.saturating_sub(1));
            return;
        }
        Mode::Page | Mode::Filter | Mode::Command | Mode::Dialog | Mode::Cursor => {}
    }
    let page = state.page_mut();
    if page.listing.table.is_none() {
        page.scroll = to(page.scroll, visible).min(usize::from(u16::MAX));
        return;
    }
    page.forget_payload();
    let place = page.listing.place().unwrap_or(0);
    page.listing.select(to(place, visible));
}
