//! What is in the file, and when.

use std::sync::Arc;

use skytrail_base::fs::real::RealFileSystem;
use skytrail_base::fs::sim::{Dice, Fault, Operation, SimFileSystem};
use skytrail_base::journal::Position;
use skytrail_model::time::Minute;
use skytrail_mutable::{
    Config, ErrorKind, MAX_BLOB_BYTES, MAX_BLOB_NAME_BYTES, MAX_BLOBS, Mutable, Opened,
};

use crate::answers::{Answers, DAY, LARGE, answers, fill, now, open, template};

/// What the next process finds.
fn reopened(disk: &Arc<SimFileSystem>) -> (Answers, Position) {
    let Opened { mutable, position, damage } = open(disk, LARGE).unwrap();
    assert_eq!(damage, None);
    (now(answers(&mutable)), position)
}

#[test]
fn what_was_committed_comes_back_with_its_position() {
    let disk = SimFileSystem::new();
    let Opened { mutable, position, .. } = open(&disk, LARGE).unwrap();
    assert_eq!(position, Position(0));
    let mut dice = Dice::new(1);
    for round in 1..6 {
        now(fill(&mutable, &mut dice, 400));
        mutable.commit(Position(round * 10)).unwrap();
        let crashed = reopened(&disk.crash(round));
        assert_eq!(crashed, (now(answers(&mutable)), Position(round * 10)));
    }
    let all = now(answers(&mutable));
    assert!(all.entities.len() > 100 && all.aliases.len() > 10 && all.tags.len() > 10);
    let usage = mutable.usage();
    assert_eq!(
        usage.iter().map(|family| family.name).collect::<Vec<_>>(),
        ["entities", "tags", "templates"]
    );
    let rows = (all.entities.len() + all.aliases.len()) as u64;
    assert_eq!((usage[0].rows, usage[0].limit_bytes), (rows, LARGE.entity_bytes as u64));
    assert!(mutable.file_bytes() > 8_192);
}

#[test]
fn what_was_not_committed_does_not() {
    let disk = SimFileSystem::new();
    let mutable = open(&disk, LARGE).unwrap().mutable;
    now(fill(&mutable, &mut Dice::new(1), 50));
    assert_eq!(reopened(&disk.crash(3)), (Answers::default(), Position(0)));
    assert_eq!(disk.operations(), 0, "reading and what arrives leave the disk alone");
}

#[test]
fn what_expired_or_was_evicted_leaves_the_file() {
    let disk = SimFileSystem::new();
    let mutable = open(&disk, LARGE).unwrap().mutable;
    let mut dice = Dice::new(2);
    now(fill(&mutable, &mut dice, 500));
    mutable.commit(Position(1)).unwrap();
    mutable.expire_entities(Minute(3 * DAY));
    mutable.expire_tags(Minute(2 * DAY));
    mutable.commit(Position(2)).unwrap();
    let (found, _) = reopened(&disk.killed());
    assert!(found.entities.iter().all(|record| record.last_seen >= Minute(3 * DAY)));
    assert!(found.aliases.iter().all(|alias| alias.last_seen >= Minute(3 * DAY)));
    assert!(found.tags.iter().all(|(day, ..)| *day >= 2));
    assert!(!found.entities.is_empty() && !found.tags.is_empty());
    drop(mutable);
    let small = Config { entity_bytes: 12 << 10, tag_bytes: 6 << 10, ..LARGE };
    let mutable = open(&disk, small).unwrap().mutable;
    let kept = now(answers(&mutable));
    assert!(kept.entities.len() < found.entities.len() && kept.tags.len() < found.tags.len());
    mutable.commit(Position(3)).unwrap();
    assert_eq!(reopened(&disk.killed()), (kept, Position(3)));
}

#[test]
fn a_dashboard_is_durable_when_its_put_returns_and_not_seen_when_it_is_refused() {
    let disk = SimFileSystem::new();
    let mutable = open(&disk, LARGE).unwrap().mutable;
    let mut dice = Dice::new(4);
    mutable.commit(Position(5)).unwrap();
    for round in 0..20 {
        let before = now(answers(&mutable));
        let new = template(&mut dice);
        match round % 4 {
            0 => disk.inject(Fault { times: 1, ..Fault::of(Operation::Write, "") }),
            1 => disk.inject(Fault { skip: round % 3, times: 1, ..Fault::of(Operation::Sync, "") }),
            _ => {}
        }
        match now(mutable.templates().put(new.clone())) {
            Ok(()) => {
                assert_eq!(now(mutable.templates().get(&new.id)).unwrap(), Some(new));
                let crashed = reopened(&disk.crash(round));
                assert_eq!(crashed, (now(answers(&mutable)), Position(5)));
            }
            Err(error) => {
                assert_eq!(error.kind, skytrail_storage::ErrorKind::Unavailable);
                assert_eq!(now(answers(&mutable)), before);
            }
        }
        disk.clear_faults();
    }
    assert!(now(answers(&mutable)).templates.len() > 1);
}

#[test]
fn blobs_are_durable_all_or_none_and_bounded() {
    let disk = SimFileSystem::new();
    let mutable = open(&disk, LARGE).unwrap().mutable;
    let large = vec![7; MAX_BLOB_BYTES];
    mutable.put_blobs(&[("clock", b"1"), ("analysis", &large)]).unwrap();
    mutable.commit_with(Position(9), &[("clock", b"2"), ("zone", b"UTC")]).unwrap();
    let too_many: Vec<_> = (0..MAX_BLOBS).map(|n| n.to_string()).collect();
    let too_many: Vec<(&str, &[u8])> =
        too_many.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let long = "x".repeat(MAX_BLOB_NAME_BYTES + 1);
    let larger = vec![0; MAX_BLOB_BYTES + 1];
    for refused in [
        &too_many[..],
        &[("zone", b"x"), ("clock", &larger)],
        &[("zone", b"x"), (&long, b"")],
        &[("a", &large), ("zone", b"x")],
    ] {
        let error = mutable.put_blobs(refused).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Invalid, "{error}");
    }
    disk.stop_after(disk.operations() + 1);
    assert_eq!(mutable.put_blobs(&[("zone", b"x")]).unwrap_err().kind, ErrorKind::Io);
    let disk = disk.crash(1);
    let Opened { mutable, position, .. } = open(&disk, LARGE).unwrap();
    assert_eq!(position, Position(9));
    assert_eq!(mutable.get_blob("clock").as_deref(), Some(&b"2"[..]));
    assert_eq!(mutable.get_blob("zone").as_deref(), Some(&b"UTC"[..]));
    assert_eq!(mutable.get_blob("analysis").as_deref(), Some(&large[..]));
    assert_eq!(mutable.get_blob("a"), None);
}

#[test]
fn a_file_of_the_machine_serves_as_well() {
    let folder = std::env::temp_dir().join(format!("skytrail-mutable-{}", std::process::id()));
    let disk = RealFileSystem::at(folder.clone());
    skytrail_base::fs::FileSystem::create_dir(&*disk, "".as_ref()).unwrap();
    let reopen = || Mutable::open(disk.clone(), "mutable".into(), LARGE);
    let mutable = reopen().unwrap().mutable;
    now(fill(&mutable, &mut Dice::new(1), 400));
    mutable.commit(Position(3)).unwrap();
    let before = now(answers(&mutable));
    assert_eq!(reopen().unwrap_err().kind, ErrorKind::Locked);
    drop(mutable);
    let Opened { mutable, position, damage } = reopen().unwrap();
    assert_eq!((position, damage), (Position(3), None));
    assert_eq!(now(answers(&mutable)), before);
    std::fs::remove_dir_all(folder).unwrap();
}
