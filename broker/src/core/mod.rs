//! the shard's state: decide and apply.
