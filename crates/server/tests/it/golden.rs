//! Golden answers about the fixed set.

use crate::app::{App, Setup};
use crate::{cases, fixed_set};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_answers_as_agreed() {
    let app = App::start(Setup::default()).await;
    app.send_all(&fixed_set::messages(100)).await;
    let cases = cases::all();
    let answers = cases::ask(&app, &cases).await;
    cases::bless(&answers);
    cases::check(&answers, "while the minutes are being filled");
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_do_not_depend_on_shards_or_on_how_segments_are_sent() {
    let cases = cases::all();
    for (shards, at_once) in [(1, 1), (3, 4)] {
        let app = App::start(Setup { shards, ..Setup::default() }).await;
        app.send_all(&fixed_set::messages(at_once)).await;
        let answers = cases::ask(&app, &cases).await;
        cases::check(&answers, &format!("{shards} shards, {at_once} segments a request"));
        app.stop().await;
    }
}
