//! Settings that many subscriptions have alike are in memory once.

use std::sync::Arc;

use crate::model::settings::SubscriptionSettings;

/// The settings that were last given to a subscription: most often the next one has the same.
#[derive(Debug, Default)]
pub(super) struct Alike {
    last: Option<Arc<SubscriptionSettings>>,
}

impl Alike {
    /// The same settings, shared with the subscription before if it has them.
    pub(super) fn share(&mut self, settings: &mut Arc<SubscriptionSettings>) {
        match &self.last {
            Some(last) if last == settings => *settings = Arc::clone(last),
            _ => self.last = Some(Arc::clone(settings)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_shared_only_with_those_that_are_equal() {
        let made = |max_attempts| {
            Arc::new(SubscriptionSettings {
                max_attempts,
                ..SubscriptionSettings::default()
            })
        };
        let mut all = [made(5), made(5), made(6), made(6), made(5)];
        let mut alike = Alike::default();
        for one in &mut all {
            alike.share(one);
        }
        let [first, second, third, fourth, fifth] = &all;
        assert!(Arc::ptr_eq(first, second) && Arc::ptr_eq(third, fourth));
        assert_eq!(third.max_attempts, 6);
        assert_eq!((&**fifth, Arc::ptr_eq(fifth, first)), (&**first, false));
    }
}
