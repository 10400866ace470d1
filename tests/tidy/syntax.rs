//! What the rules need to know of Rust's syntax: names, paths, modules, functions; from tokens.
//!
//! It is no parser: it finds what it looks for by the words around it, in macros as well.

use proc_macro2::{Delimiter, Ident, TokenTree};

/// A path as it is written: `crate::model::Name`, or one leaf of a `use`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Path {
    pub(crate) segments: Vec<String>,
    pub(crate) line: usize,
    /// The inline modules it stands in, outermost first.
    pub(crate) inside: Vec<String>,
    /// Set if it is a leaf of a `use`.
    pub(crate) import: Option<Import>,
}

/// What a leaf of a `use` does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Import {
    /// The name it has from now on; `*` for all.
    pub(crate) name: String,
    /// Whether others see it through this module.
    pub(crate) is_public: bool,
}

/// A `mod name;` or `mod name { … }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declared {
    pub(crate) name: String,
    pub(crate) inside: Vec<String>,
    /// The value of `#[path = "…"]`.
    pub(crate) file: Option<String>,
    pub(crate) is_inline: bool,
    pub(crate) line: usize,
}

/// A function with a body, from its `fn` to the closing brace.
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

/// Every identifier with its line; keywords too.
pub(crate) fn names(tokens: &[TokenTree]) -> Vec<(String, usize)> {
    let mut found = Vec::new();
    each_level(tokens, &mut |level| {
        found.extend(
            level
                .iter()
                .filter_map(ident)
                .map(|name| (name.to_string(), line(name))),
        );
    });
    found
}

/// The names that items of these kinds are given: `fn x`, `struct X`, `mod x`, ….
pub(crate) fn item_names(tokens: &[TokenTree]) -> Vec<(String, usize)> {
    let kinds = [
        "fn", "struct", "enum", "trait", "mod", "const", "static", "type", "union",
    ];
    let mut found = Vec::new();
    each_level(tokens, &mut |level| {
        for pair in level.windows(2) {
            if let (Some(kind), Some(name)) = (ident(&pair[0]), ident(&pair[1]))
                && kinds.iter().any(|word| kind == word)
            {
                found.push((name.to_string(), line(name)));
            }
        }
    });
    found
}

/// The functions with a body.
pub(crate) fn functions(tokens: &[TokenTree]) -> Vec<Function> {
    let mut found = Vec::new();
    each_level(tokens, &mut |level| {
        for (at, pair) in level.windows(2).enumerate() {
            let (Some(word), Some(name)) = (ident(&pair[0]), ident(&pair[1])) else {
                continue;
            };
            let end = level[at..]
                .iter()
                .find(|token| is_punct(token, ';') || is_brace(token));
            if word == "fn"
                && let Some(TokenTree::Group(body)) = end
            {
                let lines = body.span_close().end().line + 1 - line(word);
                found.push(Function {
                    name: name.to_string(),
                    line: line(word),
                    lines,
                });
            }
        }
    });
    found
}

/// The modules that a file declares, in order.
pub(crate) fn modules(tokens: &[TokenTree]) -> Vec<Declared> {
    let mut found = Vec::new();
    modules_inside(tokens, &[], &mut found);
    found
}

fn modules_inside(tokens: &[TokenTree], inside: &[String], found: &mut Vec<Declared>) {
    let mut file = None;
    for (at, token) in tokens.iter().enumerate() {
        if let TokenTree::Group(group) = token
            && group.delimiter() == Delimiter::Bracket
        {
            file = path_attribute(&trees(group)).or(file);
        }
        if is_punct(token, ';') || is_brace(token) {
            file = None;
        }
        let Some((name, next)) = module_at(tokens, at) else {
            continue;
        };
        let is_inline = is_brace(next);
        found.push(Declared {
            name: name.to_string(),
            inside: inside.to_vec(),
            file: file.take(),
            is_inline,
            line: line(name),
        });
        if let TokenTree::Group(body) = next {
            let inner = [inside, &[name.to_string()]].concat();
            modules_inside(&trees(body), &inner, found);
        }
    }
}

/// `mod` with its name and the `;` or body after it.
fn module_at(tokens: &[TokenTree], at: usize) -> Option<(&Ident, &TokenTree)> {
    let is_mod = ident(tokens.get(at)?)? == "mod";
    let (name, next) = (ident(tokens.get(at + 1)?)?, tokens.get(at + 2)?);
    (is_mod && (is_punct(next, ';') || is_brace(next))).then_some((name, next))
}

fn path_attribute(tokens: &[TokenTree]) -> Option<String> {
    match tokens {
        [TokenTree::Ident(word), _, TokenTree::Literal(file)] if word == "path" => {
            Some(file.to_string().trim_matches('"').to_owned())
        }
        _ => None,
    }
}

/// Every path of two or more segments, and every leaf of a `use`.
pub(crate) fn paths(tokens: &[TokenTree]) -> Vec<Path> {
    let mut found = Vec::new();
    paths_inside(tokens, &[], &mut found);
    found
}

fn paths_inside(tokens: &[TokenTree], inside: &[String], found: &mut Vec<Path>) {
    let mut at = 0;
    while at < tokens.len() {
        if let Some((name, TokenTree::Group(body))) = module_at(tokens, at) {
            paths_inside(&trees(body), &[inside, &[name.to_string()]].concat(), found);
            at += 3;
            continue;
        }
        if let Some(end) = use_at(tokens, at) {
            let is_public = at > 0 && is_visibility(&tokens[at - 1]);
            let mut uses = Uses {
                is_public,
                inside,
                found,
            };
            uses.tree(&tokens[at + 1..end], &[]);
            at = end;
            continue;
        }
        if let TokenTree::Group(group) = &tokens[at] {
            paths_inside(&trees(group), inside, found);
        }
        let (segments, end) = segments_at(tokens, at);
        if segments.len() > 1 && !(at > 0 && is_punct(&tokens[at - 1], '.')) {
            let line = tokens[at].span().start().line;
            found.push(Path {
                segments,
                line,
                inside: inside.to_vec(),
                import: None,
            });
        }
        at = end.max(at + 1);
    }
}

/// Where the `use` that starts here ends; not the `use<'a>` of a signature.
fn use_at(tokens: &[TokenTree], at: usize) -> Option<usize> {
    let is_use = ident(&tokens[at]).is_some_and(|word| word == "use");
    let is_capture = tokens.get(at + 1).is_some_and(|next| is_punct(next, '<'));
    let end = tokens[at..].iter().position(|token| is_punct(token, ';'))?;
    (is_use && !is_capture).then_some(at + end)
}

fn is_visibility(token: &TokenTree) -> bool {
    let is_scope = matches!(token, TokenTree::Group(g) if g.delimiter() == Delimiter::Parenthesis);
    is_scope || ident(token).is_some_and(|word| word == "pub")
}

/// `a::b::c` from here, and the index behind it.
fn segments_at(tokens: &[TokenTree], at: usize) -> (Vec<String>, usize) {
    let mut segments = Vec::new();
    let mut next = at;
    while let Some(name) = tokens.get(next).and_then(ident) {
        segments.push(name.to_string());
        next += 1;
        if !is_colons(tokens, next) || tokens.get(next + 2).and_then(ident).is_none() {
            break;
        }
        next += 2;
    }
    (segments, next)
}

/// Takes a `use` apart into its leaves.
struct Uses<'a> {
    is_public: bool,
    inside: &'a [String],
    found: &'a mut Vec<Path>,
}

impl Uses<'_> {
    fn tree(&mut self, tokens: &[TokenTree], prefix: &[String]) {
        let start = if is_colons(tokens, 0) { 2 } else { 0 };
        let (segments, end) = segments_at(tokens, start);
        let path = [prefix, &segments].concat();
        let behind = if is_colons(tokens, end) { end + 2 } else { end };
        match tokens.get(behind) {
            Some(TokenTree::Group(group)) => {
                for part in trees(group).split(|token| is_punct(token, ',')) {
                    if !part.is_empty() {
                        self.tree(part, &path);
                    }
                }
            }
            Some(token) if is_punct(token, '*') => self.leaf(tokens, path, "*"),
            Some(token) if ident(token).is_some_and(|word| word == "as") => {
                let alias = tokens
                    .get(behind + 1)
                    .map(ToString::to_string)
                    .unwrap_or_default();
                self.leaf(tokens, path, &alias);
            }
            _ => {
                let mut path = path;
                if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
                    path.pop();
                }
                let name = path.last().cloned().unwrap_or_default();
                self.leaf(tokens, path, &name);
            }
        }
    }

    fn leaf(&mut self, tokens: &[TokenTree], segments: Vec<String>, name: &str) {
        let line = tokens.first().map_or(0, |token| token.span().start().line);
        let import = Import {
            name: name.to_owned(),
            is_public: self.is_public,
        };
        let inside = self.inside.to_vec();
        self.found.push(Path {
            segments,
            line,
            inside,
            import: Some(import),
        });
    }
}

fn each_level(tokens: &[TokenTree], look: &mut dyn FnMut(&[TokenTree])) {
    look(tokens);
    for token in tokens {
        if let TokenTree::Group(group) = token {
            each_level(&trees(group), look);
        }
    }
}

fn trees(group: &proc_macro2::Group) -> Vec<TokenTree> {
    group.stream().into_iter().collect()
}

fn ident(token: &TokenTree) -> Option<&Ident> {
    if let TokenTree::Ident(ident) = token {
        Some(ident)
    } else {
        None
    }
}

fn is_punct(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == c)
}

fn is_brace(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn is_colons(tokens: &[TokenTree], at: usize) -> bool {
    let is_colon = |at: usize| tokens.get(at).is_some_and(|token| is_punct(token, ':'));
    is_colon(at) && is_colon(at + 1)
}

fn line(ident: &Ident) -> usize {
    ident.span().start().line
}

#[cfg(test)]
mod tests {
    use super::{functions, modules, paths};
    use crate::tree::tokens;

    fn written(text: &str) -> Vec<String> {
        paths(&tokens("a.rs", text))
            .into_iter()
            .map(|path| path.segments.join("::"))
            .collect()
    }

    #[test]
    fn paths_are_found_wherever_they_stand() {
        let text = "pub(crate) use crate::a::{self, b::*, c as d};
            fn f() -> impl use<'a> Into<crate::e::E> { g!(\"{}\", super::h::<u8>()); x.i; j::k() }";
        let expected = [
            "crate::a",
            "crate::a::b",
            "crate::a::c",
            "crate::e::E",
            "super::h",
            "j::k",
        ];
        assert_eq!(written(text), expected);
        let found = paths(&tokens("a.rs", text));
        assert!(
            found[0]
                .import
                .as_ref()
                .is_some_and(|import| import.is_public)
        );
        assert_eq!(
            found[2].import.as_ref().map(|import| import.name.as_str()),
            Some("d")
        );
    }

    #[test]
    fn inline_modules_are_part_of_where_a_path_stands() {
        let found = paths(&tokens(
            "a.rs",
            "mod t { use super::x; mod u { fn f() { y::z() } } }",
        ));
        assert_eq!(found[0].inside, ["t"]);
        assert_eq!(found[1].inside, ["t", "u"]);
    }

    #[test]
    fn declared_modules_know_their_file() {
        let found = modules(&tokens(
            "a.rs",
            "#[path = \"c.rs\"] mod b; mod d { mod e; } mod f;",
        ));
        let names: Vec<_> = found
            .iter()
            .map(|m| (m.name.as_str(), m.file.as_deref()))
            .collect();
        assert_eq!(
            names,
            [("b", Some("c.rs")), ("d", None), ("e", None), ("f", None)]
        );
        assert_eq!(found[2].inside, ["d"]);
    }

    #[test]
    fn a_function_is_counted_from_its_first_line_to_its_brace() {
        let text = "trait T { fn none(); }\nimpl T for U {\n    fn some() {\n        1;\n    }\n}";
        let found = functions(&tokens("a.rs", text));
        let found: Vec<_> = found
            .iter()
            .map(|f| (f.name.as_str(), f.line, f.lines))
            .collect();
        assert_eq!(found, [("some", 3, 3)]);
    }
}
