//! The style guide of `weir.v1`, held against the compiled contract with its comments.
//!
//! It covers what a reader of the API relies on: packages and files, a request and a response of
//! its own for each rpc, names of times, zero values, lists in pages, and a comment on everything.

use std::collections::{BTreeMap, BTreeSet};

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto,
    FileDescriptorSet, MethodDescriptorProto, ServiceDescriptorProto,
};

use crate::tree::Violation;

const PACKAGE: &str = "weir.v1";
const TIMESTAMP: &str = ".google.protobuf.Timestamp";
const DURATION: &str = ".google.protobuf.Duration";

/// The contract as the crate `weir-proto` was built from it.
pub(crate) fn real() -> FileDescriptorSet {
    FileDescriptorSet::decode(weir_proto::FILE_DESCRIPTOR_SET).expect("the set is readable")
}

/// Every rule on every file of ours in the set.
pub(crate) fn check_protos(set: &FileDescriptorSet) -> Vec<Violation> {
    let mut found = Vec::new();
    let ours = |file: &&FileDescriptorProto| !file.name().starts_with("google/");
    for file in set.file.iter().filter(ours) {
        Check::new(file, &mut found).file(file);
    }
    let rpcs = set
        .file
        .iter()
        .filter(ours)
        .flat_map(|file| &file.service)
        .flat_map(|s| &s.method);
    let mut users: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for rpc in rpcs {
        users.entry(rpc.input_type()).or_default().push(rpc.name());
        users.entry(rpc.output_type()).or_default().push(rpc.name());
    }
    for (message, rpcs) in users.iter().filter(|(_, rpcs)| rpcs.len() > 1) {
        let what = format!(
            "`{message}` belongs to more than one rpc: {}",
            rpcs.join(", ")
        );
        found.push(Violation::new("proto", 0, what));
    }
    if found.is_empty() && !set.file.iter().any(|file| file.package() == PACKAGE) {
        found.push(Violation::new(
            "proto",
            0,
            format!("no file of package {PACKAGE}"),
        ));
    }
    found
}

/// What is known of one file while it is walked.
struct Check<'a> {
    path: String,
    /// The line and leading comment of each element, by its path in the descriptor.
    comments: BTreeMap<&'a [i32], (usize, &'a str)>,
    found: &'a mut Vec<Violation>,
}

impl<'a> Check<'a> {
    fn new(file: &'a FileDescriptorProto, found: &'a mut Vec<Violation>) -> Self {
        let mut comments = BTreeMap::new();
        for location in file.source_code_info.iter().flat_map(|info| &info.location) {
            let line = location
                .span
                .first()
                .and_then(|line| usize::try_from(*line).ok());
            let comment = (line.map_or(0, |line| line + 1), location.leading_comments());
            comments.insert(location.path.as_slice(), comment);
        }
        Self {
            path: format!("proto/{}", file.name()),
            comments,
            found,
        }
    }

    fn push(&mut self, at: &[i32], what: impl Into<String>) {
        let line = self.comments.get(at).map_or(0, |(line, _)| *line);
        self.found.push(Violation::new(&self.path, line, what));
    }

    /// Rule 15: a comment that begins like a sentence.
    fn commented(&mut self, at: &[i32], name: &str) {
        let comment = self
            .comments
            .get(at)
            .map_or("", |(_, comment)| comment.trim());
        if comment.is_empty() {
            self.push(at, format!("`{name}` has no comment"));
        } else if comment.starts_with(|c: char| c.is_lowercase()) || !comment.contains('.') {
            self.push(at, format!("the comment of `{name}` is no sentence"));
        }
    }

    fn file(&mut self, file: &FileDescriptorProto) {
        let stem = file
            .name()
            .strip_prefix("weir/v1/")
            .and_then(|name| name.strip_suffix(".proto"));
        let is_snake = |stem: &str| stem.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        if file.package() != PACKAGE || !stem.is_some_and(is_snake) {
            self.push(
                &[],
                format!("is not package {PACKAGE} in `weir/v1/lower_snake_case.proto`"),
            );
        }
        if file.service.len() > 1 {
            self.push(&[], "holds more than one service");
        }
        for (at, service) in (0..).zip(&file.service) {
            if stem != Some(&format!("{}_service", service.name().to_lowercase())) {
                self.push(
                    &[6, at],
                    format!("service `{}` needs a file of its name", service.name()),
                );
            }
            self.service(at, service, file);
        }
        for (at, message) in (0..).zip(&file.message_type) {
            self.message(&[4, at], message);
        }
        for (at, choice) in (0..).zip(&file.enum_type) {
            self.choice(&[5, at], choice);
        }
    }

    fn service(&mut self, at: i32, service: &ServiceDescriptorProto, file: &FileDescriptorProto) {
        self.commented(&[6, at], service.name());
        for (rpc_at, rpc) in (0..).zip(&service.method) {
            let path = [6, at, 2, rpc_at];
            self.commented(&path, rpc.name());
            self.rpc(&path, rpc);
            if let Some(resource) = rpc.name().strip_prefix("List") {
                self.list(&path, rpc, resource, file);
            }
        }
        // Requests and responses stand in the order of their rpcs.
        let order =
            |rpc: &MethodDescriptorProto| [rpc.input_type(), rpc.output_type()].map(own_name);
        let expected: Vec<String> = service.method.iter().flat_map(order).collect();
        let of_rpcs: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
        let messages = file.message_type.iter().map(DescriptorProto::name);
        let given: Vec<&str> = messages.filter(|name| of_rpcs.contains(name)).collect();
        if given != expected {
            self.push(
                &[6, at],
                "its requests and responses are not here in the order of its rpcs",
            );
        }
    }

    /// Rules 5, 6 and 15 for one rpc.
    fn rpc(&mut self, at: &[i32], rpc: &MethodDescriptorProto) {
        let types = [
            (rpc.input_type(), "Request"),
            (rpc.output_type(), "Response"),
        ];
        for (given, suffix) in types {
            let expected = format!(".{PACKAGE}.{}{suffix}", rpc.name());
            if given != expected {
                self.push(at, format!("`{}` does not use `{expected}`", rpc.name()));
            }
        }
        let comment = self
            .comments
            .get(at)
            .map_or("", |(_, comment)| comment.trim());
        let verb = comment
            .split(|c: char| !c.is_alphabetic())
            .next()
            .unwrap_or_default();
        if !comment.is_empty() && !verb.ends_with('s') {
            let what = format!(
                "the comment of `{}` does not begin with what it does",
                rpc.name()
            );
            self.push(at, what);
        }
    }

    /// Rule 17: lists come in pages, results first, and never as a stream.
    fn list(
        &mut self,
        at: &[i32],
        rpc: &MethodDescriptorProto,
        resource: &str,
        file: &FileDescriptorProto,
    ) {
        let message = |given: &str| {
            file.message_type
                .iter()
                .find(|message| message.name() == own_name(given))
        };
        let (request, response) = (message(rpc.input_type()), message(rpc.output_type()));
        let asks = |name: &str, kinds: &[Type]| has(request, name, kinds);
        let pages = asks("page_size", &[Type::Int32, Type::Uint32])
            && asks("page_token", &[Type::String])
            && has(response, "next_page_token", &[Type::String]);
        let first = response.and_then(|message| message.field.iter().find(|f| f.number() == 1));
        let results_first = first.is_some_and(|field| field.label() == Label::Repeated);
        if !pages || !results_first || rpc.server_streaming() {
            let name = rpc.name();
            self.push(
                at,
                format!(
                    "`{name}` does not answer with pages of {}",
                    resource.to_lowercase()
                ),
            );
        }
    }

    fn message(&mut self, at: &[i32], message: &DescriptorProto) {
        // What the compiler makes of a map has no comments.
        if message
            .options
            .as_ref()
            .is_some_and(prost_types::MessageOptions::map_entry)
        {
            return;
        }
        self.commented(at, message.name());
        for (inner, field) in (0..).zip(&message.field) {
            let path = [at, &[2, inner]].concat();
            self.commented(&path, &format!("{}.{}", message.name(), field.name()));
            self.field(&path, field);
        }
        for (inner, nested) in (0..).zip(&message.nested_type) {
            self.message(&[at, &[3, inner]].concat(), nested);
        }
        for (inner, choice) in (0..).zip(&message.enum_type) {
            self.choice(&[at, &[4, inner]].concat(), choice);
        }
    }

    /// Rules 8 and 9: times are points called `…_time`, spans are durations, ages are doubles.
    fn field(&mut self, at: &[i32], field: &FieldDescriptorProto) {
        let name = field.name();
        let stem = name.strip_suffix("_time");
        let is_point = field.type_name() == TIMESTAMP;
        let is_named_point = name.ends_with("_deadline") || matches!(name, "start" | "end");
        if is_point && stem.is_none() && !is_named_point {
            self.push(at, format!("the time `{name}` does not end in `_time`"));
        }
        if is_point && stem.is_some_and(|stem| stem.ends_with("ed")) {
            self.push(at, format!("the time `{name}` is in the past tense"));
        }
        if field.type_name() == DURATION && stem.is_some() {
            self.push(at, format!("the span `{name}` is called a time"));
        }
        let is_double = matches!(field.r#type(), Type::Double);
        let counts_time = ["_seconds", "_ms", "_millis", "_us", "_micros", "_nanos"];
        if counts_time.iter().any(|unit| name.ends_with(unit)) && !is_double {
            self.push(at, format!("`{name}` counts time in integers"));
        }
    }

    /// Rule 14: zero means nothing was said, and values carry the name of their enum.
    fn choice(&mut self, at: &[i32], choice: &EnumDescriptorProto) {
        self.commented(at, choice.name());
        let prefix = upper_snake(choice.name());
        for (inner, value) in (0..).zip(&choice.value) {
            let path = [at, &[2, inner]].concat();
            self.commented(&path, value.name());
            if !value.name().starts_with(&format!("{prefix}_")) {
                self.push(
                    &path,
                    format!("`{}` does not begin with `{prefix}_`", value.name()),
                );
            } else if (value.number() == 0) != (value.name() == format!("{prefix}_UNSPECIFIED")) {
                self.push(
                    &path,
                    format!("zero, and only zero, is `{prefix}_UNSPECIFIED`"),
                );
            }
        }
    }
}

fn has(message: Option<&DescriptorProto>, name: &str, kinds: &[Type]) -> bool {
    let mut fields = message.iter().flat_map(|message| &message.field);
    fields.any(|field| field.name() == name && kinds.contains(&field.r#type()))
}

fn own_name(full: &str) -> String {
    full.rsplit('.').next().unwrap_or(full).to_owned()
}

/// `ErrorReason` → `ERROR_REASON`.
pub(crate) fn upper_snake(name: &str) -> String {
    let mut snake = String::new();
    for c in name.chars() {
        if c.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(c.to_uppercase());
    }
    snake
}
