//! A topic or subscription with some of its settings changed and all others as they are.

use weir_proto::v1::{Subscription, Topic};

use super::settings::{SUBSCRIPTION, Setting, TOPIC};

/// What cannot be changed once it exists.
const FIXED: [&str; 2] = ["partition_count", "filter"];

/// The setting that says the same as the key, in other words: one that is given replaces the other.
const SAME: [(&str, &str); 2] = [("expiration", "ephemeral"), ("ephemeral", "expiration")];

/// `before` with the settings that `given` has, and with the defaults of those that `unset` names.
///
/// Fails with a sentence if nothing is to change, or a name is not that of a setting that can be.
pub(crate) fn edited_topic(
    before: &Topic,
    given: &Topic,
    unset: &[String],
) -> Result<Topic, String> {
    edited(TOPIC, before, given, unset)
}

/// The same for a subscription.
pub(crate) fn edited_subscription(
    before: &Subscription,
    given: &Subscription,
    unset: &[String],
) -> Result<Subscription, String> {
    edited(SUBSCRIPTION, before, given, unset)
}

fn edited<R: Clone>(
    known: &[Setting<R>],
    before: &R,
    given: &R,
    unset: &[String],
) -> Result<R, String> {
    let find = |name: &str| known.iter().find(|setting| setting.name == name);
    let mut after = before.clone();
    let mut set = Vec::new();
    for setting in known {
        let Some(value) = setting.value(given) else {
            continue;
        };
        setting.set(&mut after, &value)?;
        let same = SAME.iter().find(|(name, _)| *name == setting.name);
        if let Some(other) = same.and_then(|(_, other)| find(other)) {
            other.clear(&mut after);
        }
        set.push(setting.name);
    }
    for written in unset {
        let name = written.replace('-', "_");
        let setting = find(&name).filter(|setting| !FIXED.contains(&setting.name));
        let setting = setting.ok_or_else(|| unknown(known, written))?;
        if set.contains(&setting.name) {
            return Err(format!("{name} is both given and unset"));
        }
        setting.clear(&mut after);
    }
    if set.is_empty() && unset.is_empty() {
        return Err("no setting is named: give one with its flag, or --unset SETTING".to_owned());
    }
    Ok(after)
}

fn unknown<R>(known: &[Setting<R>], written: &str) -> String {
    let names = known.iter().map(|setting| setting.name);
    let names: Vec<&str> = names.filter(|name| !FIXED.contains(name)).collect();
    format!(
        "there is no setting {written:?} that can be unset: write one of {}",
        names.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use prost_types::Duration;

    use super::*;

    fn seconds(seconds: i64) -> Duration {
        Duration { seconds, nanos: 0 }
    }

    fn before() -> Subscription {
        Subscription {
            name: "billing".to_owned(),
            topic: "orders".to_owned(),
            ack_deadline: Some(seconds(30)),
            max_attempts: 10,
            delivery_rate: Some(500),
            expiration: Some(seconds(10)),
            ephemeral: true,
            filter: "attributes:kind".to_owned(),
            ..Subscription::default()
        }
    }

    #[test]
    fn what_is_not_named_stays() {
        let given = Subscription {
            max_attempts: 5,
            ..Subscription::default()
        };
        let unset = ["delivery-rate".to_owned()];
        let after = edited_subscription(&before(), &given, &unset).unwrap();
        let expected = Subscription {
            max_attempts: 5,
            delivery_rate: None,
            ..before()
        };
        assert_eq!(after, expected);
    }

    #[test]
    fn an_expiration_replaces_the_word_ephemeral_and_the_other_way_round() {
        let given = Subscription {
            expiration: Some(seconds(3_600)),
            ..Subscription::default()
        };
        let after = edited_subscription(&before(), &given, &[]).unwrap();
        assert_eq!(
            (after.expiration, after.ephemeral),
            (Some(seconds(3_600)), false)
        );
        let given = Subscription {
            ephemeral: true,
            ..Subscription::default()
        };
        let again = edited_subscription(&after, &given, &[]).unwrap();
        assert_eq!((again.expiration, again.ephemeral), (None, true));
    }

    #[test]
    fn what_cannot_be_changed_is_refused_in_words() {
        let none = Subscription::default();
        let refused = |given: &Subscription, unset: &str| {
            let unset: Vec<String> = unset.split_whitespace().map(str::to_owned).collect();
            edited_subscription(&before(), given, &unset).unwrap_err()
        };
        assert!(refused(&none, "").contains("no setting is named"));
        assert!(refused(&none, "filter").contains("\"filter\""));
        assert!(refused(&none, "colour").contains("max_attempts"));
        let given = Subscription {
            max_attempts: 5,
            ..Subscription::default()
        };
        let both = refused(&given, "max_attempts");
        assert_eq!(both, "max_attempts is both given and unset");
    }
}
