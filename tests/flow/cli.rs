//! What the commands say, word for word where people rely on it.

use std::process::Command;

use crate::host::{Host, binary, cache, components};

/// How a command ended, and what it said.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

/// Runs a command on a configuration in a folder of its own; the folder's name is taken out of what it says.
pub fn with_config(config: &str, arguments: &[&str]) -> Said {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("trunkline.toml");
    let config = config.replace("@CONNECTORS@", &components().display().to_string());
    std::fs::write(&file, config).expect("a file");
    let output = Command::new(binary())
        .current_dir(folder.path())
        .args(arguments)
        .env_remove("TRUNKLINE_CONFIG")
        .output()
        .expect("it runs");
    let text = |bytes: Vec<u8>| {
        String::from_utf8(bytes).expect("text").replace(&components().display().to_string(), "@CONNECTORS@")
    };
    Said { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
}

#[test]
fn a_wrong_configuration_is_told_with_line_cause_and_cure() {
    for (config, expected) in [
        (
            "config_version = 1\n[server]\nlisten = \"127.0.0.1:1\"\nlisen = \"x\"\n",
            "error: trunkline.toml:4: unknown key `lisen` in `server`\nhint: did you mean `listen`?\n",
        ),
        (
            "config_version = 1\n[server]\nlisten = \"nowhere\"\n",
            "error: trunkline.toml:3: `server.listen` is `nowhere`, expected an address and port\n\
             hint: for example `127.0.0.1:8080` or `[::]:8080`\n",
        ),
        (
            "config_version = 1\n[server]\napi_token = \"${env:TRUNKLINE_NOT_SET_IN_TESTS}\"\n",
            "error: trunkline.toml:3: `server.api_token`: environment variable \
             `TRUNKLINE_NOT_SET_IN_TESTS` is not set\nhint: set it where the host is started: TRUNKLINE_NOT_SET_IN_TESTS=...\n",
        ),
        (
            "config_version = 1\n[connectors]\npath = \"@CONNECTORS@\"\n[connections.a]\nconnector = \"lime\"\n",
            "error: trunkline.toml:4: connector `lime` is not in `@CONNECTORS@`\nhint: did you mean `line`?\n",
        ),
        (
            "config_version = 1\n[connectors]\npath = \"@CONNECTORS@\"\n[connections.a]\nconnector = \"line\"\n\
             [connections.a.settings]\nchannel_secrets = \"x\"\nchannel_secret = \"y\"\n",
            "error: trunkline.toml:7: `channel_secrets` is no setting of `line`\nhint: did you mean `channel_secret`?\n",
        ),
        (
            "config_version = 1\n[[routes]]\ndestinations = [\"crm\"]\nkinds = [\"mesage\"]\n",
            "error: trunkline.toml:2: route 1 names `mesage`, which is none of `kinds`\n\
             hint: did you mean `message`?\nerror: trunkline.toml:2: route 1 names `crm`, which is none of `destinations`\nhint: known: \n",
        ),
        ("config_version = 1\n[server\n", "error: trunkline.toml:2: "),
        (
            "config_version = 2\n",
            "error: trunkline.toml:1: `config_version` is 2, this host reads 1\n\
             hint: a newer host wrote this file: update the host\n",
        ),
    ] {
        let said = with_config(config, &["check"]);
        assert_eq!(said.code, Some(2), "{config}\n{}", said.err);
        assert!(said.err.starts_with(expected), "{config}\nexpected:\n{expected}\nfound:\n{}", said.err);
    }
}

#[test]
fn a_missing_setting_is_told_with_where_to_find_it() {
    let config =
        "config_version = 1\n[connectors]\npath = \"@CONNECTORS@\"\n[connections.a]\nconnector = \"line\"\n";
    let said = with_config(config, &["check"]);
    assert_eq!(said.code, Some(2));
    assert!(
        said.err.starts_with("error: trunkline.toml:4: connection `a` lacks `channel_secret`\nhint: LINE"),
        "{}",
        said.err
    );
}

#[test]
fn check_of_the_default_file_is_clean_and_programs_can_read_it() {
    let default = with_config("", &["check", "--default"]);
    assert_eq!(default.code, Some(0));
    let config = default.out.replace("path = \"connectors\"", "path = \"@CONNECTORS@\"");
    let said = with_config(&config, &["check", "--json"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let checked: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(checked["valid"], true);
    let said = with_config("config_version = 1\nx = 1\n", &["check", "--json"]);
    let checked: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!((&checked["valid"], &checked["problems"][0]["line"]), (&false.into(), &2.into()));
}

#[test]
fn check_tells_who_may_hand_in() {
    let edges = "[edges.fra]\nsecret = \"whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX\"\n\
                 url = \"http://127.0.0.1:3000\"\nconnections = [\"a\"]\n";
    let config = format!(
        "config_version = 1\n[connectors]\npath = \"@CONNECTORS@\"\ncache = \"{}\"\n[connections.a]\nconnector = \"line\"\n\
         settings = {{ channel_secret = \"an-invented-secret\" }}\n{edges}",
        cache().display()
    );
    let said = with_config(&config, &["check"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let row = said.out.lines().find(|line| line.starts_with("fra")).expect("a row");
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["fra", "a", "asked", "every", "60", "s"]);
    assert!(said.out.contains("is valid: 1 connection, 0 destinations, 0 routes, 1 edge\n"), "{}", said.out);
    let said = with_config(&config, &["check", "--json"]);
    let checked: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    assert_eq!(checked["edges"], 1);
    let said = with_config(&config.replace("[\"a\"]", "[\"b\"]"), &["check"]);
    let expected =
        "error: trunkline.toml:11: edge `fra` names `b`, which is none of `connections`\nhint: known: a\n";
    assert_eq!((said.code, said.err.as_str()), (Some(2), expected));
}

#[test]
fn a_missing_file_and_a_missing_host_say_what_to_do() {
    let output =
        Command::new(binary()).args(["--config", "nowhere.toml", "check"]).output().expect("it runs");
    let said = String::from_utf8(output.stderr).expect("text");
    assert_eq!(output.status.code(), Some(2));
    assert!(said.contains("hint: write the commented default with `trunkline check --default"), "{said}");

    let config = "config_version = 1\n[server]\nlisten = \"127.0.0.1:9\"\napi_token = \"0123456789abcdef\"\n";
    let said = with_config(config, &["events"]);
    assert_eq!(said.code, Some(1));
    assert!(said.err.starts_with("error: no host answers at http://127.0.0.1:9/"), "{}", said.err);
    assert!(said.err.ends_with("hint: start one with `trunkline serve`\n"), "{}", said.err);
}

#[test]
fn every_connector_is_listed_with_its_abilities() {
    let path = components();
    let said = with_config("", &["connectors", "--path", &path.display().to_string(), "--json"]);
    assert_eq!(said.code, Some(0), "{}", said.err);
    let listed: serde_json::Value = serde_json::from_str(&said.out).expect("JSON");
    let listed = listed["connectors"].as_array().expect("a list");
    assert!(listed.len() >= 5, "{} connectors", listed.len());
    for connector in listed {
        let abilities = connector["abilities"].as_array().expect("a list");
        assert!(abilities.contains(&"inbound".into()), "{connector}");
    }
    let said = with_config("", &["connectors", "show", "lime", "--path", &path.display().to_string()]);
    assert_eq!(
        (said.code, said.err.as_str()),
        (Some(1), "error: there is no connector `lime`\nhint: did you mean `line`?\n")
    );
}

#[test]
fn a_second_host_on_the_same_address_says_so() {
    let host = Host::start(&components(), "");
    let other = std::fs::read_to_string(&host.config).expect("a file");
    let file = host.config.with_file_name("other.toml");
    std::fs::write(&file, format!("{other}[store]\npath = \"another-store\"\n")).expect("a file");
    let output = Command::new(binary()).arg("--config").arg(&file).arg("serve").output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1));
    assert!(said.contains("hint: is another host running there?"), "{said}");
}

#[test]
fn a_journal_has_one_host_and_a_crash_frees_it() {
    let mut host = Host::start(&components(), "");
    let output = host.command(&["serve"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let store = host.config.with_file_name("trunkline-data");
    let expected = format!(
        "error: the journal `{}` is used by another host (process {})\nhint: end that host first, ",
        store.display(),
        host.process_id()
    );
    assert_eq!(output.status.code(), Some(1));
    assert!(said.starts_with(&expected), "{said}");
    host.kill_9();
    host.wait();
    host.run();
    assert_eq!(host.terminate(), Some(0), "{}", host.log());
}

#[test]
fn completions_exist_for_the_common_shells() {
    for shell in ["bash", "zsh", "fish"] {
        let said = with_config("", &["completions", shell]);
        assert_eq!(said.code, Some(0));
        assert!(said.out.contains("simulate"), "{shell}");
    }
}
