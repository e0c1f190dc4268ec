//! All flows of a configuration, and which of them begins.

mod choose;
mod index;
mod rules;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::flow::{self, Action, Flow, FlowDigest, Transfer};
use crate::hours::Calendars;
use crate::problem::{Problem, Problems, nearest};

pub use choose::Choice;
use rules::Rules;

/// Files of a set.
pub const FILES_MAX: usize = 2_000;
/// Bytes of a file.
pub const FILE_BYTES_MAX: usize = 512 << 10;
/// Older versions that are kept for runs in them.
pub const OLDER_MAX: usize = 1_000;

/// What flows may name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Known {
    /// Opening times.
    pub calendars: Calendars,
    /// Teams with a queue.
    pub teams: BTreeSet<String>,
    /// Bots.
    pub bots: BTreeSet<String>,
    /// Where a ticket goes that no flow has a place for.
    pub default_team: String,
}

/// Flows that were read, checked and compiled.
#[derive(Debug, Default)]
pub struct FlowSet {
    pub(crate) known: Known,
    flows: BTreeMap<String, Arc<Flow>>,
    older: BTreeMap<FlowDigest, Arc<Flow>>,
    rules: Rules,
    /// The flow for what no rule matches.
    default: Option<Arc<str>>,
}

impl FlowSet {
    /// Reads flows: names of files with their texts. Every problem in them is told.
    ///
    /// No files are no flows: everything goes to the default queue. Else one flow is the default, with a rule without
    /// `when`.
    pub fn parse(files: &[(&str, &str)], known: Known) -> Result<Self, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut flows: BTreeMap<String, Arc<Flow>> = BTreeMap::new();
        if files.len() > FILES_MAX {
            problems.push(whole("flows", format!("{} files, at most {FILES_MAX}", files.len()), "join some"));
        }
        for (file, text) in files.iter().take(FILES_MAX) {
            if text.len() > FILE_BYTES_MAX {
                let message = format!("{} bytes, at most {FILE_BYTES_MAX}", text.len());
                problems.push(whole(file, message, "split it into several flows"));
                continue;
            }
            let mut found = Problems::new(file, text);
            let flow = flow::build(file, text, Some(&known), &mut found);
            problems.extend(found.into_found());
            let Some(flow) = flow else { continue };
            if let Some(other) = flows.get(&*flow.name) {
                let message = format!("the flow `{}` is in `{}` as well", flow.name, other.file);
                problems.push(whole(file, message, "rename one of them"));
            }
            flows.insert(flow.name.to_string(), Arc::new(flow));
        }
        // What is missing in a file that was not read would be told in every other one.
        if problems.is_empty() {
            problems.extend(across(&flows, &known));
        }
        if !problems.is_empty() {
            problems.sort();
            return Err(problems);
        }
        let default = flows.values().find(|flow| flow.starts.iter().any(|start| start.when.is_none()));
        let default = default.map(|flow| Arc::clone(&flow.name));
        let rules = Rules::new(&flows);
        Ok(Self { known, flows, older: BTreeMap::new(), rules, default })
    }

    /// The same set with older versions of its flows, for runs that wait in them: names of files with their texts.
    ///
    /// What can no longer be read is left out: runs in it end in the default queue. The first [`OLDER_MAX`] are kept.
    #[must_use]
    pub fn with_older<'a>(mut self, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        for (file, text) in files {
            if self.older.len() >= OLDER_MAX {
                break;
            }
            if text.len() > FILE_BYTES_MAX || self.text(&FlowDigest::of(text)).is_some() {
                continue;
            }
            let mut problems = Problems::new(file, text);
            if let Some(flow) = flow::build(file, text, None, &mut problems) {
                self.older.insert(flow.digest.clone(), Arc::new(flow));
            }
        }
        self
    }

    /// Each flow: its name, its version in words, and what this version is known by.
    pub fn flows(&self) -> impl Iterator<Item = (&str, &str, &FlowDigest)> {
        self.flows.values().map(|flow| (&*flow.name, flow.version.as_str(), &flow.digest))
    }

    /// File and text of a version, to be kept as long as runs wait in it.
    pub fn text(&self, digest: &FlowDigest) -> Option<(&str, &str)> {
        self.version(digest).map(|flow| (flow.file.as_str(), flow.text.as_str()))
    }

    pub(crate) fn flow(&self, name: &str) -> Option<&Arc<Flow>> {
        self.flows.get(name)
    }

    pub(crate) fn version(&self, digest: &FlowDigest) -> Option<&Arc<Flow>> {
        self.flows.values().find(|flow| flow.digest == *digest).or_else(|| self.older.get(digest))
    }
}

/// A problem of a file as a whole.
fn whole(file: &str, message: String, hint: &str) -> Problem {
    Problem { file: file.to_owned(), line: None, message, hint: Some(hint.to_owned()) }
}

/// Problems between files.
fn across(flows: &BTreeMap<String, Arc<Flow>>, known: &Known) -> Vec<Problem> {
    let mut problems = Vec::new();
    if !known.teams.contains(&known.default_team) {
        let message = format!("the default team `{}` is no team", known.default_team);
        problems.push(whole(
            "flows",
            message,
            &nearest(&known.default_team, known.teams.iter().map(String::as_str)),
        ));
    }
    let is_default = |flow: &&Arc<Flow>| flow.starts.iter().any(|start| start.when.is_none());
    let defaults: Vec<_> = flows.values().filter(is_default).collect();
    if defaults.is_empty() && !flows.is_empty() {
        let hint = "add a `[[start]]` without `when` to the flow for everything else";
        problems.push(whole("flows", "no flow is the default".to_owned(), hint));
    }
    for other in defaults.iter().skip(1) {
        let message = format!("the flow `{}` is the default as well as `{}`", other.name, defaults[0].name);
        problems.push(whole(&other.file, message, "only one `[[start]]` has no `when`"));
    }
    for flow in flows.values() {
        let mut found = Problems::new(&flow.file, &flow.text);
        for step in &flow.steps {
            if let Action::Transfer(Transfer::Flow { name, at }) = &step.action
                && !flows.contains_key(name)
            {
                found.add(
                    *at,
                    format!("no flow is named `{name}`"),
                    nearest(name, flows.keys().map(String::as_str)),
                );
            }
        }
        problems.extend(found.into_found());
    }
    problems
}
