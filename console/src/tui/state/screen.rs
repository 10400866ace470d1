//! The whole state of the console: the numbers, the pages that are open, and who has the keys.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use weir_proto::safe_text::SafeText;

use super::areas::areas;
use super::badge::Badge;
use super::beyond::Noun;
use super::command::{CommandLine, Names};
use super::delay::Delay;
use super::dialog::Dialog;
use super::fetch::Fetch;
use super::layout::{Layout, has_spare_rows, layout};
use super::link::{Freshness, Link};
use super::listing::Listing;
use super::lock::Lock;
pub(crate) use super::mode::Mode;
use super::notices::{Level, Notices};
use super::operation::Operations;
use super::page::Page;
use super::picture::{Picture, Row as SubscriptionRow};
use super::place::{Place, Tab};
use super::reading::Moment;
use super::row::Row;
use super::visits::Visits;
use super::window::Windows;
use crate::tui::live_keys::KeyTable;
use crate::tui::look::Look;

/// From this height on the detail pane is open unless the operator closed it; below it, if the
/// list leaves the room.
const ROOMY_HEIGHT: u16 = 30;

/// How deep pages are opened from one another; deeper ones replace the last.
const DEEPEST: usize = 16;

/// Everything a frame is drawn from.
#[derive(Clone, Debug)]
pub(crate) struct State {
    /// The time of the last message.
    pub(crate) now: Moment,
    /// Width and height of the terminal in cells.
    pub(crate) size: (u16, u16),
    /// Where the broker is.
    pub(crate) server: SafeText,
    /// What this session is, if it is not an ordinary one.
    pub(crate) badge: Option<Badge>,
    pub(crate) link: Link,
    /// Whether keys may change the broker.
    pub(crate) lock: Lock,
    /// The newest operations, whatever page is seen.
    pub(crate) operations: Fetch<Operations>,
    pub(crate) delay: Delay,
    /// The newest numbers, recorded also while the screen is frozen.
    pub(crate) live: Picture,
    /// What the screen shows instead, while it is frozen.
    pub(crate) frozen: Option<Box<Frozen>>,
    pub(crate) tab: Tab,
    pub(crate) mode: Mode,
    /// Whether the detail pane is open; `None` leaves it to the size of the screen.
    pub(crate) detail: Option<bool>,
    /// How many lines of what lies over the page are above what is seen of it; of the columns, which
    /// one is selected.
    pub(crate) skipped: usize,
    pub(crate) command: CommandLine,
    pub(crate) notices: Notices,
    /// When the operator looked at what.
    pub(super) visits: Visits,
    /// The question that has the keys in [`Mode::Dialog`].
    pub(crate) dialog: Option<Dialog>,
    pub(crate) look: Look,
    pub(crate) keys: KeyTable,
    /// Columns that pages do not show to begin with, by list.
    hidden: BTreeMap<&'static str, BTreeSet<&'static str>>,
    /// Whether the mouse is taken from the terminal.
    pub(crate) has_mouse: bool,
    /// What the broker was last asked to send, and when.
    pub(super) watching: Option<Windows>,
    pub(super) windows_asked: Moment,
    /// The pages of each tab, the one that is seen last.
    stacks: [Vec<Page>; Tab::ALL.len()],
    /// The number of the next page.
    serial: u64,
}

/// The numbers at the moment of the freeze.
#[derive(Clone, Debug)]
pub(crate) struct Frozen {
    pub(crate) picture: Picture,
    pub(crate) since: Moment,
}

impl State {
    /// A console that has seen nothing yet.
    pub(crate) fn new(server: SafeText, badge: Option<Badge>, size: (u16, u16)) -> Self {
        let mut serial = 0;
        let stacks = Tab::ALL.map(|tab| {
            serial += 1;
            vec![Page::new(serial, tab.root())]
        });
        Self {
            now: Duration::ZERO,
            size,
            server,
            badge,
            link: Link::Connecting,
            lock: Lock::default(),
            operations: Fetch::default(),
            delay: Delay::default(),
            live: Picture::default(),
            frozen: None,
            tab: Tab::default(),
            mode: Mode::Page,
            detail: None,
            skipped: 0,
            command: CommandLine::default(),
            notices: Notices::default(),
            visits: Visits::default(),
            dialog: None,
            look: Look::default(),
            keys: KeyTable::default(),
            hidden: BTreeMap::new(),
            has_mouse: false,
            watching: None,
            windows_asked: Duration::ZERO,
            stacks,
            serial,
        }
    }

    /// The numbers on the screen.
    pub(crate) fn shown(&self) -> &Picture {
        self.frozen
            .as_ref()
            .map_or(&self.live, |frozen| &frozen.picture)
    }

    /// How fresh the newest numbers are; a frozen screen says that it is frozen besides.
    pub(crate) fn freshness(&self) -> Freshness {
        Freshness::of(&self.link, self.live.arrived, self.now)
    }

    /// The pages of the tab, from its root to the one that is seen.
    pub(crate) fn trail(&self) -> &[Page] {
        &self.stacks[self.tab.index()]
    }

    /// The page that is seen.
    pub(crate) fn page(&self) -> &Page {
        // A stack is never empty: `back` leaves the root where it is.
        &self.trail()[self.trail().len() - 1]
    }

    /// The first page of the overview.
    pub(super) fn overview(&self) -> &Page {
        &self.stacks[Tab::Overview.index()][0]
    }

    /// The same, to be changed.
    pub(crate) fn page_mut(&mut self) -> &mut Page {
        let stack = &mut self.stacks[self.tab.index()];
        let last = stack.len() - 1;
        &mut stack[last]
    }

    /// The page with a number, if it is still open.
    pub(crate) fn page_by_serial(&mut self, serial: u64) -> Option<&mut Page> {
        let mut pages = self.stacks.iter_mut().flatten();
        pages.find(|page| page.serial == serial)
    }

    /// The list of the page that is seen.
    pub(crate) fn listing(&self) -> &Listing {
        &self.page().listing
    }

    /// The same, to be changed.
    pub(crate) fn listing_mut(&mut self) -> &mut Listing {
        &mut self.page_mut().listing
    }

    /// A number that nothing had before in this session.
    pub(crate) fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }

    /// Whether keys may change the broker now.
    pub(crate) fn may_write(&self) -> bool {
        self.lock.is_open(self.now)
    }

    /// Opens a page above the one that is seen.
    pub(crate) fn open(&mut self, place: Place) {
        let mut page = Page::new(self.next_serial(), place);
        page.listing.hide(&self.hidden);
        let stack = &mut self.stacks[self.tab.index()];
        if stack.len() >= DEEPEST {
            stack.pop();
        }
        stack.push(page);
    }

    /// Hides columns, by list, on all pages from now on.
    pub(crate) fn hide(&mut self, hidden: BTreeMap<&'static str, BTreeSet<&'static str>>) {
        self.hidden = hidden;
        for page in self.stacks.iter_mut().flatten() {
            page.listing.hide(&self.hidden);
        }
    }

    /// Closes the page that is seen; false if it is the root of its tab.
    pub(crate) fn back(&mut self) -> bool {
        let stack = &mut self.stacks[self.tab.index()];
        stack.len() > 1 && stack.pop().is_some()
    }

    /// Says something in the footer, and keeps it.
    pub(crate) fn say(&mut self, level: Level, text: SafeText) {
        self.notices.say(self.now, level, text);
    }

    /// What commands can be completed with: the names that are here, and those that the broker was asked for.
    pub(crate) fn names(&self) -> Names<'_> {
        let picture = self.shown();
        let topics = picture.topics.values();
        let subscriptions = picture.rows.values();
        let sorts = self.listing().table.map_or(&[][..], |table| table.sorts);
        let mut names = Names {
            topics: topics.map(|row| row.now.name.as_str()).collect(),
            subscriptions: subscriptions.map(|row| row.now.name.as_str()).collect(),
            sorts: sorts.iter().map(|sort| sort.field).collect(),
        };
        if let Some(found) = self.page().data.names.value() {
            let beyond = found.names.iter().map(String::as_str);
            match found.noun {
                Noun::Topic => names.topics.extend(beyond),
                Noun::Subscription => names.subscriptions.extend(beyond),
            }
        }
        for names in [&mut names.topics, &mut names.subscriptions] {
            names.sort_unstable();
            names.dedup();
        }
        names
    }

    /// The calls that are under way for any page.
    pub(crate) fn calls_under_way(&self) -> usize {
        let pages = self.stacks.iter().flatten();
        pages.map(|page| page.data.under_way()).sum()
    }

    /// The rows of the page's list, in no order.
    pub(crate) fn rows(&self) -> Box<dyn Iterator<Item = Row<'_>> + '_> {
        rows(self.shown(), self.page())
    }

    /// The selected row, whatever the list is of.
    pub(crate) fn selected_row(&self) -> Option<Row<'_>> {
        let id = self.listing().selected.as_ref()?;
        self.rows().find(|row| row.id() == *id)
    }

    /// The selected subscription.
    pub(crate) fn selected(&self) -> Option<&SubscriptionRow> {
        let id = self.listing().selected.as_ref()?.number()?;
        self.shown().rows.get(&id)
    }

    /// Whether the detail pane is open.
    pub(crate) fn has_detail(&self) -> bool {
        self.detail.unwrap_or_else(|| {
            self.size.1 >= ROOMY_HEIGHT || has_spare_rows(self.size, self.listing().matched)
        })
    }

    /// Where things are on the screen.
    pub(crate) fn layout(&self) -> Layout {
        layout(self.size, self.has_detail(), self.listing().matched)
    }

    /// How many rows of the page's list are visible at once.
    pub(crate) fn visible_rows(&self) -> usize {
        areas(&self.page().place, &self.layout()).visible_rows()
    }

    /// Works out order and scrolling again, after anything changed that they depend on.
    pub(crate) fn arrange(&mut self) {
        if !self.take_window() {
            self.arrange_here();
        }
        let visible = self.visible_rows();
        self.listing_mut().scroll(visible);
        self.note_visit();
    }
}

/// The rows of a page's list, in no order.
fn rows<'a>(picture: &'a Picture, page: &'a Page) -> Box<dyn Iterator<Item = Row<'a>> + 'a> {
    let subscriptions = picture.rows.values();
    let data = &page.data;
    match &page.place {
        Place::Overview | Place::Subscriptions => Box::new(subscriptions.map(Row::Subscription)),
        Place::DeadLetters => {
            let dead = subscriptions.filter(|row| row.now.dead > 0);
            Box::new(dead.map(Row::Subscription))
        }
        Place::Topic { name } => {
            let own = subscriptions.filter(move |row| row.now.topic_name == *name);
            Box::new(own.map(Row::Subscription))
        }
        Place::Topics => Box::new(picture.topics.values().map(Row::Topic)),
        Place::Subscription { .. } => {
            let consumers = data.subscription.value().map(|one| &one.consumers);
            Box::new(consumers.into_iter().flatten().map(Row::Consumer))
        }
        Place::DeadGroups { .. } => {
            let groups = data.groups.value().map(|groups| &groups.groups);
            Box::new(groups.into_iter().flatten().map(Row::Group))
        }
        Place::DeadMessages { .. } => {
            let letters = data.letters.value().map(|letters| &letters.letters);
            Box::new(letters.into_iter().flatten().map(Row::Letter))
        }
        Place::Message { .. } => Box::new(std::iter::empty()),
        Place::Clients => {
            let clients = data.clients.value().map(|clients| &clients.clients);
            Box::new(clients.into_iter().flatten().map(Row::Client))
        }
        Place::Events => {
            let events = data.events.value();
            Box::new(
                events
                    .into_iter()
                    .flat_map(super::timeline::Timeline::events)
                    .map(Row::Event),
            )
        }
        Place::Operations => {
            let operations = data.operations.value().map(|all| &all.operations);
            Box::new(operations.into_iter().flatten().map(Row::Operation))
        }
        Place::Audit => {
            let acts = data.audit.value();
            Box::new(
                acts.into_iter()
                    .flat_map(super::audit::Record::acts)
                    .map(Row::Act),
            )
        }
    }
}
