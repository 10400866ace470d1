//! What the console has to say besides its numbers: errors, lost updates, changes of the connection,
//! what a key did. The newest stands in the footer for a while; all are kept for `N`.

use std::collections::VecDeque;
use std::time::Duration;

use weir_proto::safe_text::SafeText;

use super::reading::Moment;

/// How many are kept.
const KEPT: usize = 200;
/// How long one stands in the footer.
const SEEN_FOR: Duration = Duration::from_secs(6);

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    /// Something was done.
    Done,
    /// Something is worth knowing.
    Note,
    /// Something went wrong.
    Trouble,
}

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Notice {
    /// When it was said last.
    pub(crate) at: Moment,
    pub(crate) level: Level,
    pub(crate) text: SafeText,
    /// How often it was said in a row.
    pub(crate) times: u32,
}

/// What was said, the newest last.
#[derive(Clone, Debug, Default)]
pub(crate) struct Notices {
    kept: VecDeque<Notice>,
    /// The newest one was dismissed by a key.
    is_dismissed: bool,
}

impl Notices {
    /// Says something; the same again is only counted.
    pub(crate) fn say(&mut self, at: Moment, level: Level, text: SafeText) {
        self.is_dismissed = false;
        if let Some(last) = self.kept.back_mut()
            && last.text == text
        {
            last.at = at;
            last.times = last.times.saturating_add(1);
            return;
        }
        if self.kept.len() >= KEPT {
            self.kept.pop_front();
        }
        self.kept.push_back(Notice {
            at,
            level,
            text,
            times: 1,
        });
    }

    /// The one that stands in the footer now.
    pub(crate) fn current(&self, now: Moment) -> Option<&Notice> {
        let last = self.kept.back().filter(|_| !self.is_dismissed)?;
        (now.saturating_sub(last.at) < SEEN_FOR).then_some(last)
    }

    /// Takes the newest one out of the footer.
    pub(crate) fn dismiss(&mut self) {
        self.is_dismissed = true;
    }

    /// All, the newest first.
    pub(crate) fn all(&self) -> impl ExactSizeIterator<Item = &Notice> {
        self.kept.iter().rev()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_notice_leaves_the_footer_and_stays_in_the_history() {
        let mut notices = Notices::default();
        notices.say(SECOND, Level::Done, SafeText::literal("copied"));
        assert!(notices.current(6 * SECOND).is_some());
        assert!(notices.current(8 * SECOND).is_none());
        assert_eq!(notices.all().len(), 1);
    }

    #[test]
    fn the_same_again_is_counted_and_memory_is_bounded() {
        let mut notices = Notices::default();
        for _ in 0..3 {
            notices.say(SECOND, Level::Note, SafeText::literal("again"));
        }
        assert_eq!(notices.all().next().map(|notice| notice.times), Some(3));
        for number in 0..1_000 {
            let text = SafeText::new(number.to_string());
            notices.say(SECOND, Level::Note, text);
        }
        assert_eq!(notices.all().len(), KEPT);
        assert_eq!(notices.all().next().unwrap().text.as_str(), "999");
    }
}
