//! What a decision costs: 20 teams, 200 agents, 10,000 owned tickets and 1,000 that wait.
//!
//! `cargo bench -p trunkline-queues` prints microseconds of one operation: median, 99th percentile, most.

use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::Instant;

use trunkline_queues::{Agent, By, Change, Config, Need, Presence, Queues, Strategy, Team, TicketId};

const TEAMS: u64 = 20;
const AGENTS: u64 = 200;
const OWNED_EACH: u64 = 50;
const WAITING: u64 = 1_000;
const START: u64 = 1_800_000_000_000;
const ROUNDS: u64 = 5_000;

/// How different the tickets are: how many kinds of skills are asked for.
fn skill(number: u64, kinds: u64) -> String {
    format!("skill {}", number % kinds)
}

/// Each agent is in two teams and has all skills but one.
fn config(strategy: Strategy, kinds: u64) -> Config {
    let team = Team { strategy, sticky: 60, ..Team::default() };
    let teams = (0..TEAMS).map(|index| (format!("team {index}"), team.clone())).collect();
    let agents = (0..AGENTS).map(|index| {
        let mut agent = Agent::default();
        agent.teams.extend([index, index / 10 + 1].map(|team| format!("team {}", team % TEAMS)));
        let skills = (0..kinds.min(100)).filter(|kind| *kind != index % kinds);
        agent.skills.extend(skills.map(|kind| (skill(kind, kinds), 5)));
        agent.capacity.0.insert("total".to_owned(), OWNED_EACH as u32);
        (format!("agent {index}"), agent)
    });
    Config { default_team: "team 0".to_owned(), teams, agents: agents.collect() }
}

fn need(number: u64, at: u64, kinds: u64) -> Need {
    Need {
        priority: (number % 10) as u8,
        skills: BTreeMap::from([(skill(number / TEAMS, kinds), (number % 5) as u8)]),
        ..Need::new(TicketId(number), &format!("team {}", number % TEAMS), "chat", number % 5_000, at)
    }
}

/// Everybody has as many tickets as may be, and more wait.
struct Centre {
    queues: Queues,
    at: u64,
    kinds: u64,
    last: u64,
    owned: Vec<(TicketId, String, u64)>,
}

impl Centre {
    fn new(strategy: Strategy, kinds: u64) -> Self {
        let mut queues = Queues::new(config(strategy, kinds)).expect("a configuration");
        for index in 0..AGENTS {
            queues.presence(START, &format!("agent {index}"), Presence::Online).expect("an agent");
        }
        let mut centre = Self { queues, at: START, kinds, last: 0, owned: Vec::new() };
        for index in 0..AGENTS * OWNED_EACH {
            centre.last += 1;
            let agent = format!("agent {}", index % AGENTS);
            let changes = centre.queues.give(centre.at, need(centre.last, centre.at, kinds), &agent, "sue");
            centre.note(&changes.expect("given"));
        }
        for _ in 0..WAITING {
            centre.enqueue();
        }
        centre
    }

    fn note(&mut self, changes: &[Change]) {
        for change in changes {
            if let Change::Owned { ticket, agent, generation, .. } = change {
                self.owned.push((*ticket, agent.clone(), *generation));
            }
        }
    }

    fn enqueue(&mut self) -> Vec<Change> {
        self.last += 1;
        self.at += 7;
        self.queues.enqueue(self.at, need(self.last, self.at, self.kinds)).expect("queued")
    }

    fn release(&mut self) -> Vec<Change> {
        let (ticket, name, generation) = self.owned.swap_remove(self.last as usize % self.owned.len());
        self.queues.release(self.at, ticket, &By::Agent { name, generation }).expect("released")
    }

    fn accept(&mut self, changes: &[Change]) -> usize {
        let mut count = 0;
        for change in changes {
            let Change::Offered { ticket, agent, generation, .. } = change else { continue };
            let changes = self.queues.accept(self.at, agent, *ticket, *generation).expect("accepted");
            self.note(&changes);
            count += 1;
        }
        count
    }
}

#[derive(Default)]
struct Times(Vec<u64>);

impl Times {
    fn measure<T>(&mut self, operation: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = black_box(operation());
        self.0.push(start.elapsed().as_nanos() as u64);
        result
    }

    fn print(mut self, name: &str) {
        self.0.sort_unstable();
        let at = |thousandth: usize| self.0[(self.0.len() - 1) * thousandth / 1_000] as f64 / 1_000.0;
        println!("  {name:<40} {:>8.1} {:>8.1} {:>8.1}", at(500), at(990), at(1_000));
    }
}

fn run(strategy: Strategy, kinds: u64) {
    let mut centre = Centre::new(strategy, kinds);
    let (mut queued, mut released, mut accepted, mut declined) =
        (Times::default(), Times::default(), Times::default(), Times::default());
    let mut offers = 0;
    for _ in 0..ROUNDS {
        queued.measure(|| centre.enqueue());
        let changes = released.measure(|| centre.release());
        let offer = changes.iter().find_map(|change| match change {
            Change::Offered { ticket, agent, generation, .. } => Some((*ticket, agent.clone(), *generation)),
            _ => None,
        });
        let Some((ticket, agent, generation)) = offer else { continue };
        let (at, queues) = (centre.at, &mut centre.queues);
        let changes =
            declined.measure(|| queues.decline(at, &agent, ticket, generation, "no").expect("declined"));
        offers += accepted.measure(|| centre.accept(&changes));
    }
    println!("{strategy:?}, {kinds} kinds of skills, {offers} offers:");
    queued.print("queue a ticket, nobody is free");
    released.print("close a ticket, offer another");
    declined.print("decline, offer it and another anew");
    accepted.print("accept");
    let mut times = Times::default();
    let text = times.measure(|| serde_json::to_string(&centre.queues).expect("JSON"));
    let restored: Queues = times.measure(|| serde_json::from_str(&text).expect("a state"));
    println!(
        "  snapshot: {} KB, {} ms to write, {} ms to read",
        text.len() / 1_000,
        times.0[0] / 1_000_000,
        times.0[1] / 1_000_000
    );
    assert!(restored == centre.queues);
}

fn main() {
    println!("  {:<40} {:>8} {:>8} {:>8}", "microseconds", "median", "p99", "most");
    for strategy in [Strategy::LongestIdle, Strategy::LeastLoaded, Strategy::RoundRobin] {
        run(strategy, 5);
    }
    run(Strategy::LongestIdle, 100);
}
