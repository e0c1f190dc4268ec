//! What is wrong with a flow file, where, and what to do about it.

use serde::Serialize;

/// One problem.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Problem {
    /// The name of the file, as it was given.
    pub file: String,
    /// From 1. None: the files as a whole.
    pub line: Option<usize>,
    /// What is wrong, with the value in backticks.
    pub message: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            Some(line) => write!(formatter, "{}:{line}: {}", self.file, self.message)?,
            None => write!(formatter, "{}: {}", self.file, self.message)?,
        }
        self.hint.as_ref().map_or(Ok(()), |hint| write!(formatter, " ({hint})"))
    }
}

/// Collects the problems of one file.
pub(crate) struct Problems<'a> {
    file: &'a str,
    text: &'a str,
    found: Vec<Problem>,
}

impl<'a> Problems<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text, found: Vec::new() }
    }

    /// Adds one. `at`: bytes from the begin of the file.
    pub(crate) fn add(&mut self, at: usize, message: impl Into<String>, hint: impl Into<String>) {
        let before = self.text.as_bytes().iter().take(at);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        let hint = Some(hint.into()).filter(|hint| !hint.is_empty());
        self.found.push(Problem {
            file: self.file.to_owned(),
            line: Some(line),
            message: message.into(),
            hint,
        });
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    pub(crate) fn into_found(self) -> Vec<Problem> {
        self.found
    }
}

/// A hint that names the candidate most like a word; else all of them, as far as they fit.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> String {
    const LIKENESS_MIN: f64 = 0.7;
    const SHOWN_MAX: usize = 12;
    let candidates: Vec<_> = candidates.into_iter().collect();
    let best = candidates
        .iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= LIKENESS_MIN)
        .max_by(|(left, _), (right, _)| left.total_cmp(right));
    match best {
        Some((_, candidate)) => format!("did you mean `{candidate}`?"),
        None if candidates.is_empty() => "there is none to choose from".to_owned(),
        None => {
            let shown: Vec<_> =
                candidates.iter().take(SHOWN_MAX).map(|candidate| format!("`{candidate}`")).collect();
            let more = if candidates.len() > SHOWN_MAX { " …" } else { "" };
            format!("there is {}{more}", shown.join(", "))
        }
    }
}
