use std::collections::HashSet;
use std::time::Duration;

use skytrail_demo::client::{Error, Options, run};
use skytrail_demo::fixed;
use skytrail_demo::shop::Shop;

use crate::sink::Sink;

#[tokio::test]
async fn everything_sent_is_acknowledged_when_it_is_stopped() {
    let (sink, address) = Sink::start(0).await;
    let options = Options {
        address: address.to_string(),
        rate: 400.0,
        seed: 9,
        token: Some("secret".to_owned()),
        ..Options::default()
    };
    let summary = run(options, sink.received(2_000)).await.unwrap();

    let arrived = sink.arrived.lock().unwrap();
    assert!(summary.segments.made >= 2_000, "{summary}");
    assert_eq!(summary.segments.acknowledged, arrived.segments.len() as u64, "{summary}");
    assert_eq!((summary.segments.failed(), summary.reports.failed()), (0, 0), "{summary}");
    let reports = arrived.properties.len() + arrived.pings.len() + arrived.jvm.len();
    assert_eq!(summary.reports.made, reports as u64);

    let shop = Shop::new(9);
    let instances =
        |names: Vec<&String>| -> HashSet<String> { names.into_iter().cloned().collect() };
    let expected = shop.properties();
    assert_eq!(arrived.properties, expected);
    let expected = instances(expected.iter().map(|one| &one.service_instance).collect());
    assert_eq!(
        instances(arrived.pings.iter().map(|one| &one.service_instance).collect()),
        expected
    );
    let java = instances(arrived.jvm.iter().map(|one| &one.service_instance).collect());
    assert_eq!(java.len(), shop.jvm(0).len());
    let seen = arrived.segments.iter().map(|one| &one.service_instance).collect();
    assert!(instances(seen).is_subset(&expected));
    assert!(arrived.tokens.iter().all(|token| token.as_deref() == Some("secret")));
    let ids: HashSet<_> = arrived.segments.iter().map(|one| &one.trace_segment_id).collect();
    assert_eq!(ids.len(), arrived.segments.len());
}

#[tokio::test]
async fn refused_streams_count_as_failed_and_are_followed_by_others() {
    let (sink, address) = Sink::start(4).await;
    let options = Options { address: address.to_string(), rate: 400.0, ..Options::default() };
    let summary = run(options, sink.received(1_000)).await.unwrap();

    let arrived = sink.arrived.lock().unwrap();
    assert!(arrived.streams > 4);
    assert!(summary.segments.failed() >= 4, "{summary}");
    assert_eq!(summary.segments.acknowledged, arrived.segments.len() as u64, "{summary}");
    assert!(arrived.tokens.iter().all(Option::is_none));
}

#[tokio::test]
async fn the_fixed_set_arrives_whole_and_in_order() {
    let (sink, address) = Sink::start(0).await;
    let base = 1_767_609_000_000;
    let options =
        Options { address: address.to_string(), once_fixed: Some(base), ..Options::default() };
    let summary = run(options, std::future::pending()).await.unwrap();

    let arrived = sink.arrived.lock().unwrap();
    assert_eq!(arrived.segments, fixed::segments(base));
    assert_eq!(arrived.properties, fixed::properties());
    assert_eq!(arrived.jvm, [fixed::jvm(base)]);
    assert_eq!(summary.segments.acknowledged, arrived.segments.len() as u64);
    assert_eq!(summary.segments.failed() + summary.reports.failed(), 0);
}

#[tokio::test]
async fn a_server_that_never_comes_does_not_hold_the_client_up() {
    // A port that was free a moment ago.
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let duration = Some(Duration::from_millis(50));
    let summary = run(Options { address, duration, ..Options::default() }, std::future::pending());
    let summary = summary.await.unwrap();
    assert_eq!((summary.segments.made, summary.reports.acknowledged), (0, 0));
    assert!(summary.reports.failed() >= 1);
}

#[tokio::test]
async fn options_that_cannot_be_used_are_refused() {
    let refused = async |options| run(options, std::future::pending()).await.unwrap_err();
    for address in ["", "localhost", ":11800", "localhost:x", "http://localhost:11800", "a b:1"] {
        let options = Options { address: address.to_owned(), ..Options::default() };
        let error = refused(options).await;
        assert!(matches!(error, Error::Address(_)), "{address}: {error}");
    }
    for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 5_001.0] {
        let error = refused(Options { rate, ..Options::default() }).await;
        assert!(error.to_string().contains("5000"), "{error}");
    }
    let error = refused(Options { once_fixed: Some(1), ..Options::default() }).await;
    assert!(matches!(error, Error::Base(1)));
    let error = refused(Options { token: Some("\n".to_owned()), ..Options::default() }).await;
    assert!(matches!(error, Error::Token));
}
