//! Facts in short, and reports of them.

use trunkline_numbers::{
    Dimension, Fact, Figures, Numbers, Options, Presence, Query, Rating, Report, Speaker, Target, What,
};

pub const SECOND: u64 = 1000;
pub const MINUTE: u64 = 60 * SECOND;
pub const HOUR: u64 = 60 * MINUTE;
pub const DAY: u64 = 24 * HOUR;

pub fn opened(channel: &str, team: Option<&str>, contact: u64) -> What {
    What::Opened { channel: channel.into(), team: team.map(Into::into), contact }
}

pub fn heard(channel: &str) -> What {
    What::Heard { channel: channel.into() }
}

pub fn said(by: Speaker) -> What {
    What::Said { channel: "chat".into(), by }
}

pub fn agent(name: &str) -> Speaker {
    Speaker::Agent(name.into())
}

pub fn bot() -> Speaker {
    Speaker::Bot("faq".into())
}

pub fn queued(team: &str) -> What {
    What::Queued { team: team.into() }
}

pub fn accepted(agent: &str, team: &str) -> What {
    What::Accepted { agent: agent.into(), team: team.into() }
}

pub fn returned(agent: &str) -> What {
    What::Returned { agent: agent.into() }
}

pub fn transferred(from: &str, to: &str) -> What {
    What::Transferred { from_team: Some(from.into()), to_team: to.into() }
}

pub fn handed_over() -> What {
    What::HandedOver { bot: "faq".into(), reason: "asked for a person".into() }
}

pub fn closed() -> What {
    What::Closed { by: Speaker::Flow }
}

pub fn csat(value: u8) -> What {
    What::Rated { kind: Rating::Csat(value) }
}

pub fn nps(value: u8) -> What {
    What::Rated { kind: Rating::Nps(value) }
}

pub fn breached(target: Target, team: &str) -> What {
    What::Breached { target, team: team.into() }
}

pub fn presence(agent: &str, state: Presence) -> What {
    What::Presence { agent: agent.into(), state }
}

/// Numbers of facts: time, ticket, what.
pub fn count<const N: usize>(facts: [(u64, u64, What); N]) -> Numbers {
    let mut numbers = Numbers::new(Options::default()).expect("good options");
    apply(&mut numbers, facts);
    numbers
}

pub fn apply(numbers: &mut Numbers, facts: impl IntoIterator<Item = (u64, u64, What)>) {
    for (at, ticket, what) in facts {
        numbers.apply(&Fact { at, ticket, what });
    }
}

pub fn report(numbers: &Numbers, query: &Query) -> Report {
    numbers.report(query).unwrap_or_else(|error| panic!("{query:?}: {error}"))
}

/// The figures of all, in one row.
pub fn all(numbers: &Numbers) -> Figures {
    let report = report(numbers, &Query::default());
    assert_eq!(report.rows.len(), 1, "{report:?}");
    report.rows[0].figures.clone()
}

/// The figures of one agent.
pub fn of_agent(numbers: &Numbers, name: &str) -> Figures {
    let query = Query { agents: vec![name.into()], group_by: vec![Dimension::Agent], ..Query::default() };
    let report = report(numbers, &query);
    assert_eq!(report.rows.len(), 1, "{report:?}");
    assert_eq!(report.rows[0].agent.as_deref(), Some(name));
    report.rows[0].figures.clone()
}

/// The figures of one team. None: there are none.
pub fn of_team(numbers: &Numbers, team: &str) -> Option<Figures> {
    let query = Query { teams: vec![team.into()], ..Query::default() };
    report(numbers, &query).rows.first().map(|row| row.figures.clone())
}
