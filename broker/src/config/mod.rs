//! The daemon's settings: what can be written, where, and what the broker runs with.
//!
//! A setting has one name, which is its flag, its key in the file and, in capitals, its variable. A
//! flag wins over the environment, the environment over the file, the file over the default; each
//! value remembers where it came from. A file is refused as a whole, with the line, if anything in
//! it is unknown or wrong.
//!
//! No setting can change while the broker runs: addresses, directories and segments are what it
//! stands on. On SIGHUP it reads its file again and says what a restart would change, or what is
//! wrong with it; either way it goes on with what it has.

mod checks;

mod values;

mod setting;

mod arguments;

mod file;

mod settings;

#[cfg(test)]
mod tests;

pub use arguments::{Arguments, Command, DirectoryArgs, RepairArgs, ServeArgs};
pub use file::{check, read};
pub use setting::{ConfigError, Setting, Shown, Source};
pub use settings::Settings;
pub use values::{Config, DEFAULT_DATA_DIR, DEFAULT_PORT, MAX_CONNECTIONS};
