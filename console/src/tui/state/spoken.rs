//! The command that does the same as a dialog.

use super::deed::{Chosen, Deed};
use super::dialog::{Dialog, Reach};
use super::field::Name;
use crate::present::calendar;

impl Dialog {
    /// The words of the command that does the same, after the program's name.
    pub(crate) fn command(&self, now: Option<f64>) -> Vec<String> {
        match &self.deed {
            Deed::Requeue { subscription } => match self.reach() {
                Reach::Back | Reach::All => self.of_dead("requeue", subscription.as_str()),
                Reach::Elsewhere => self.of_dead("move", subscription.as_str()),
            },
            Deed::Move { subscription } => self.of_dead("move", subscription.as_str()),
            Deed::Discard { subscription } => self.of_dead("discard", subscription.as_str()),
            Deed::Edit {
                subscription,
                message,
                ..
            } => self.edit_command(subscription.as_str(), message.as_str()),
            Deed::Drop { subscription } => self.drop_command(subscription.as_str()),
            Deed::Seek { subscription } => self.seek_command(subscription.as_str(), now),
            Deed::DeleteTopic { topic } => {
                let mut command = words(&["topic", "rm", topic.as_str()]);
                if self.flag(Name::WithSubscriptions) {
                    command.push("--with-subscriptions".to_owned());
                }
                command
            }
            Deed::Undo { operation, .. } => words(&["op", "undo", operation.as_str()]),
            Deed::Pause { subscription } => words(&["sub", "pause", subscription.as_str()]),
            Deed::Resume { subscription } => words(&["sub", "resume", subscription.as_str()]),
            Deed::Disconnect { client } => words(&["client", "disconnect", &client.to_string()]),
            Deed::Control { operation, control } => {
                words(&["op", control.word(), operation.as_str()])
            }
            Deed::Overwrite { .. } | Deed::Unlock => Vec::new(),
        }
    }

    fn of_dead(&self, verb: &str, subscription: &str) -> Vec<String> {
        let mut command = words(&["dlq", verb, subscription]);
        if let Some(target) = self.field(Name::Target) {
            command.extend(["--to".to_owned(), target.typed().to_owned()]);
        }
        if self.reach() == Reach::All {
            command.push("--all-subscriptions".to_owned());
        }
        command.extend(self.meant().map(Chosen::flags).unwrap_or_default());
        self.add_pace(&mut command);
        self.add_final(&mut command);
        command
    }

    fn edit_command(&self, subscription: &str, message: &str) -> Vec<String> {
        let mut command = words(&["dlq", "edit", subscription, "--id", message]);
        let edit = self.edit().unwrap_or_default();
        if let Some(payload) = &edit.payload {
            let text = String::from_utf8_lossy(payload).into_owned();
            command.extend(["--message".to_owned(), text]);
        }
        if let Some(key) = edit.ordering_key {
            command.extend(["--key".to_owned(), key]);
        }
        for (name, value) in edit.set_attributes {
            command.extend(["--attribute".to_owned(), format!("{name}={value}")]);
        }
        command
    }

    fn seek_command(&self, subscription: &str, now: Option<f64>) -> Vec<String> {
        let back = self.back_to(now).and_then(calendar::with_seconds);
        let typed = || self.field(Name::Back).map(|field| field.typed().to_owned());
        let place = match self.chosen(Name::Place) {
            // What is no time is refused there as it is here.
            0 => back.or_else(typed).unwrap_or_default(),
            2 => "latest".to_owned(),
            _ => "earliest".to_owned(),
        };
        words(&["sub", "seek", subscription, "--to", &place])
    }

    fn drop_command(&self, subscription: &str) -> Vec<String> {
        let verb = if self.chosen(Name::What) == 3 {
            "rm"
        } else {
            "purge"
        };
        let mut command = vec!["sub".to_owned(), verb.to_owned(), subscription.to_owned()];
        let typed = |name| {
            let field = self.field(name);
            field.map_or_else(String::new, |field| field.typed().to_owned())
        };
        match self.chosen(Name::What) {
            0 => command.extend(["--older-than".to_owned(), typed(Name::Age)]),
            1 => command.extend(["--keep".to_owned(), self.number(Name::Keep).to_string()]),
            2 => command.push("--all".to_owned()),
            _ => return command,
        }
        self.add_final(&mut command);
        command
    }

    fn add_final(&self, command: &mut Vec<String>) {
        if self.flag(Name::Final) {
            command.push("--final".to_owned());
        }
    }

    fn add_pace(&self, command: &mut Vec<String>) {
        for (name, flag) in [(Name::Rate, "--rate"), (Name::Canary, "--canary")] {
            let number = self.number(name);
            if number > 0 {
                command.extend([flag.to_owned(), number.to_string()]);
            }
        }
        if let Some(wait) = self.field(Name::CanaryWait) {
            command.extend(["--canary-wait".to_owned(), wait.typed().to_owned()]);
        }
        let brake = self.number(Name::Brake);
        if brake > 0 {
            command.extend(["--brake".to_owned(), format!("{brake}%")]);
        }
        if self.flag(Name::SkipRequeued) {
            command.push("--skip-requeued".to_owned());
        }
        if self.flag(Name::KeepAttempts) {
            command.push("--keep-attempts".to_owned());
        }
    }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}
