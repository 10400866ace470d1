//! What the demo says in the end: to people, and to programs.

use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use weir_proto::safe_text::SafeText;

use super::audit::Totals;
use crate::present::units;

/// Says what was seen, and how to go on without the demo.
pub(crate) fn to_people(
    out: &mut impl Write,
    totals: Option<&Totals>,
    lasted: Duration,
    kept: Option<&Path>,
) -> io::Result<()> {
    write!(
        out,
        "The demo ran for {}",
        units::seconds(lasted.as_secs_f64())
    )?;
    match totals {
        Some(totals) => {
            let (counts, books) = sentence(totals);
            writeln!(out, ":\n  {counts}\n  {books}")?;
        }
        None => writeln!(out, ".")?,
    }
    match kept {
        Some(directory) => {
            let directory = SafeText::new(directory.as_os_str().as_encoded_bytes());
            writeln!(out, "Its data is in {directory}:")?;
            writeln!(out, "  weir serve --data-dir {directory}")?;
        }
        None => writeln!(out, "Its data was temporary and is gone.")?,
    }
    writeln!(
        out,
        "\nTo go on with a broker of your own:
  weir serve                               with its data in ./weir-data
  weir topic create orders                 in another terminal
  weir sub create billing --topic orders
  weir topic publish orders --message hello
  weir sub pull billing --ack
  weir                                     this dashboard"
    )
}

/// Prints the totals as one JSON object.
pub(crate) fn to_programs(out: &mut impl Write, totals: &Totals) -> io::Result<()> {
    let text = serde_json::to_string(totals).map_err(io::Error::other)?;
    writeln!(out, "{text}")
}

/// Prints the totals on one line.
pub(crate) fn to_log(out: &mut impl Write, totals: &Totals) -> io::Result<()> {
    let (counts, books) = sentence(totals);
    writeln!(out, "{counts}; {books}")
}

/// The totals in words, and the error of the books.
fn sentence(totals: &Totals) -> (String, String) {
    let counts = format!(
        "{} published, {} acked, {} retried, {} dead, {} requeued",
        units::count(totals.published),
        units::count(totals.acked),
        units::count(totals.retried),
        units::count(totals.dead),
        units::count(totals.requeued),
    );
    let books = format!("books error {}", units::count(totals.conservation_error));
    (counts, books)
}
