//! Tests of the core.
//!
//! - `bench`: a core with what it has written, restarts included.
//! - `journey`: single promises, one a test.
//! - `audit`: the recount of the books, the sums, the tombstones.
//! - `pacing`: what holds a subscription back. `seeking`: what goes on from elsewhere.
//! - `expiry`: what deletes itself. `deleted`, `returned`: what a plan deletes, and its undo.
//! - `retries`: the retry budget.
//! - `grouping`: dead messages by what they died of.
//! - `forwarding`: dead messages go to a topic.
//! - `release`: a key goes on past its dead messages.
//! - `backlog`: what is too old or too many.
//! - `requests`: repeats of requests with an id. `topology`: declarations.
//! - `producing`: what is published twice, and to several topics at once.
//! - `relaxing`: relaxed topics and skipped offsets. `stocking`: the limits on what a topic holds.
//! - `refusals`: refusals, hostile input, limits and costs.
//! - `edges`: limits met, large acts, leases by id, unknown topics.
//! - `clocks`: a wall clock that jumps.
//! - `scheduled`: messages that are due later. `lives`: that end. `dedup`: messages that are sent again.
//! - `bounds`: what one look, one tick and one request may be at most.
//! - `filters`: what filters leave out, and who is told of them. `judging`: scans beside jumps, limits and ages.
//! - `reading`: what a read without a subscription shows.
//! - `measures`: how long things take, and who has left.
//! - `happenings`: what is told of what happens.
//! - `operating`: plans and operations; `moving`: moves and edits; `recalled`: what these published; `sifting`: by key
//!   and filter; `undone`: taken back; `upkeep`: until it is too late for that; `portions`: on very many.
//! - `model`, `acts`, `planning`, `watching`, `rerouting`, `absences`, `publishing`, `scans`, `histories`: random
//!   histories against a naive model.

mod bench;

mod journey;

mod audit;

mod pacing;

mod seeking;

mod expiry;

mod backlog;

mod requests;

mod release;

mod forwarding;

mod grouping;

mod retries;

mod topology;

mod producing;

mod relaxing;

mod stocking;

mod refusals;

mod edges;

mod scheduled;

mod lives;

mod dedup;

mod clocks;

mod bounds;

mod filters;

mod judging;

mod reading;

mod measures;

mod happenings;

mod operating;

mod moving;

mod recalled;

mod sifting;

mod undone;

mod upkeep;

mod deleted;

mod returned;

mod portions;

mod model;

mod watching;

mod planning;

mod rerouting;

mod absences;

mod publishing;

mod acts;

mod scans;

mod histories;
