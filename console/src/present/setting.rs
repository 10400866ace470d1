//! Settings of the daemon: the document of `config show` and its table.

use serde::Serialize;
use serde_json::Value;

use super::table::{Table, cell, text};

/// A setting, its value, and where that came from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct SettingDocument {
    pub(crate) name: &'static str,
    pub(crate) value: Value,
    /// `default`, `FILE:LINE`, the variable, or the flag.
    pub(crate) source: String,
}

/// Settings in columns.
pub(crate) fn setting_table(settings: &[SettingDocument]) -> Table {
    let mut table = Table::new(vec![text("SETTING"), text("VALUE"), text("SOURCE")]);
    for setting in settings {
        let value = match &setting.value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        table.push(vec![cell(setting.name), cell(value), cell(&setting.source)]);
    }
    table
}
