//! With ageing nobody waits for ever, however much comes of a higher priority.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use trunkline_queues::{
    Agent, By, Candidate, Change, Config, Need, Overflow, Presence, Queues, Team, TicketId, Verdict, WhyNot,
};

use crate::world::{START, cases};

const AGEING_MS: u64 = 60_000;
/// What the highest priority is worth.
const HEAD_START_MS: u64 = 9 * AGEING_MS;

/// One team, and agents who take one ticket at a time.
fn config(agents: usize, ageing: bool, overflow: bool) -> Config {
    let mut config =
        Config { default_team: "support".to_owned(), teams: BTreeMap::new(), agents: BTreeMap::new() };
    let mut team = Team {
        priority_ageing_seconds: if ageing { AGEING_MS / 1_000 } else { 0 },
        declined_seconds: 30,
        ..Team::default()
    };
    config.teams.insert("helpers".to_owned(), team.clone());
    if overflow {
        let step = Overflow { after_seconds: 20, to_team: "helpers".to_owned() };
        team.overflow.push(step);
    }
    config.teams.insert("support".to_owned(), team);
    for index in 0..agents {
        let mut agent = Agent::default();
        agent.teams.insert("support".to_owned());
        agent.capacity.0.insert("total".to_owned(), 1);
        config.agents.insert(format!("agent {index}"), agent);
    }
    config
}

/// A ticket that comes.
#[derive(Debug, Clone)]
struct Arrival {
    after_ms: u64,
    priority: u8,
}

/// A ticket that came, and when it was offered.
#[derive(Debug)]
struct Waited {
    since: u64,
    offered_at: Option<u64>,
}

/// A day at a team whose agents answer every offer at once, and each ticket for `service_ms`.
struct Day {
    queues: Queues,
    service_ms: u64,
    /// End of service, ticket, agent, generation.
    busy: BTreeSet<(u64, TicketId, String, u64)>,
    waited: BTreeMap<TicketId, Waited>,
    /// How many of the next offers are declined.
    declines: u32,
}

impl Day {
    fn new(config: Config, service_ms: u64, declines: u32) -> Self {
        let agents: Vec<_> = config.agents.keys().cloned().collect();
        let mut queues = Queues::new(config).expect("a configuration");
        for agent in agents {
            queues.presence(START, &agent, Presence::Online).expect("an agent");
        }
        Self { queues, service_ms, busy: BTreeSet::new(), waited: BTreeMap::new(), declines }
    }

    fn run(&mut self, arrivals: &[Arrival]) {
        let mut at = START;
        for (number, arrival) in (1..).zip(arrivals) {
            at += arrival.after_ms;
            self.finish_until(at);
            let id = TicketId(number);
            self.waited.insert(id, Waited { since: at, offered_at: None });
            let need = Need { priority: arrival.priority, ..Need::new(id, "support", "chat", number, at) };
            let changes = self.queues.enqueue(at, need).expect("queued");
            self.answer(at, changes);
        }
        self.finish_until(u64::MAX);
    }

    fn finish_until(&mut self, until: u64) {
        loop {
            let done = self.busy.first().map(|&(at, ..)| at);
            let Some(next) = [done, self.queues.due()].into_iter().flatten().min().filter(|at| *at <= until)
            else {
                return;
            };
            let mut changes = self.queues.tick(next);
            if done == Some(next)
                && let Some((_, ticket, name, generation)) = self.busy.pop_first()
            {
                let by = By::Agent { name, generation };
                changes.extend(self.queues.release(next, ticket, &by).expect("released"));
            }
            self.answer(next, changes);
        }
    }

    fn answer(&mut self, at: u64, changes: Vec<Change>) {
        let mut changes = std::collections::VecDeque::from(changes);
        while let Some(change) = changes.pop_front() {
            let Change::Offered { ticket, agent, generation, .. } = change else { continue };
            if self.queues.config().teams["support"].priority_ageing_seconds > 0 {
                self.nobody_was_earlier(ticket);
            }
            if self.declines > 0 {
                self.declines -= 1;
                let more = self.queues.decline(at, &agent, ticket, generation, "no");
                changes.extend(more.expect("declined"));
                continue;
            }
            let waited = self.waited.get_mut(&ticket).expect("a ticket");
            assert_eq!(waited.offered_at.replace(at), None);
            self.queues.accept(at, &agent, ticket, generation).expect("accepted");
            self.busy.insert((at + self.service_ms, ticket, agent, generation));
        }
    }

    /// No ticket is passed by one that came so late that no priority makes up for it, unless the agent declined it.
    fn nobody_was_earlier(&self, offered: TicketId) {
        let offered_since = self.waited[&offered].since;
        let earlier = |ticket: &TicketId| self.waited[ticket].since + HEAD_START_MS < offered_since;
        for ticket in self.queues.waiting("support").into_iter().filter(earlier) {
            let refused =
                |candidate: &Candidate| matches!(candidate.verdict, Verdict::Not(WhyNot::Refused { .. }));
            let trace = self.queues.explain(ticket).expect("it waits");
            assert!(trace.candidates.iter().any(refused), "{ticket} was passed by {offered}");
        }
    }

    /// How many milliseconds a ticket was offered later than it may be, at most.
    fn too_late_ms(&self, agents: u64) -> u64 {
        let late = |waited: &Waited| {
            let offered_at = waited.offered_at.expect("every ticket is offered");
            let newcomers_lose_from = waited.since + HEAD_START_MS;
            let ahead = self.waited.values().filter(|other| {
                other.since <= newcomers_lose_from && other.offered_at.is_some_and(|at| at >= waited.since)
            });
            let bound = newcomers_lose_from + (ahead.count() as u64 / agents + 2) * self.service_ms;
            offered_at.saturating_sub(bound)
        };
        self.waited.values().map(late).max().unwrap_or(0)
    }
}

fn arrivals() -> impl Strategy<Value = Vec<Arrival>> {
    let arrival = (0..20_000_u64, prop_oneof![Just(9), 0..=9_u8])
        .prop_map(|(after_ms, priority)| Arrival { after_ms, priority });
    prop::collection::vec(arrival, 1..200)
}

proptest! {
    #![proptest_config(cases(256))]

    /// However much comes, each ticket is offered when those are through that came before it or within nine steps of
    /// ageing after it.
    #[test]
    fn every_ticket_is_offered_in_bounded_time(
        arrivals in arrivals(), agents in 1..4_usize, service_ms in 1_000..90_000_u64, overflow in any::<bool>(),
    ) {
        let mut day = Day::new(config(agents, true, overflow), service_ms, 0);
        day.run(&arrivals);
        prop_assert_eq!(day.too_late_ms(agents as u64), 0);
    }

    /// Nor does a ticket starve that agents decline for a while: it is asked for again.
    #[test]
    fn what_is_declined_is_offered_again(
        arrivals in arrivals(), agents in 1..4_usize, declines in 1..20_u32,
    ) {
        let mut day = Day::new(config(agents, true, false), 5_000, declines);
        day.run(&arrivals);
        prop_assert!(day.waited.values().all(|waited| waited.offered_at.is_some()));
    }
}

/// An endless stream of the highest priority, faster than it is answered, and one ticket of the lowest.
fn flood(ageing: bool) -> Day {
    let mut day = Day::new(config(1, ageing, false), 10_000, 0);
    let urgent = Arrival { after_ms: 9_000, priority: 9 };
    let mut arrivals = vec![urgent.clone(), Arrival { after_ms: 1, priority: 0 }];
    arrivals.extend(std::iter::repeat_n(urgent, 500));
    day.run(&arrivals);
    day
}

#[test]
fn it_is_ageing_that_keeps_a_ticket_from_starving() {
    let offered = |day: &Day| day.waited[&TicketId(2)].offered_at.expect("at the end") - START;
    // Without it, when the flood is over; with it, when those of the first nine minutes are through.
    assert!(offered(&flood(false)) > 500 * 9_000, "{}", offered(&flood(false)));
    assert!(offered(&flood(true)) < 12 * 60_000, "{}", offered(&flood(true)));
    assert_eq!(flood(true).too_late_ms(1), 0);
}
