//! The files of the desk's folder, read and checked.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use trunkline_contacts::LinkRules;
use trunkline_flows::hours::{Calendar, CalendarConfig, Calendars};
use trunkline_flows::{FlowSet, Known};
use trunkline_numbers::Options;
use trunkline_queues::{Agent, Config, Team};

use crate::entry::Configuration;

/// The name of the file that holds teams and people.
pub const DESK_FILE: &str = "desk.toml";
/// What a ticket counts as in an agent's capacity where nothing says so.
const KIND: &str = "chat";

/// `desk.toml`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeskFile {
    default_team: String,
    teams: BTreeMap<String, TeamText>,
    #[serde(default)]
    agents: BTreeMap<String, Agent>,
    #[serde(default)]
    contacts: LinkRules,
    #[serde(default)]
    tickets: TicketRules,
    #[serde(default)]
    calendars: BTreeMap<String, CalendarConfig>,
    #[serde(default)]
    kinds: BTreeMap<String, String>,
    #[serde(default)]
    numbers: Options,
}

/// A team, and the calendar by which its promises are reckoned.
#[derive(Debug, Clone, PartialEq, Deserialize)]
struct TeamText {
    calendar: Option<String>,
    #[serde(flatten)]
    rest: toml::Table,
}

/// When tickets are opened again, and forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TicketRules {
    /// Whoever writes within so many hours after a ticket was closed opens it again; later begins a new one. 0: always a new one.
    pub reopen_hours: u64,
    /// Days for which a closed ticket is held ready. Its entries stay in the log.
    pub remember_days: u64,
}

impl Default for TicketRules {
    fn default() -> Self {
        Self { reopen_hours: 24, remember_days: 30 }
    }
}

/// A configuration that is in force.
#[derive(Debug)]
pub struct Settings {
    /// Teams and people.
    pub queues: Config,
    /// Which identifiers link contacts.
    pub links: LinkRules,
    /// When tickets are opened again.
    pub tickets: TicketRules,
    /// What becomes of a message.
    pub flows: FlowSet,
    /// Opening times.
    pub calendars: Calendars,
    /// Whose promises are reckoned by which calendar.
    pub team_calendars: BTreeMap<String, String>,
    /// How finely numbers are kept.
    pub numbers: Options,
    kinds: BTreeMap<String, String>,
}

/// Something that is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flaw {
    /// Which file, within the folder.
    pub file: String,
    /// From 1.
    pub line: Option<usize>,
    /// What.
    pub message: String,
    /// The cure.
    pub hint: Option<String>,
}

impl std::fmt::Display for Flaw {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(formatter, ":{line}")?;
        }
        write!(formatter, ": {}", self.message)?;
        match &self.hint {
            Some(hint) => write!(formatter, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

fn flaw(message: impl Into<String>) -> Flaw {
    Flaw { file: DESK_FILE.to_owned(), line: None, message: message.into(), hint: None }
}

impl Settings {
    /// Reads and checks all files. `older`: texts of flows that tickets still wait in.
    pub fn read<'a>(
        configuration: &Configuration,
        older: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, Vec<Flaw>> {
        let file: DeskFile = toml::from_str(&configuration.desk).map_err(|error| {
            let line = error.span().map(|span| line_of(&configuration.desk, span.start));
            vec![Flaw { line, ..flaw(error.message().trim()) }]
        })?;
        let mut flaws = Vec::new();
        let mut teams = BTreeMap::new();
        let mut team_calendars = BTreeMap::new();
        for (name, text) in file.teams {
            if let Some(calendar) = text.calendar {
                if !file.calendars.contains_key(&calendar) {
                    flaws
                        .push(flaw(format!("`teams.{name}.calendar` is `{calendar}`, which is no calendar")));
                }
                team_calendars.insert(name.clone(), calendar);
            }
            match text.rest.try_into::<Team>() {
                Ok(team) => drop(teams.insert(name, team)),
                Err(error) => flaws.push(flaw(format!("`teams.{name}`: {}", error.message().trim()))),
            }
        }
        let mut calendars = Calendars::new();
        for (name, config) in &file.calendars {
            match Calendar::new(config) {
                Ok(calendar) => drop(calendars.insert(name.clone(), calendar)),
                Err(errors) => {
                    flaws.extend(errors.iter().map(|error| flaw(format!("`calendars.{name}`: {error}"))));
                }
            }
        }
        let queues = Config { default_team: file.default_team, teams, agents: file.agents };
        if let Err(error) = queues.check() {
            flaws.push(flaw(error.to_string()));
        }
        if let Err(error) = file.numbers.check() {
            flaws.push(flaw(format!("`numbers`: {error}")));
        }
        if !flaws.is_empty() {
            return Err(flaws);
        }
        let known = Known {
            calendars: calendars.clone(),
            teams: queues.teams.keys().cloned().collect(),
            bots: BTreeSet::new(),
            default_team: queues.default_team.clone(),
        };
        let texts: Vec<(&str, &str)> =
            configuration.flows.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        let flows = FlowSet::parse(&texts, known).map_err(|problems| {
            let flaws = problems.into_iter().map(|problem| Flaw {
                file: problem.file,
                line: problem.line,
                message: problem.message,
                hint: problem.hint,
            });
            flaws.collect::<Vec<_>>()
        })?;
        Ok(Self {
            queues,
            links: file.contacts,
            tickets: file.tickets,
            flows: flows.with_older(older),
            calendars,
            team_calendars,
            numbers: file.numbers,
            kinds: file.kinds,
        })
    }

    /// What links contacts, held against the connections that there are.
    pub fn check_connections(&self, connections: &BTreeSet<String>) -> Result<(), Flaw> {
        self.links.check(connections).map_err(|error| flaw(format!("`contacts`: {error}")))?;
        match self.kinds.keys().find(|connection| !connections.contains(*connection)) {
            Some(connection) => Err(flaw(format!(
                "`kinds` names `{connection}`, which is no connection: define it, or leave it out"
            ))),
            None => Ok(()),
        }
    }

    /// What a ticket of that connection counts as in an agent's capacity.
    pub fn kind(&self, connection: &str) -> &str {
        self.kinds.get(connection).map_or(KIND, String::as_str)
    }

    /// How much of a team's working time lies between two moments.
    pub fn worked_ms(&self, team: &str, from: u64, to: u64) -> u64 {
        let calendar = self.team_calendars.get(team).and_then(|name| self.calendars.get(name));
        match calendar {
            Some(calendar) => calendar.worked_ms(from, to),
            None => trunkline_queues::always(team, from, to),
        }
    }
}

/// Before anything was configured: one team without people.
impl Default for Settings {
    fn default() -> Self {
        let name = "inbox".to_owned();
        Self {
            queues: Config {
                default_team: name.clone(),
                teams: BTreeMap::from([(name, Team::default())]),
                agents: BTreeMap::new(),
            },
            links: LinkRules::default(),
            tickets: TicketRules::default(),
            flows: FlowSet::default(),
            calendars: Calendars::new(),
            team_calendars: BTreeMap::new(),
            numbers: Options::default(),
            kinds: BTreeMap::new(),
        }
    }
}

fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configuration(desk: &str, flow: &str) -> Configuration {
        Configuration {
            desk: desk.to_owned(),
            flows: vec![("flows/welcome.toml".to_owned(), flow.to_owned())],
        }
    }

    /// Those that docs/desk.md begins with.
    #[test]
    fn the_files_of_the_documentation_are_right() {
        let files = configuration(
            include_str!("../../../docs/desk/desk.toml"),
            include_str!("../../../docs/desk/flows/welcome.toml"),
        );
        let settings = Settings::read(&files, []).unwrap_or_else(|flaws| {
            panic!("{}", flaws.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        });
        assert_eq!(settings.check_connections(&BTreeSet::new()), Ok(()));
        // Friday, 2026-09-25, 14:00 in Berlin: an hour is left.
        let at = 1_790_337_600_000;
        assert_eq!(settings.worked_ms("support", at, at + 10 * 3_600_000), 3_600_000);
        assert_eq!(
            settings.worked_ms("none", at, at + 10),
            10,
            "a team without a calendar works day and night"
        );
    }

    #[test]
    fn a_flaw_says_where_and_what() {
        let flow = "name = \"welcome\"\nversion = \"1\"\n[[start]]\n[[step]]\nid = \"a\"\nqueue = { team = \"x\" }\n";
        let team = "default_team = \"a\"\n[teams.a]\n";
        for (desk, flow, said) in [
            ("default_team = 7", flow, "desk.toml:1: invalid type: integer `7`, expected a string"),
            ("default_team = \"a\"", flow, "desk.toml:1: missing field `teams`"),
            (&format!("{team}sticky = \"x\"\n"), flow, "desk.toml: `teams.a`: invalid type"),
            (&format!("{team}nothing = 1\n"), flow, "desk.toml: `teams.a`: unknown field `nothing`"),
            (
                &format!("{team}calendar = \"x\"\n"),
                flow,
                "desk.toml: `teams.a.calendar` is `x`, which is no calendar",
            ),
            (&format!("{team}[bots.x]\nurl = \"https://b\"\n"), flow, "desk.toml:3: unknown field `bots`"),
            (team, flow, "flows/welcome.toml:6: "),
        ] {
            let flaws = Settings::read(&configuration(desk, flow), []).expect_err(said);
            assert!(flaws[0].to_string().starts_with(said), "{} instead of {said}", flaws[0]);
        }
    }
}
