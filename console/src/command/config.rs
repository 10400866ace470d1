//! `weir config show|check`: the settings of the daemon, without one.

use super::arguments::{ConfigCommand, Globals};
use super::failure::{Exit, Failure};
use super::output::{self, Output};
use crate::embedded::{self, ServeArgs, Shown};
use crate::present::format::Format;
use crate::present::json;
use crate::present::setting::{SettingDocument, setting_table};

/// Runs a verb of settings.
pub(crate) fn run(globals: &Globals, command: ConfigCommand) -> Exit {
    let text = match command {
        ConfigCommand::Show(args) => shown(globals, &args),
        ConfigCommand::Check { file } => embedded::check_configuration(&file)
            .map(|()| String::new())
            .map_err(Failure::from),
    };
    match text {
        Ok(text) => output::print(&text),
        Err(failure) => {
            Output::new(globals.color, globals.quiet).failure(&failure);
            failure.exit()
        }
    }
}

fn shown(globals: &Globals, args: &ServeArgs) -> Result<String, Failure> {
    let rows = args.settings()?.rows();
    let documents: Vec<SettingDocument> = rows
        .into_iter()
        .map(|(name, setting)| SettingDocument {
            name,
            value: match setting.value {
                Shown::Text(text) => text.into(),
                Shown::Number(number) => number.into(),
                Shown::Flag(flag) => flag.into(),
                Shown::Nothing => serde_json::Value::Null,
            },
            source: setting.source.to_string(),
        })
        .collect();
    Ok(match globals.output {
        Format::Json => json::pretty(&documents)?,
        Format::Jsonl => documents.iter().map(json::line).collect::<Result<_, _>>()?,
        Format::Name => documents.iter().flat_map(|one| [one.name, "\n"]).collect(),
        Format::Table | Format::Wide => {
            let output = Output::new(globals.color, globals.quiet);
            setting_table(&documents).render(output.is_colored())
        }
    })
}
