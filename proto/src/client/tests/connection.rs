//! Addresses, and a broker that is not there, over real sockets.

use std::net::TcpListener;

use crate::client::{Client, Kind, Options, Stats};
use crate::v1::GetStatsRequest;

#[test]
fn addresses_are_taken_as_people_write_them() {
    for (given, expected) in [
        ("127.0.0.1:7420", "http://127.0.0.1:7420"),
        ("http://127.0.0.1:9", "http://127.0.0.1:9"),
        ("http://weir.example:7420/", "http://weir.example:7420"),
        ("weir.example", "http://weir.example:7420"),
        (" localhost:1 ", "http://localhost:1"),
        ("[::1]:7420", "http://[::1]:7420"),
        ("[::1]", "http://[::1]:7420"),
    ] {
        assert_eq!(Options::to(given).uri().unwrap(), expected, "{given}");
    }
    for wrong in [
        "",
        "https://weir.example",
        "http://",
        "a/b",
        "http://h:1/path",
        "u@h",
        "a b",
    ] {
        let error = Options::to(wrong).uri().unwrap_err();
        assert_eq!(error.kind(), Kind::Usage, "{wrong}");
    }
    assert!(Options::default().endpoint().is_ok());
    assert!(Options::default().fail_fast().endpoint().is_ok());
}

#[tokio::test]
async fn a_refused_connection_is_an_error_that_says_so() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = Client::connect(Options::to(&address).fail_fast())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::Unreachable);
    assert!(error.message().contains("refused"), "{error}");
    let lazy = Client::connect_lazy(address.as_str()).unwrap();
    let stats: Stats = lazy.stats();
    let error = stats.get(GetStatsRequest::default()).await.unwrap_err();
    assert!(error.is_unreachable(), "{error}");
    assert!(error.message().contains("refused"), "{error}");
}
