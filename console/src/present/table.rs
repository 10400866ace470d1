//! Tables: columns that are as wide as their widest cell, two blanks between them, a header on top.
//! No tabs and no frames, so that `awk` and eyes find the same columns.

use weir_proto::safe_text::SafeText;

/// What parts two columns.
const GAP: &str = "  ";
/// Cells that are wider than this push only what follows in their own line: one reason of a thousand
/// letters must not make every line as long.
const WIDEST: usize = 500;

/// Where a column's cells stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    /// For texts.
    Left,
    /// For numbers.
    Right,
}

/// One column.
#[derive(Clone, Debug)]
pub(crate) struct Column {
    title: SafeText,
    align: Align,
}

/// A column of texts.
pub(crate) fn text(title: &'static str) -> Column {
    Column {
        title: SafeText::literal(title),
        align: Align::Left,
    }
}

/// A column of numbers.
pub(crate) fn number(title: &'static str) -> Column {
    Column {
        title: SafeText::literal(title),
        align: Align::Right,
    }
}

/// A column with a title that is not ours, on the side that its cells ask for.
pub(crate) fn titled(title: &str, align: Align) -> Column {
    Column {
        title: SafeText::new(title),
        align,
    }
}

/// A cell of any text.
pub(crate) fn cell(text: impl AsRef<str>) -> SafeText {
    SafeText::new(text.as_ref())
}

/// Rows under a header.
#[derive(Debug)]
pub(crate) struct Table {
    columns: Vec<Column>,
    rows: Vec<Vec<SafeText>>,
    least_widths: Vec<usize>,
}

impl Table {
    /// A table without rows.
    pub(crate) fn new(columns: Vec<Column>) -> Self {
        let least_widths = columns.iter().map(|column| column.title.width()).collect();
        Self {
            columns,
            rows: Vec::new(),
            least_widths,
        }
    }

    /// Makes columns at least so wide, for tables that are printed in parts.
    pub(crate) fn with_least_widths(mut self, widths: &[usize]) -> Self {
        for (least, width) in self.least_widths.iter_mut().zip(widths) {
            *least = (*least).max(*width);
        }
        self
    }

    /// Adds a row; it has a cell for each column.
    pub(crate) fn push(&mut self, row: Vec<SafeText>) {
        debug_assert_eq!(row.len(), self.columns.len(), "a cell for each column");
        self.rows.push(row);
    }

    /// The header and the rows, a line each.
    pub(crate) fn render(&self, is_colored: bool) -> String {
        let widths = self.widths();
        let titles: Vec<SafeText> = self
            .columns
            .iter()
            .map(|column| column.title.clone())
            .collect();
        let header = self.line(&titles, &widths);
        let mut text = if is_colored {
            format!("\u{1b}[1m{header}\u{1b}[0m\n")
        } else {
            format!("{header}\n")
        };
        text.push_str(&self.lines(&widths));
        text
    }

    /// The rows without the header, for the later parts of a table.
    pub(crate) fn render_rows(&self) -> String {
        self.lines(&self.widths())
    }

    fn lines(&self, widths: &[usize]) -> String {
        let mut text = String::new();
        for row in &self.rows {
            text.push_str(&self.line(row, widths));
            text.push('\n');
        }
        text
    }

    fn widths(&self) -> Vec<usize> {
        let mut widths = self.least_widths.clone();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width().min(WIDEST));
            }
        }
        widths
    }

    fn line(&self, cells: &[SafeText], widths: &[usize]) -> String {
        let mut line = String::new();
        for (at, ((column, cell), width)) in self.columns.iter().zip(cells).zip(widths).enumerate()
        {
            if at > 0 {
                line.push_str(GAP);
            }
            let padding = " ".repeat(width.saturating_sub(cell.width()));
            match column.align {
                Align::Left => line.extend([cell.as_str(), &padding]),
                Align::Right => line.extend([&padding, cell.as_str()]),
            }
        }
        line.truncate(line.trim_end().len());
        line
    }
}

/// The fields of one thing: a name and a value a line, values in one column.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    lines: Vec<(&'static str, SafeText)>,
}

impl Fields {
    /// Adds a field.
    pub(crate) fn push(&mut self, name: &'static str, value: impl AsRef<str>) {
        self.lines.push((name, SafeText::new(value.as_ref())));
    }

    /// The fields, a line each.
    pub(crate) fn render(&self, is_colored: bool) -> String {
        let width = self
            .lines
            .iter()
            .map(|(name, _)| name.len())
            .max()
            .unwrap_or(0);
        let mut text = String::new();
        for (name, value) in &self.lines {
            let line = if is_colored {
                format!("\u{1b}[1m{name:<width$}\u{1b}[0m{GAP}{value}")
            } else {
                format!("{name:<width$}{GAP}{value}")
            };
            text.push_str(line.trim_end());
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(vec![text("NAME"), number("BACKLOG"), text("TOPIC")]);
        table.push(vec!["a".into(), "1,234,567".into(), "orders".into()]);
        table.push(vec!["日本".into(), "0".into(), "".into()]);
        table
    }

    #[test]
    fn columns_align_by_cells_and_lines_end_without_blanks() {
        let expected = "NAME    BACKLOG  TOPIC\na     1,234,567  orders\n日本          0\n";
        assert_eq!(table().render(false), expected);
    }

    #[test]
    fn a_hostile_name_stays_in_its_cell() {
        let mut table = Table::new(vec![text("NAME"), number("N")]);
        table.push(vec!["x\x1b]0;t\x07\n\u{202e}".into(), "1".into()]);
        let rendered = table.render(false);
        assert_eq!(
            rendered,
            "NAME                     N\nx\\x1b]0;t\\x07\\n\\u{202e}  1\n"
        );
    }

    #[test]
    fn only_the_header_is_coloured() {
        let rendered = table().render(true);
        assert!(rendered.starts_with("\u{1b}[1mNAME    BACKLOG  TOPIC\u{1b}[0m\na "));
        assert_eq!(rendered.matches('\u{1b}').count(), 2);
    }

    #[test]
    fn later_parts_of_a_table_keep_the_widths() {
        let mut part = Table::new(vec![text("ID"), text("PAYLOAD")]).with_least_widths(&[6]);
        part.push(vec!["1.0.7".into(), "hello".into()]);
        assert_eq!(part.render(false), "ID      PAYLOAD\n1.0.7   hello\n");
        assert_eq!(part.render_rows(), "1.0.7   hello\n");
    }

    #[test]
    fn a_cell_of_any_width_widens_the_others_only_so_far() {
        let mut table = Table::new(vec![text("REASON"), text("NAME")]);
        let long = "\x1b".repeat(60_000);
        table.push(vec![long.as_str().into(), "a".into()]);
        table.push(vec!["short".into(), "b".into()]);
        let rendered = table.render(false);
        let lines: Vec<&str> = rendered.lines().collect();
        assert!(lines[1].ends_with(r"\x1b  a"), "nothing is cut");
        assert_eq!(lines[2].len(), WIDEST + GAP.len() + 1);
    }

    #[test]
    fn fields_stand_in_two_columns() {
        let mut fields = Fields::default();
        fields.push("name", "orders");
        fields.push("partitions", "1\x07");
        assert_eq!(
            fields.render(false),
            "name        orders\npartitions  1\\x07\n"
        );
    }
}
