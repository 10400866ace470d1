//! Messages that are printed in parts, as they come: a table with one header, an array with one
//! pair of brackets, lines, or the bytes of the payloads.

use weir_proto::safe_text::SafeText;

use super::format::Format;
use super::json;
use super::message::{MessageDocument, Sort, message_table};

/// How messages are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// As documents or columns.
    As(Format),
    /// The payloads as they are, nothing between them.
    Raw,
}

/// Writes messages part by part.
#[derive(Debug)]
pub(crate) struct MessagePrinter {
    form: Form,
    sort: Sort,
    is_colored: bool,
    has_begun: bool,
}

impl MessagePrinter {
    /// A printer that has printed nothing.
    pub(crate) fn new(form: Form, sort: Sort, is_colored: bool) -> Self {
        Self {
            form,
            sort,
            is_colored,
            has_begun: false,
        }
    }

    /// The next messages.
    pub(crate) fn part(&mut self, messages: &[MessageDocument]) -> serde_json::Result<Vec<u8>> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let is_first = !std::mem::replace(&mut self.has_begun, true);
        let text = match self.form {
            Form::Raw => {
                return Ok(messages
                    .iter()
                    .flat_map(|message| message.raw.to_vec())
                    .collect());
            }
            Form::As(Format::Jsonl) => messages.iter().map(json::line).collect::<Result<_, _>>()?,
            Form::As(Format::Json) => elements(messages, is_first)?,
            Form::As(Format::Name) => messages
                .iter()
                .flat_map(|message| {
                    [
                        SafeText::new(&message.message_id).to_string(),
                        "\n".to_owned(),
                    ]
                })
                .collect(),
            Form::As(format @ (Format::Table | Format::Wide)) => {
                let table = message_table(messages, self.sort, format == Format::Wide);
                if is_first {
                    table.render(self.is_colored)
                } else {
                    table.render_rows()
                }
            }
        };
        Ok(text.into_bytes())
    }

    /// What closes the output.
    pub(crate) fn end(&self) -> &'static str {
        match (self.form, self.has_begun) {
            (Form::As(Format::Json), true) => "\n]\n",
            (Form::As(Format::Json), false) => "[]\n",
            _ => "",
        }
    }
}

/// Elements of one array, which is opened before the first and closed at the end.
fn elements(messages: &[MessageDocument], is_first: bool) -> serde_json::Result<String> {
    let mut text = String::new();
    for (at, message) in messages.iter().enumerate() {
        text.push_str(if is_first && at == 0 { "[\n" } else { ",\n" });
        text.push_str(json::line(message)?.trim_end());
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(id: &str, payload: &'static [u8]) -> MessageDocument {
        MessageDocument {
            message_id: id.to_owned(),
            raw: payload.into(),
            ..MessageDocument::default()
        }
    }

    fn printed(form: Form, parts: &[&[MessageDocument]]) -> String {
        let mut printer = MessagePrinter::new(form, Sort::Pulled, false);
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend(printer.part(part).unwrap());
        }
        bytes.extend(printer.end().as_bytes());
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn parts_make_one_array() {
        let (one, two) = (message("1.0.0", b""), message("1.0.1", b""));
        let text = printed(Form::As(Format::Json), &[&[one], &[], &[two]]);
        let array: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(array.len(), 2);
        assert_eq!(array[1]["message_id"], "1.0.1");
        assert_eq!(printed(Form::As(Format::Json), &[&[]]), "[]\n");
    }

    #[test]
    fn lines_have_nothing_around_them() {
        let text = printed(Form::As(Format::Jsonl), &[&[message("1.0.0", b"")], &[]]);
        assert_eq!(text.lines().count(), 1);
        assert!(text.starts_with("{\"message_id\":\"1.0.0\","), "{text}");
        assert_eq!(printed(Form::As(Format::Jsonl), &[&[]]), "");
    }

    #[test]
    fn raw_payloads_leave_as_they_came() {
        let parts: [&[MessageDocument]; 1] = [&[message("1", b"a\x1b"), message("2", b"b\n")]];
        assert_eq!(printed(Form::Raw, &parts), "a\x1bb\n");
    }

    #[test]
    fn a_table_has_one_header() {
        let parts: [&[MessageDocument]; 2] = [&[message("1.0.0", b"x")], &[message("1.0.1", b"y")]];
        let text = printed(Form::As(Format::Table), &parts);
        assert_eq!(text.matches("PAYLOAD").count(), 1);
        assert_eq!(text.lines().count(), 3);
    }
}
