//! What an author's mistakes print, word for word: `docs/mistakes.md` is made of it, and this test compares the two.
//!
//! `BLESS=1` writes the page.

use trunkline_conformance::CHECKS;
use wasm_encoder::Module;

use crate::cli::Said;
use crate::edge_cli::component;
use crate::host::root;
use crate::testing::Folder;

/// A mistake, and the lines that must be printed.
struct Mistake {
    title: &'static str,
    /// What is wrong, in a sentence or two.
    lead: &'static str,
    /// Makes it, and gives more arguments.
    make: fn(&Folder) -> &'static [&'static str],
    /// The check that finds it. None: it is not loaded.
    found_by: Option<&'static str>,
    /// What must be printed.
    told: &'static [&'static str],
}

const HEAD: &str = "# What mistakes print

Each is made on purpose in a small channel of one item type, and `trunkline test` is run in its folder. The test
`tests/flow/mistakes.rs` compares this page with what is printed; checks that pass and times are left out here.
";

/// Not a component at all, whatever it is called.
const NOT_LOADED: &[Mistake] = &[
    Mistake {
        title: "A core module instead of a component",
        lead: "What `cargo build --target wasm32-unknown-unknown` gives is a core module: it has to be wrapped.",
        make: |folder| {
            std::fs::write(folder.path("build/mistaken.wasm"), Module::new().finish()).expect("a file");
            &[]
        },
        found_by: None,
        told: &[
            "error: `mistaken.wasm` is not a component\n",
            "hint: a core module must be wrapped as a component",
        ],
    },
    Mistake {
        title: "A component without `inbound`",
        lead: "It exports `about` alone.",
        make: |folder| {
            let world = "package sample:mistake; world lacking { export trunkline:connector/about@0.1.0; }";
            std::fs::write(folder.path("build/mistaken.wasm"), component(world, "lacking")).expect("a file");
            &[]
        },
        found_by: None,
        told: &[
            "error: `mistaken.wasm` does not export `trunkline:connector/inbound@0.1.0`, it exports \
             `trunkline:connector/about@0.1.0`\n",
            "hint: ",
        ],
    },
    Mistake {
        title: "An import of `wasi:http`",
        lead: "A connector returns requests; the host makes them.",
        make: |folder| {
            let world = "package sample:mistake;
                package wasi:http@0.2.0 { interface outgoing-handler { handle: func(); } }
                world calling {
                    import wasi:http/outgoing-handler@0.2.0;
                    include trunkline:connector/connector@0.1.0;
                }";
            std::fs::write(folder.path("build/mistaken.wasm"), component(world, "calling")).expect("a file");
            &[]
        },
        found_by: None,
        told: &["error: `mistaken.wasm` imports `wasi:http/outgoing-handler@0.2.0`", "hint: "],
    },
    Mistake {
        title: "A misspelt key in the manifest",
        lead: "`titel` in `connector.toml`.",
        make: |folder| {
            folder.change("connector.toml", "title =", "titel =");
            &[]
        },
        found_by: None,
        told: &[
            "error: `./connector.toml`: TOML parse error at line 3, column 1\n",
            "unknown field `titel`",
            "hint: did you mean `title`? ",
        ],
    },
    Mistake {
        title: "A file with another name than the connector",
        lead: "The component was copied under the name of another channel.",
        make: |folder| {
            let (from, to) = (folder.path("build/mistaken.wasm"), folder.path("build/other.wasm"));
            std::fs::rename(from, to).expect("a file");
            &["--component", "build/other.wasm"]
        },
        found_by: None,
        told: &["error: `other.wasm` says that it is `mistaken`\nhint: rename the file to `mistaken.wasm`\n"],
    },
];

/// It loads, and a check finds it.
const FOUND: &[Mistake] = &[
    Mistake {
        title: "What is unsigned is taken",
        lead: "Where the header is missing, nothing is verified.",
        make: |folder| {
            folder.mistake("takes unsigned");
            &[]
        },
        found_by: Some("signatures/headers"),
        told: &[
            "  message.case with `x-mistaken-signature` removed\n    answered 200 with 2 events, expected a refusal\n",
            "    -x-mistaken-signature: ",
            "hint: verify the header as it is, whole and in constant time",
        ],
    },
    Mistake {
        title: "It parses before it verifies",
        lead: "Garbage is answered 400, before anybody has looked at its signature.",
        make: |folder| {
            folder.mistake("parses first");
            &[]
        },
        found_by: Some("signatures/first"),
        told: &[
            "    refused 400 `malformed`: the body is no JSON, expected a refusal for its signature\n",
            "hint: verify over `request.body` first, and parse only what is genuine",
        ],
    },
    Mistake {
        title: "A secret in the answer",
        lead: "The refusal says which secret would have been the right one.",
        make: |folder| {
            folder.mistake("tells secrets");
            &[]
        },
        found_by: Some("secrets/answers"),
        told: &[
            "the answer holds the value of `webhook_secret`: refused 401 `mismatch`: signature was not made with \
             `[webhook_secret]`\n",
            "hint: say what was looked for and what was found, never the value",
        ],
    },
    Mistake {
        title: "A panic on an unknown type",
        lead: "Every message is taken to have a text, until the provider has stickers.",
        make: |folder| {
            folder.mistake("trusts types");
            &[]
        },
        found_by: Some("garbage/signed"),
        told: &[
            "+connector trapped: ",
            "(a panic: an `unwrap` of nothing, an index beyond the end, a failed assertion)",
            "  message.case with null at the beginning of `/messages`, signed anew\n",
            "hint: parse each item by itself: a bad one becomes an `other` event",
        ],
    },
    Mistake {
        title: "State between calls",
        lead: "It counts its calls, and says so in the events. A fresh instance starts at nought each time, so the case files pass.",
        make: |folder| {
            folder.mistake("counts calls");
            assert_eq!(folder.test(&["--bless", "--filter", "cases"]).code, Some(0));
            &[]
        },
        found_by: Some("reuse/instance"),
        told: &[
            "    answers otherwise in an instance that is reused; called before in it: ",
            "    -                                \"0\",\n",
            "hint: keep nothing between calls",
        ],
    },
    Mistake {
        title: "A case file that is out of date",
        lead: "The text that is expected is another one than the webhook has.",
        make: |folder| {
            let (from, to) = ("\"text\": \"anybody there?\"", "\"text\": \"is anybody there?\"");
            folder.change("testdata/inbound/message.case", from, to);
            &[]
        },
        found_by: Some("cases/inbound"),
        told: &[
            "  message.case\n    comes out otherwise\n    --- expected\n    +++ found\n",
            "    -              \"text\": \"is anybody there?\"\n    +              \"text\": \"anybody there?\"\n",
            "`--bless` writes it into the file",
        ],
    },
];

/// What is printed, without checks that pass, times and sizes.
fn printed(said: &Said) -> String {
    let mut text = String::new();
    let mut lines: Vec<&str> = said.out.lines().chain(said.err.lines()).collect();
    // Told as they end, side by side, which is in another order each time.
    let ended =
        |line: &&str| line.starts_with("PASS") || line.starts_with("SKIP") || line.starts_with("FAIL [");
    for checks in lines.chunk_by_mut(|left, right| ended(left) == ended(right)) {
        if checks.first().is_some_and(ended) {
            checks.sort_by_key(|line| CHECKS.iter().position(|check| line.contains(check.name)));
        }
    }
    for line in lines {
        if line.starts_with("PASS") || line.starts_with("SKIP") {
            continue;
        }
        let line = without(line, " (", " KiB)");
        let line = if line.starts_with("FAIL [") { without(&line, " [", "]") } else { line };
        let line = line
            .split_once(", in ")
            .filter(|(before, _)| before.ends_with(" case files"))
            .map_or(line.as_str(), |(before, _)| before);
        text += line.trim_end();
        text.push('\n');
    }
    text.trim_end().to_owned()
}

/// The line without what begins so and ends so.
fn without(line: &str, begin: &str, end: &str) -> String {
    let Some((before, rest)) = line.split_once(begin) else { return line.to_owned() };
    rest.split_once(end).map_or(line.to_owned(), |(_, after)| format!("{before}{after}"))
}

#[test]
fn each_mistake_is_told_with_its_cure() {
    let mut page = HEAD.to_owned();
    for mistake in NOT_LOADED.iter().chain(FOUND) {
        let folder = Folder::new();
        let arguments = (mistake.make)(&folder);
        let said = folder.test(arguments);
        let whole = format!("{}{}", said.out, said.err);
        assert_eq!(said.code, Some(1), "{}: {whole}", mistake.title);
        for told in mistake.told {
            assert!(whole.contains(told), "{} does not print `{told}`:\n{whole}", mistake.title);
        }
        match mistake.found_by {
            None => assert_eq!(said.out, "", "{}", mistake.title),
            Some(name) => {
                let check = CHECKS.iter().find(|check| check.name == name).expect("a check");
                let told = format!("\nFAIL {name}: {}\n", check.demand);
                assert!(whole.contains(&told), "{} is not found by `{name}`:\n{whole}", mistake.title);
            }
        }
        let command = [&["trunkline", "test"], arguments].concat().join(" ");
        page += &format!(
            "\n## {}\n\n{}\n\n```console\n$ {command}\n{}\n```\n",
            mistake.title,
            mistake.lead,
            printed(&said)
        );
    }
    let file = root().join("docs/mistakes.md");
    if std::env::var_os("BLESS").is_some_and(|value| value == "1") {
        std::fs::write(&file, &page).expect("a file");
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(
        found == page,
        "docs/mistakes.md is out of date\n\nhint: run this test with BLESS=1, and read the diff"
    );
}
