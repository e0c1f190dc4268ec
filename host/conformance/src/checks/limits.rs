//! Each call within the limits of the manifest, and how near to them the longest came.

use std::time::{Duration, Instant};

use trunkline_cases::Case;
use trunkline_policy::CallError;

use super::garbage;
use crate::finding::{Finding, Findings};
use crate::subject::Subject;

/// `limits/calls`
pub fn calls(subject: &Subject, findings: &mut Findings) {
    let limits = &subject.manifest().limits;
    let mut trials: Vec<_> = subject.cases.iter().map(|(name, case)| (name.clone(), case, None)).collect();
    if let Some((name, case)) = subject.genuine().find(|(_, case)| case.request.method == "POST") {
        let bodies = garbage::bodies(&mut findings.random, limits.body_bytes_max);
        trials.extend(
            bodies.into_iter().map(|(what, body)| (format!("{name} with {what}, signed"), case, Some(body))),
        );
    }
    let limit = Duration::from_millis(limits.time_ms_max);
    let mut times = Vec::new();
    let class = |(_, _, body): &(String, &Case, Option<Vec<u8>>)| body.is_some().to_string();
    findings.draw(trials, class, |findings, (what, case, body)| {
        let request = match body {
            None => Some(case.request.clone()),
            Some(body) => garbage::resigned(subject, case, body),
        };
        let Some(request) = request else { return };
        let begun = Instant::now();
        let step = subject.wait(subject.connector.receive_step(request, case.context.clone()));
        let elapsed = begun.elapsed();
        // Traps are what other checks are for.
        let beyond = match step {
            Err(
                error @ (CallError::Time { .. } | CallError::Memory { .. } | CallError::AnswerSize { .. }),
            ) => Some(error.to_string()),
            _ => None,
        };
        findings.check(beyond.is_none(), || Finding::new(&what, beyond.unwrap_or_default()));
        times.push((elapsed, what));
    });
    times.sort();
    let Some((longest, what)) = times.last() else { return };
    let part = |share: usize| milliseconds(times[(times.len() - 1) * share / 100].0);
    findings.note(format!(
        "a call takes {} ms (p50), {} ms (p99), at most {} ms of {} ms ({what}), with its instance",
        part(50),
        part(99),
        milliseconds(*longest),
        limit.as_millis()
    ));
    // Of all calls of all checks so far: the largest body was among them.
    let peak = subject.connector.usage().memory_bytes_peak;
    findings.note(format!("at most {} KiB of memory of {} KiB", kib(peak), kib(limits.memory_bytes_max)));
    findings.check(peak <= limits.memory_bytes_max, || Finding::new("memory", format!("{} KiB", kib(peak))));
}

fn kib(bytes: u64) -> u64 {
    bytes.div_ceil(1024)
}

fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e3)
}
