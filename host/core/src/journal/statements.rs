//! The statements that every webhook needs, prepared once for a group and not once for each.

use rusqlite::{CachedStatement, Transaction};

use super::followed::Followed;

/// What a webhook writes. Each is one of [`SQL`].
#[derive(Debug, Clone, Copy)]
pub(super) enum Statement {
    /// Makes a key known.
    Claim,
    /// Keeps a request.
    Webhook,
    /// Keeps an event.
    Event,
    /// Notes which account a connection was last written to.
    Account,
    /// Lifts what a provider said of a contact once.
    OptIn,
    /// Opens a conversation's window.
    Conversation,
    /// Lists an event of a conversation that pages follow.
    Follow,
}

const SQL: [&str; 7] = [
    "INSERT INTO seen (key, seq, seen_at) VALUES (?1, ?2, ?3) ON CONFLICT (key) DO NOTHING",
    "INSERT INTO webhooks (connection, connector, component, received_at, head_size, raw_size, raw)
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
    "INSERT INTO events (seq, key, webhook, connection, connector, conversation, kind, occurred_at,
     received_at, event, message) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
    "INSERT INTO accounts (connection, account) VALUES (?1, ?2) ON CONFLICT (connection)
     DO UPDATE SET account = excluded.account WHERE account <> excluded.account",
    "DELETE FROM opt_outs WHERE connection = ?1 AND contact = ?2 AND origin = ?3",
    "INSERT INTO conversations (key, connection, address, inbound_at, inbound, touched_at)
     VALUES (?1, ?2, ?3, ?4, ?5, ?7) ON CONFLICT (key) DO UPDATE SET address = excluded.address,
     touched_at = max(touched_at, excluded.touched_at),
     inbound_at = max(coalesce(excluded.inbound_at, inbound_at), coalesce(inbound_at, excluded.inbound_at)),
     inbound = excluded.inbound, spent = '', answers = CASE WHEN ?6 THEN NULL ELSE answers END",
    "INSERT INTO followed (conversation, seq) VALUES (?1, ?2)",
];

/// Those of one transaction.
pub(super) struct Statements<'a, 'connection> {
    /// What they run in.
    pub transaction: &'a Transaction<'connection>,
    /// Which conversations pages follow.
    pub followed: &'a Followed,
    prepared: [Option<CachedStatement<'a>>; SQL.len()],
    /// Connections with the account that this transaction wrote last.
    accounts: Vec<(String, String)>,
}

impl<'a, 'connection> Statements<'a, 'connection> {
    /// None is prepared yet.
    pub(super) fn new(transaction: &'a Transaction<'connection>, followed: &'a Followed) -> Self {
        Self { transaction, followed, prepared: Default::default(), accounts: Vec::new() }
    }

    /// Ready to run.
    pub(super) fn of(&mut self, statement: Statement) -> rusqlite::Result<&mut CachedStatement<'a>> {
        let place = &mut self.prepared[statement as usize];
        match place {
            Some(prepared) => Ok(prepared),
            None => Ok(place.insert(self.transaction.prepare_cached(SQL[statement as usize])?)),
        }
    }

    /// Notes which account a connection was written to, where this transaction has not done so.
    pub(super) fn note_account(&mut self, connection: &str, account: &str) -> rusqlite::Result<()> {
        let noted = self.accounts.iter_mut().find(|(of, _)| of == connection);
        match noted {
            Some((_, last)) if last == account => return Ok(()),
            Some((_, last)) => account.clone_into(last),
            None => self.accounts.push((connection.to_owned(), account.to_owned())),
        }
        self.of(Statement::Account)?.execute([connection, account]).map(|_| ())
    }
}
