//! A small team to try things with, and short words for what came of them.

use trunkline_queues::{By, Change, Config, Need, Presence, Queues, Rule, TicketId, Whereabouts};

pub const CONFIG: &str = r#"
    default_team = "support"
    [teams.support]
    offer_seconds = 20
    missed_max = 2
    declined_seconds = 60
    reassign_after_seconds = 100
    [teams.leads]
    [agents.ada]
    teams = ["support"]
    [agents.bob]
    teams = ["support"]
"#;

/// What a test does, with short words for what came of it.
pub struct Desk {
    pub queues: Queues,
    pub at: u64,
}

pub fn ticket(number: u64) -> TicketId {
    TicketId(number)
}

pub fn need(number: u64) -> Need {
    Need::new(ticket(number), "support", "chat", number, 0)
}

pub fn supervisor() -> By {
    By::Supervisor { name: "sue".into() }
}

/// The changes as words: what a reader of the test is to see.
pub fn words(changes: &[Change]) -> String {
    let word = |change: &Change| match change {
        Change::Queued { ticket, team, .. } => format!("{ticket} waits in {team}"),
        Change::Offered { ticket, agent, .. } => format!("{ticket} to {agent}?"),
        Change::Owned { ticket, agent, .. } => format!("{ticket} is {agent}'s"),
        Change::Returned { ticket, agent, .. } => format!("{ticket} from {agent}"),
        Change::Released { ticket, .. } => format!("{ticket} done"),
        Change::Overflowed { ticket, to, .. } => format!("{to} helps with {ticket}"),
        Change::Transferred { ticket, from, to, .. } => format!("{ticket} from {from} to {to}"),
        Change::Moved { ticket, from, to } => format!("{ticket} moved from {from} to {to}"),
        Change::Missed { agent, missed, missed_max, .. } => format!("{agent} missed {missed}/{missed_max}"),
        Change::PresenceChanged { agent, to, .. } => format!("{agent} {to}"),
        Change::Breached { ticket, .. } => format!("{ticket} late"),
        Change::Escalated { ticket, to, priority, .. } => format!("{ticket} up to {to} {priority}"),
    };
    changes.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// Who was looked at, in words, and what chose.
pub fn reasons(change: &Change) -> (Rule, String) {
    let (Change::Queued { trace, .. } | Change::Offered { trace, .. } | Change::Owned { trace, .. }) = change
    else {
        panic!("{change:?} is no decision");
    };
    let candidates: Vec<_> = trace.candidates.iter().map(ToString::to_string).collect();
    (trace.rule.clone(), candidates.join(", "))
}

impl Desk {
    pub fn new(config: &str) -> Self {
        let config: Config = toml::from_str(config).expect("a configuration");
        Self { queues: Queues::new(config).expect("valid"), at: 1_000 }
    }

    /// The usual two agents, online.
    pub fn open() -> Self {
        let mut desk = Self::new(CONFIG);
        desk.online(&["ada", "bob"]);
        desk
    }

    pub fn online(&mut self, agents: &[&str]) {
        for agent in agents {
            self.queues.presence(self.at, agent, Presence::Online).expect("an agent");
            self.at += 1;
        }
    }

    pub fn enqueue(&mut self, need: Need) -> Vec<Change> {
        self.queues.enqueue(self.at, need).expect("queued")
    }

    /// Queues a ticket, and has it accepted by whom it is offered to.
    pub fn accepted(&mut self, need: Need) -> (String, u64) {
        let number = need.ticket.0;
        self.enqueue(need);
        let (agent, generation) = self.holder(number);
        self.queues.accept(self.at, &agent, ticket(number), generation).expect("accepted");
        (agent, generation)
    }

    pub fn holder(&self, number: u64) -> (String, u64) {
        match self.queues.whereabouts(ticket(number)) {
            Some(
                Whereabouts::Offered { agent, generation, .. } | Whereabouts::Owned { agent, generation },
            ) => (agent, generation),
            other => panic!("{other:?}"),
        }
    }

    pub fn tick_after(&mut self, seconds: u64) -> Vec<Change> {
        self.at += seconds * 1_000;
        self.queues.tick(self.at)
    }
}
