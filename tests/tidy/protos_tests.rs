//! The rules about the contract see what is wrong: the real contract with one thing changed.

use prost_types::field_descriptor_proto::Type;
use prost_types::{DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet};

use crate::protos::{check_protos, real, upper_snake};
use crate::tree::assert_one;

/// The real contract with one thing changed, in the first file that has it.
fn planted(mut change: impl FnMut(&mut FileDescriptorProto) -> bool) -> FileDescriptorSet {
    let mut set = real();
    let ours = set
        .file
        .iter_mut()
        .filter(|file| file.name().starts_with("weir/"));
    let changed = ours.map(&mut change).find(|changed| *changed);
    assert!(
        changed.is_some(),
        "the contract has nothing of the kind to change"
    );
    set
}

fn forget_comment(file: &mut FileDescriptorProto, fits: impl Fn(&[i32]) -> bool) -> bool {
    let mut info = file
        .source_code_info
        .iter_mut()
        .flat_map(|info| &mut info.location);
    let commented = info.find(|l| l.leading_comments.is_some() && fits(&l.path));
    commented
        .map(|location| location.leading_comments = None)
        .is_some()
}

fn rename_field(
    name: &str,
    change: fn(&mut prost_types::FieldDescriptorProto),
) -> FileDescriptorSet {
    planted(|file| {
        let mut fields = file
            .message_type
            .iter_mut()
            .flat_map(|message| &mut message.field);
        fields
            .find(|field| field.name() == name)
            .map(change)
            .is_some()
    })
}

#[test]
fn a_missing_comment_is_noticed_on_everything() {
    let kinds: [fn(&[i32]) -> bool; 6] = [
        |path| matches!(path, [6, _]),
        |path| matches!(path, [6, _, 2, _]),
        |path| matches!(path, [4, _]),
        |path| matches!(path, [4, _, 2, _]),
        |path| matches!(path, [5, _] | [4, _, 4, _]),
        |path| matches!(path, [5, _, 2, _] | [4, _, 4, _, 2, _]),
    ];
    for kind in kinds {
        assert_one(
            &check_protos(&planted(|file| forget_comment(file, kind))),
            "no comment",
        );
    }
}

#[test]
fn an_rpc_with_another_rpcs_message_is_noticed() {
    let set = planted(|file| {
        let mut rpcs = file
            .service
            .iter_mut()
            .flat_map(|service| &mut service.method);
        let rpc = rpcs.next();
        rpc.map(|rpc| rpc.input_type = Some(".google.protobuf.Empty".to_owned()))
            .is_some()
    });
    let found = check_protos(&set);
    assert!(
        found.iter().any(|v| v.what.contains("does not use")),
        "{found:?}"
    );
}

#[test]
fn a_file_in_another_package_or_a_second_service_is_noticed() {
    let set = planted(|file| {
        file.package = Some("weir.v2".to_owned());
        true
    });
    let found = check_protos(&set);
    assert!(
        found.iter().any(|v| v.what.contains("is not package")),
        "{found:?}"
    );
    let set = planted(|file| {
        file.service
            .push(prost_types::ServiceDescriptorProto::default());
        file.service.len() == 2
    });
    let found = check_protos(&set);
    assert!(
        found
            .iter()
            .any(|v| v.what.contains("more than one service")),
        "{found:?}"
    );
}

#[test]
fn messages_out_of_order_are_noticed() {
    let set = planted(|file| {
        let is_rpc = |message: &DescriptorProto| message.name().ends_with("Request");
        let first = file.message_type.iter().position(is_rpc);
        if let (Some(first), false) = (first, file.service.is_empty()) {
            file.message_type.swap(first, first + 1);
            return true;
        }
        false
    });
    let found = check_protos(&set);
    assert!(
        found
            .iter()
            .any(|v| v.what.contains("in the order of its rpcs")),
        "{found:?}"
    );
}

#[test]
fn times_that_break_the_rule_are_noticed() {
    let past = rename_field("publish_time", |f| {
        f.name = Some("published_time".to_owned());
    });
    assert_one(&check_protos(&past), "past tense");
    let bare = rename_field("publish_time", |f| f.name = Some("published_at".to_owned()));
    assert_one(&check_protos(&bare), "`_time`");
    let integers = rename_field("lag_seconds", |f| f.set_type(Type::Int64));
    assert_one(&check_protos(&integers), "in integers");
    let span = rename_field("ack_deadline", |f| f.name = Some("ack_time".to_owned()));
    assert_one(&check_protos(&span), "called a time");
}

#[test]
fn lists_without_pages_are_noticed() {
    for name in ["page_size", "page_token", "next_page_token"] {
        let set = rename_field(name, |field| field.name = Some("other".to_owned()));
        assert_one(&check_protos(&set), "does not answer with pages");
    }
}

#[test]
fn enums_that_break_the_rule_are_noticed() {
    let first = |change: fn(&mut EnumDescriptorProto)| {
        planted(|file| {
            let nested = file
                .message_type
                .iter_mut()
                .flat_map(|message| &mut message.enum_type);
            file.enum_type
                .iter_mut()
                .chain(nested)
                .next()
                .map(change)
                .is_some()
        })
    };
    let zero = first(|choice| choice.value[0].number = Some(99));
    assert_one(&check_protos(&zero), "only zero");
    let bare = first(|choice| choice.value[1].name = Some("BARE".to_owned()));
    assert_one(&check_protos(&bare), "does not begin with");
}

#[test]
fn names_become_prefixes() {
    assert_eq!(upper_snake("ErrorReason"), "ERROR_REASON");
}
