//! What a fact costs, and what an hour: `cargo bench -p trunkline-numbers`.

use std::time::Instant;

use trunkline_numbers::{Dimension, Fact, Numbers, Options, Presence, Query, Speaker, Step, What};

const HOUR: u64 = 3_600_000;
const CHANNELS: u64 = 6;
const TEAMS: u64 = 8;
const AGENTS: u64 = 200;
/// 35 days: as long as hours are kept.
const HOURS: u64 = 35 * 24;
const TICKETS_AN_HOUR: u64 = 250;

/// The nine facts of one ticket, over some minutes.
fn facts_of(ticket: u64, at: u64) -> [Fact; 9] {
    let channel = format!("channel {}", ticket % CHANNELS);
    let team = format!("team {}", ticket / 7 % TEAMS);
    let agent = format!("agent {}", ticket / 3 % AGENTS);
    // Spread over a quarter of an hour, always the same.
    let pause = 1 + (ticket.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 44);
    let by = Speaker::Agent(agent.clone());
    let whats = [
        What::Opened { channel: channel.clone(), team: None, contact: ticket % 50_000 },
        What::Heard { channel: channel.clone() },
        What::Said { channel: channel.clone(), by: Speaker::Bot("faq".into()) },
        What::Queued { team: team.clone() },
        What::Offered { agent: agent.clone() },
        What::Accepted { agent, team },
        What::Said { channel: channel.clone(), by: by.clone() },
        What::Heard { channel },
        What::Closed { by },
    ];
    let mut step = 0;
    whats.map(|what| {
        step += 1;
        Fact { at: at + step * pause / 9, ticket, what }
    })
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut facts: Vec<_> = (0..AGENTS)
        .map(|agent| Fact {
            at: 20_000 * 24 * HOUR,
            ticket: 0,
            what: What::Presence { agent: format!("agent {agent}"), state: Presence::Online },
        })
        .collect();
    for ticket in 1..=HOURS * TICKETS_AN_HOUR {
        let at = 20_000 * 24 * HOUR + ticket * (HOUR / TICKETS_AN_HOUR);
        facts.extend(facts_of(ticket, at));
    }
    facts.sort_by_key(|fact| fact.at);

    let mut numbers = Numbers::new(Options::default())?;
    let before = resident_bytes();
    let (start, cpu_start) = (Instant::now(), cpu_ns());
    facts.iter().for_each(|fact| numbers.apply(fact));
    let (elapsed, cpu) = (start.elapsed(), cpu_ns().saturating_sub(cpu_start));
    let resident = resident_bytes().saturating_sub(before);
    let count = facts.len() as u64;
    let elapsed_ns = elapsed.as_nanos() / u128::from(count);
    println!("{count} facts, {elapsed_ns} ns each, {} of them on a processor", cpu / count);

    let start = Instant::now();
    let snapshot = serde_json::to_string(&numbers)?;
    println!("snapshot: {} bytes in {:?}", snapshot.len(), start.elapsed());
    let buckets =
        ["{\"traffic\":", "{\"agent\":"].map(|cell| snapshot.matches(cell).count()).iter().sum::<usize>();
    println!("{buckets} buckets, {} bytes resident each", resident / buckets.max(1) as u64);

    for (name, query) in [
        ("total", Query::default()),
        ("days by team", Query { step: Step::Day, group_by: vec![Dimension::Team], ..Query::default() }),
        (
            "hours by channel",
            Query { step: Step::Hour, group_by: vec![Dimension::Channel], ..Query::default() },
        ),
        ("days by agent", Query { step: Step::Day, group_by: vec![Dimension::Agent], ..Query::default() }),
    ] {
        let start = Instant::now();
        let report = numbers.report(&query)?;
        println!("{name}: {} rows in {:?}", report.rows.len(), start.elapsed());
    }
    let start = Instant::now();
    let totals = numbers.totals();
    println!("totals: {} counters in {:?}", totals.counters.len(), start.elapsed());
    Ok(())
}

/// For how long this thread ran, which other programs do not change. 0 where that cannot be told.
fn cpu_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|ns| ns.parse().ok()).unwrap_or(0)
}

/// What the process has in memory. 0 where that cannot be told.
fn resident_bytes() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = text.split_whitespace().nth(1).and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0) * 4096
}
