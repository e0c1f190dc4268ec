//! Parsing, and what is refused before anything runs.

use std::collections::{BTreeMap, BTreeSet};

use cel::common::ast::{Expr, LiteralValue, operators};
use cel::{Env, IdedExpr};
use regex::{Regex, RegexBuilder};

use super::{DEPTH_MAX, ENV, EXPRESSION_BYTES_MAX, ExpressionError, Names};
use crate::facts::{QUEUE_FIELDS, ROOTS, fields};
use crate::problem::nearest;

/// Functions that expressions may call.
const FUNCTIONS: [&str; 15] = [
    "size",
    "contains",
    "startsWith",
    "endsWith",
    "matches",
    "lower",
    "string",
    "int",
    "uint",
    "double",
    "bool",
    "dyn",
    "orValue",
    "hasValue",
    "value",
];
/// Parts of an expression.
const NODES_MAX: usize = 400;
/// Bytes of a compiled pattern.
const PATTERN_BYTES_MAX: usize = 256 << 10;

/// What an expression looks at, or why it cannot be used.
#[derive(Default)]
pub(super) struct Checked {
    pub errors: Vec<ExpressionError>,
    pub patterns: BTreeMap<String, Regex>,
    pub paths: Vec<Vec<String>>,
}

pub(super) fn parse(source: &str) -> Result<IdedExpr, ExpressionError> {
    if source.trim().is_empty() {
        return Err(ExpressionError::new("the expression is empty", "say a condition, or leave the key out"));
    }
    if source.len() > EXPRESSION_BYTES_MAX {
        let message = format!("an expression of {} bytes, at most {EXPRESSION_BYTES_MAX}", source.len());
        return Err(ExpressionError::new(message, "split it over several steps"));
    }
    // The parser calls itself for each bracket and sign: its stack must not depend on the text.
    if nesting(source) > usize::from(DEPTH_MAX) {
        return Err(ExpressionError::new(
            format!("`{source}` is nested more than {DEPTH_MAX} deep"),
            "split it over several steps",
        ));
    }
    let env: &Env = &ENV;
    env.parser().max_recursion_depth(DEPTH_MAX * 2).parse(source).map_err(|errors| {
        let message = errors.errors.first().map_or("it is no expression", |error| error.msg.as_str());
        let message = message.lines().next().unwrap_or_default();
        ExpressionError::new(
            format!("`{source}` does not parse: {message}"),
            "expected CEL, such as `ticket.channel == \"chat\" && message.text.contains(\"order\")`",
        )
    })
}

/// How deep brackets are, and how many signs stand in a row.
fn nesting(source: &str) -> usize {
    let (mut depth, mut deepest, mut row) = (0usize, 0, 0);
    for byte in source.bytes() {
        match byte {
            b'(' | b'[' | b'{' | b'?' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            b'!' | b'-' => row += 1,
            b' ' | b'\t' | b'\n' | b'\r' => continue,
            _ => row = 0,
        }
        deepest = deepest.max(depth).max(row);
    }
    deepest
}

pub(super) fn check(tree: &IdedExpr, names: Names<'_>) -> Checked {
    let mut walk = Walk { names, checked: Checked::default(), scope: Vec::new(), loops: 0, nodes: 0 };
    walk.visit(tree);
    if walk.nodes > NODES_MAX {
        let message = format!("an expression of {} parts, at most {NODES_MAX}", walk.nodes);
        walk.refuse(message, "split it over several steps");
    }
    walk.checked.paths.sort();
    walk.checked.paths.dedup();
    walk.checked
}

struct Walk<'a> {
    names: Names<'a>,
    checked: Checked,
    /// Names that loops give.
    scope: Vec<String>,
    /// Loops around what is visited.
    loops: usize,
    nodes: usize,
}

impl Walk<'_> {
    fn refuse(&mut self, message: impl Into<String>, hint: impl Into<String>) {
        self.checked.errors.push(ExpressionError::new(message, hint));
    }

    fn visit(&mut self, tree: &IdedExpr) {
        self.nodes += 1;
        if let Some(path) = path(tree)
            && let Some(root) = path.first()
            && !self.scope.contains(root)
        {
            self.check_path(path);
            return;
        }
        match &tree.expr {
            Expr::Literal(_) | Expr::Ident(_) | Expr::Unspecified => {}
            Expr::Select(select) => self.visit(&select.operand),
            Expr::List(list) => list.elements.iter().for_each(|element| self.visit(element)),
            Expr::Call(call) => {
                self.check_call(call);
                call.target.iter().for_each(|target| self.visit(target));
                call.args.iter().for_each(|argument| self.visit(argument));
            }
            Expr::Comprehension(repeat) => {
                self.visit(&repeat.iter_range);
                if self.loops > 0 {
                    self.refuse(
                        "a loop inside of a loop",
                        "use `in` or one of `exists`, `all`, `filter`, `map` at a time",
                    );
                    return;
                }
                let before = self.scope.len();
                self.scope.extend([repeat.iter_var.clone(), repeat.accu_var.clone()]);
                self.scope.extend(repeat.iter_var2.clone());
                self.visit(&repeat.accu_init);
                self.loops += 1;
                self.visit(&repeat.loop_cond);
                self.visit(&repeat.loop_step);
                self.loops -= 1;
                self.visit(&repeat.result);
                self.scope.truncate(before);
            }
            // Its entries would come in another order in each process.
            Expr::Map(_) | Expr::Struct(_) => {
                self.refuse("tables cannot be written in an expression", "use a list, or several conditions");
            }
        }
    }

    fn check_call(&mut self, call: &cel::common::ast::CallExpr) {
        let name = call.func_name.as_str();
        let operator = !name.starts_with(|letter: char| letter.is_ascii_alphabetic());
        if !operator && !FUNCTIONS.contains(&name) {
            self.refuse(format!("no function is named `{name}`"), nearest(name, FUNCTIONS));
        }
        if name != "matches" {
            return;
        }
        match call.args.last().map(|pattern| &pattern.expr) {
            Some(Expr::Literal(LiteralValue::String(pattern))) => {
                let pattern = pattern.inner();
                match RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build() {
                    Ok(regex) => drop(self.checked.patterns.insert(pattern.to_owned(), regex)),
                    Err(error) => {
                        let reason = error.to_string();
                        let reason = reason.lines().last().unwrap_or_default().to_owned();
                        self.refuse(format!("the pattern `{pattern}` cannot be used: {reason}"), "");
                    }
                }
            }
            _ => self.refuse("the pattern of `matches` is not a text", "write the pattern itself, in quotes"),
        }
    }

    fn check_path(&mut self, path: Vec<String>) {
        if let Err(error) = self.known(&path) {
            self.checked.errors.push(error);
        }
        self.checked.paths.push(path);
    }

    fn known(&self, path: &[String]) -> Result<(), ExpressionError> {
        let unknown = |what: &str, name: &str, hint: String| {
            Err(ExpressionError::new(format!("{what} is named `{name}`"), hint))
        };
        let root = path.first().map_or("", String::as_str);
        let Some(names) = fields(root) else {
            return unknown("nothing", root, nearest(root, ROOTS));
        };
        let Some(name) = path.get(1).map(String::as_str) else { return Ok(()) };
        match (names, root) {
            (Some(names), _) if !names.contains(&name) => {
                let what = format!("no field of `{root}`");
                unknown(&what, name, nearest(name, names.iter().copied()))
            }
            (None, "vars") if !listed(self.names.vars, name) => {
                let known = self.names.vars.into_iter().flatten().map(String::as_str);
                let hint = format!("no step sets it; {}", nearest(name, known));
                unknown("no variable", name, hint)
            }
            (None, "queue") if !listed(self.names.teams, name) => unknown(
                "no team",
                name,
                nearest(name, self.names.teams.into_iter().flatten().map(String::as_str)),
            ),
            (None, "queue") => match path.get(2).map(String::as_str) {
                Some(field) if !QUEUE_FIELDS.contains(&field) => {
                    unknown("no field of a queue", field, nearest(field, QUEUE_FIELDS))
                }
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }
}

fn listed(names: Option<&BTreeSet<String>>, name: &str) -> bool {
    names.is_none_or(|names| names.contains(name))
}

/// `a.b["c"]` as its names. None: it is something else.
pub(super) fn path(tree: &IdedExpr) -> Option<Vec<String>> {
    let (mut tree, mut path) = (tree, Vec::new());
    loop {
        match &tree.expr {
            Expr::Ident(name) => {
                path.push(name.clone());
                path.reverse();
                return Some(path);
            }
            Expr::Select(select) => {
                path.push(select.field.clone());
                tree = &select.operand;
            }
            Expr::Call(call)
                if [operators::INDEX, operators::OPT_SELECT, operators::OPT_INDEX]
                    .contains(&&*call.func_name) =>
            {
                let [operand, index] = call.args.as_slice() else { return None };
                let Expr::Literal(LiteralValue::String(name)) = &index.expr else { return None };
                path.push(name.inner().to_owned());
                tree = operand;
            }
            _ => return None,
        }
    }
}
