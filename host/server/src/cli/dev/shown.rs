//! A webhook as an author wants to see it: what came, what was verified, what became of it.

use trunkline_cases::scheme::Schemes;
use trunkline_cases::trace::trace;
use trunkline_model::{Context, ReceiveStep};

use crate::host::Observed;
use crate::instant;

/// Prints a webhook with its verification on standard output.
pub fn shown(observed: &Observed<'_>, schemes: &Schemes) {
    for line in lines(observed, schemes) {
        anstream::println!("{line}");
    }
    anstream::println!();
}

fn lines(observed: &Observed<'_>, schemes: &Schemes) -> Vec<String> {
    let (request, settings) = (observed.request, &observed.connection.settings);
    let bold = anstyle::Style::new().bold();
    let time = instant::text(observed.received_at).unwrap_or_default();
    let time = time.get(11..19).unwrap_or_default();
    let size = request.body.len();
    let mut lines = vec![format!("{time} {bold}{} {}{bold:#} {size} bytes", request.method, request.url)];
    let step = match observed.read {
        Ok(Ok(answer)) => Some(ReceiveStep::Answer(answer.clone())),
        Ok(Err(refusal)) => Some(ReceiveStep::Refuse(refusal.clone())),
        Err(unfinished) => {
            lines.push(format!("  not read: {unfinished}"));
            None
        }
    };
    let context: Context = settings.context(&[], observed.received_at);
    let trace = trace(request, &context, &schemes.schemes, step.as_ref());
    lines.extend(trace.lines().into_iter().map(|line| format!("  {line}")));
    if let Some(ReceiveStep::Answer(answer)) = &step {
        for event in &answer.events {
            let id = trunkline_core::journal::event_id(&observed.connection.name, &event.account, &event.id);
            lines.push(format!("  {:<14} {id}", event.kind.name()));
        }
    }
    lines
}
