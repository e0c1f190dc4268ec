//! What a configuration must hold to.

use super::{Agent, Config, Sla, Team};
use crate::{AGENTS_MAX, NAME_CHARS_MAX, PRIORITY_MAX, TEAMS_MAX};

/// The most entries of a list inside of one team or agent.
const LIST_MAX: usize = 100;
/// A week: whoever waits longer than that was forgotten.
const SECONDS_MAX: u64 = 7 * 24 * 3600;
/// A promise may be for longer: a quarter.
const SLA_SECONDS_MAX: u64 = 92 * 24 * 3600;
const CAPACITY_MAX: u32 = 1_000;
const LEVEL_MAX: u8 = 9;

/// Why a configuration is not taken. `key` is where it stands, such as `teams.support.offer_seconds`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A number out of its bounds.
    #[error("`{key}` is {value}, expected {least} to {most}")]
    OutOfRange {
        /// Where.
        key: String,
        /// As it was given.
        value: u64,
        /// Inclusive.
        least: u64,
        /// Inclusive.
        most: u64,
    },
    /// A team is named that is not there.
    #[error("`{key}` names the team `{team}`, which does not exist: add `[teams.{team}]`, or name another")]
    UnknownTeam {
        /// Where.
        key: String,
        /// As it was given.
        team: String,
    },
    /// A name that is none.
    #[error("`{name}` in `{key}` is no name: write 1 to {NAME_CHARS_MAX} characters, no control characters")]
    Name {
        /// Where.
        key: String,
        /// As it was given, shortened.
        name: String,
    },
    /// More entries than are served.
    #[error(
        "`{key}` has {count} entries, at most {most}: split the installation, or remove what is not used"
    )]
    TooMany {
        /// Where.
        key: String,
        /// How many were given.
        count: usize,
        /// How many may be.
        most: usize,
    },
    /// Capacities without a sum.
    #[error(
        "`{key}` has no `total`: say how many tickets of all kinds at once, as in `{{ total = 4, voice = 1 }}`"
    )]
    NoTotal {
        /// Where.
        key: String,
    },
    /// Steps of an overflow that do not follow each other.
    #[error(
        "`{key}` comes after {before} s, but is for {value} s: put the steps in the order of their times"
    )]
    Order {
        /// Where.
        key: String,
        /// Seconds of the step before.
        before: u64,
        /// Seconds of this step.
        value: u64,
    },
    /// A team that would help itself, or helps twice.
    #[error("`{key}` names the team `{team}`, which has the ticket by then: remove this step")]
    Twice {
        /// Where.
        key: String,
        /// As it was given.
        team: String,
    },
    /// A percentage of nothing.
    #[error("`{key}` needs `first_response_seconds` beside it: say within how many seconds")]
    NoTarget {
        /// Where.
        key: String,
    },
}

type Checked = Result<(), ConfigError>;

impl Config {
    /// Holds it against all bounds. Gives the first thing that is wrong.
    pub fn check(&self) -> Checked {
        at_most("teams", self.teams.len(), TEAMS_MAX)?;
        at_most("agents", self.agents.len(), AGENTS_MAX)?;
        self.team_exists("default_team", &self.default_team)?;
        for (name, team) in &self.teams {
            is_name("teams", name)?;
            self.check_team(&format!("teams.{name}"), name, team)?;
        }
        for (name, agent) in &self.agents {
            is_name("agents", name)?;
            self.check_agent(&format!("agents.{name}"), agent)?;
        }
        Ok(())
    }

    fn check_team(&self, key: &str, name: &str, team: &Team) -> Checked {
        within(&format!("{key}.sticky"), team.sticky, 0, SECONDS_MAX / 60)?;
        within(&format!("{key}.offer_seconds"), team.offer_seconds, 1, SECONDS_MAX)?;
        within(&format!("{key}.missed_max"), team.missed_max.into(), 1, 1_000)?;
        within(&format!("{key}.declined_seconds"), team.declined_seconds, 1, SECONDS_MAX)?;
        within(&format!("{key}.priority_ageing_seconds"), team.priority_ageing_seconds, 0, SECONDS_MAX)?;
        within(&format!("{key}.reassign_after_seconds"), team.reassign_after_seconds, 0, SECONDS_MAX)?;
        at_most(&format!("{key}.overflow"), team.overflow.len(), LIST_MAX)?;
        let mut before = 0;
        for (index, step) in team.overflow.iter().enumerate() {
            let key = format!("{key}.overflow[{index}]");
            within(&format!("{key}.after_seconds"), step.after_seconds, 1, SECONDS_MAX)?;
            if step.after_seconds < before {
                return Err(ConfigError::Order { key, before, value: step.after_seconds });
            }
            before = step.after_seconds;
            let key = format!("{key}.to_team");
            self.team_exists(&key, &step.to_team)?;
            let earlier = team.overflow.iter().take(index).any(|other| other.to_team == step.to_team);
            if earlier || step.to_team == name {
                return Err(ConfigError::Twice { key, team: step.to_team.clone() });
            }
        }
        self.check_sla(&format!("{key}.sla"), &team.sla)
    }

    fn check_sla(&self, key: &str, sla: &Sla) -> Checked {
        let targets = [
            ("first_response_seconds", sla.first_response_seconds),
            ("resolution_seconds", sla.resolution_seconds),
        ];
        for (name, seconds) in targets {
            if let Some(seconds) = seconds {
                within(&format!("{key}.{name}"), seconds, 1, SLA_SECONDS_MAX)?;
            }
        }
        if let Some(percent) = sla.first_response_percent {
            let key = format!("{key}.first_response_percent");
            within(&key, percent.into(), 1, 100)?;
            if sla.first_response_seconds.is_none() {
                return Err(ConfigError::NoTarget { key });
            }
        }
        if let Some(escalation) = &sla.escalation {
            within(
                &format!("{key}.escalation.priority"),
                escalation.priority.into(),
                0,
                PRIORITY_MAX.into(),
            )?;
            if let Some(team) = &escalation.to_team {
                self.team_exists(&format!("{key}.escalation.to_team"), team)?;
            }
        }
        Ok(())
    }

    fn check_agent(&self, key: &str, agent: &Agent) -> Checked {
        let lists = [
            ("teams", agent.teams.len()),
            ("skills", agent.skills.len()),
            ("languages", agent.languages.len()),
            ("capacity", agent.capacity.0.len()),
        ];
        for (list, count) in lists {
            at_most(&format!("{key}.{list}"), count, LIST_MAX)?;
        }
        for team in &agent.teams {
            self.team_exists(&format!("{key}.teams"), team)?;
        }
        for (skill, &level) in &agent.skills {
            is_name(&format!("{key}.skills"), skill)?;
            within(&format!("{key}.skills.{skill}"), level.into(), 1, LEVEL_MAX.into())?;
        }
        for language in &agent.languages {
            is_name(&format!("{key}.languages"), language)?;
        }
        let capacity = format!("{key}.capacity");
        for (kind, &most) in &agent.capacity.0 {
            is_name(&capacity, kind)?;
            within(&format!("{capacity}.{kind}"), most.into(), 0, CAPACITY_MAX.into())?;
        }
        if !agent.capacity.0.contains_key(super::TOTAL) {
            return Err(ConfigError::NoTotal { key: capacity });
        }
        Ok(())
    }

    fn team_exists(&self, key: &str, team: &str) -> Checked {
        if self.teams.contains_key(team) {
            return Ok(());
        }
        let team = crate::text::shorten(team, NAME_CHARS_MAX);
        Err(ConfigError::UnknownTeam { key: key.to_owned(), team })
    }
}

fn within(key: &str, value: u64, least: u64, most: u64) -> Checked {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    Err(ConfigError::OutOfRange { key: key.to_owned(), value, least, most })
}

fn at_most(key: &str, count: usize, most: usize) -> Checked {
    if count <= most { Ok(()) } else { Err(ConfigError::TooMany { key: key.to_owned(), count, most }) }
}

fn is_name(key: &str, name: &str) -> Checked {
    let chars = name.chars().take(NAME_CHARS_MAX + 1).count();
    if (1..=NAME_CHARS_MAX).contains(&chars) && !name.contains(char::is_control) {
        return Ok(());
    }
    Err(ConfigError::Name { key: key.to_owned(), name: crate::text::shorten(name, NAME_CHARS_MAX) })
}

#[cfg(test)]
mod tests;
