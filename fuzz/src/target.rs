//! The list of targets.

use crate::seeds::{self, Seed};
use crate::subject::{Subject, subjects};
use crate::{cloud_event, configuration, ingest, parsers, receive, send};

/// Bytes of memory of a target that is no connector: what a connector has where its manifest does not say it.
const MEMORY_BYTES_MAX: u64 = 16 << 20;

/// Something that is fuzzed.
pub struct Target {
    /// As on the command line.
    pub name: String,
    /// What one input may take.
    pub memory_bytes_max: u64,
    kind: Kind,
}

enum Kind {
    Receive(&'static Subject),
    Send(&'static Subject, send::Send),
    Parser(&'static parsers::Parser),
    CloudEvent,
    Configuration,
    Ingest,
}

/// Every target, in the order in which they are run.
pub fn targets() -> Vec<Target> {
    let subject = |name: &str, subject: &Subject, kind| Target {
        name: format!("{name}-{}", subject.id),
        memory_bytes_max: subject.manifest.limits.memory_bytes_max,
        kind,
    };
    let other = |name: &str, kind| Target { name: name.to_owned(), memory_bytes_max: MEMORY_BYTES_MAX, kind };
    let mut targets: Vec<Target> =
        subjects().iter().map(|it| subject("receive", it, Kind::Receive(it))).collect();
    for it in subjects() {
        targets.extend(it.send.map(|send| subject("send", it, Kind::Send(it, send))));
    }
    targets.extend(parsers::PARSERS.iter().map(|parser| other(parser.name, Kind::Parser(parser))));
    targets.push(other("cloud-event", Kind::CloudEvent));
    targets.push(other("configuration", Kind::Configuration));
    targets.push(other("ingest", Kind::Ingest));
    targets
}

impl Target {
    /// Tries one input. Panics where something does not hold. False: it is no input of this target, and nothing was tried.
    pub fn run(&self, input: &[u8]) -> bool {
        match &self.kind {
            Kind::Receive(subject) => receive::check(subject, input),
            Kind::Send(subject, send) => send::check(subject, *send, input),
            Kind::Parser(parser) => (parser.check)(input),
            Kind::CloudEvent => cloud_event::check(input),
            Kind::Configuration => configuration::check(input),
            Kind::Ingest => ingest::check(input),
        }
    }

    /// What to start from: the case files, and inputs that a text of a parser stands in.
    pub fn seeds(&self) -> Vec<Seed> {
        match &self.kind {
            Kind::Receive(subject) => seeds::webhooks(subject),
            Kind::Send(subject, _) => seeds::messages(subject),
            Kind::Parser(parser) => (parser.seeds)(),
            Kind::CloudEvent => seeds::events(),
            Kind::Configuration => seeds::configurations(),
            Kind::Ingest => seeds::ingests(),
        }
    }
}
