use proptest::prelude::*;

use super::*;

/// A calendar of a zone, open on each day.
fn calendar(zone: &str, openings: &[&str]) -> Calendar {
    let openings: Vec<_> = openings.iter().map(ToString::to_string).collect();
    let config = CalendarConfig {
        time_zone: zone.to_owned(),
        mon: openings.clone(),
        tue: openings.clone(),
        wed: openings.clone(),
        thu: openings.clone(),
        fri: openings.clone(),
        sat: openings.clone(),
        sun: openings,
        ..CalendarConfig::default()
    };
    Calendar::new(&config).unwrap()
}

fn office() -> Calendar {
    let day = || vec!["09:00-12:30".to_owned(), "13:30-18:00".to_owned()];
    let config = CalendarConfig {
        time_zone: "Europe/Berlin".to_owned(),
        mon: day(),
        tue: day(),
        wed: day(),
        thu: day(),
        fri: vec!["09:00-15:00".to_owned()],
        sat: vec!["22:00-02:00".to_owned()],
        holidays: vec!["12-25".into(), "2026-12-28..2027-01-01".into(), "02-29".into()],
        special: [
            ("2026-12-24".to_owned(), vec!["10:00-12:00".to_owned()]),
            ("2026-12-29".to_owned(), vec!["11:00-12:00".to_owned()]),
            ("12-31".to_owned(), vec![]),
        ]
        .into(),
        ..CalendarConfig::default()
    };
    Calendar::new(&config).unwrap()
}

/// Milliseconds of a time with its offset.
fn ms(text: &str) -> u64 {
    u64::try_from(text.parse::<Timestamp>().unwrap().as_millisecond()).unwrap()
}

fn text(at: Option<u64>) -> String {
    at.map_or("never".to_owned(), |at| timestamp(at).to_string())
}

#[test]
fn openings_are_found() {
    let office = office();
    for (at, opens, open) in [
        ("2026-11-30T08:59:59+01:00", "2026-11-30T08:00:00Z", false),
        ("2026-11-30T09:00:00+01:00", "2026-11-30T08:00:00Z", true),
        ("2026-11-30T12:30:00+01:00", "2026-11-30T12:30:00Z", false),
        ("2026-11-30T18:00:00+01:00", "2026-12-01T08:00:00Z", false),
        // Over midnight, from Saturday into Sunday, and then Monday.
        ("2026-12-06T01:59:59+01:00", "2026-12-06T00:59:59Z", true),
        ("2026-12-06T02:00:00+01:00", "2026-12-07T08:00:00Z", false),
        // Other times on the 24th, a holiday each year on the 25th, Saturday the 26th at night.
        ("2026-12-24T09:30:00+01:00", "2026-12-24T09:00:00Z", false),
        ("2026-12-24T12:00:00+01:00", "2026-12-26T21:00:00Z", false),
        // Holidays from the 28th on, but for the 29th, and nothing on the 31st in any year.
        ("2026-12-28T10:00:00+01:00", "2026-12-29T10:00:00Z", false),
        ("2026-12-29T12:00:00+01:00", "2027-01-02T21:00:00Z", false),
        ("2025-12-31T10:00:00+01:00", "2026-01-01T08:00:00Z", false),
        // The leap day is a Tuesday in 2028.
        ("2028-02-29T10:00:00+01:00", "2028-03-01T08:00:00Z", false),
    ] {
        let at_ms = ms(at);
        let expected = if open { timestamp(at_ms).to_string() } else { opens.to_owned() };
        assert_eq!(text(office.opens_at(at_ms)), expected, "{at}");
        assert_eq!(office.is_open(at_ms), open, "{at}");
    }
}

#[test]
fn closing_times_are_found() {
    let office = office();
    for (at, closes) in [
        ("2026-11-30T10:00:00+01:00", "2026-11-30T11:30:00Z"),
        ("2026-12-05T23:00:00+01:00", "2026-12-06T01:00:00Z"),
        ("2026-11-30T12:45:00+01:00", "never"),
    ] {
        assert_eq!(text(office.closes_at(ms(at))), closes, "{at}");
    }
    let always = calendar("UTC", &["00:00-24:00"]);
    assert_eq!(always.closes_at(ms("2026-11-30T10:00:00Z")), None);
    assert!(always.is_open(0) && always.is_open(u64::MAX));
}

#[test]
fn clocks_that_change_are_kept_to() {
    // The zone, what is open each day, from, to, hours that are worked in between.
    for (zone, openings, from, to, hours) in [
        // Forward: 02:00 to 03:00 is not there.
        ("Europe/Berlin", "00:00-24:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 23.0),
        ("Europe/Berlin", "02:00-03:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 0.0),
        ("Europe/Berlin", "02:30-04:00", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 1.0),
        ("Europe/Berlin", "01:00-02:30", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 1.0),
        // Back: it is there twice.
        ("Europe/Berlin", "00:00-24:00", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 25.0),
        ("Europe/Berlin", "02:00-03:00", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 2.0),
        ("Europe/Berlin", "22:00-06:00", "2026-10-24T21:00:00+02:00", "2026-10-25T12:00:00+01:00", 9.0),
        ("America/New_York", "00:00-24:00", "2026-03-08T00:00:00-05:00", "2026-03-09T00:00:00-04:00", 23.0),
        ("America/New_York", "00:00-24:00", "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00", 25.0),
        ("America/New_York", "01:30-02:30", "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00", 2.0),
        // Half hours, in the offset and in the change of the clocks; a day that was skipped.
        ("Asia/Kolkata", "09:00-17:30", "2026-11-30T00:00:00+05:30", "2026-12-01T00:00:00+05:30", 8.5),
        (
            "Australia/Lord_Howe",
            "00:00-24:00",
            "2026-04-05T00:00:00+11:00",
            "2026-04-06T00:00:00+10:30",
            24.5,
        ),
        (
            "Australia/Lord_Howe",
            "00:00-24:00",
            "2026-10-04T00:00:00+10:30",
            "2026-10-05T00:00:00+11:00",
            23.5,
        ),
        ("Pacific/Apia", "08:00-16:00", "2011-12-29T00:00:00-10:00", "2012-01-01T00:00:00+14:00", 16.0),
        ("UTC", "00:00-24:00", "2028-02-28T00:00:00Z", "2028-03-01T00:00:00Z", 48.0),
    ] {
        let worked = calendar(zone, &[openings]).worked_ms(ms(from), ms(to));
        assert_eq!(worked as f64 / 3_600_000.0, hours, "{zone} {openings} from {from}");
    }
}

#[test]
fn openings_that_overlap_count_once() {
    let calendar = calendar("UTC", &["08:00-12:00", "10:00-13:00", "20:00-09:00"]);
    let (from, to) = (ms("2026-11-30T00:00:00Z"), ms("2026-12-01T00:00:00Z"));
    assert_eq!(calendar.worked_ms(from, to), (9 + 4 + 4) * 3_600_000);
    assert_eq!(text(calendar.closes_at(from)), "2026-11-30T13:00:00Z");
    assert_eq!(calendar.worked_ms(to, from), 0);
}

#[test]
fn what_never_opens_is_never_open() {
    let never = calendar("Europe/Berlin", &[]);
    assert_eq!(never.opens_at(ms("2026-11-30T00:00:00Z")), None);
    assert_eq!(never.worked_ms(0, u64::MAX), 0);
    // Further away than a year.
    let config = CalendarConfig {
        time_zone: "UTC".into(),
        special: [("2030-01-01".to_owned(), vec!["10:00-11:00".to_owned()])].into(),
        ..CalendarConfig::default()
    };
    let rare = Calendar::new(&config).unwrap();
    assert_eq!(rare.opens_at(ms("2026-11-30T00:00:00Z")), None);
    assert_eq!(rare.worked_ms(ms("2026-11-30T00:00:00Z"), ms("2031-01-01T00:00:00Z")), 3_600_000);
}

#[test]
fn every_problem_is_told() {
    let config = CalendarConfig {
        time_zone: "Europe/Berlim".into(),
        mon: vec!["9-17".into(), "09:00-09:00".into(), "24:00-01:00".into(), "09:60-10:00".into()],
        holidays: vec!["2026-02-30".into(), "13-01".into(), "2026-12-24..2026-12-01".into()],
        special: [("2026-12-24..2026-12-26".to_owned(), vec![])].into(),
        ..CalendarConfig::default()
    };
    let errors = Calendar::new(&config).unwrap_err();
    assert_eq!(errors.len(), 9, "{errors:?}");
    assert_eq!(
        errors[0].to_string(),
        "no time zone is named `Europe/Berlim`: use a name of the IANA database, such as `Europe/Berlin`"
    );
    let many = CalendarConfig { sun: vec!["10:00-11:00".into(); 25], time_zone: "UTC".into(), ..config };
    assert!(
        Calendar::new(&many).unwrap_err().iter().any(|error| matches!(error, HoursError::TooMany { .. }))
    );
}

/// A calendar of any zone; about half of the days have openings.
fn any_calendar() -> impl Strategy<Value = Calendar> {
    let zone = prop::sample::select(vec![
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Asia/Kolkata",
        "Australia/Lord_Howe",
        "Pacific/Apia",
        "America/St_Johns",
        "Africa/Casablanca",
    ]);
    let opening = (0u16..1_440, 1u16..1_440).prop_map(|(from, length)| {
        let to = (from + length) % 1_440;
        format!("{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    });
    let week = prop::collection::vec(prop::collection::vec(opening, 0..3), 7);
    let holidays = prop::collection::vec((1u8..=12, 1u8..=28), 0..6);
    (zone, week, holidays).prop_map(|(zone, week, holidays)| {
        let [mon, tue, wed, thu, fri, sat, sun] = week.try_into().unwrap();
        let holidays = holidays.into_iter().map(|(month, day)| format!("{month:02}-{day:02}")).collect();
        let time_zone = zone.to_owned();
        let special = BTreeMap::from([("2026-12-24".to_owned(), vec!["10:00-12:00".to_owned()])]);
        let config = CalendarConfig { time_zone, mon, tue, wed, thu, fri, sat, sun, holidays, special };
        Calendar::new(&config).unwrap()
    })
}

/// From 2010 to 2037, more often near a change of the clocks in 2026.
fn any_time() -> impl Strategy<Value = u64> {
    let changes = [1_774_746_000_000u64, 1_792_890_000_000, 1_772_953_200_000, 1_793_512_800_000];
    let near = (prop::sample::select(changes.to_vec()), 0u64..200_000_000)
        .prop_map(|(change, offset)| change + offset - 100_000_000);
    prop_oneof![1_262_304_000_000u64..2_114_380_800_000, near]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_024))]

    /// The worked time of two stretches is that of both together, and never more than their length.
    #[test]
    fn worked_time_is_additive(
        calendar in any_calendar(), from in any_time(), first in 0u64..2_000_000_000, second in 0u64..2_000_000_000,
    ) {
        let (middle, to) = (from + first, from + first + second);
        let whole = calendar.worked_ms(from, to);
        prop_assert_eq!(calendar.worked_ms(from, middle) + calendar.worked_ms(middle, to), whole);
        prop_assert!(whole <= to - from);
    }

    /// `opens_at` is open, nothing between is, and no time is worked until then.
    #[test]
    fn the_opening_is_the_first_open_moment(
        calendar in any_calendar(), at in any_time(), between in 0u64..1_000_000,
    ) {
        let Some(opens) = calendar.opens_at(at) else {
            prop_assert_eq!(calendar.worked_ms(at, at + 300 * 86_400_000), 0);
            return Ok(());
        };
        prop_assert!(calendar.is_open(opens));
        prop_assert_eq!(calendar.is_open(at), opens == at);
        prop_assert_eq!(calendar.worked_ms(at, opens), 0);
        if opens > at {
            prop_assert!(!calendar.is_open(at + (opens - at) * between / 1_000_001));
            prop_assert!(!calendar.is_open(opens - 1));
        }
    }

    /// Up to the closing it is open at each moment, and all of that time is worked.
    #[test]
    fn until_it_closes_it_is_open(calendar in any_calendar(), at in any_time(), between in 0u64..1_000_000) {
        match calendar.closes_at(at) {
            Some(closes) => {
                prop_assert!(!calendar.is_open(closes) && calendar.is_open(closes - 1));
                prop_assert!(calendar.is_open(at + (closes - at) * between / 1_000_001));
                prop_assert_eq!(calendar.worked_ms(at, closes), closes - at);
            }
            None => prop_assert!(!calendar.is_open(at) || calendar.worked_ms(at, at + 86_400_000) == 86_400_000),
        }
    }

    /// Where no clocks change near, it is open when a clock on the wall says so.
    #[test]
    fn a_clock_on_the_wall_agrees(calendar in any_calendar(), at in any_time()) {
        let zone = calendar.zone().clone();
        let (before, after) = (timestamp(at - 3 * 86_400_000), timestamp(at + 3 * 86_400_000));
        prop_assume!(zone.following(before).next().is_none_or(|change| change.timestamp() > after));
        let local = calendar.local(at);
        let minute = local.hour() as u16 * 60 + local.minute() as u16;
        let on = |date: Date, minute: u16| {
            calendar.on(date).iter().any(|opening| opening.from <= minute && minute < opening.to)
        };
        let expected = on(local.date(), minute) || on(local.date().yesterday().unwrap(), minute + 1_440);
        prop_assert_eq!(calendar.is_open(at), expected);
    }
}
