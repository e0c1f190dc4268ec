use super::*;

const SMALL: &str = "default_team = \"support\"\n[teams.support]\n";

fn problem(text: &str) -> String {
    match toml::from_str::<Config>(text) {
        Ok(config) => config.check().map_or_else(|error| error.to_string(), |()| "valid".to_owned()),
        Err(error) => error.message().to_owned(),
    }
}

#[test]
fn all_of_it_can_be_said() {
    let text = r#"
        default_team = "support"
        [teams.support]
        strategy = "least_loaded"
        sticky = 1440
        offer_seconds = 20
        missed_max = 3
        declined_seconds = 60
        auto_accept = true
        overflow = [{ after_seconds = 60, to_team = "leads" }]
        priority_ageing_seconds = 120
        reassign_after_seconds = 300
        sla = { first_response_seconds = 20, first_response_percent = 80, resolution_seconds = 86400 }
        [teams.leads]
        strategy = "round_robin"
        [teams.leads.sla]
        resolution_seconds = 3600
        escalation = { priority = 9, to_team = "support" }
        [agents.ada]
        teams = ["support", "leads"]
        skills = { billing = 3 }
        languages = ["de", "pt-BR"]
        capacity = { total = 4, chat = 4, voice = 1, email = 8 }
        [agents.bob]
        teams = ["support"]
    "#;
    let config: Config = toml::from_str(text).expect("a configuration");
    assert_eq!(config.check(), Ok(()));
    assert_eq!(config.teams["leads"].strategy, super::super::Strategy::RoundRobin);
    let ada = &config.agents["ada"].capacity;
    assert_eq!((ada.total(), ada.of("voice"), ada.of("email"), ada.of("letter")), (4, 1, 8, 4));
    assert_eq!(config.agents["bob"].capacity.total(), 4);
    let again: Config = toml::from_str(&toml_of(&config)).expect("the same");
    assert_eq!(again, config);
}

/// By way of JSON: the writer of TOML is not among what this crate needs.
fn toml_of(config: &Config) -> String {
    fn line(value: &serde_json::Value) -> String {
        match value {
            serde_json::Value::Object(map) => {
                let fields: Vec<_> =
                    map.iter().map(|(key, value)| format!("{key:?} = {}", line(value))).collect();
                format!("{{ {} }}", fields.join(", "))
            }
            serde_json::Value::Array(list) => {
                format!("[{}]", list.iter().map(line).collect::<Vec<_>>().join(", "))
            }
            other => other.to_string(),
        }
    }
    let serde_json::Value::Object(map) = serde_json::to_value(config).expect("JSON") else {
        panic!("no object")
    };
    map.iter().map(|(key, value)| format!("{key} = {}\n", line(value))).collect()
}

#[test]
fn problems_name_the_place_the_value_and_the_cure() {
    let table = [
        ("", "valid"),
        ("offer_seconds = 0", "`teams.support.offer_seconds` is 0, expected 1 to 604800"),
        ("missed_max = 0", "`teams.support.missed_max` is 0, expected 1 to 1000"),
        ("sticky = 10081", "`teams.support.sticky` is 10081, expected 0 to 10080"),
        (
            "overflow = [{ after_seconds = 5, to_team = \"leads\" }]",
            "`teams.support.overflow[0].to_team` names the team `leads`, which does not exist: \
             add `[teams.leads]`, or name another",
        ),
        (
            "overflow = [{ after_seconds = 5, to_team = \"support\" }]",
            "`teams.support.overflow[0].to_team` names the team `support`, which has the ticket by then: \
             remove this step",
        ),
        (
            "overflow = [{ after_seconds = 9, to_team = \"b\" }, { after_seconds = 5, to_team = \"b\" }]\n[teams.b]",
            "`teams.support.overflow[1]` comes after 9 s, but is for 5 s: put the steps in the order of their times",
        ),
        (
            "sla = { first_response_percent = 80 }",
            "`teams.support.sla.first_response_percent` needs `first_response_seconds` beside it: \
             say within how many seconds",
        ),
        (
            "sla = { first_response_seconds = 5, first_response_percent = 101 }",
            "`teams.support.sla.first_response_percent` is 101, expected 1 to 100",
        ),
        (
            "[teams.support.sla.escalation]\npriority = 10",
            "`teams.support.sla.escalation.priority` is 10, expected 0 to 9",
        ),
        (
            "[agents.ada]\nteams = [\"sales\"]",
            "`agents.ada.teams` names the team `sales`, which does not exist: add `[teams.sales]`, or name another",
        ),
        ("[agents.ada]\nskills = { billing = 10 }", "`agents.ada.skills.billing` is 10, expected 1 to 9"),
        (
            "[agents.ada]\ncapacity = { chat = 4 }",
            "`agents.ada.capacity` has no `total`: say how many tickets of all kinds at once, \
             as in `{ total = 4, voice = 1 }`",
        ),
        (
            "[agents.ada]\ncapacity = { total = 1001 }",
            "`agents.ada.capacity.total` is 1001, expected 0 to 1000",
        ),
        ("[agents.\"\"]", "`` in `agents` is no name: write 1 to 100 characters, no control characters"),
        (
            "[agents.ada]\nlanguages = [\"\\t\"]",
            "`\t` in `agents.ada.languages` is no name: write 1 to 100 characters, no control characters",
        ),
    ];
    for (text, expected) in table {
        assert_eq!(problem(&format!("{SMALL}{text}\n")), expected, "{text}");
    }
    assert!(problem(&format!("{SMALL}offer_second = 5\n")).contains("unknown field `offer_second`"));
    assert!(problem(&format!("{SMALL}strategy = \"random\"\n")).contains("`longest_idle`"));
    assert!(
        problem("default_team = \"x\"\n[teams.support]\n").starts_with("`default_team` names the team `x`")
    );
}

#[test]
fn counts_are_bounded() {
    let mut config: Config = toml::from_str(SMALL).expect("a configuration");
    let team = config.teams["support"].clone();
    config.teams.extend((0..TEAMS_MAX).map(|index| (index.to_string(), team.clone())));
    let expected =
        "`teams` has 1001 entries, at most 1000: split the installation, or remove what is not used";
    assert_eq!(config.check().expect_err("too many").to_string(), expected);
    let long = "x".repeat(NAME_CHARS_MAX + 1);
    let text = format!("default_team = \"{long}\"\n[teams.{long}]\n");
    assert!(problem(&text).starts_with(&format!("`{}…` in `teams` is no name", "x".repeat(NAME_CHARS_MAX))));
}
