//! Case files of the functions that ask for calls: the component asks for the same calls, and its answers pass what
//! the host checks before it acts on them.

use trunkline_cases::{run_media_cases, run_outbound_cases, run_profile_cases};
use trunkline_model::Context;
use trunkline_policy::{CallError, Settings};

use crate::suite::{Subject, suite};

/// The connectors that have an ability, and case files of it.
fn able(ability: &'static str) -> impl Iterator<Item = &'static Subject> {
    suite().subjects.iter().filter(move |subject| subject.shows(ability))
}

/// What comes of one round. A connector that fails is a failed test.
fn answer<T>(
    subject: &Subject,
    context: &Context,
    ask: impl AsyncFnOnce(&Settings) -> Result<T, CallError>,
) -> T {
    let settings = subject.settings(context);
    suite().wait(ask(&settings)).unwrap_or_else(|error| panic!("{}: {error}", subject.id))
}

#[test]
fn messages_are_sent_as_in_their_files() {
    for subject in able("outbound") {
        run_outbound_cases(&subject.folder, |message, context| {
            answer(subject, context, async |settings| {
                subject.connector.send(message, &context.exchanges, settings, context.now).await
            })
        });
    }
}

#[test]
fn media_are_located_as_in_their_files() {
    for subject in able("media") {
        run_media_cases(&subject.folder, |media, account, context| {
            answer(subject, context, async |settings| {
                subject.connector.locate(media, account, &context.exchanges, settings, context.now).await
            })
        });
    }
}

#[test]
fn contacts_are_looked_up_as_in_their_files() {
    for subject in able("profiles") {
        run_profile_cases(&subject.folder, |contact, account, thread, context| {
            let (connector, exchanges) = (&subject.connector, &context.exchanges);
            answer(subject, context, async |settings| {
                connector.look_up(contact, account, thread, exchanges, settings, context.now).await
            })
        });
    }
}
