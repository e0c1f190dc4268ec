//! Everything that is kept of a person, piece by piece: never more of it in memory than a page.
//!
//! Raw webhooks are named and not given: a batch may hold other people, and its headers what proves its sender. What
//! providers answered to calls stays here too: nobody knows what they put into it.

use std::collections::VecDeque;

use rusqlite::{Connection, OptionalExtension, params};
use trunkline_model::Identifier;

use super::outbox::{self, MessageKey, MessageLife, StoredConversation};
use super::person::{Known, Person, Survey, survey};
use super::profiles::{self, StoredProfile};
use super::reader::{self, number};
use super::record::{StoredEvent, column};
use super::{Journal, JournalError, OwnAccount};

/// Pieces of a page.
const PAGE: usize = 32;

/// A piece of what is kept.
#[derive(Debug, Clone)]
pub enum Exported {
    /// Who the person is. The first piece.
    Person(Vec<Known>),
    /// What is known of a conversation with them.
    Conversation(StoredConversation),
    /// What a look-up found of them.
    Profile(StoredProfile),
    /// That they do not want to be written to.
    OptOut {
        /// On which connection.
        connection: String,
        /// Under which identifier: scheme and value.
        contact: String,
        /// How it came about.
        origin: String,
        /// Milliseconds since the Unix epoch.
        at: u64,
    },
    /// An event of theirs.
    Event(Box<StoredEvent>),
    /// A message to them.
    Message(Box<MessageLife>),
    /// A raw webhook that brought something of theirs, or names them. Not its content.
    Webhook {
        /// Its number.
        id: u64,
        /// The connection that it came in on.
        connection: String,
        /// Milliseconds since the Unix epoch.
        received_at: u64,
        /// Bytes of head and body.
        bytes: u64,
    },
    /// An event of somebody else that names them: its id alone.
    Mention {
        /// The public id.
        event: String,
    },
}

/// What is still to be handed out.
pub struct Export {
    journal: Journal,
    person: Person,
    begun: bool,
    left: VecDeque<Place>,
}

/// Where a piece stands.
#[derive(Debug, Clone)]
enum Place {
    Conversation(String),
    Profile(String, String),
    OptOut(String, String),
    Event(u64),
    Message(u64),
    Webhook(u64),
    Mention(u64),
}

impl Journal {
    /// Finds what is kept of a person, to hand it out piece by piece.
    pub async fn export(
        &self,
        identifier: &Identifier,
        connection: Option<String>,
    ) -> Result<Result<Export, OwnAccount>, JournalError> {
        let Some((mut person, _)) = self.person(identifier, connection).await? else {
            return Ok(Err(OwnAccount));
        };
        let survey = survey(self, &mut person).await?;
        Ok(Ok(Export { journal: self.clone(), person, begun: false, left: places(survey) }))
    }
}

fn places(survey: Survey) -> VecDeque<Place> {
    let mut places = VecDeque::new();
    places.extend(survey.conversations.into_iter().map(Place::Conversation));
    places.extend(survey.profiles.into_iter().map(|(of, contact)| Place::Profile(of, contact)));
    places.extend(survey.opt_outs.into_iter().map(|(of, contact)| Place::OptOut(of, contact)));
    places.extend(survey.events.into_iter().map(|event| Place::Event(event.seq)));
    places.extend(survey.messages.into_iter().map(Place::Message));
    places.extend(survey.webhooks.into_iter().map(Place::Webhook));
    places.extend(survey.mentions.into_iter().map(Place::Mention));
    places
}

impl Export {
    /// The next pieces. Empty: that was all. What was removed in the meantime is left out.
    pub async fn next(&mut self) -> Result<Vec<Exported>, JournalError> {
        let mut pieces = Vec::new();
        if !std::mem::replace(&mut self.begun, true) {
            pieces.push(Exported::Person(self.person.identifiers.clone()));
        }
        while pieces.is_empty() && !self.left.is_empty() {
            let page: Vec<Place> = self.left.drain(..self.left.len().min(PAGE)).collect();
            pieces = self
                .journal
                .inner
                .readers
                .run(move |connection| {
                    let pieces = page.into_iter().map(|place| read(connection, place).transpose());
                    pieces.flatten().collect::<Result<Vec<_>, _>>()
                })
                .await?;
        }
        Ok(pieces)
    }
}

fn read(connection: &Connection, place: Place) -> Result<Option<Exported>, JournalError> {
    Ok(match place {
        Place::Conversation(key) => outbox::conversation(connection, &key)?.map(Exported::Conversation),
        Place::Profile(of, contact) => profiles::profile(connection, &of, &contact)?.map(Exported::Profile),
        Place::OptOut(of, contact) => {
            let sql = "SELECT origin, at FROM opt_outs WHERE connection = ?1 AND contact = ?2";
            let row = connection
                .prepare_cached(sql)?
                .query_row(params![of, contact], |row| Ok((row.get(0)?, number(row, 1)?)))
                .optional()?;
            row.map(|(origin, at)| Exported::OptOut { connection: of, contact, origin, at })
        }
        Place::Event(seq) => reader::event_at(connection, seq)?.map(|event| Exported::Event(Box::new(event))),
        Place::Message(place) => outbox::message(connection, &MessageKey::Number(place))?
            .map(|message| Exported::Message(Box::new(message))),
        Place::Webhook(id) => {
            let sql = "SELECT connection, received_at, raw_size FROM webhooks WHERE id = ?1";
            let row = connection
                .prepare_cached(sql)?
                .query_row([column(id)], |row| Ok((row.get(0)?, number(row, 1)?, number(row, 2)?)))
                .optional()?;
            row.map(|(connection, received_at, bytes)| Exported::Webhook {
                id,
                connection,
                received_at,
                bytes,
            })
        }
        Place::Mention(seq) => {
            reader::event_at(connection, seq)?.map(|event| Exported::Mention { event: event.id })
        }
    })
}
