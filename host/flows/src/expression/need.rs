//! What must hold for a condition to be true: the simple tests among the parts of its `&&` and `||`.
//!
//! A rule whose needs do not hold is not true, whatever else it says, so most of a thousand rules are never asked.
//! A need only ever says no: where all hold, the condition itself is asked.

use cel::IdedExpr;
use cel::common::ast::{CallExpr, Expr, LiteralValue, operators};
use cel::common::types::{CelBool, CelInt, CelList, CelString};
use cel::common::value::Val;
use serde_json::Value;

use super::check::path;

/// One test.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Need {
    /// What is looked at.
    pub path: Vec<String>,
    pub test: Test,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Test {
    /// Is one of these.
    OneOf(Vec<Literal>),
    /// Is a list with this text in it.
    Has(String),
    Contains(String),
    StartsWith(String),
    EndsWith(String),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Literal {
    Text(String),
    Int(i64),
    Bool(bool),
}

/// What a path leads to, as far as needs can tell.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Seen<'a> {
    Nothing,
    Text(&'a str),
    Int(i64),
    Bool(bool),
    Texts(Vec<&'a str>),
    /// Something that is left to the condition.
    Other,
}

impl<'a> Seen<'a> {
    pub(crate) fn of(value: Option<&'a dyn Val>) -> Self {
        let Some(value) = value else { return Self::Nothing };
        if let Some(text) = value.downcast_ref::<CelString>() {
            Self::Text(text.inner())
        } else if let Some(value) = value.downcast_ref::<CelInt>() {
            Self::Int(*value.inner())
        } else if let Some(value) = value.downcast_ref::<CelBool>() {
            Self::Bool(*value.inner())
        } else if let Some(list) = value.downcast_ref::<CelList>() {
            let texts =
                list.inner().iter().map(|value| value.downcast_ref::<CelString>().map(|text| text.inner()));
            texts.collect::<Option<Vec<_>>>().map_or(Self::Other, Self::Texts)
        } else {
            Self::Other
        }
    }
}

impl Seen<'_> {
    /// As JSON. None: there is nothing that can be told.
    pub(crate) fn to_json(&self) -> Option<Value> {
        match self {
            Self::Nothing | Self::Other => None,
            Self::Text(text) => Some(Value::from(*text)),
            Self::Int(value) => Some(Value::from(*value)),
            Self::Bool(value) => Some(Value::from(*value)),
            Self::Texts(texts) => Some(Value::from(texts.clone())),
        }
    }
}

impl Need {
    /// False: the condition is not true. True: it may be.
    pub(crate) fn may_hold(&self, seen: &Seen<'_>) -> bool {
        match (&self.test, seen) {
            (_, Seen::Other) => true,
            // An error in one part of an `&&`: the whole is not true.
            (_, Seen::Nothing) => false,
            (Test::OneOf(literals), seen) => literals.iter().any(|literal| match (literal, seen) {
                (Literal::Text(literal), Seen::Text(text)) => literal == text,
                (Literal::Int(literal), Seen::Int(value)) => literal == value,
                (Literal::Bool(literal), Seen::Bool(value)) => literal == value,
                _ => false,
            }),
            (Test::Has(wanted), Seen::Texts(texts)) => texts.contains(&wanted.as_str()),
            (Test::Contains(part), Seen::Text(text)) => text.contains(part.as_str()),
            (Test::StartsWith(part), Seen::Text(text)) => text.starts_with(part.as_str()),
            (Test::EndsWith(part), Seen::Text(text)) => text.ends_with(part.as_str()),
            _ => false,
        }
    }
}

/// Alternatives of one row.
const ALTERNATIVES_MAX: usize = 32;

/// The needs of a condition: of each row, one holds where the condition does.
pub(super) fn of(tree: &IdedExpr) -> Vec<Vec<Need>> {
    let Expr::Call(call) = &tree.expr else { return Vec::new() };
    match (call.func_name.as_str(), call.args.as_slice()) {
        (operators::LOGICAL_AND, [left, right]) => {
            let mut rows = of(left);
            rows.extend(of(right));
            rows
        }
        // Either side holds: what one of them needs at least, or what the other one does.
        (operators::LOGICAL_OR, [left, right]) => {
            let shortest = |tree| of(tree).into_iter().min_by_key(Vec::len);
            let (Some(mut row), Some(more)) = (shortest(left), shortest(right)) else { return Vec::new() };
            row.extend(more);
            if row.len() <= ALTERNATIVES_MAX { vec![row] } else { Vec::new() }
        }
        _ => need(call).into_iter().map(|need| vec![need]).collect(),
    }
}

fn need(call: &CallExpr) -> Option<Need> {
    let (left, right) = match (&call.target, call.args.as_slice()) {
        (Some(target), [argument]) => (target.as_ref(), argument),
        (None, [left, right]) => (left, right),
        _ => return None,
    };
    let (path, test) = match call.func_name.as_str() {
        operators::EQUALS => match (plain_path(left), literal(right)) {
            (Some(path), Some(literal)) => (path, Test::OneOf(vec![literal])),
            _ => (plain_path(right)?, Test::OneOf(vec![literal(left)?])),
        },
        operators::IN => match (&right.expr, literal(left)) {
            (Expr::List(list), _) if list.optional_indices.is_empty() => {
                let literals: Option<Vec<_>> = list.elements.iter().map(literal).collect();
                (plain_path(left)?, Test::OneOf(literals?))
            }
            (_, Some(Literal::Text(text))) => (plain_path(right)?, Test::Has(text)),
            _ => return None,
        },
        "contains" => (plain_path(left)?, Test::Contains(text(right)?)),
        "startsWith" => (plain_path(left)?, Test::StartsWith(text(right)?)),
        "endsWith" => (plain_path(left)?, Test::EndsWith(text(right)?)),
        _ => return None,
    };
    // What the clocks show depends on the calendar of each rule.
    (path.first().is_some_and(|root| root != "time")).then_some(Need { path, test })
}

/// A path of names that are there or not: no `has`, no optional names.
fn plain_path(tree: &IdedExpr) -> Option<Vec<String>> {
    let mut inner = tree;
    loop {
        match &inner.expr {
            Expr::Ident(_) => return path(tree),
            Expr::Select(select) if !select.test => inner = &select.operand,
            Expr::Call(call) if call.func_name == operators::INDEX => inner = call.args.first()?,
            _ => return None,
        }
    }
}

fn literal(tree: &IdedExpr) -> Option<Literal> {
    let Expr::Literal(literal) = &tree.expr else { return None };
    match literal {
        LiteralValue::String(text) => Some(Literal::Text(text.inner().to_owned())),
        LiteralValue::Int(value) => Some(Literal::Int(*value.inner())),
        LiteralValue::Boolean(value) => Some(Literal::Bool(*value.inner())),
        _ => None,
    }
}

fn text(tree: &IdedExpr) -> Option<String> {
    match literal(tree) {
        Some(Literal::Text(text)) => Some(text),
        _ => None,
    }
}
