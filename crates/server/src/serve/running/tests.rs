//! Parts that end in any order.

use skytrail_analysis::{Error, ErrorKind};
use skytrail_base::shutdown;
use tokio::task::{JoinSet, yield_now};

use super::{Analysed, Orders, Running, outcome};

/// Parts of which the receivers end when they are told, and the analysis at
/// once with `answer`: its queues may end before it is told.
async fn parts(answer: Analysed) -> (Running, Orders) {
    let (orders, told) = Orders::new();
    let mut drain = told.drain;
    let ingest = tokio::spawn(async move { drain.stopping().await });
    let analysis = tokio::spawn(async { answer });
    while !analysis.is_finished() {
        yield_now().await;
    }
    (Running::new(JoinSet::new(), JoinSet::new(), ingest, analysis), orders)
}

fn failure() -> Analysed {
    Err(Error::new(ErrorKind::Stopped, "a shard failed"))
}

#[tokio::test]
async fn all_is_stored_when_the_analysis_ended_before_it_was_told() {
    let (mut running, orders) = parts(Ok(())).await;
    assert!(running.stop(&orders).await);
}

#[tokio::test]
async fn an_analysis_that_failed_leaves_the_log_as_it_is() {
    let (mut running, orders) = parts(failure()).await;
    assert!(!running.stop(&orders).await);
}

#[tokio::test]
async fn an_analysis_that_ended_before_the_shutdown_ends_the_rest() {
    for answer in [Ok(()), failure()] {
        let (mut running, orders) = parts(answer).await;
        // A port that is open, so that the analysis is what ends.
        running.listeners.spawn(std::future::pending());
        let (_trigger, stop) = shutdown::channel();
        let error = running.watch(stop).await.unwrap_err().to_string();
        assert!(error.contains("the analysis ended while the server was running"), "{error}");
        running.listeners.abort_all();
        assert!(!running.stop(&orders).await);
    }
}

#[tokio::test]
async fn receivers_that_failed_leave_the_log_as_it_is() {
    let (orders, _told) = Orders::new();
    let ingest = tokio::spawn(async { panic!("as receivers that fail") });
    let analysis = tokio::spawn(async { Ok(()) });
    let mut running = Running::new(JoinSet::new(), JoinSet::new(), ingest, analysis);
    assert!(!running.stop(&orders).await);
}

#[test]
fn a_stop_with_work_undone_is_an_error_unless_a_part_had_one_before() {
    let failed = || Err(anyhow::anyhow!("a part"));
    assert!(outcome(Ok(()), Some(true)).is_ok());
    assert_eq!(outcome(failed(), Some(true)).unwrap_err().to_string(), "a part");
    assert_eq!(outcome(failed(), None).unwrap_err().to_string(), "a part");
    for (is_whole, why) in [(Some(false), "not everything"), (None, "server.shutdown_timeout")] {
        let message = outcome(Ok(()), is_whole).unwrap_err().to_string();
        assert!(message.starts_with("ST-1008: ") && message.contains(why), "{message}");
    }
}
