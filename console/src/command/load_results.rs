//! `weir load compare` and `weir load report`: what runs have left behind.

use std::path::Path;

use super::arguments::Globals;
use super::failure::{Exit, Failure};
use super::output::Output;
use crate::files;
use crate::load::comparison::comparison;
use crate::load::report;
use crate::load::summary::Summary;
use crate::present::format::Format;
use crate::present::json;
use crate::present::table::{self, Table};
use crate::present::units;

/// Two results side by side.
pub(super) async fn compare(
    globals: &Globals,
    (before, after): (&Path, &Path),
    output: &mut Output,
) -> Result<Exit, Failure> {
    let rows = comparison(&result(before)?, &result(after)?);
    let text = match globals.output {
        Format::Json => json::pretty(&rows)?,
        Format::Jsonl => rows.iter().map(json::line).collect::<Result<String, _>>()?,
        Format::Table | Format::Wide | Format::Name => {
            let mut rendered = Table::new(vec![
                table::text("FIGURE"),
                table::number("BEFORE"),
                table::number("AFTER"),
                table::number("RATIO"),
            ]);
            let figure = |value: Option<f64>| units::known(value, |value| format!("{value:.6}"));
            for row in rows {
                let ratio = units::known(row.ratio, |ratio| format!("{ratio:.2}"));
                let cells = [row.figure, figure(row.before), figure(row.after), ratio];
                rendered.push(cells.into_iter().map(table::cell).collect());
            }
            rendered.render(output.is_colored())
        }
    };
    output.data(text).await?;
    Ok(Exit::Done)
}

/// A result as a page.
pub(super) async fn report(
    result_file: &Path,
    page_file: Option<&Path>,
    output: &mut Output,
) -> Result<Exit, Failure> {
    let page = report::page(&result(result_file)?);
    match page_file {
        Some(file) => {
            files::replace(file, page.as_bytes()).map_err(|error| Failure::file(file, error))?;
            output.note(&format!("{} is written", file.display()));
        }
        None => output.data(page).await?,
    }
    Ok(Exit::Done)
}

/// What `weir load run -o json` has written.
pub(super) fn result(file: &Path) -> Result<Summary, Failure> {
    let text = files::read_text(file).map_err(|error| Failure::file(file, error))?;
    serde_json::from_str(&text).map_err(|error| {
        let file = file.display();
        Failure::Usage(format!(
            "{file} is no result of `weir load run -o json`: {error}"
        ))
    })
}
