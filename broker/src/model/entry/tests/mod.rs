//! Entries are read as they were written, those of the first release and those that came later.

mod later;
mod newer;
mod written;
