//! Everything that a connector is asked: its case files round by round, simulations, forged and broken webhooks.

use serde_json::json;
use trunkline_cases::{CallCase, Round, call_case_files, located, looked_up, sent};
use trunkline_model::{
    Contact, Context, Event, Media, MediaStep, Outgoing, ProfileStep, ReceiveStep, Request, SendStep, Thread,
};
use trunkline_policy::CallError;
use trunkline_runtime::Kept;

use crate::simulator::{Simulation, simulations};
use crate::suite::{Subject, name_of, suite};
use crate::{garbage, tampering};

/// Forged webhooks of each genuine one, and as many that are signed and broken.
const BAD: usize = 4;

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

impl Question {
    /// Asked in a fresh instance.
    fn new(subject: &Subject, name: String, argument: Argument, context: Context) -> Self {
        let fresh = suite().wait(async {
            let mut fresh = subject.connector.keep().await.expect("an instance");
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
pub fn questions(subject: &Subject, random: &mut fastrand::Rng) -> Vec<Question> {
    let mut all = Vec::new();
    for (name, case) in &subject.cases {
        let argument = Argument::Receive(case.request.clone());
        all.push(Question::new(subject, name.clone(), argument, case.context.clone()));
    }
    for ability in ["outbound", "media", "profiles"] {
        if subject.shows(ability) {
            rounds(&mut all, subject, ability);
        }
    }
    for Simulation { what, event, url, context } in simulations(subject) {
        let argument = Argument::Simulate(Box::new(event), url);
        all.push(Question::new(subject, format!("simulation of {what}"), argument, context));
    }
    bad(&mut all, subject, random);
    all
}

/// Every round of every case of an ability.
fn rounds(all: &mut Vec<Question>, subject: &Subject, ability: &str) {
    for file in call_case_files(&subject.folder, ability) {
        let case = CallCase::read(&file).expect("it was read before");
        let argument = argument(&case, ability).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        case.play(|context| {
            let name = format!("{ability}/{}, round {}", name_of(&file), context.exchanges.len() + 1);
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

/// Some of the forged and the broken webhooks that other tests send all of.
fn bad(all: &mut Vec<Question>, subject: &Subject, random: &mut fastrand::Rng) {
    for (index, (name, case)) in subject.genuine().enumerate() {
        let mut add = |what: &str, request: Request| {
            let name = format!("{name} with {what}");
            all.push(Question::new(subject, name, Argument::Receive(request), case.context.clone()));
        };
        let forged = tampering::tampered(&case.request, tampering::covers(subject));
        for (what, request) in random.choose_multiple(forged, BAD) {
            add(&what, request);
        }
        let broken = garbage::mutations(random, subject, case);
        let mut broken = random.choose_multiple(broken, BAD);
        if index == 0 {
            broken.extend(garbage::bodies(random, subject.manifest().limits.body_bytes_max));
        }
        for (what, body) in broken {
            if let Some(request) = garbage::signed(subject, case, body) {
                add(what, request);
            }
        }
    }
}
