//! the thread that owns a core and its journal.
