//! A log that runs by itself.

use skytrail_base::fs::sim::{Fault, Operation, SimFileSystem};
use skytrail_base::journal::{Journal, Position};
use skytrail_base::metrics::Registry;
use skytrail_engine::wal::{Metrics, start};

use super::{CONFIG, opened, record, replayed};

#[tokio::test]
async fn files_are_filled_ahead_and_none_is_left_half_filled() {
    for fails in [false, true] {
        let disk = SimFileSystem::new();
        if fails {
            // Whoever needs a file gets one all the same.
            disk.inject(Fault { skip: 1, times: 1, ..Fault::of(Operation::Create, "wal") });
        }
        let metrics = Metrics::new(&Registry::default());
        let (log, running) = start(disk.clone(), CONFIG, metrics, Position(0)).unwrap();
        for number in 1..=40 {
            let appended = log.append(record(number, 300)).unwrap();
            appended.durable.await.unwrap();
        }
        drop(log);
        running.join();
        let files = disk.file_names();
        assert!(files.len() >= 6, "{files:?}");
        for file in files {
            assert_eq!(disk.read_all(&file).unwrap().len(), 4096, "{}", file.display());
        }
        let (log, _) = opened(disk.crash(1)).unwrap();
        assert_eq!(replayed(&log, 0).unwrap().len(), 40);
    }
}
