//! Case files of pages: what they ask, and what they are told.

use std::time::Instant;

use trunkline_cases::{Case, opened, shown};

use super::cases::{answer, came_out, failed, no_case, run};
use crate::finding::{FileResult, Finding, Findings, counted};
use crate::subject::{Subject, explained, name_of};

/// `cases/page`
pub fn page(subject: &Subject, findings: &mut Findings) {
    if !subject.connector.has("page") {
        return findings.skip("it does not export `page`");
    }
    let Ok(files) = subject.call_cases("page") else {
        let hint = "connectors/README.md, Case files of pages, says how they look";
        return findings.check(false, || Finding::new("testdata/page", "has no case files").hint(hint));
    };
    let selected = |file: &&std::path::PathBuf| findings.options.selects_file("cases/page", &name_of(file));
    let files: Vec<_> = files.iter().filter(selected).collect();
    if files.is_empty() {
        return findings.skip("no case file has that in its name");
    }
    for file in &files {
        let (name, begun) = (name_of(file), Instant::now());
        let passed = match Case::read(file) {
            Ok(case) => {
                let found = found(subject, &case);
                came_out(findings, file, &case.expected, &found, |file| case.write_expected(file, &found))
            }
            Err(error) => no_case(findings, &name, &error),
        };
        findings.files.push(FileResult { name, passed, elapsed: begun.elapsed() });
    }
    findings.note(counted(files.len(), "case file", "case files"));
}

fn found(subject: &Subject, case: &Case) -> String {
    let (context, settings) = (&case.context, subject.settings(&case.context));
    let step = subject.connector.open(&case.request, &context.exchanges, &settings, context.now);
    match subject.wait(step) {
        Ok(step) => opened(&step),
        Err(error) => explained(&error) + "\n",
    }
}

/// `cases/shown`
pub fn told(subject: &Subject, findings: &mut Findings) {
    if !subject.connector.has("page") {
        return findings.skip("it does not export `page`");
    }
    run(subject, findings, ("cases/shown", "shown"), |case| {
        let event = case.event()?;
        Ok(case.play(|context| {
            let told = answer(subject, context, async |settings| {
                subject.connector.show(event.clone(), settings, context.now).await
            });
            told.map_or_else(failed, shown)
        }))
    });
}
