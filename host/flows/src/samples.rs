//! A set of flows for tests.

use std::collections::BTreeSet;

use crate::facts::{Facts, MessageFacts};
use crate::hours::{Calendar, CalendarConfig, timestamp};
use crate::set::{FlowSet, Known};

/// The flow with every action.
pub(crate) const SUPPORT: &str = include_str!("../testdata/support.toml");

/// A calendar, teams and bots.
pub(crate) fn known() -> Known {
    let day = || vec!["09:00-17:00".to_owned()];
    let config = CalendarConfig {
        time_zone: "Europe/Berlin".into(),
        mon: day(),
        tue: day(),
        wed: day(),
        thu: day(),
        fri: day(),
        ..CalendarConfig::default()
    };
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
    Known {
        calendars: [("office".to_owned(), Calendar::new(&config).unwrap())].into(),
        teams: names(&["sales", "billing", "default"]),
        bots: names(&["answers"]),
        default_team: "default".into(),
    }
}

pub(crate) fn support() -> FlowSet {
    FlowSet::parse(&[("support.toml", SUPPORT)], known())
        .unwrap_or_else(|problems| panic!("{}", list(&problems)))
}

pub(crate) fn list(problems: &[crate::Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Somebody who says something.
pub(crate) fn facts(text: &str) -> Facts {
    let mut facts = Facts::default();
    facts.contact.name = Some("Ann".into());
    facts.contact.email = Some("ann+1@example.com".into());
    facts.ticket.id = 12;
    facts.ticket.status = "open".into();
    facts.ticket.channel = "chat".into();
    facts.message = Some(MessageFacts { text: text.into(), kind: "message".into(), ..Default::default() });
    facts
}

/// Milliseconds of a time with its offset.
pub(crate) fn ms(text: &str) -> u64 {
    u64::try_from(text.parse::<jiff::Timestamp>().unwrap().as_millisecond()).unwrap()
}

pub(crate) fn time(at: u64) -> String {
    timestamp(at).to_string()
}
