//! Whatever a provider answers, a connector that sends goes on or fails as it should; and it calls only whom it
//! declares.

use trunkline_cases::{CallCase, call_case_files};
use trunkline_model::{Call, Context, Credential, Exchange, Outgoing, Response, SendStep};

use crate::findings::Findings;
use crate::random::random;
use crate::suite::{Subject, suite};

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
/// Random answers to each call of each case.
const MUTATIONS: usize = 6;

/// A message of a case, at one of its calls: what was exchanged before, and the call itself.
struct Moment {
    name: String,
    message: Outgoing,
    context: Context,
    call: Call,
    /// What the case has for an answer.
    recorded: Option<Response>,
}

fn send(subject: &Subject, message: &Outgoing, context: &Context) -> Result<SendStep, String> {
    let settings = subject.settings(context);
    let step = subject.connector.send(message, &context.exchanges, &settings, context.now);
    suite().wait(step).map_err(|error| error.to_string())
}

/// Every call of every case.
fn moments(subject: &Subject) -> Vec<Moment> {
    let mut moments = Vec::new();
    for file in call_case_files(&subject.folder, "outbound") {
        let case = CallCase::read(&file).expect("it was read before");
        let name = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let message = case.outgoing().expect("a message");
        let mut context = case.context.clone();
        let mut answers = case.answers.iter();
        while let Ok(SendStep::Call(call)) = send(subject, &message, &context) {
            let recorded = answers.next().cloned();
            moments.push(Moment {
                name: name.clone(),
                message: message.clone(),
                context: context.clone(),
                call: call.clone(),
                recorded: recorded.clone(),
            });
            let Some(response) = recorded else { break };
            context.exchanges.push(Exchange { request: call.request, response });
        }
    }
    moments
}

fn answered(subject: &Subject, moment: &Moment, response: Response) -> Result<SendStep, String> {
    let mut context = moment.context.clone();
    context.exchanges.push(Exchange { request: moment.call.request.clone(), response });
    send(subject, &moment.message, &context)
}

fn senders() -> impl Iterator<Item = &'static Subject> {
    suite().subjects.iter().filter(|subject| subject.connector.has("outbound"))
}

#[test]
fn only_declared_hosts_are_called_with_declared_secrets() {
    let mut findings = Findings::default();
    for subject in senders() {
        let manifest = subject.manifest();
        for moment in moments(subject) {
            let (call, what) = (&moment.call, format!("{} {}", subject.id, moment.name));
            let host =
                call.request.url.strip_prefix("https://").and_then(|rest| rest.split(['/', '?']).next());
            let declared = host.is_some_and(|host| {
                manifest.hosts.iter().any(|pattern| match pattern.strip_prefix("*.") {
                    Some(suffix) => host.strip_suffix(suffix).is_some_and(|rest| rest.ends_with('.')),
                    None => pattern == host,
                })
            });
            findings.check(declared, || format!("{what}: calls `{}`", call.request.url));
            for setting in call.credentials.iter().map(setting) {
                let declared = manifest.settings.get(setting);
                let secret = declared.is_some_and(|setting| setting.secret.is_some());
                findings.check(secret, || format!("{what}: `{setting}` is no secret of the manifest"));
            }
            findings.check(!call.credentials.is_empty(), || format!("{what}: a call without a credential"));
        }
    }
    findings.assert();
}

/// The setting whose secret is added.
fn setting(credential: &Credential) -> &str {
    match credential {
        Credential::Bearer(setting) | Credential::Path(setting) => setting,
        Credential::Basic((_, setting))
        | Credential::Header((_, setting))
        | Credential::Query((_, setting))
        | Credential::Form((_, setting))
        | Credential::Other((_, setting)) => setting,
    }
}

#[test]
fn no_answer_of_a_provider_traps_or_is_taken_for_success() {
    let mut random = random();
    let mut findings = Findings::default();
    for subject in senders() {
        let before = findings.tried();
        for moment in moments(subject) {
            for status in [200, 201, 204, 302, 400, 404, 409, 429, 500] {
                let body = BODIES[random.usize(..BODIES.len())];
                let step =
                    answered(subject, &moment, Response { status, headers: Vec::new(), body: body.to_vec() });
                let what =
                    || format!("{} {}, {status} {}", subject.id, moment.name, String::from_utf8_lossy(body));
                findings.check(step.is_ok(), || format!("{}: {step:?}", what()));
                let success = matches!(&step, Ok(SendStep::Sent(_)));
                // 409 is what a repeated retry key gets.
                findings.check(!success || status < 300 || status == 409, || format!("{}: sent", what()));
            }
            let Some(recorded) = &moment.recorded else { continue };
            for _ in 0..MUTATIONS {
                let mut response = recorded.clone();
                match (random.usize(..3), response.body.len()) {
                    (_, 0) => response.status = random.u16(100..600),
                    (0, length) => response.body.truncate(random.usize(..length)),
                    (1, length) => response.body[random.usize(..length)] = random.u8(..),
                    (_, _) => response.status = random.u16(100..600),
                }
                let step = answered(subject, &moment, response.clone());
                findings.check(step.is_ok(), || {
                    let body = String::from_utf8_lossy(&response.body).into_owned();
                    format!("{} {}, {} {body}: {step:?}", subject.id, moment.name, response.status)
                });
            }
        }
        println!("{}: {} answers", subject.id, findings.tried() - before);
    }
    findings.assert();
}

#[test]
fn a_bare_status_has_its_class() {
    let mut findings = Findings::default();
    for subject in senders() {
        // A message that one call sends, and that has not been sent before.
        let all = moments(subject);
        let first = all.iter().find(|moment| {
            let sends = moment.recorded.as_ref().is_some_and(|answer| answer.status < 300);
            moment.context.exchanges.is_empty() && sends && moment.call.request.method == "POST"
        });
        let Some(moment) = first else {
            findings.check(false, || format!("{}: no case that sends", subject.id));
            continue;
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
                format!("{} {}: {status} is {found}, expected {expected}", subject.id, moment.name)
            });
        }
    }
    findings.assert();
}
