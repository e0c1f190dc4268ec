//! How the program ends when it could not do what it was asked: `error:`, `caused by:`, `hint:`.

use std::error::Error;
use std::process::ExitCode;

use anstyle::{AnsiColor, Style};

use crate::config::Problem;
use crate::doctor::{Finding, Level};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Why the program ends.
#[derive(Debug)]
pub struct Failure {
    errors: Vec<Shown>,
    code: u8,
}

#[derive(Debug)]
struct Shown {
    message: String,
    causes: Vec<String>,
    hint: Option<String>,
}

impl Failure {
    /// Something went wrong: exit code 1.
    pub fn new(message: impl Into<String>) -> Self {
        let shown = Shown { message: message.into(), causes: Vec::new(), hint: None };
        Self { errors: vec![shown], code: 1 }
    }

    /// An error with its causes: exit code 1.
    pub fn of(error: &dyn Error) -> Self {
        let mut failure = Self::new(error.to_string());
        failure.errors[0].causes = causes(error);
        failure
    }

    /// Problems of the configuration: exit code 2.
    pub fn configuration(problems: Vec<Problem>) -> Self {
        let errors = problems
            .into_iter()
            .map(|problem| Shown { message: problem.to_string(), causes: Vec::new(), hint: problem.hint })
            .collect();
        Self { errors, code: 2 }
    }

    /// Something is wrong that was told already: exit code 1, and not another word.
    pub fn told() -> Self {
        Self { errors: Vec::new(), code: 1 }
    }

    /// The same as a finding: its first error with its causes.
    pub fn finding(self, check: &str) -> Finding {
        let shown = self.errors.into_iter().next();
        let (found, hint) = shown.map_or_else(Default::default, |shown| {
            let causes = shown.causes.iter().map(|cause| format!(": {cause}"));
            (format!("{}{}", shown.message, causes.collect::<String>()), shown.hint)
        });
        Finding { level: Level::Broken, check: check.to_owned(), found, hint }
    }

    /// No error, and nothing to be printed: an exit code that says something by itself.
    pub fn code(code: u8) -> Self {
        Self { errors: Vec::new(), code }
    }

    /// With another exit code.
    pub fn with_code(mut self, code: u8) -> Self {
        self.code = code;
        self
    }

    /// With a cause.
    pub fn because(mut self, cause: &dyn Error) -> Self {
        if let Some(last) = self.errors.last_mut() {
            last.causes.push(cause.to_string());
            last.causes.extend(causes(cause));
        }
        self
    }

    /// With what to do about it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        if let Some(last) = self.errors.last_mut() {
            last.hint = Some(hint.into());
        }
        self
    }

    /// Prints it on standard error.
    pub fn report(self) -> ExitCode {
        for error in &self.errors {
            anstream::eprintln!("{ERROR}error:{ERROR:#} {}", error.message);
            for cause in &error.causes {
                anstream::eprintln!("  caused by: {cause}");
            }
            if let Some(hint) = &error.hint {
                anstream::eprintln!("{HINT}hint:{HINT:#} {hint}");
            }
        }
        ExitCode::from(self.code)
    }
}

fn causes(error: &dyn Error) -> Vec<String> {
    let mut causes = Vec::new();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        // Some libraries repeat their source in their own words.
        if causes.last() != Some(&text) {
            causes.push(text);
        }
        source = cause.source();
    }
    causes
}

impl From<trunkline_runtime::LoadError> for Failure {
    fn from(error: trunkline_runtime::LoadError) -> Self {
        let hint = error.hint();
        let failure = Self::of(&error);
        match hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<trunkline_sources::SourceError> for Failure {
    fn from(error: trunkline_sources::SourceError) -> Self {
        let failure = Self::of(&error);
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<trunkline_core::journal::JournalError> for Failure {
    fn from(error: trunkline_core::journal::JournalError) -> Self {
        let failure = Self::of(&error);
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<trunkline_deploy::ComposeError> for Failure {
    fn from(error: trunkline_deploy::ComposeError) -> Self {
        Self::of(&error).hint(error.hint())
    }
}

impl From<trunkline_author::AuthorError> for Failure {
    fn from(error: trunkline_author::AuthorError) -> Self {
        let failure = Self::of(&error);
        match error.hint() {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    }
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::configuration(vec![problem])
    }
}
