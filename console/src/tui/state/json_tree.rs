//! A payload that is JSON as a tree of lines, some of which hide what is in them.
//!
//! Numbers, strings and the order of fields stay as they were sent: nothing is read into a number of
//! ours and written again. Beyond a bound of depth or nodes it is no tree, and shown as text.

use std::collections::BTreeSet;

use serde::de::IgnoredAny;
use weir_proto::safe_text::SafeText;

/// A longer payload is not read as JSON: the tree would be made anew with each frame.
const BYTES_CAP: usize = 64 * 1024;
const NODES_CAP: usize = 4_000;
const DEPTH_CAP: usize = 64;
/// How many bytes of one value are shown.
const VALUE_CAP_BYTES: usize = 2_048;

/// A payload as JSON.
#[derive(Clone, Debug)]
pub(crate) struct Tree {
    nodes: Vec<Node>,
}

/// A line of the tree.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) depth: usize,
    /// The name of the field with its quotes; `None` in a list and at the root.
    pub(crate) key: Option<SafeText>,
    pub(crate) value: Value,
    /// Whether another one follows in the same object or list.
    pub(crate) has_next: bool,
}

/// What a line says.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    /// A string with its quotes, a number or a word.
    Scalar {
        text: SafeText,
        is_string: bool,
    },
    /// The beginning of an object or list: how many are in it, and the node that ends it.
    Open {
        bracket: Bracket,
        count: usize,
        close: usize,
    },
    Close(Bracket),
}

/// Round whom a line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bracket {
    Object,
    List,
}

impl Bracket {
    /// Its beginning and its end.
    pub(crate) fn signs(self) -> (&'static str, &'static str) {
        match self {
            Self::Object => ("{", "}"),
            Self::List => ("[", "]"),
        }
    }
}

impl Tree {
    /// Reads a payload; `None` if it is no JSON, or none that can be shown as a tree.
    pub(crate) fn read(payload: &[u8]) -> Option<Self> {
        if payload.len() > BYTES_CAP {
            return None;
        }
        let text = std::str::from_utf8(payload).ok()?;
        serde_json::from_str::<IgnoredAny>(text).ok()?;
        let mut reader = Reader {
            text,
            at: 0,
            nodes: Vec::new(),
        };
        reader.value(0, None)?;
        Some(Self {
            nodes: reader.nodes,
        })
    }

    /// The lines that are seen while some nodes are folded, each with its number.
    pub(crate) fn lines<'a>(
        &'a self,
        folded: &'a BTreeSet<usize>,
    ) -> impl Iterator<Item = (usize, &'a Node)> {
        let mut skip_to = 0;
        self.nodes.iter().enumerate().filter(move |(at, node)| {
            if *at < skip_to {
                return false;
            }
            if let Value::Open { close, .. } = node.value
                && folded.contains(at)
            {
                skip_to = close + 1;
            }
            true
        })
    }

    /// The first node from a line on that can be folded.
    pub(crate) fn foldable(&self, folded: &BTreeSet<usize>, line: usize) -> Option<usize> {
        self.lines(folded)
            .skip(line)
            .find(|(_, node)| matches!(node.value, Value::Open { .. }))
            .map(|(at, _)| at)
    }

    /// Whether it is an object or a list, which alone are worth a tree.
    pub(crate) fn is_nested(&self) -> bool {
        self.nodes.len() > 1
    }
}

/// Cuts text that is known to be JSON into lines.
struct Reader<'a> {
    text: &'a str,
    at: usize,
    nodes: Vec<Node>,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize, key: Option<SafeText>) -> Option<()> {
        if depth > DEPTH_CAP || self.nodes.len() > NODES_CAP {
            return None;
        }
        match self.peek()? {
            b'{' => self.nested(depth, key, Bracket::Object),
            b'[' => self.nested(depth, key, Bracket::List),
            first => {
                let text = self.scalar()?;
                let value = Value::Scalar {
                    text: SafeText::capped(text.as_bytes(), VALUE_CAP_BYTES),
                    is_string: first == b'"',
                };
                self.push(depth, key, value);
                Some(())
            }
        }
    }

    fn nested(&mut self, depth: usize, key: Option<SafeText>, bracket: Bracket) -> Option<()> {
        let open = self.nodes.len();
        self.push(depth, key, Value::Close(bracket));
        self.at += 1;
        let mut count = 0;
        let mut last = None;
        while !matches!(self.peek()?, b'}' | b']') {
            if self.peek()? == b',' {
                self.at += 1;
            }
            let key = if bracket == Bracket::Object {
                self.peek()?;
                let key = SafeText::capped(self.scalar()?.as_bytes(), VALUE_CAP_BYTES);
                self.peek()?;
                // The colon.
                self.at += 1;
                Some(key)
            } else {
                None
            };
            if let Some(node) = last.and_then(|last: usize| self.nodes.get_mut(last)) {
                node.has_next = true;
            }
            last = Some(self.nodes.len());
            self.value(depth + 1, key)?;
            last = self.end_of(last?);
            count += 1;
        }
        self.at += 1;
        let close = self.nodes.len();
        self.push(depth, None, Value::Close(bracket));
        self.nodes.get_mut(open)?.value = Value::Open {
            bracket,
            count,
            close,
        };
        Some(())
    }

    /// The line of a value that a comma stands behind: the last one.
    fn end_of(&self, node: usize) -> Option<usize> {
        match self.nodes.get(node)?.value {
            Value::Open { close, .. } => Some(close),
            _ => Some(node),
        }
    }

    fn push(&mut self, depth: usize, key: Option<SafeText>, value: Value) {
        self.nodes.push(Node {
            depth,
            key,
            value,
            has_next: false,
        });
    }

    /// The next byte that is not white.
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let white = rest.iter().position(|byte| !byte.is_ascii_whitespace())?;
        self.at += white;
        rest.get(white).copied()
    }

    /// A string with its quotes, a number or a word.
    fn scalar(&mut self) -> Option<&str> {
        let rest = self.text.get(self.at..)?;
        let end = if rest.starts_with('"') {
            let mut is_escaped = false;
            let quote = rest.bytes().skip(1).position(|byte| {
                let ends = byte == b'"' && !is_escaped;
                is_escaped = byte == b'\\' && !is_escaped;
                ends
            })?;
            quote + 2
        } else {
            let ends = |c: char| c.is_ascii_whitespace() || matches!(c, ',' | '}' | ']' | ':');
            rest.find(ends).unwrap_or(rest.len())
        };
        self.at += end;
        rest.get(..end)
    }
}
