//! The terminal as a drawing surface that is written to only when something on it changes.
//!
//! Each change goes out between the marks of a synchronised update, so that a terminal shows whole
//! frames only; a frame without a change writes no byte. It never asks the terminal anything: the
//! answer would come in between the keys.

use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// DEC private mode 2026: what follows is shown at its end, as a whole.
const BEGIN_UPDATE: &[u8] = b"\x1b[?2026h";
const END_UPDATE: &[u8] = b"\x1b[?2026l";

/// Writes frames to a terminal.
#[derive(Debug)]
pub(crate) struct Surface<W: Write> {
    backend: CrosstermBackend<W>,
    cursor: Cursor,
}

/// What the terminal was last told about its cursor.
#[derive(Debug, PartialEq, Eq)]
enum Cursor {
    Unknown,
    Hidden,
    Shown,
}

impl<W: Write> Surface<W> {
    /// A surface on a writer that is a terminal.
    pub(crate) fn new(writer: W) -> Self {
        Self {
            backend: CrosstermBackend::new(writer),
            cursor: Cursor::Unknown,
        }
    }
}

impl<W: Write> Backend for Surface<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.backend.write_all(BEGIN_UPDATE)?;
        self.backend.draw(content)?;
        self.backend.write_all(END_UPDATE)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        if self.cursor == Cursor::Hidden {
            return Ok(());
        }
        self.cursor = Cursor::Hidden;
        self.backend.hide_cursor()
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if self.cursor == Cursor::Shown {
            return Ok(());
        }
        self.cursor = Cursor::Shown;
        self.backend.show_cursor()
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(Position::ORIGIN)
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        self.backend.set_cursor_position(position)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.backend.clear()
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.backend.clear_region(clear_type)
    }

    fn size(&self) -> io::Result<Size> {
        self.backend.size()
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        self.backend.window_size()
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.backend)
    }
}

#[cfg(test)]
mod tests {
    use ratatui::Terminal;
    use ratatui::widgets::Paragraph;
    use ratatui::{TerminalOptions, Viewport};

    use super::*;

    #[derive(Clone, Default)]
    struct Wire(std::rc::Rc<std::cell::RefCell<Vec<u8>>>);

    impl Write for Wire {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_frame_without_a_change_writes_no_byte_and_others_are_synchronised() {
        let wire = Wire::default();
        let area = ratatui::layout::Rect::new(0, 0, 20, 2);
        let options = TerminalOptions {
            viewport: Viewport::Fixed(area),
        };
        let mut terminal = Terminal::with_options(Surface::new(wire.clone()), options).unwrap();
        let mut draw = |text: &'static str| {
            wire.0.borrow_mut().clear();
            terminal
                .draw(|frame| frame.render_widget(Paragraph::new(text), area))
                .unwrap();
            String::from_utf8(wire.0.borrow().clone()).unwrap()
        };
        let first = draw("backlog 1");
        assert!(first.contains("\x1b[?2026h") && first.contains("backlog"));
        assert!(first.contains("\x1b[?2026l"));
        assert_eq!(draw("backlog 1"), "");
        assert!(draw("backlog 2").contains('2'));
    }
}
