//! The decision: which agent gets a ticket, and which ticket an agent gets next.

use std::collections::BTreeSet;

use super::{Queues, sticky_ms};
use crate::book::Ticket;
use crate::fit::{self, Person};
use crate::need::Shape;
use crate::order::Standing;
use crate::trace::CANDIDATES_MAX;
use crate::{Behind, Candidate, Rule, Strategy, Team, TicketId, Trace, Verdict, WhyNot};

/// Who gets a ticket, and for which team.
#[derive(Debug)]
pub(super) struct Choice {
    pub agent: String,
    pub team: String,
}

impl Queues {
    /// Who of those that are free is to have a waiting ticket.
    pub(super) fn choose(&self, ticket: &Ticket) -> Option<(Choice, Trace)> {
        let shape = ticket.need.shape(ticket.relaxed);
        for (name, team) in self.book.teams_of(ticket) {
            if let Some((agent, rule)) = self.choose_in(name, team, ticket, &shape) {
                let choice = Choice { agent: agent.to_owned(), team: name.to_owned() };
                let trace = self.trace(ticket, rule, Some(&choice));
                return Some((choice, trace));
            }
        }
        None
    }

    fn choose_in(&self, name: &str, team: &Team, ticket: &Ticket, shape: &Shape) -> Option<(&str, Rule)> {
        let desk = self.index.teams.get(name)?;
        let fits = |agent: &str| {
            self.refusal(ticket, agent).is_none()
                && fit::why_not(&self.book, &self.index, agent, shape).is_none()
        };
        if let Some(last) = self.book.memory.last(ticket.need.contact, self.book.now, sticky_ms(team))
            && let Some(agent) = desk.free.get(last)
            && fits(agent)
        {
            return Some((agent, Rule::Sticky));
        }
        let turn = self.book.turns.get(name).map(String::as_str);
        let free = desk.free.iter().map(String::as_str).filter(|agent| fits(agent));
        let agent = free.min_by_key(|agent| self.rank(team.strategy, turn, agent))?;
        Some((agent, Rule::Strategy(team.strategy)))
    }

    /// The least comes first.
    fn rank<'a>(&self, strategy: Strategy, turn: Option<&str>, agent: &'a str) -> (u64, u64, &'a str) {
        let idle_since = self.book.seats.get(agent).map_or(0, |seat| seat.idle_since);
        match strategy {
            Strategy::LongestIdle => (0, idle_since, agent),
            Strategy::LeastLoaded => {
                let total = self.book.config.agents.get(agent).map_or(1, |agent| agent.capacity.total());
                let held = self.index.loads.get(agent).map_or(0, |load| load.total());
                (u64::from(held) * 1_000_000 / u64::from(total.max(1)), idle_since, agent)
            }
            Strategy::RoundRobin => (turn.is_some_and(|turn| agent <= turn).into(), 0, agent),
        }
    }

    /// Which waiting ticket an agent with a free place gets next.
    pub(super) fn next_for(&self, agent: &str) -> Option<TicketId> {
        let teams = &self.book.config.agents.get(agent)?.teams;
        let person = Person::of(&self.book, &self.index, agent)?;
        let mut best: Option<Standing> = None;
        for name in teams {
            let (Some(desk), Some(team)) = (self.index.teams.get(name), self.book.team(name)) else {
                continue;
            };
            if !desk.free.contains(agent) {
                continue;
            }
            for (shape, line) in &desk.lines {
                if person.why_not(shape).is_some() {
                    continue;
                }
                let tickets = line.iter().filter_map(|place| self.book.tickets.get(&place.ticket));
                let first = tickets.into_iter().find(|ticket| self.refusal(ticket, agent).is_none());
                let standing = first.map(|ticket| Standing::of(ticket, team, self.book.now));
                if let Some(standing) = standing
                    && best.as_ref().is_none_or(|best| standing < *best)
                {
                    best = Some(standing);
                }
            }
        }
        best.map(|standing| standing.ticket)
    }

    fn refusal(&self, ticket: &Ticket, agent: &str) -> Option<WhyNot> {
        let refused = ticket.refused.get(agent).filter(|refused| refused.until > self.book.now)?;
        Some(WhyNot::Refused { refusal: refused.refusal, until: refused.until })
    }

    /// Why a ticket waits.
    pub(super) fn trace_nobody(&self, ticket: &Ticket) -> Trace {
        self.trace(ticket, Rule::Nobody, None)
    }

    /// Who else was there, and why it was none of them.
    pub(super) fn trace(&self, ticket: &Ticket, rule: Rule, chosen: Option<&Choice>) -> Trace {
        let mut trace = self.trace_alone(ticket, rule);
        let mut candidates = Vec::new();
        let mut seen = BTreeSet::new();
        if let Some(choice) = chosen {
            seen.insert(choice.agent.as_str());
            candidates.push(Candidate { agent: choice.agent.clone(), verdict: Verdict::Chosen });
        }
        let shape = ticket.need.shape(ticket.relaxed);
        let mut before_choice = true;
        for team in &trace.asked {
            let Some(desk) = self.index.teams.get(team) else { continue };
            let same_team = chosen.is_some_and(|choice| choice.team == *team);
            before_choice &= !same_team;
            for agent in &desk.members {
                if !seen.insert(agent) {
                    continue;
                }
                if candidates.len() >= CANDIDATES_MAX {
                    trace.more += 1;
                    continue;
                }
                let why_not = self
                    .refusal(ticket, agent)
                    .or_else(|| fit::why_not(&self.book, &self.index, agent, &shape));
                let verdict = match why_not {
                    Some(why_not) => Verdict::Not(why_not),
                    None if same_team || before_choice => Verdict::Behind(behind(&trace.rule)),
                    None => Verdict::Behind(Behind::LaterTeam),
                };
                candidates.push(Candidate { agent: agent.clone(), verdict });
            }
        }
        trace.candidates = candidates;
        trace
    }

    /// The conditions of a decision that looked at nobody.
    pub(super) fn trace_alone(&self, ticket: &Ticket, rule: Rule) -> Trace {
        let now = self.book.now;
        let team = self.book.team(&ticket.need.team);
        Trace {
            rule,
            asked: self.book.teams_of(ticket).map(|(name, _)| name.to_owned()).collect(),
            priority_thousandths: team.map_or(0, |team| ticket.priority_thousandths(team, now)),
            waited_ms: now.saturating_sub(ticket.need.since),
            relaxed: ticket.relaxed,
            candidates: Vec::new(),
            more: 0,
        }
    }
}

/// What somebody who could take a ticket lacks against the chosen one.
fn behind(rule: &Rule) -> Behind {
    match rule {
        Rule::Sticky => Behind::NotLastWithContact,
        Rule::Strategy(Strategy::LeastLoaded) => Behind::MoreLoaded,
        Rule::Strategy(Strategy::RoundRobin) => Behind::NotTheirTurn,
        Rule::Assigned(_) | Rule::Transferred(_) => Behind::NotNamed,
        Rule::Strategy(Strategy::LongestIdle) | Rule::Accepted | Rule::Nobody => Behind::LessIdle,
    }
}
