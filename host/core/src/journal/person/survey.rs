//! Looks through the journal for what is kept of a person. There is no index for it: a person is looked for seldom,
//! and events come all day. Only reads, in slices, beside the writer.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use rusqlite::{Connection, Row};
use trunkline_model::{Event, EventKind, Identifier, Outgoing};

use super::super::effect::{Address, contact_column};
use super::super::raw::Raw;
use super::super::reader::number;
use super::super::record::column;
use super::super::{Journal, JournalError};
use super::{Marks, Person, Relation, is_group};

/// How long a query looks before it lets others have its connection.
const SLICE_MAX: Duration = Duration::from_millis(200);

/// An event of a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::journal) struct FoundEvent {
    pub seq: u64,
    /// The public id.
    pub key: Vec<u8>,
    pub webhook: u64,
    /// Media items in it.
    pub media: usize,
    /// Of a status: the provider's id of the message, with the connection.
    pub status: Option<(String, String)>,
}

/// What is kept of a person, by its place.
#[derive(Debug, Default)]
pub(in crate::journal) struct Survey {
    /// Theirs.
    pub events: Vec<FoundEvent>,
    /// Of others, with an identifier of the person in it.
    pub mentions: Vec<u64>,
    /// To them.
    pub messages: Vec<u64>,
    /// To groups or others, with an identifier of the person in it.
    pub message_mentions: Vec<u64>,
    /// Conversations of theirs.
    pub conversations: Vec<String>,
    /// Of groups or others, with an identifier of the person in it.
    pub conversation_mentions: Vec<String>,
    /// Connection and contact of profiles.
    pub profiles: Vec<(String, String)>,
    /// Raw webhooks that brought an event of theirs, or hold an identifier of theirs.
    pub webhooks: Vec<u64>,
    /// Connection and contact of opt-outs.
    pub opt_outs: Vec<(String, String)>,
}

/// Finds everything, and on the way who else the person is.
pub(in crate::journal) async fn survey(
    journal: &Journal,
    person: &mut Person,
) -> Result<Survey, JournalError> {
    loop {
        let known = person.identifiers.len();
        let mut survey = Survey::default();
        let mut direct = HashSet::new();
        sweep(journal, person, &mut survey, &mut direct, 0, conversations_from).await?;
        sweep(journal, person, &mut survey, &mut direct, 0, messages_from).await?;
        sweep(journal, person, &mut survey, &mut direct, 0, events_from).await?;
        if person.identifiers.len() != known {
            // Somebody with one more identifier has more than what was found so far.
            continue;
        }
        sweep(journal, person, &mut survey, &mut direct, 0, webhooks_from).await?;
        sweep(journal, person, &mut survey, &mut direct, 0, profiles_from).await?;
        sweep(journal, person, &mut survey, &mut direct, 0, opt_outs_from).await?;
        survey
            .webhooks
            .extend(survey.events.iter().map(|event| event.webhook).filter(|&webhook| webhook > 0));
        survey.webhooks.sort_unstable();
        survey.webhooks.dedup();
        return Ok(survey);
    }
}

/// What a slice works with. Moved into the thread of its query and back.
struct Slice {
    person: Person,
    survey: Survey,
    /// Conversations of the person with nobody else in them.
    direct: HashSet<String>,
    marks: Marks,
    /// The last row that was looked at, for the tables that are read by number.
    position: u64,
    until: Instant,
}

/// Looks at rows behind the position; true: there may be more.
type Look = fn(&Connection, &mut Slice) -> Result<bool, JournalError>;

async fn sweep(
    journal: &Journal,
    person: &mut Person,
    survey: &mut Survey,
    direct: &mut HashSet<String>,
    from: u64,
    look: Look,
) -> Result<(), JournalError> {
    let mut position = from;
    loop {
        let mut slice = Slice {
            marks: Marks::of(person),
            person: person.clone(),
            survey: std::mem::take(survey),
            direct: std::mem::take(direct),
            position,
            until: Instant::now() + SLICE_MAX,
        };
        let (slice, more) = journal
            .inner
            .readers
            .run(move |connection| {
                let more = look(connection, &mut slice)?;
                Ok((slice, more))
            })
            .await?;
        position = slice.position;
        (*person, *survey, *direct) = (slice.person, slice.survey, slice.direct);
        if !more {
            return Ok(());
        }
    }
}

/// Goes through rows by number until they or the time is over.
fn by_number(
    connection: &Connection,
    slice: &mut Slice,
    sql: &str,
    mut visit: impl FnMut(&mut Slice, u64, &Row) -> Result<(), JournalError>,
) -> Result<bool, JournalError> {
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([column(slice.position)])?;
    while let Some(row) = rows.next()? {
        slice.position = number(row, 0)?;
        let place = slice.position;
        visit(slice, place, row)?;
        if Instant::now() > slice.until {
            return Ok(true);
        }
    }
    Ok(false)
}

fn text<'a>(row: &'a Row, index: usize) -> Result<&'a str, JournalError> {
    let text = row.get_ref(index)?.as_str();
    text.map_err(|error| JournalError::Damaged { row: format!("column {index}"), problem: error.to_string() })
}

/// Whether a row needs a closer look: parsing is what costs.
fn may_be_theirs(slice: &Slice, json: &str) -> bool {
    slice.marks.are_in(json.as_bytes())
        || slice.person.identifiers.iter().any(|known| {
            let value = known.identifier.value.as_str();
            value.len() < 16 && json.contains(value)
        })
}

fn events_from(connection: &Connection, slice: &mut Slice) -> Result<bool, JournalError> {
    let sql =
        "SELECT seq, connection, conversation, event, key, webhook FROM events WHERE seq > ?1 ORDER BY seq";
    by_number(connection, slice, sql, |slice, seq, row| {
        let (of, json) = (text(row, 1)?, text(row, 3)?);
        if !slice.person.looks_at(of) {
            return Ok(());
        }
        let direct = slice.direct.contains(text(row, 2)?);
        if !direct && !may_be_theirs(slice, json) {
            return Ok(());
        }
        let Ok(mut event) = serde_json::from_str::<Event>(json) else { return Ok(()) };
        let theirs = match slice.person.relation(of, &event) {
            Relation::Theirs => true,
            Relation::Nobodys => direct,
            Relation::Other => false,
        };
        if theirs {
            slice.person.learn(of, &event);
            if !is_group(event.thread.as_ref()) {
                slice.direct.insert(text(row, 2)?.to_owned());
            }
            let status = match &event.kind {
                EventKind::Status(status) => Some((of.to_owned(), status.message_id.clone())),
                _ => None,
            };
            slice.survey.events.push(FoundEvent {
                seq,
                key: row.get(4)?,
                webhook: number(row, 5)?,
                media: event.media_mut().count(),
                status,
            });
        } else if slice.marks.are_in(json.as_bytes()) {
            slice.survey.mentions.push(seq);
        }
        Ok(())
    })
}

fn messages_from(connection: &Connection, slice: &mut Slice) -> Result<bool, JournalError> {
    let sql = "SELECT number, connection, outgoing, receipts, failure, context, conversation FROM messages
               WHERE number > ?1 ORDER BY number";
    by_number(connection, slice, sql, |slice, place, row| {
        let (of, json) = (text(row, 1)?, text(row, 2)?);
        if !slice.person.looks_at(of) {
            return Ok(());
        }
        let direct = slice.direct.contains(text(row, 6)?);
        let outgoing = (direct || may_be_theirs(slice, json)).then(|| serde_json::from_str::<Outgoing>(json));
        let to_them = match &outgoing {
            Some(Ok(outgoing)) if !is_group(outgoing.thread.as_ref()) => {
                slice.person.learn_contact(of, &outgoing.to);
                slice.person.is_any(of, &outgoing.to) || (direct && outgoing.to.is_empty())
            }
            _ => false,
        };
        if to_them {
            slice.direct.insert(text(row, 6)?.to_owned());
            slice.survey.messages.push(place);
            return Ok(());
        }
        let in_group = matches!(&outgoing, Some(Ok(outgoing)) if slice.person.is_any(of, &outgoing.to));
        let mut mentioned = in_group;
        for index in 2..=5 {
            let json: Option<String> = row.get(index)?;
            mentioned |= json.is_some_and(|json| slice.marks.are_in(json.as_bytes()));
        }
        if mentioned {
            slice.survey.message_mentions.push(place);
        }
        Ok(())
    })
}

fn conversations_from(connection: &Connection, slice: &mut Slice) -> Result<bool, JournalError> {
    let mut statement =
        connection.prepare_cached("SELECT key, connection, address, inbound, answers FROM conversations")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (key, of, json) = (text(row, 0)?, text(row, 1)?, text(row, 2)?);
        if !slice.person.looks_at(of) {
            continue;
        }
        let address = may_be_theirs(slice, json).then(|| serde_json::from_str::<Address>(json));
        let theirs = match &address {
            Some(Ok(address)) => slice.person.is_any(of, &address.to),
            _ => false,
        };
        if let (true, Some(Ok(address))) = (theirs, &address)
            && !is_group(address.thread.as_ref())
        {
            slice.person.learn_contact(of, &address.to);
            slice.direct.insert(key.to_owned());
            slice.survey.conversations.push(key.to_owned());
            continue;
        }
        let mut mentioned = theirs;
        for index in 2..=4 {
            let json: Option<String> = row.get(index)?;
            mentioned |= json.is_some_and(|json| slice.marks.are_in(json.as_bytes()));
        }
        if mentioned {
            slice.survey.conversation_mentions.push(key.to_owned());
        }
    }
    Ok(false)
}

fn webhooks_from(connection: &Connection, slice: &mut Slice) -> Result<bool, JournalError> {
    let sql = "SELECT id, connection, raw_size, raw FROM webhooks WHERE id > ?1 ORDER BY id";
    by_number(connection, slice, sql, |slice, id, row| {
        if !slice.person.looks_at(text(row, 1)?) {
            return Ok(());
        }
        let bytes =
            row.get_ref(3)?.as_blob().map_err(|error| JournalError::damaged("webhooks", id, error))?;
        // What cannot be read cannot be shown to be free of the person either, but says nothing of them to anybody.
        let Ok(plain) = Raw::plain(bytes, row.get(2)?) else { return Ok(()) };
        if slice.marks.are_in(&plain) {
            slice.survey.webhooks.push(id);
        }
        Ok(())
    })
}

fn profiles_from(connection: &Connection, slice: &mut Slice) -> Result<bool, JournalError> {
    let mut statement = connection.prepare_cached("SELECT connection, contact, found FROM profiles")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (of, contact) = (text(row, 0)?, text(row, 1)?);
        if !slice.person.looks_at(of) {
            continue;
        }
        // As `profiles/subject.rs` of the host writes it; the journal only has to find its way in it here.
        let parts: Vec<String> = serde_json::from_str(contact).unwrap_or_default();
        let theirs = match parts.as_slice() {
            [_, _, scheme, value] => {
                slice.person.is(of, &Identifier::new(scheme.as_str().into(), value.as_str()))
            }
            _ => false,
        };
        let found: Option<String> = row.get(2)?;
        if theirs || found.is_some_and(|found| slice.marks.are_in(found.as_bytes())) {
            slice.survey.profiles.push((of.to_owned(), contact.to_owned()));
        }
    }
    Ok(false)
}

fn opt_outs_from(connection: &Connection, slice: &mut Slice) -> Result<bool, JournalError> {
    let mut statement = connection.prepare_cached("SELECT connection, contact FROM opt_outs")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let (of, contact) = (text(row, 0)?, text(row, 1)?);
        let known = slice
            .person
            .identifiers
            .iter()
            .filter(|known| known.connection.as_deref().is_none_or(|only| only == of));
        let theirs = known.map(|known| contact_column(&known.identifier)).any(|known| known == contact);
        if theirs && slice.person.looks_at(of) {
            slice.survey.opt_outs.push((of.to_owned(), contact.to_owned()));
        }
    }
    Ok(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raw_webhook_is_read_as_it_was_written() {
        let mut webhook = crate::samples::webhook(Vec::new());
        webhook.body = b"from +491701234567".to_vec();
        let record = super::super::super::record::Record::new(webhook).expect("encoded");
        let plain = Raw::plain(&record.raw.bytes, record.raw.raw_size).expect("decoded");
        assert!(plain.ends_with(b"from +491701234567"));
    }
}
