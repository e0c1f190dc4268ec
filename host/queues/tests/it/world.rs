//! Configurations to try with.

use proptest::prelude::*;
use trunkline_queues::{Agent, Capacity, Config, Escalation, Overflow, Sla, Strategy as Order, Team};

pub const TEAMS: [&str; 4] = ["billing", "sales", "support", "tech"];
pub const AGENTS: [&str; 6] = ["ada", "bob", "cyd", "dan", "eve", "fay"];
pub const KINDS: [&str; 3] = ["chat", "voice", "letter"];
pub const LANGUAGES: [&str; 3] = ["de", "en", "pt-BR"];
pub const SKILLS: [&str; 2] = ["refunds", "routers"];

/// A time like those of today.
pub const START: u64 = 1_800_000_000_000;

/// So many cases, or what `PROPTEST_CASES` says if that is more. What failed is written down as a test of its own, not in a
/// file of seeds.
pub fn cases(count: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig { cases: count.max(usual.cases), failure_persistence: None, ..usual }
}

/// Any of the configurations: from one team with nobody in it to four teams that help each other.
pub fn config() -> impl Strategy<Value = Config> {
    let teams = prop::collection::vec(team(), TEAMS.len());
    let present = (1..=TEAMS.len(), prop_oneof![1 => Just(0), 9 => 1..=AGENTS.len()]);
    let agents = prop::collection::vec(agent(), AGENTS.len());
    (teams, agents, present, 0..TEAMS.len()).prop_map(
        |(teams, agents, (team_count, agent_count), default)| {
            let names = &TEAMS[..team_count];
            let exists = |team: &str| names.contains(&team);
            let teams = names.iter().zip(teams).map(|(name, mut team)| {
                team.overflow.retain(|step| exists(&step.to_team) && step.to_team != *name);
                team.sla.escalation = team
                    .sla
                    .escalation
                    .take()
                    .filter(|escalation| escalation.to_team.as_deref().is_none_or(exists));
                ((*name).to_owned(), team)
            });
            let agents = AGENTS.iter().zip(agents).take(agent_count).map(|(name, mut agent)| {
                agent.teams.retain(|team| exists(team));
                ((*name).to_owned(), agent)
            });
            let default_team = names[default % names.len()].to_owned();
            Config { default_team, teams: teams.collect(), agents: agents.collect() }
        },
    )
}

fn team() -> impl Strategy<Value = Team> {
    let order = prop_oneof![Just(Order::LongestIdle), Just(Order::LeastLoaded), Just(Order::RoundRobin)];
    let overflow = prop::sample::subsequence(TEAMS.to_vec(), 0..=2).prop_flat_map(|teams| {
        let count = teams.len();
        (Just(teams), prop::collection::vec(1..90_u64, count))
    });
    let escalation = prop::option::of((0..=9_u8, prop::option::of(prop::sample::select(TEAMS.to_vec()))));
    (
        (order, prop_oneof![Just(0), 1..10_u64], 1..60_u64, 1..4_u32, 1..100_u64),
        (prop::bool::weighted(0.2), overflow, prop_oneof![Just(0), 1..120_u64], 0..120_u64, escalation),
    )
        .prop_map(|((strategy, sticky, offer_seconds, missed_max, declined_seconds), rest)| {
            let (
                auto_accept,
                (teams, mut after),
                priority_ageing_seconds,
                reassign_after_seconds,
                escalation,
            ) = rest;
            after.sort_unstable();
            let steps = after.into_iter().zip(teams);
            let overflow = steps
                .map(|(after_seconds, team)| Overflow { after_seconds, to_team: team.to_owned() })
                .collect();
            let escalation =
                escalation.map(|(priority, team)| Escalation { priority, to_team: team.map(str::to_owned) });
            Team {
                strategy,
                sticky,
                offer_seconds,
                missed_max,
                declined_seconds,
                auto_accept,
                overflow,
                priority_ageing_seconds,
                reassign_after_seconds,
                sla: Sla { escalation, ..Sla::default() },
            }
        })
}

fn agent() -> impl Strategy<Value = Agent> {
    let owned = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect();
    let capacity =
        (prop_oneof![1 => Just(0), 9 => 1..5_u32], prop::option::of(0..3_u32), prop::option::of(0..2_u32));
    (
        prop_oneof![
            1 => Just(Vec::new()),
            9 => prop::sample::subsequence(TEAMS.to_vec(), 1..=TEAMS.len()),
        ],
        prop::collection::btree_map(prop::sample::select(SKILLS.to_vec()), 1..=3_u8, 0..=2),
        prop::sample::subsequence(LANGUAGES.to_vec(), 0..=2),
        capacity,
    )
        .prop_map(move |(teams, skills, languages, (total, chat, voice))| {
            let kinds = [("total", Some(total)), ("chat", chat), ("voice", voice)];
            let kinds = kinds.into_iter().filter_map(|(kind, most)| Some((kind.to_owned(), most?)));
            Agent {
                teams: owned(teams),
                skills: skills.into_iter().map(|(skill, level)| (skill.to_owned(), level)).collect(),
                languages: languages.into_iter().map(str::to_owned).collect(),
                capacity: Capacity(kinds.collect()),
            }
        })
}
