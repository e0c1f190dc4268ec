//! When somebody may be called.

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use serde_json::Value;

use super::{Flowing, Walk, quote};
use crate::expression::WEEKDAYS;
use crate::flow::{Callback, Step, plain};
use crate::hours::{Calendar, read_minute, timestamp, zone};
use crate::run::{AskChoice, Output, Run, State, Waits};
use crate::trace::Did;

/// Times that are offered.
const OFFERS: usize = 3;
/// The last day on which somebody is called.
const AHEAD_MS: u64 = 60 * 86_400_000;
const DAY_MS: u64 = 86_400_000;

/// Short names of days, Monday first.
const WEEKDAYS_BY_LANGUAGE: [(&str, [&str; 7]); 8] = [
    ("de", ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"]),
    ("en", ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]),
    ("es", ["lun", "mar", "mié", "jue", "vie", "sáb", "dom"]),
    ("fr", ["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."]),
    ("it", ["lun", "mar", "mer", "gio", "ven", "sab", "dom"]),
    ("nl", ["ma", "di", "wo", "do", "vr", "za", "zo"]),
    ("pl", ["pon.", "wt.", "śr.", "czw.", "pt.", "sob.", "niedz."]),
    ("pt", ["seg", "ter", "qua", "qui", "sex", "sáb", "dom"]),
];

impl Walk<'_> {
    /// The next openings: one a day.
    pub(super) fn offer(&self, callback: &Callback) -> Vec<u64> {
        let Some(calendar) = self.calendar(&callback.calendar) else { return Vec::new() };
        let mut offered: Vec<u64> = Vec::new();
        // While it is open, the next opening is the one after.
        let mut from = calendar.closes_at(self.at).unwrap_or(self.at);
        let last = self.at.saturating_add(AHEAD_MS);
        while let Some(opens) = calendar.opens_at(from).filter(|opens| *opens <= last) {
            if offered.len() == OFFERS {
                break;
            }
            offered.push(opens);
            let midnight = calendar.local(opens).date().tomorrow().unwrap_or(Date::MAX);
            from = instant(calendar.zone(), midnight.at(0, 0, 0, 0))
                .unwrap_or(opens)
                .max(opens.saturating_add(1));
            from = if calendar.is_open(from) { from.max(opens.saturating_add(DAY_MS / 2)) } else { from };
        }
        offered
    }

    pub(super) fn ask_callback(&mut self, callback: &Callback, offered: &[u64]) {
        let text = self.words(&callback.text);
        let calendar = self.calendar(&callback.calendar);
        let choices = calendar.map_or_else(Vec::new, |calendar| {
            let choice = |(place, at): (usize, &u64)| AskChoice {
                id: format!("time_{}", place + 1),
                title: self.time_text(calendar, *at),
            };
            offered.iter().enumerate().map(choice).collect()
        });
        self.outputs.push(Output::Ask { text, choices });
    }

    /// The contact says when.
    pub(super) fn callback_answered(
        &mut self,
        run: &Run,
        step: &Step,
        callback: &Callback,
        said: (&str, Option<&str>),
    ) -> Flowing {
        let words = said.1.unwrap_or(said.0);
        let calendar = self.calendar(&callback.calendar);
        let at = self.offered_time(run, calendar, words).or_else(|| self.free_time(calendar, said.0));
        // Nobody calls while the team is not there.
        let open = at.map(|at| calendar.and_then(|calendar| calendar.opens_at(at)).unwrap_or(at));
        let taken_as = open.map(|at| timestamp(at).to_string());
        self.told(Did::Answered { said: quote(words), taken_as });
        if at != open {
            self.note("moved to the next opening");
        }
        let Some(at) = open else {
            return self.again(run, &callback.patience, |walk| walk.ask_callback(callback, &run.offered));
        };
        let iso = calendar.map_or_else(|| timestamp(at).to_string(), |calendar| self.iso(calendar, at));
        self.set_var(&step.id, Value::from(iso));
        self.outputs.push(Output::SnoozeUntil { at });
        let run = self.wait(step, Waits::Callback, None);
        Flowing::Done(State::Waiting(Run { until: Some(at), ..run }))
    }

    /// One of those that were offered, by id, number or its text.
    fn offered_time(&self, run: &Run, calendar: Option<&Calendar>, said: &str) -> Option<u64> {
        let said = plain(said);
        let number = said.strip_prefix("time_").unwrap_or(&said).trim_end_matches(['.', ')']);
        if let Some(found) =
            number.parse::<usize>().ok().and_then(|number| run.offered.get(number.checked_sub(1)?))
        {
            return Some(*found).filter(|found| *found > self.at);
        }
        let calendar = calendar?;
        run.offered.iter().copied().find(|at| *at > self.at && plain(&self.time_text(calendar, *at)) == said)
    }

    /// `14:30`, `2026-12-01 14:30` by the contact's clocks; `2h`, `30m` from now.
    fn free_time(&self, calendar: Option<&Calendar>, said: &str) -> Option<u64> {
        let said = said.trim();
        let zone = calendar.map_or(TimeZone::UTC, |calendar| self.zone(calendar));
        let today = zone.to_datetime(timestamp(self.at)).date();
        let on = |date: Date, minute: u16| {
            let date = if minute == 1_440 { date.tomorrow().ok()? } else { date };
            let minute = minute % 1_440;
            instant(&zone, date.at((minute / 60) as i8, (minute % 60) as i8, 0, 0))
        };
        let found = if let Some(wait) = crate::flow::duration(said) {
            self.at.checked_add(wait)
        } else if let Some(minute) = read_minute(said) {
            on(today, minute).filter(|at| *at > self.at).or_else(|| on(today.tomorrow().ok()?, minute))
        } else {
            let (date, minute) = said.split_once([' ', 'T'])?;
            on(date.parse().ok().filter(|_| date.len() == 10)?, read_minute(minute)?)
        };
        found.filter(|at| *at > self.at && *at <= self.at.saturating_add(AHEAD_MS))
    }

    /// The contact's time zone, else the calendar's.
    pub(super) fn zone(&self, calendar: &Calendar) -> TimeZone {
        let own = self.facts.contact.time_zone.as_deref().and_then(|name| zone(name).ok());
        own.unwrap_or_else(|| calendar.zone().clone())
    }

    /// `Mon 2026-11-30 09:00` in the contact's language, as far as it is one of ours, and by its clocks.
    pub(super) fn time_text(&self, calendar: &Calendar, at: u64) -> String {
        let local = self.zone(calendar).to_datetime(timestamp(at));
        let language = self.language.as_deref().or(self.facts.contact.language.as_deref());
        let language = language.unwrap_or(&self.flow.language);
        let day = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0);
        let names =
            WEEKDAYS_BY_LANGUAGE.iter().find(|(code, _)| language.split(['-', '_']).next() == Some(code));
        let names = names.map_or(WEEKDAYS, |(_, names)| *names);
        format!(
            "{} {} {:02}:{:02}",
            names.get(day).unwrap_or(&""),
            local.date(),
            local.hour(),
            local.minute()
        )
    }
}

/// When the clocks of a zone show a time for the first time.
fn instant(zone: &TimeZone, local: DateTime) -> Option<u64> {
    let found = zone.to_ambiguous_timestamp(local).compatible().ok()?;
    u64::try_from(found.as_millisecond()).ok()
}
