//! Everything that a connector is asked: its case files round by round, simulations, forged and broken webhooks.

use serde_json::json;
use trunkline_cases::{CallCase, Round, located, looked_up, sent};
use trunkline_model::{
    Contact, Context, Event, Media, MediaStep, Outgoing, ProfileStep, ReceiveStep, Request, SendStep, Thread,
};
use trunkline_policy::CallError;
use trunkline_runtime::Kept;

use crate::checks::garbage;
use crate::checks::simulator::{Simulation, simulations};
use crate::finding::Findings;
use crate::subject::{Subject, name_of};
use crate::tamper;

/// Forged webhooks of each genuine one, and as many that are signed and broken.
const BAD: usize = 4;
/// The part of the time in which everything is asked in fresh instances.
const FRESH: f64 = 0.4;

/// One call, and what a fresh instance answers. An error is a trap or a limit.
pub struct Question {
    /// The case, and what was done with it.
    pub name: String,
    argument: Argument,
    context: Context,
    /// What a fresh instance answers.
    pub fresh: Result<Answer, String>,
}

/// The function, by its argument.
#[derive(Clone)]
enum Argument {
    Receive(Request),
    Send(Outgoing),
    Locate(Media, String),
    LookUp(Contact, String, Option<Thread>),
    Simulate(Box<Event>, String),
}

/// What a function answers.
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    Receive(ReceiveStep),
    Send(SendStep),
    Locate(MediaStep),
    LookUp(ProfileStep),
    Simulate(Option<Request>),
}

/// What is to be asked: one call, or every round of a case.
enum Asked {
    Once { name: String, argument: Argument, context: Context },
    Rounds { name: String, argument: Argument, case: CallCase },
}

impl Question {
    /// Asked in a fresh instance.
    fn new(subject: &Subject, name: String, argument: Argument, context: Context) -> Self {
        let fresh = subject.wait(async {
            let mut fresh = subject.connector.keep().await?;
            ask(subject, &mut fresh, argument.clone(), context.clone()).await
        });
        Self { name, argument, context, fresh: fresh.map_err(|error| error.to_string()) }
    }

    /// Asks again, in this instance.
    pub async fn ask(&self, subject: &Subject, instance: &mut Kept<'_>) -> Result<Answer, String> {
        let answer = ask(subject, instance, self.argument.clone(), self.context.clone());
        answer.await.map_err(|error| error.to_string())
    }
}

async fn ask(
    subject: &Subject,
    instance: &mut Kept<'_>,
    argument: Argument,
    context: Context,
) -> Result<Answer, CallError> {
    Ok(match argument {
        Argument::Receive(request) => Answer::Receive(instance.receive_step(request, context).await?),
        Argument::Send(message) => Answer::Send(instance.send_step(message, context).await?),
        Argument::Locate(media, account) => {
            Answer::Locate(instance.locate_step(media, &account, context).await?)
        }
        Argument::LookUp(contact, account, thread) => {
            Answer::LookUp(instance.look_up_step(contact, &account, thread, context).await?)
        }
        Argument::Simulate(event, url) => {
            let settings = subject.settings(&context);
            Answer::Simulate(instance.simulate(*event, &url, &settings, context.now).await?)
        }
    })
}

/// All questions to a connector, each answered by a fresh instance.
pub fn questions(subject: &Subject, findings: &mut Findings) -> Vec<Question> {
    let asked = everything(subject, &mut findings.random);
    let class = |asked: &Asked| {
        let class = match asked {
            Asked::Once { argument: Argument::Simulate(..), .. } => "simulation",
            Asked::Once { name, .. } if name.contains(" with ") => "bad",
            Asked::Once { .. } => "case",
            Asked::Rounds { .. } => "rounds",
        };
        class.to_owned()
    };
    let mut all = Vec::new();
    findings.draw_within(FRESH, asked, class, |_, asked| match asked {
        Asked::Once { name, argument, context } => all.push(Question::new(subject, name, argument, context)),
        Asked::Rounds { name, argument, case } => rounds(&mut all, subject, &name, &argument, &case),
    });
    all
}

fn everything(subject: &Subject, random: &mut fastrand::Rng) -> Vec<Asked> {
    let mut all = Vec::new();
    for (name, case) in &subject.cases {
        let argument = Argument::Receive(case.request.clone());
        all.push(Asked::Once { name: name.clone(), argument, context: case.context.clone() });
    }
    for ability in ["outbound", "media", "profiles"] {
        if !subject.shows(ability) {
            continue;
        }
        // What is no case file is a finding of the check that runs them.
        for file in subject.call_cases(ability).unwrap_or_default() {
            let Ok(case) = CallCase::read(&file) else { continue };
            let Ok(argument) = argument(&case, ability) else { continue };
            all.push(Asked::Rounds { name: format!("{ability}/{}", name_of(&file)), argument, case });
        }
    }
    for Simulation { what, event, url, context } in simulations(subject) {
        let argument = Argument::Simulate(Box::new(event), url);
        all.push(Asked::Once { name: format!("simulation of {what}"), argument, context });
    }
    bad(&mut all, subject, random);
    all
}

/// Every round of a case.
fn rounds(all: &mut Vec<Question>, subject: &Subject, name: &str, argument: &Argument, case: &CallCase) {
    case.play(|context| {
        let name = format!("{name}, round {}", context.exchanges.len() + 1);
        let question = Question::new(subject, name, argument.clone(), context.clone());
        let round = match question.fresh.clone() {
            Ok(Answer::Send(step)) => sent(step),
            Ok(Answer::Locate(step)) => located(step),
            Ok(Answer::LookUp(step)) => looked_up(step),
            other => Round::Done("failed", json!(format!("{other:?}"))),
        };
        all.push(question);
        round
    });
}

fn argument(case: &CallCase, ability: &str) -> Result<Argument, String> {
    Ok(match ability {
        "outbound" => Argument::Send(case.outgoing()?),
        "media" => {
            let (media, account) = case.media()?;
            Argument::Locate(media, account)
        }
        _ => {
            let (contact, account, thread) = case.profile()?;
            Argument::LookUp(contact, account, thread)
        }
    })
}

/// Some of the forged and the broken webhooks that other checks send all of.
fn bad(all: &mut Vec<Asked>, subject: &Subject, random: &mut fastrand::Rng) {
    // What the manifest says wrongly is a finding of the checks of signatures.
    let covers = tamper::covers(subject).unwrap_or(tamper::Covers::Body);
    let (signed, names) = (tamper::signing(subject, covers), tamper::signed_fields(subject));
    for (index, (name, case)) in subject.genuine().enumerate() {
        let mut add = |what: &str, request: Request| {
            let name = format!("{name} with {what}");
            all.push(Asked::Once {
                name,
                argument: Argument::Receive(request),
                context: case.context.clone(),
            });
        };
        let forged = tamper::forged(&case.request, covers, &signed, &names);
        for tampered in random.choose_multiple(forged, BAD) {
            add(&tampered.what, tampered.request);
        }
        let broken = garbage::mutations(random, subject, case);
        let mut broken = random.choose_multiple(broken, BAD);
        if index == 0 {
            broken.extend(garbage::bodies(random, subject.manifest().limits.body_bytes_max));
        }
        for (what, body) in broken {
            if let Some(request) = garbage::resigned(subject, case, body) {
                add(what, request);
            }
        }
    }
}
