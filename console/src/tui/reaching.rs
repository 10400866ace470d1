//! Where dead messages can go from the dialog of a requeue.

use weir_proto::safe_text::SafeText;

use super::state::field::{Field, Name, Value};

/// Where they go: back, unless somebody wants otherwise.
pub(super) fn reaches(subscription: &SafeText) -> Vec<Field> {
    let mut back = subscription.clone();
    back.push(&SafeText::literal(" only"));
    let labels = vec![
        back,
        SafeText::literal("all subscriptions of its topic"),
        SafeText::literal("another topic"),
    ];
    vec![
        Field::new(Name::Reach, Value::Choice { labels, at: 0 }),
        Field::new(Name::Target, Value::Text(String::new())),
    ]
}
