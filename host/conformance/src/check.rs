//! The list of what is demanded.

use crate::checks::{
    batch, calls, cases, component, garbage, limits, manifest, pages, reuse, secrets, signatures, simulator,
};
use crate::finding::Findings;
use crate::subject::Subject;

/// One thing that is demanded of every connector.
pub struct Check {
    /// Stable, with its group before the slash: `signatures/body`.
    pub name: &'static str,
    /// What it demands, in a sentence.
    pub demand: &'static str,
    /// What to do where it does not hold, and where to read on.
    pub hint: &'static str,
    /// Whether it runs case files, each a test by itself.
    pub files: bool,
    pub(crate) apply: fn(&Subject, &mut Findings),
}

impl Check {
    /// The part of the name before the slash.
    pub fn group(&self) -> &'static str {
        self.name.split('/').next().unwrap_or_default()
    }
}

const fn check(
    name: &'static str,
    demand: &'static str,
    hint: &'static str,
    apply: fn(&Subject, &mut Findings),
) -> Check {
    Check { name, demand, hint, files: false, apply }
}

const fn files(name: &'static str, demand: &'static str, apply: fn(&Subject, &mut Findings)) -> Check {
    let hint = "mend the connector; where the new outcome is what you want, `--bless` writes it into the file \
                (connectors/README.md, Case files)";
    Check { name, demand, hint, files: true, apply }
}

/// Everything that is demanded, in the order in which it is shown.
pub const CHECKS: &[Check] = &[
    check(
        "component/imports",
        "A component imports types of the contract, and of WASI only what the host denies.",
        "build with `trunkline build`: what a connector needs to know is in `context` (wit/http.wit)",
        component::imports,
    ),
    check(
        "component/exports",
        "A component exports `about`, `inbound` and the abilities that its author meant to, and nothing else.",
        "an ability is known by its presence: list it in `connector!`, and build anew (wit/world.wit)",
        component::exports,
    ),
    check(
        "manifest/same",
        "The component says the same of itself as the `connector.toml` of its folder.",
        "the component is older than `connector.toml`: build it anew with `trunkline build`",
        manifest::same,
    ),
    check(
        "manifest/complete",
        "The manifest says all that an operator has to know.",
        "schema/connector.schema.json describes every key; connectors/README.md says which ones are demanded",
        manifest::complete,
    ),
    files(
        "cases/inbound",
        "Each webhook of testdata/inbound comes out as its file says, in any order.",
        cases::inbound,
    ),
    files("cases/outbound", "Each message of testdata/outbound is sent as its file says.", cases::outbound),
    files("cases/media", "Each file of testdata/media is located as its file says.", cases::media),
    files(
        "cases/profiles",
        "Each contact of testdata/profiles is looked up as its file says.",
        cases::profiles,
    ),
    files("cases/page", "Each request of testdata/page is answered as its file says.", pages::page),
    files("cases/shown", "Pages are told of each event of testdata/shown as its file says.", pages::told),
    check(
        "signatures/headers",
        "A webhook is refused where a header that carries a signature, or is signed, is spoiled, gone, or hidden behind another.",
        "verify the header as it is, whole and in constant time, by the SDK's `signature`; where a name occurs twice take the \
         first one (connectors/README.md, Rules)",
        signatures::headers,
    ),
    check(
        "signatures/repeated",
        "A right signature that is sent twice, or followed by a wrong one, makes no other webhook of it.",
        "a header may occur more than once (wit/http.wit): read the first one, and nothing else of it",
        signatures::repeated,
    ),
    check(
        "signatures/names",
        "Header names are compared without regard to case.",
        "compare names of headers without regard to case (wit/http.wit), as the SDK's `header` does",
        signatures::names,
    ),
    check(
        "signatures/body",
        "A webhook is refused where any byte of a signed body was changed, added or taken away.",
        "verify over `request.body` as it is, before it is decoded or parsed, and compare the whole digest \
         (connectors/README.md, Rules)",
        signatures::body,
    ),
    check(
        "signatures/url",
        "A webhook is refused where any part of a signed URL was changed.",
        "verify over `request.url` as it is: it is the URL that the provider was given (wit/http.wit)",
        signatures::url,
    ),
    check(
        "signatures/fields",
        "A webhook is refused where a field that carries a signature, or is signed, was changed.",
        "verify the fields as they are, whole and in constant time, by the SDK's `signature`",
        signatures::fields,
    ),
    check(
        "signatures/first",
        "A webhook is verified before it is parsed: garbage without a right signature is unsigned, not malformed.",
        "verify over `request.body` first, and parse only what is genuine: a parser is what a stranger attacks \
         (wit/inbound.wit, connectors/README.md, Rules)",
        signatures::first,
    ),
    check(
        "signatures/settings",
        "Nothing is genuine without settings: the refusal is 503 `misconfigured`.",
        "an empty secret is never \"unsigned is fine\": refuse with 503 `misconfigured` (connectors/README.md, Rules)",
        signatures::settings,
    ),
    check(
        "garbage/unsigned",
        "Unsigned garbage neither traps nor brings an event.",
        "no input may trap: no `unwrap`, no index, no recursion without an end on what came in (connectors/README.md, Rules)",
        garbage::unsigned,
    ),
    check(
        "garbage/signed",
        "Signed bodies that are cut short or broken never trap.",
        "no input may trap, signed or not: what is of an unknown type becomes an `other` event, and what cannot be parsed as a whole \
         is refused with 400 (connectors/README.md, Rules)",
        garbage::signed,
    ),
    check(
        "isolation/batch",
        "A bad item in a batch leaves the events of its neighbours as they were.",
        "parse each item by itself: a bad one becomes an `other` event with its raw text (wit/inbound.wit)",
        batch::isolation,
    ),
    check(
        "reuse/instance",
        "The same arguments give the same answer, in a fresh instance and in one that was called before.",
        "keep nothing between calls: no globals, no clock but `context.now`, no chance, no order of a hash table \
         (wit/inbound.wit, connectors/README.md, Rules)",
        reuse::instance,
    ),
    check(
        secrets::NAME,
        "No answer holds a secret, an expected signature, or in a refusal anything of the body.",
        "say what was looked for and what was found, never the value (wit/inbound.wit, `refusal.detail`)",
        secrets::answers,
    ),
    check(
        "limits/calls",
        "Each call keeps within the time and the memory that the manifest names.",
        "compute less, or raise `[limits]` in `connector.toml` (at most 5 s and 64 MiB)",
        limits::calls,
    ),
    check(
        "simulator/round-trip",
        "What `simulate` made gives one event of the same kind with the same content when it is received.",
        "`simulate` is the inverse of `receive` (wit/simulator.wit); None where the provider has no such webhook",
        simulator::round_trip,
    ),
    check(
        "calls/hosts",
        "Only hosts that the manifest declares are called, with credentials that are secrets of the manifest.",
        "add the host to `hosts`, and declare the setting with `secret` in `connector.toml`",
        calls::hosts,
    ),
    check(
        "calls/answers",
        "Whatever a provider answers, nothing traps, and no error is taken for success.",
        "look at the status first, and take nothing in an answer's body for granted (connectors/README.md, Rules)",
        calls::answers,
    ),
    check(
        "calls/statuses",
        "A bare 400, 401, 413, 429 or 5xx has the class that it has everywhere.",
        "give statuses without a word the reason that they have everywhere, as the SDK's `calls` does (wit/outbound.wit)",
        calls::statuses,
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_groups_and_nouns_and_differ() {
        let mut names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
        for check in CHECKS {
            assert_eq!(check.name.matches('/').count(), 1, "{}", check.name);
            assert!(
                check.demand.ends_with('.') && check.demand.starts_with(char::is_uppercase),
                "{}",
                check.demand
            );
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), CHECKS.len());
    }
}
