//! Whatever a provider answers, a connector that sends goes on or fails as it should; and it calls only whom it
//! declares.

use trunkline_cases::CallCase;
use trunkline_model::{Call, Context, Credential, Exchange, Outgoing, Response, SendStep};
use trunkline_policy::hosts;

use crate::finding::{Finding, Findings};
use crate::subject::Subject;

/// Bodies that are no answer of any provider.
const BODIES: [&[u8]; 10] = [
    b"",
    b"null",
    b"[]",
    b"{}",
    b"{\"error\":",
    b"{\"error\":{\"code\":99999999999999999999,\"message\":{\"a\":1}},\"message\":[],\"code\":-1}",
    b"{\"messages\":[{\"id\":7}],\"sentMessages\":[{}],\"message_id\":null,\"sid\":false,\"id\":{}}",
    b"<html>502</html>",
    b"\xff\xfe\x00",
    b"{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}}}}",
];
/// Statuses that each call of each case is answered with.
const STATUSES: [u16; 9] = [200, 201, 204, 302, 400, 404, 409, 429, 500];
/// Random answers to each call of each case.
const MUTATIONS: usize = 6;

/// A message of a case, at one of its calls: what was exchanged before, and the call itself.
#[derive(Clone)]
struct Moment {
    name: String,
    message: Outgoing,
    context: Context,
    call: Call,
    /// Whether an earlier call of the message had a credential: this one may carry a token that it was answered with.
    authorized: bool,
    /// What the case has for an answer.
    recorded: Option<Response>,
}

fn send(subject: &Subject, message: &Outgoing, context: &Context) -> Result<SendStep, String> {
    let settings = subject.settings(context);
    let step = subject.connector.send(message, &context.exchanges, &settings, context.now);
    subject.wait(step).map_err(|error| error.to_string())
}

/// Every call of every case. None where the check is skipped.
fn moments(subject: &Subject, findings: &mut Findings) -> Option<Vec<Moment>> {
    if !subject.connector.has("outbound") {
        findings.skip("it does not export `outbound`");
        return None;
    }
    if subject.calls_nobody() {
        findings.skip("nobody is called: its page asks the host itself");
        return None;
    }
    let mut moments = Vec::new();
    // What is no case file is a finding of the check that runs them.
    let cases = subject.call_cases("outbound").unwrap_or_default();
    for file in cases {
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let Ok(case) = CallCase::read(&file) else { continue };
        let Ok(message) = case.outgoing() else { continue };
        let mut context = case.context.clone();
        let mut answers = case.answers.iter();
        let mut authorized = false;
        while let Ok(SendStep::Call(call)) = send(subject, &message, &context) {
            let recorded = answers.next().cloned();
            moments.push(Moment {
                name: name.clone(),
                message: message.clone(),
                context: context.clone(),
                call: call.clone(),
                authorized,
                recorded: recorded.clone(),
            });
            authorized |= !call.credentials.is_empty();
            let Some(response) = recorded else { break };
            context.exchanges.push(Exchange { request: call.request, response });
        }
    }
    if moments.is_empty() {
        findings.skip("no case file of a message that makes a call");
        return None;
    }
    Some(moments)
}

fn answered(subject: &Subject, moment: &Moment, response: Response) -> Result<SendStep, String> {
    let mut context = moment.context.clone();
    context.exchanges.push(Exchange { request: moment.call.request.clone(), response });
    send(subject, &moment.message, &context)
}

/// `calls/hosts`
pub fn hosts(subject: &Subject, findings: &mut Findings) {
    let manifest = subject.manifest();
    let Some(moments) = moments(subject, findings) else {
        if subject.connector.has("outbound") && !subject.calls_nobody() {
            let hint =
                "write a case file of a message that is sent: connectors/README.md, Case files of calls";
            findings.fail(Finding::new("testdata/outbound", "has no case that makes a call").hint(hint));
        }
        return;
    };
    for moment in moments {
        let (call, what) = (&moment.call, &moment.name);
        let host = call.request.url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?']).next());
        let declared =
            host.is_some_and(|host| manifest.hosts.iter().any(|pattern| hosts::matches(pattern, host)));
        findings.check(declared, || {
            Finding::new(what, format!("calls `{}`, which is none of `hosts`", call.request.url))
        });
        for setting in call.credentials.iter().map(Credential::setting) {
            let declared = manifest.settings.get(setting);
            let secret = declared.is_some_and(|setting| setting.secret.is_some());
            findings
                .check(secret, || Finding::new(what, format!("`{setting}` is no secret of the manifest")));
        }
        let authorized = moment.authorized || !call.credentials.is_empty();
        findings.check(authorized, || Finding::new(what, "makes a call without a credential"));
    }
}

/// `calls/answers`
pub fn answers(subject: &Subject, findings: &mut Findings) {
    let Some(moments) = moments(subject, findings) else { return };
    let mut trials = Vec::new();
    for (index, moment) in moments.iter().enumerate() {
        for status in STATUSES {
            let body = BODIES[findings.random.usize(..BODIES.len())].to_vec();
            let response = Response { status, headers: Vec::new(), body };
            trials.push((index, "another answer", response));
        }
        let Some(recorded) = &moment.recorded else { continue };
        trials.extend(
            (0..MUTATIONS).map(|_| (index, "a broken answer", broken(recorded, &mut findings.random))),
        );
    }
    let class = |(_, what, response): &(usize, &'static str, Response)| match response.status {
        200..=299 => (*what).to_owned(),
        _ => "an error".to_owned(),
    };
    findings.draw(trials, class, |findings, (index, what, response)| {
        let moment = &moments[index];
        let step = answered(subject, moment, response.clone());
        let told = || {
            let body: String = String::from_utf8_lossy(&response.body).chars().take(200).collect();
            format!("{}, answered {} `{body}`", moment.name, response.status)
        };
        findings.check(step.is_ok(), || Finding::new(told(), step.clone().err().unwrap_or_default()));
        if what == "another answer" {
            let success = matches!(&step, Ok(SendStep::Sent(_)));
            // 409 is what a repeated retry key gets.
            let fits = !success || response.status < 300 || response.status == 409;
            findings.check(fits, || Finding::new(told(), "is taken for sent"));
        }
    });
}

/// An answer of the provider, broken at random.
fn broken(recorded: &Response, random: &mut fastrand::Rng) -> Response {
    let mut response = recorded.clone();
    match (random.usize(..3), response.body.len()) {
        (_, 0) => response.status = random.u16(100..600),
        (0, length) => response.body.truncate(random.usize(..length)),
        (1, length) => response.body[random.usize(..length)] = random.u8(..),
        (_, _) => response.status = random.u16(100..600),
    }
    response
}

/// `calls/statuses`
pub fn statuses(subject: &Subject, findings: &mut Findings) {
    let Some(moments) = moments(subject, findings) else { return };
    // A message that one call sends, and that has not been sent before; or the first call after a token was asked for.
    let sends = |moment: &&Moment| {
        let sent = moment.recorded.as_ref().is_some_and(|answer| answer.status < 300);
        sent && moment.call.request.method == "POST"
    };
    let first = moments.iter().filter(sends).min_by_key(|moment| moment.context.exchanges.len());
    let Some(moment) = first else {
        return findings
            .check(false, || Finding::new("testdata/outbound", "has no case that sends with one `POST`"));
    };
    for (status, expected) in [
        (400, "Invalid"),
        (401, "Unauthorized"),
        (413, "Invalid"),
        (429, "RateLimited(Some(7000))"),
        (500, "Transient"),
        (503, "Transient"),
    ] {
        let headers = vec![("retry-after".to_owned(), "7".to_owned())];
        let step = answered(subject, moment, Response { status, headers, body: Vec::new() });
        let found = match &step {
            Ok(SendStep::Failed(failed)) => format!("{:?}", failed.failure.reason),
            other => format!("{other:?}"),
        };
        findings.check(found == expected, || {
            Finding::new(
                format!("{}, answered {status}", moment.name),
                format!("is {found}, expected {expected}"),
            )
        });
    }
}
