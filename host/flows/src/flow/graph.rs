//! Where steps lead: what nothing leads to, and circles that wait for nobody.

use super::{Flow, Target};

/// Steps that nothing leads to.
pub(super) fn unreachable(flow: &Flow) -> Vec<usize> {
    let mut reached = vec![false; flow.steps.len()];
    let mut open: Vec<Target> = vec![Some(0), flow.on_close];
    while let Some(target) = open.pop() {
        let Some(step) = target.and_then(|at| flow.steps.get(at)) else { continue };
        let Some(flag) = target.and_then(|at| reached.get_mut(at)) else { continue };
        if !std::mem::replace(flag, true) {
            open.extend(step.targets());
        }
    }
    reached.iter().enumerate().filter(|(_, reached)| !**reached).map(|(at, _)| at).collect()
}

/// A step in a circle in which nobody is waited for.
pub(super) fn circle(flow: &Flow) -> Option<usize> {
    // Takes away, again and again, what leads to nothing that is left. What stays is or leads to a circle.
    let leads_to: Vec<Vec<usize>> = flow
        .steps
        .iter()
        .map(|step| {
            if step.action.ends_turn() { Vec::new() } else { step.targets().into_iter().flatten().collect() }
        })
        .collect();
    let mut open: Vec<usize> = leads_to.iter().map(Vec::len).collect();
    let mut done: Vec<usize> =
        open.iter().enumerate().filter(|(_, count)| **count == 0).map(|(at, _)| at).collect();
    while let Some(end) = done.pop() {
        for (at, targets) in leads_to.iter().enumerate() {
            let edges = targets.iter().filter(|target| **target == end).count();
            let Some(count) = open.get_mut(at).filter(|_| edges > 0) else { continue };
            *count = count.saturating_sub(edges);
            if *count == 0 {
                done.push(at);
            }
        }
    }
    let mut at = open.iter().position(|count| *count > 0)?;
    // Along what is left one comes into the circle after as many steps as there are.
    for _ in 0..flow.steps.len() {
        at = leads_to
            .get(at)?
            .iter()
            .copied()
            .find(|target| open.get(*target).is_some_and(|count| *count > 0))?;
    }
    Some(at)
}
