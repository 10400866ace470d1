//! Every limit of the core, with its reason. Meeting one is a refusal with the limit's name, never a surprise.

use crate::model::Span;

/// Topics of a broker: each takes about 1 KiB when idle.
pub const MAX_TOPICS: u64 = 100_000;
/// Topics and subscriptions of one declaration, which becomes one commit group.
pub const MAX_DECLARED: u64 = 10_000;
/// What one of them takes in the journal beside its texts: its numbers, and a start for each of some partitions.
pub const DECLARED_BYTES: u64 = 512;
/// Requests with an id that are remembered, each in about 400 B; beyond it those with a new id are refused, since
/// none is forgotten early.
pub const MAX_REQUESTS: u64 = 100_000;
/// How long a request with an id is remembered.
pub const REQUEST_WINDOW: Span = Span::from_secs(600);
/// Subscriptions of a broker: each takes about 1 KiB when idle.
pub const MAX_SUBSCRIPTIONS: u64 = 100_000;
/// Consumers and waiting Pulls at one time, all subscriptions together.
pub const MAX_CONSUMERS: u64 = 10_000;
/// Messages that one consumer may hold.
pub const MAX_OUTSTANDING_MESSAGES: u64 = 100_000;
/// Bytes of messages that one consumer may hold.
pub const MAX_OUTSTANDING_BYTES: u64 = 1 << 30;
/// Messages of one Pull.
pub const MAX_PULL_MESSAGES: u64 = 10_000;
/// Message ids of one selection.
pub const MAX_SELECTED_IDS: usize = 10_000;
/// Groups of dead messages of one selection.
pub const MAX_SELECTED_GROUPS: usize = 1_000;
/// Different filters on one topic: each message of the topic is put through each.
pub const MAX_TOPIC_FILTERS: u64 = 128;
/// Messages of one page of a peek.
pub const MAX_PEEKED: usize = 1_000;
/// Offsets that one peek looks at before it answers with what it has.
pub const MAX_PEEK_SCAN: u64 = 100_000;
/// The largest share of a burst that one consumer gets before the next one has its turn.
pub const MAX_CHUNK: u64 = 1_000;
/// Leases that one tick expires, so that a tick stays short; the rest is due at once again.
pub const MAX_EXPIRIES: usize = 10_000;
/// Scheduled messages that one tick hands over to machines, all topics together: a slice of about a millisecond. The
/// rest is due at once again.
pub const MAX_DUE: u64 = 10_000;
/// Messages that one tick ends because they have lived long enough, all topics together; the rest goes at once again.
pub const MAX_ENDED: u64 = 10_000;
/// By how much the wall clock may move against the monotonic one before it is distrusted.
pub const MAX_CLOCK_JUMP: Span = Span::from_secs(60);
/// How long a broker may have written nothing before a start distrusts the wall clock.
pub const MAX_PAUSE: Span = Span::from_secs(24 * 3_600);
/// How long the clock must be without a jump until it is trusted again.
pub const STABLE_FOR: Span = Span::from_secs(600);
/// How long the id of a message is known, so that one sent again is not stored again.
pub const DEDUP_WINDOW: Span = Span::from_secs(600);
/// Ids of a topic that are known at one time: about 100 bytes each. Beyond it messages with an id are refused, since
/// forgetting one early would store a message twice.
pub const MAX_DEDUP_IDS: usize = 1_000_000;
/// Ids that one publish or one look of retention forgets: more than a publish can add.
pub const MAX_FORGOTTEN: usize = 20_000;
/// Steps that a page takes in the audit of the books; a machine takes one, as it does without pages.
pub const AUDIT_PAGE_STEPS: usize = 64;
/// Bytes of restatements in one commit group.
pub const RESTATE_GROUP_BYTES: usize = 256 << 10;
/// How often retention is looked at.
pub const RETENTION_INTERVAL: Span = Span::from_secs(1);
/// Deleted topics that are remembered; beyond it the oldest is forgotten, and bytes of it that are still in a segment
/// are then kept and reported instead of released.
pub const MAX_TOMBSTONES: usize = 100_000;
/// What the text of dead messages counts in the journal's books: an estimate, the same when it is kept and released.
pub const TEXT_BYTES: u64 = 256;
/// Ranges or failures in one entry, so that a frame stays below half a MiB.
pub const MAX_ENTRY_PARTS: usize = 10_000;
/// Bytes of an entry beside its ranges, generously.
pub const ENTRY_BYTES: u64 = 64;
/// Subscriptions that one tick looks at for limits on their backlogs.
pub const MAX_SHED_SUBSCRIPTIONS: usize = 10_000;
/// Messages that one look drops of a backlog that is too large; the next one drops the rest.
pub const MAX_SHED: u64 = 100_000;
/// Subscriptions whose dead messages are forwarded in one round; the next one takes the others.
pub const MAX_FORWARDING: usize = 1_000;
/// Producers that a topic remembers: each takes at most about 5 KiB.
pub const MAX_PRODUCERS: usize = 10_000;
/// Batches of a producer that are remembered: more than a client may have under way.
pub const PRODUCER_BATCHES: usize = 64;
/// How long a producer is remembered after its newest batch.
pub const PRODUCER_MEMORY: Span = Span::from_secs(7 * 24 * 3_600);
/// How long it is remembered at least when a topic has too many: nobody sends a batch again so much later.
pub const PRODUCER_LEAST_MEMORY: Span = Span::from_secs(3_600);
/// Offsets that a partition of a relaxed topic skips after an unclean stop: more than it gives within the moments that
/// a power cut may lose.
pub const JUMP: u64 = 1 << 20;
/// Subscriptions that are looked at at one time to let go of what was measured long ago.
pub const MAX_FORGOTTEN_MEASURES: usize = 1_000;
/// Topics that one tick looks at for retention.
pub const MAX_TRIMMED_TOPICS: usize = 1_000;
/// Ranges in one part of an operation: a step says what it did of one part, and a part is restated whole.
pub const PART_RANGES: usize = 10_000;
/// Histories, messages left as they were and copies of which one part tells, about, each in up to 40 bytes: beyond it
/// what is still to be done becomes a part of its own.
pub const PART_RECORDS: usize = 20_000;
/// Parts of one operation: more than a commit group can begin.
pub const MAX_OPERATION_PARTS: usize = 1 << 20;
/// Ranges that one step of an operation changes: a slice of about a millisecond, so that others are served in between.
pub const STEP_RANGES: usize = 1_000;
/// Dead messages that one step changes, however few ranges they are: each has a record of some 35 bytes, and what a
/// step says goes in one commit group.
pub const STEP_DEAD: u64 = 5_000;
/// Pieces of a backlog that one step changes, about: runs of messages that nothing tells apart, and those with a
/// history. Ten million that nobody has met are a few hundred.
pub const STEP_PIECES: u64 = 5_000;
/// Operations that are remembered; beyond it the oldest is forgotten that is over, first those that cannot be undone.
pub const MAX_OPERATIONS: usize = 1_000;
/// Operations that are under way at one time: each takes a turn in each round.
pub const MAX_UNDER_WAY: u64 = 64;
/// How long a plan can be applied.
pub const PLAN_LIFETIME: Span = Span::from_secs(600);
/// Plans that wait to be applied; beyond it the oldest is dropped.
pub const MAX_PLANS: usize = 64;
/// Ranges of all plans that wait, in about 16 B each; beyond it the oldest plan is dropped.
pub const MAX_PLANNED_RANGES: usize = 8_000_000;
/// Bytes of edited messages of all plans that wait; beyond it the oldest plan is dropped.
pub const MAX_PLANNED_BYTES: usize = 64 << 20;
/// Messages that a plan reads to put them through its filter: a minute or so.
pub const MAX_SIFTED: u64 = 20_000_000;
/// Messages that one slice of a plan reads for a filter.
pub const SIFT_MESSAGES: u64 = 10_000;
/// Bytes of messages that it reads, about, or those of one frame.
pub const SIFT_BYTES: u64 = 1 << 20;
/// Messages that one step of a move publishes.
pub const MOVE_MESSAGES: usize = 500;
/// Bytes of them, or one larger message.
pub const MOVE_BYTES: u64 = 1 << 20;
/// Dead messages, or pieces of a backlog, that one slice of a plan looks at: about a millisecond.
pub const PLAN_SLICE: usize = 20_000;
/// Messages of which one slice of a plan looks at the keys, or at what was published of them: about a millisecond.
pub const KEY_SLICE: u64 = 5_000;
/// Messages whose keys a plan looks at to tell which it touches.
pub const MAX_PLANNED_KEYS: usize = 2_000_000;
/// Messages that a plan names.
pub const MAX_NAMED: usize = 100;
/// Administrative acts that are remembered, each in about 250 B.
pub const MAX_AUDITED: usize = 20_000;
/// How long they are remembered.
pub const AUDIT_MEMORY: Span = Span::from_secs(90 * 24 * 3_600);
