//! What a shell offers for a name: the topics, subscriptions and operations that the broker has.
//!
//! It has 300 ms, so that the key that asks for it never feels stuck; without a broker, or without an
//! answer in time, there is nothing to offer, which is no error.

use std::ffi::OsString;
use std::time::Duration;

use clap_complete::engine::CompletionCandidate;
use weir_proto::client::{Client, Error, Options};
use weir_proto::safe_text::SafeText;
use weir_proto::v1::{ListOperationsRequest, ListSubscriptionsRequest, ListTopicsRequest};

use crate::present::operations::ListedOperation;

/// Where the broker is unless something else is said; the daemon's own default.
pub(crate) const DEFAULT_SERVER: &str = "127.0.0.1:7420";

/// The variable that says another.
pub(crate) const SERVER_VARIABLE: &str = "WEIR_SERVER";

/// For everything, from the connection to the names.
const LIMIT: Duration = Duration::from_millis(300);

/// The most names that are offered, which is one page of the broker.
const MAX_NAMES: i32 = 1_000;

/// The names of topics.
pub(crate) fn topics() -> Vec<CompletionCandidate> {
    offered(async |client: Client| {
        let request = ListTopicsRequest {
            page_size: MAX_NAMES,
            ..ListTopicsRequest::default()
        };
        let page = client.admin().list_topics(request).await?;
        Ok(page.topics.into_iter().map(|topic| topic.name).collect())
    })
}

/// The names of subscriptions.
pub(crate) fn subscriptions() -> Vec<CompletionCandidate> {
    offered(async |client: Client| {
        let request = ListSubscriptionsRequest {
            page_size: MAX_NAMES,
            ..ListSubscriptionsRequest::default()
        };
        let page = client.admin().list_subscriptions(request).await?;
        let names = page.subscriptions.into_iter().map(|found| found.name);
        Ok(names.collect())
    })
}

/// The ids of operations, the newest first, each with what it is.
pub(crate) fn operations() -> Vec<CompletionCandidate> {
    described(async |client: Client| {
        let request = ListOperationsRequest {
            page_size: MAX_NAMES,
            ..ListOperationsRequest::default()
        };
        let page = client.operator().list_operations(request).await?;
        let found = page.operations.iter().map(|one| {
            let about = ListedOperation::from(one);
            let about = about.progress();
            (one.operation.clone(), Some(about))
        });
        Ok(found.collect())
    })
}

fn offered(
    list: impl AsyncFnOnce(Client) -> Result<Vec<String>, Error>,
) -> Vec<CompletionCandidate> {
    described(async |client: Client| {
        let names = list(client).await?;
        Ok(names.into_iter().map(|name| (name, None)).collect())
    })
}

fn described(
    list: impl AsyncFnOnce(Client) -> Result<Vec<(String, Option<String>)>, Error>,
) -> Vec<CompletionCandidate> {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let Ok(runtime) = builder.enable_all().build() else {
        return Vec::new();
    };
    let server = server(std::env::args_os(), std::env::var(SERVER_VARIABLE).ok());
    let names = runtime.block_on(async {
        let asked = async {
            let options = Options {
                connect_timeout: LIMIT,
                ..Options::to(server).fail_fast()
            };
            list(Client::connect(options).await?).await
        };
        tokio::time::timeout(LIMIT, asked).await
    });
    runtime.shutdown_background();
    let names = names.ok().and_then(Result::ok).unwrap_or_default();
    names
        .into_iter()
        .filter(|(name, _about)| SafeText::new(name).as_str() == name)
        .enumerate()
        .map(|(at, (name, about))| {
            let help = about.map(|about| SafeText::new(about).to_string().into());
            // Otherwise a shell would put them in the order of their letters.
            let order = help.is_some().then_some(at);
            CompletionCandidate::new(name)
                .help(help)
                .display_order(order)
        })
        .collect()
}

/// The broker of the line that is being typed, which the shell hands over as our own arguments.
fn server(line: impl Iterator<Item = OsString>, variable: Option<String>) -> String {
    let mut words = line.filter_map(|word| word.into_string().ok());
    let mut written = None;
    while let Some(word) = words.next() {
        if word == "--server" {
            written = words.next().or(written);
        } else if let Some(value) = word.strip_prefix("--server=") {
            written = Some(value.to_owned());
        }
    }
    let is_said = |server: &String| !server.is_empty();
    let said = written.or(variable).filter(is_said);
    said.unwrap_or_else(|| DEFAULT_SERVER.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server_of(line: &str, variable: Option<&str>) -> String {
        let words = line.split(' ').map(OsString::from);
        server(words, variable.map(str::to_owned))
    }

    #[test]
    fn the_broker_is_the_one_on_the_line_or_the_usual_one() {
        assert_eq!(server_of("weir -- weir sub get", None), DEFAULT_SERVER);
        assert_eq!(server_of("weir -- weir sub get", Some("b:2")), "b:2");
        assert_eq!(
            server_of("weir -- weir --server a:1 sub get", Some("b:2")),
            "a:1"
        );
        assert_eq!(server_of("weir -- weir sub get --server=a:1", None), "a:1");
        assert_eq!(
            server_of("weir -- weir sub get --server", Some("")),
            DEFAULT_SERVER
        );
    }
}
