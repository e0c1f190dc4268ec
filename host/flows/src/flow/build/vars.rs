//! Which variables a flow sets.

use std::collections::BTreeSet;

use crate::file::{File, Word};

/// The names of all of them, so that a misspelled one is told.
pub(super) fn of(file: &File) -> BTreeSet<String> {
    let mut vars: BTreeSet<String> = file.head.vars.iter().cloned().collect();
    for step in &file.steps {
        let into = |name: &Option<Word>| name.as_ref().unwrap_or(&step.id).as_ref().clone();
        if let Some(ask) = &step.ask {
            vars.insert(into(&ask.into));
        }
        if let Some(look_up) = &step.look_up {
            vars.insert(into(&look_up.into));
        }
        if step.bot.is_some() || step.rate.is_some() || step.callback.is_some() {
            vars.insert(step.id.as_ref().clone());
        }
        if step.hours.is_some() {
            vars.extend(["open", "opens_at", "opens_at_text"].map(str::to_owned));
        }
        if step.language.is_some() {
            vars.insert("language".to_owned());
        }
        if let Some(set) = &step.set {
            vars.extend(set.vars.keys().cloned());
        }
    }
    vars
}
