//! Conditions and values in CEL, compiled once, checked against what there is to look at.
//!
//! Nothing that an expression says can run for long: its size and depth are bounded, loops do not nest, lists and texts
//! are cut ([`value`]), patterns are literals that are compiled beforehand.

mod check;
mod need;
mod scene;
#[cfg(test)]
pub(crate) mod tests;
mod value;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use cel::common::types::{CelBool, CelString, STRING_TYPE};
use cel::common::value::CowVal;
use cel::{Context, Env, ExecutionError, Value as CelValue};
use regex::Regex;
use serde_json::Value;

pub(crate) use need::{Literal, Need, Seen, Test};
pub(crate) use scene::{Roots, Scene, WEEKDAYS};
pub(crate) use value::shorten;

use crate::trace::{Looked, Outcome, Saw};

/// Bytes of an expression.
pub(crate) const EXPRESSION_BYTES_MAX: usize = 2_000;
/// How deep calls, brackets and operators may be inside of each other.
const DEPTH_MAX: u16 = 24;
/// Paths of an expression whose values a trace tells.
const SAW_MAX: usize = 8;
/// Bytes of a value in a trace.
const SAW_BYTES_MAX: usize = 80;

static ENV: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib();
    // A name that is declared already would be a mistake of ours, which the tests of `lower` find.
    drop(env.add_member_overload("lower", "string.lower()", STRING_TYPE, Vec::new(), lower));
    Arc::new(env)
});

fn lower<'b, 'v>(arguments: Vec<CowVal<'b, 'v>>) -> Result<CowVal<'b, 'v>, ExecutionError> {
    let text = arguments.first().and_then(|argument| argument.downcast_ref::<CelString>());
    let text = text.ok_or(ExecutionError::MissingArgumentOrTarget)?;
    Ok(CowVal::owned(CelString::from(text.inner().to_lowercase())))
}

/// What is wrong with an expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct ExpressionError {
    pub message: String,
    pub hint: String,
}

impl ExpressionError {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: hint.into() }
    }
}

/// What an expression may name beyond the fields that are always there.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Names<'a> {
    /// Variables that some step sets. None: any.
    pub vars: Option<&'a BTreeSet<String>>,
    /// Teams. None: any.
    pub teams: Option<&'a BTreeSet<String>>,
}

/// A compiled expression.
#[derive(Debug, Clone)]
pub(crate) struct Expression {
    source: Arc<str>,
    tree: Arc<cel::IdedExpr>,
    /// Patterns of `matches`, by their text.
    patterns: Arc<BTreeMap<String, Regex>>,
    /// What it looks at.
    paths: Vec<Vec<String>>,
}

impl Expression {
    pub(crate) fn compile(source: &str, names: Names<'_>) -> Result<Self, Vec<ExpressionError>> {
        let tree = check::parse(source).map_err(|error| vec![error])?;
        let checked = check::check(&tree, names);
        if !checked.errors.is_empty() {
            return Err(checked.errors);
        }
        Ok(Self {
            source: source.into(),
            tree: Arc::new(tree),
            patterns: Arc::new(checked.patterns),
            paths: checked.paths,
        })
    }

    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Tests that have to hold wherever the whole does, one of each row at least: far cheaper than the whole.
    pub(crate) fn needs(&self) -> Vec<Vec<Need>> {
        need::of(&self.tree)
    }

    /// Whether it is true. An error counts as false.
    pub(crate) fn test(&self, scene: &Scene<'_>) -> Outcome {
        self.evaluate(scene, |value| match value.downcast_ref::<CelBool>() {
            Some(value) if *value.inner() => Outcome::True,
            Some(_) => Outcome::False,
            None => Outcome::Failed(format!("is a {}, not true or false", value.get_type().name())),
        })
        .unwrap_or_else(Outcome::Failed)
    }

    /// Its value, or why there is none.
    pub(crate) fn value(&self, scene: &Scene<'_>) -> Result<Value, String> {
        self.evaluate(scene, |value| value::to_json(value.as_ref()))
    }

    fn evaluate<T>(&self, scene: &Scene<'_>, read: impl FnOnce(&CowVal<'_, '_>) -> T) -> Result<T, String> {
        let mut context = Context::with_env(Arc::clone(&ENV));
        context.set_variable_resolver(scene);
        if !self.patterns.is_empty() {
            let patterns = Arc::clone(&self.patterns);
            let matches = move |text: cel::extractors::This<Arc<String>>, pattern: Arc<String>| {
                patterns.get(pattern.as_str()).is_some_and(|pattern| pattern.is_match(&text.0))
            };
            context.add_function("matches", matches).map_err(|error| error.to_string())?;
        }
        match CelValue::resolve_val(&self.tree, &context) {
            Ok(value) => Ok(read(&value)),
            Err(error) => Err(shorten(&error.to_string(), 2 * SAW_BYTES_MAX).to_owned()),
        }
    }

    /// What it looked at, and what came of it.
    pub(crate) fn looked(&self, scene: &Scene<'_>, outcome: Outcome) -> Looked {
        let saw = self.paths.iter().take(SAW_MAX).map(|path| Saw {
            path: path.join(".").into(),
            value: scene.find(path).map(|found| tell(&value::to_json(found)).into()),
        });
        Looked { when: Arc::clone(&self.source), outcome, saw: saw.collect() }
    }

    /// Of a condition that does not hold: only this was looked at. `value`: None: it is not there.
    pub(crate) fn passed_over(&self, path: &Arc<str>, value: Option<&Arc<str>>) -> Looked {
        let outcome = match value {
            Some(_) => Outcome::False,
            None => Outcome::Failed(format!("there is no `{path}`")),
        };
        let saw = vec![Saw { path: Arc::clone(path), value: value.cloned() }];
        Looked { when: Arc::clone(&self.source), outcome, saw }
    }
}

/// A value in a few words.
pub(crate) fn tell(value: &Value) -> String {
    let text = value.to_string();
    let short = shorten(&text, SAW_BYTES_MAX);
    if short.len() < text.len() { format!("{short}…") } else { text }
}

/// A value as people read it: nothing for null, lists with commas.
pub(crate) fn display(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(display).collect::<Vec<_>>().join(", "),
        other => other.to_string(),
    }
}
