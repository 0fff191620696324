use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use skytrail_base::future::BoxFuture;
use skytrail_base::shutdown::{self, Shutdown, Trigger};
use skytrail_engine::store::Deletion;
use tempfile::TempDir;
use tokio::time::Instant;

use super::{Desk, Undone, Work};
use crate::requests::{Answer, Request, Requests, Waiting};

/// Fails so often, and counts how often it was asked.
struct Failing {
    times: usize,
    is_for_now: bool,
    asked: Arc<AtomicUsize>,
}

impl Work for Failing {
    fn attempt<'a>(&'a self, _: &'a Request) -> BoxFuture<'a, Result<String, Undone>> {
        let asked = self.asked.fetch_add(1, Ordering::Relaxed);
        let undone = Undone { why: "the disk is full".to_owned(), is_for_now: self.is_for_now };
        let result = if asked < self.times { Err(undone) } else { Ok("deleted".to_owned()) };
        Box::pin(std::future::ready(result))
    }
}

struct Test {
    _data: TempDir,
    requests: Requests,
    asked: Arc<AtomicUsize>,
    trigger: Trigger,
    stop: Shutdown,
}

impl Test {
    fn new() -> Self {
        let data = tempfile::tempdir().unwrap();
        let requests = Requests::of(data.path());
        let (trigger, stop) = shutdown::channel();
        Self { _data: data, requests, asked: Arc::default(), trigger, stop }
    }

    fn leave(&self, trace: &str) -> Waiting {
        self.requests.leave(&Request::Delete(Deletion::Trace(trace.to_owned()))).unwrap()
    }

    /// One whose work fails so often.
    fn desk(&self, times: usize) -> Desk<Failing> {
        let work = Failing { times, is_for_now: true, asked: self.asked.clone() };
        Desk::new(self.requests.clone(), work)
    }

    fn waiting(&self) -> usize {
        self.requests.waiting(|_| true).len()
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_done_at_the_start_stays_until_it_is() {
    let test = Test::new();
    test.leave("a");
    test.leave("b");
    let mut desk = test.desk(63);
    desk.begin(&test.stop).await;
    assert_eq!((test.waiting(), test.asked()), (2, 61), "the next start finds them");
    let watching = tokio::spawn(desk.watch(test.stop.clone()));
    tokio::time::sleep(Duration::from_secs(90)).await;
    assert_eq!((test.waiting(), test.asked()), (2, 63));
    // Others are answered meanwhile.
    let other = test.leave("c");
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(other.answered().unwrap(), Some(Answer::Done("deleted".to_owned())));
    tokio::time::sleep(Duration::from_secs(60)).await;
    assert_eq!((test.waiting(), test.asked()), (0, 66));
    test.trigger.stop();
    watching.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn whatever_was_left_before_the_start_is_done_before_it() {
    let test = Test::new();
    (0..250).for_each(|number| drop(test.leave(&number.to_string())));
    std::fs::write(
        test.requests.leave(&Request::Delete(Deletion::Trace("x".into()))).unwrap().path(),
        b"{",
    )
    .unwrap();
    test.desk(0).begin(&test.stop).await;
    assert_eq!((test.waiting(), test.asked()), (0, 250));
}

#[tokio::test(start_paused = true)]
async fn a_shutdown_ends_it_at_once_and_leaves_what_was_not_begun() {
    let test = Test::new();
    let watching = tokio::spawn(test.desk(usize::MAX).watch(test.stop.clone()));
    tokio::time::sleep(Duration::from_secs(1)).await;
    let (first, _second) = (test.leave("a"), test.leave("b"));
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert!((1..10).contains(&test.asked()), "it is being tried");
    let now = Instant::now();
    test.trigger.stop();
    watching.await.unwrap();
    assert!(now.elapsed() < Duration::from_secs(1), "{:?}", now.elapsed());
    let Some(Answer::Failed(why)) = first.answered().unwrap() else { panic!("no answer") };
    assert!(why.contains("the disk is full; the server stops now"), "{why}");
    assert_eq!(test.waiting(), 1, "done at the next start");
    let now = Instant::now();
    test.desk(usize::MAX).begin(&test.stop).await;
    assert_eq!((test.waiting(), now.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn what_never_can_be_done_is_answered_and_tried_no_more() {
    let test = Test::new();
    let left = test.leave("a");
    let work = Failing { times: usize::MAX, is_for_now: false, asked: test.asked.clone() };
    Desk::new(test.requests.clone(), work).begin(&test.stop).await;
    assert_eq!((test.waiting(), test.asked()), (0, 1));
    assert_eq!(left.answered().unwrap(), Some(Answer::Failed("the disk is full".to_owned())));
}

#[tokio::test(start_paused = true)]
async fn what_the_operator_takes_back_is_tried_no_more() {
    let test = Test::new();
    let left = test.leave("a");
    let mut desk = test.desk(usize::MAX);
    desk.begin(&test.stop).await;
    let tried = test.asked();
    std::fs::remove_file(left.path()).unwrap();
    desk.try_again(&test.stop).await;
    assert_eq!((desk.kept.len(), test.asked()), (0, tried));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_now_is_kept() {
    let test = Test::new();
    let left = test.leave("a");
    // Reading a folder fails, as a disk may for a while.
    std::fs::remove_file(left.path()).unwrap();
    std::fs::create_dir(left.path()).unwrap();
    let mut desk = test.desk(0);
    desk.begin(&test.stop).await;
    assert_eq!((desk.kept.len(), test.asked()), (1, 0));
    std::fs::remove_dir(left.path()).unwrap();
    test.leave("b");
    desk.begin(&test.stop).await;
    assert_eq!(test.asked(), 1);
}
