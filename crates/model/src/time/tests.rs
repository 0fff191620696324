//! Zones, and the hours and days that they cut.

use super::{Downsampling, Minute, Zone};

#[test]
fn a_zone_is_the_same_however_it_is_written() {
    let zone = |name| Zone::parse(name).unwrap();
    for (one, other) in [
        ("+05:30", "+0530"),
        ("-08", "-0800"),
        ("+0000", "UTC"),
        ("-00:00", "+0000"),
        ("europe/berlin", "Europe/Berlin"),
    ] {
        assert!(zone(one).is_same(&zone(other)), "{one} {other}");
    }
    for (one, other) in [("+0530", "-0530"), ("+0530", "Asia/Kolkata"), ("UTC", "+0100")] {
        assert!(!zone(one).is_same(&zone(other)), "{one} {other}");
    }
    assert_eq!(zone("+05:30").name(), "+0530");
}

fn at(zone: &Zone, text: &str) -> Minute {
    zone.minute_of(text.parse().unwrap()).unwrap()
}

#[test]
fn hours_of_a_half_hour_zone_start_at_its_own_full_hours() {
    let zone = Zone::parse("+0530").unwrap();
    let start = zone.bucket(Downsampling::Hour, at(&zone, "2026-03-01T10:42"));
    assert_eq!(start, at(&zone, "2026-03-01T10:00"));
    assert_eq!(start.0.rem_euclid(60), 30);
    assert_eq!(zone.offset_text(start), "+0530");
}

#[test]
fn days_across_clock_changes_have_23_and_25_hours() {
    let zone = Zone::parse("Europe/Berlin").unwrap();
    for (day, hours) in
        [("2026-03-29T12:00", 23), ("2026-10-25T12:00", 25), ("2026-06-01T12:00", 24)]
    {
        let start = zone.bucket(Downsampling::Day, at(&zone, day));
        let next = zone.next_bucket(Downsampling::Day, start);
        assert_eq!((next.0 - start.0) / 60, hours, "{day}");
        assert_eq!(zone.buckets(Downsampling::Hour, start, next.plus(-1)).len(), hours as usize);
    }
}

#[test]
fn a_change_by_half_an_hour_cuts_the_hour() {
    let zone = Zone::parse("Australia/Lord_Howe").unwrap();
    // 02:00 +1030 is followed by 02:30 +11.
    let two = at(&zone, "2026-10-04T02:30");
    let three = at(&zone, "2026-10-04T03:00");
    let hours = zone.buckets(Downsampling::Hour, two.plus(-60), three);
    assert_eq!(hours, [two.plus(-60), two, three]);
    assert_eq!(three.0 - two.0, 30);
    // 02:00 +11 is followed by 01:30 +1030.
    let one = at(&zone, "2026-04-05T01:00");
    let two = at(&zone, "2026-04-05T02:00");
    let hours = zone.buckets(Downsampling::Hour, one, two);
    assert_eq!(hours, [one, one.plus(60), two]);
    assert_eq!(two.0 - one.0, 90);
}

const ZONES: [&str; 8] = [
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Europe/Berlin",
    "America/Sao_Paulo",
    "Africa/Casablanca",
    "UTC",
];

/// Every minute of `days` days is in the bucket that the walk says it is in.
fn check_buckets(zone: &Zone, from: Minute, days: i64) {
    for size in [Downsampling::Minute, Downsampling::Hour, Downsampling::Day] {
        let to = from.plus(days * 1440);
        let starts = zone.buckets(size, from, to);
        let ends = starts.iter().skip(1).copied().chain([to.plus(1)]);
        assert!(starts.first().is_some_and(|first| *first <= from), "{size:?} {from:?}");
        for (start, end) in starts.iter().zip(ends) {
            assert!(*start < end, "{size:?} in {} at {start:?}", zone.name());
            for minute in start.0..end.0 {
                let bucket = zone.bucket(size, Minute(minute));
                assert_eq!(bucket, *start, "{size:?} in {} at {minute}", zone.name());
                // So days may be made of hours.
                let hour = zone.bucket(Downsampling::Hour, Minute(minute));
                assert!(size != Downsampling::Day || zone.bucket(size, hour) == *start, "{hour:?}");
            }
        }
    }
}

#[test]
fn buckets_part_the_days_around_every_clock_change() {
    for name in ZONES {
        let zone = Zone::parse(name).unwrap();
        let mut day = at(&zone, "2005-01-01T12:00");
        let end = at(&zone, "2030-01-01T12:00");
        while day < end {
            let next = day.plus(1440);
            if zone.offset_seconds(day) != zone.offset_seconds(next) {
                check_buckets(&zone, day.plus(-1440), 3);
            }
            day = next;
        }
    }
}

proptest::proptest! {
    #[test]
    fn buckets_part_time(zone in 0..ZONES.len(), minute in 15_778_000_i64..42_076_000) {
        check_buckets(&Zone::parse(ZONES[zone]).unwrap(), Minute(minute), 2);
    }
}

#[test]
fn a_zone_without_a_name_goes_by_its_offset() {
    let zone = jiff::tz::TimeZone::posix("<+0530>-5:30").unwrap();
    assert_eq!(Zone::named(zone).name(), "+0530");
    let summer = jiff::tz::TimeZone::posix("EST5EDT,M3.2.0,M11.1.0").unwrap();
    assert_eq!(Zone::named(summer).name(), "-0500");
    assert_eq!(Zone::named(jiff::tz::TimeZone::UTC).name(), "UTC");
    assert_eq!(Zone::named(jiff::tz::TimeZone::unknown()).name(), "+0000");
}

#[test]
fn of_a_repeated_time_there_is_a_first_and_a_last() {
    let zone = Zone::parse("Europe/Berlin").unwrap();
    let local = "2026-10-25T02:30".parse().unwrap();
    let (first, last) = (zone.minute_of(local).unwrap(), zone.last_minute_of(local).unwrap());
    assert_eq!(last.0 - first.0, 60);
    let plain = "2026-10-25T04:30".parse().unwrap();
    assert_eq!(zone.minute_of(plain), zone.last_minute_of(plain));
}

#[test]
fn unknown_zones_are_refused_with_what_would_do() {
    for bad in ["Mars/Olympus", "+9", "+2500", ""] {
        let error = Zone::parse(bad).unwrap_err();
        assert!(error.contains("IANA name"), "{error}");
    }
}
