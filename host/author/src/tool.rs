//! Tools of others: run, with what they say kept for when it is needed.

use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::error::AuthorError;

/// Is told what is going on.
pub trait Progress {
    /// A step has begun.
    fn begin(&mut self, step: &str);
    /// It has ended, well or not.
    fn end(&mut self, step: &str, took: Duration);
    /// Whether tools may colour what they say.
    fn color(&self) -> bool {
        false
    }
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn begin(&mut self, _step: &str) {}
    fn end(&mut self, _step: &str, _took: Duration) {}
}

/// Does a step of the work, and tells so.
pub fn step<T>(
    progress: &mut dyn Progress,
    name: &str,
    work: impl FnOnce() -> Result<T, AuthorError>,
) -> Result<T, AuthorError> {
    progress.begin(name);
    let start = Instant::now();
    let result = work();
    progress.end(name, start.elapsed());
    result
}

/// What has to be there for a language, and how it is got.
pub struct Needs {
    /// `Node.js 20 or newer, with npm`
    pub what: &'static str,
    /// How to get it.
    pub hint: &'static str,
}

impl Needs {
    /// It is not there.
    pub fn lacking(&self, found: impl Into<String>) -> AuthorError {
        AuthorError::Lacking {
            needs: self.what,
            found: found.into(),
            hint: self.hint.to_owned(),
            output: String::new(),
        }
    }
}

/// Runs a command to its end. Gives all that it said, on both ways out, in order.
pub fn run(mut command: Command, needs: &Needs) -> Result<String, AuthorError> {
    let line = words(&command);
    let lacking = |error: std::io::Error| needs.lacking(format!("`{line}` cannot be run ({error})"));
    let (mut reader, writer) = std::io::pipe().map_err(lacking)?;
    let copy = writer.try_clone().map_err(lacking)?;
    let mut child = command.stdin(Stdio::null()).stdout(writer).stderr(copy).spawn().map_err(lacking)?;
    // It holds the other ends: with it gone, the pipe ends when the tool does.
    drop(command);
    let mut output = Vec::new();
    let read = reader.read_to_end(&mut output);
    let status = child.wait().map_err(lacking)?;
    read.map_err(lacking)?;
    let output = String::from_utf8_lossy(&output).into_owned();
    if status.success() {
        return Ok(output);
    }
    Err(AuthorError::Tool { command: line, status, output, hint: None })
}

/// Like [`run`], for a step that fetches packages: where the network is what is missing, that is the error.
pub fn fetch(command: Command, needs: &'static str) -> Result<String, AuthorError> {
    let tools = Needs { what: needs, hint: "" };
    run(command, &tools).map_err(|error| match error {
        AuthorError::Tool { command, output, .. } if is_offline(&output) => AuthorError::Lacking {
            needs,
            found: format!("`{command}` cannot reach its registry"),
            hint: "connect to the network, or set the registry that this machine can reach".to_owned(),
            output,
        },
        other => other,
    })
}

/// What package managers say where there is no network.
fn is_offline(output: &str) -> bool {
    const WORDS: [&str; 14] = [
        "ENOTFOUND",
        "EAI_AGAIN",
        "ECONNREFUSED",
        "ECONNRESET",
        "ENETUNREACH",
        "ETIMEDOUT",
        "ENOTCACHED",
        "ERR_SOCKET_TIMEOUT",
        "NewConnectionError",
        "ConnectTimeoutError",
        "Temporary failure in name resolution",
        "Connection refused",
        "Network is unreachable",
        "Max retries exceeded",
    ];
    WORDS.iter().any(|word| output.contains(word))
}

/// The command line as a person would type it.
pub fn words(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEEDS: Needs = Needs { what: "a shell", hint: "install one" };

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[cfg(unix)]
    #[test]
    fn all_that_a_tool_said_is_there_when_it_fails() {
        assert_eq!(run(shell("echo a; echo b >&2; echo c"), &NEEDS).expect("it ends well"), "a\nb\nc\n");
        let error = run(shell("echo why >&2; exit 3"), &NEEDS).expect_err("it does not");
        assert_eq!((error.output(), error.needs()), ("why\n", None));
        assert!(error.to_string().ends_with("ended with exit status: 3"), "{error}");
        let error =
            fetch(shell("echo npm error code EAI_AGAIN; exit 1"), "the network").expect_err("offline");
        assert_eq!((error.needs(), error.output()), (Some("the network"), "npm error code EAI_AGAIN\n"));
        let error =
            fetch(shell("echo npm error code E404; exit 1"), "the network").expect_err("no such package");
        assert_eq!(error.needs(), None);
    }

    #[test]
    fn a_tool_that_is_not_there_is_named_with_the_cure() {
        let error = run(Command::new("no-such-tool-of-ours"), &NEEDS).expect_err("it is not there");
        assert_eq!((error.needs(), error.hint().as_deref()), (Some("a shell"), Some("install one")));
        assert!(error.to_string().starts_with("`no-such-tool-of-ours` cannot be run ("), "{error}");
    }
}
