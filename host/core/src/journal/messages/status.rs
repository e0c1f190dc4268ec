//! What providers say of a message that they have, and how far that brings it.

use rusqlite::{Transaction, params};
use trunkline_model::Receipt;

use super::damaged;
use crate::outbound::MessageState;

/// Writes what a provider said of a message, and moves it on.
pub(in crate::journal) fn write_status(
    transaction: &Transaction,
    message: i64,
    provider_id: &str,
    state: MessageState,
    seq: i64,
    at: i64,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT OR IGNORE INTO statuses (message, seq, provider_id, state, at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![message, seq, provider_id, state.name(), at])?;
    let (known, receipts): (String, String) = transaction
        .prepare_cached("SELECT state, receipts FROM messages WHERE number = ?1")?
        .query_row([message], |row| Ok((row.get(0)?, row.get(1)?)))?;
    let statuses: Vec<(String, String)> = transaction
        .prepare_cached("SELECT provider_id, state FROM statuses WHERE message = ?1")?
        .query_map([message], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let receipts: Vec<Receipt> = serde_json::from_str(&receipts).map_err(damaged)?;
    let known = MessageState::parse(&known).unwrap_or(MessageState::Queued);
    let reached = reached(&receipts, &statuses).map_or(known, |reached| reached.max(known));
    if reached != known {
        transaction
            .prepare_cached(
                "UPDATE messages SET state = ?2, updated_at = max(updated_at, ?3) WHERE number = ?1",
            )?
            .execute(params![message, reached.name(), at])?;
    }
    Ok(())
}

/// How far a message has come by what was said of its pieces.
fn reached(receipts: &[Receipt], statuses: &[(String, String)]) -> Option<MessageState> {
    let highest = |id: &str| {
        let of_piece = statuses.iter().filter(|(of, _)| of.is_empty() || of == id);
        of_piece.filter_map(|(_, state)| MessageState::parse(state)).max()
    };
    if receipts.is_empty() {
        return statuses.iter().filter_map(|(_, state)| MessageState::parse(state)).max();
    }
    let pieces = receipts.iter().map(|receipt| {
        highest(&receipt.message_id).map_or(MessageState::Accepted, |state| state.max(MessageState::Accepted))
    });
    MessageState::of_pieces(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn receipt(id: &str) -> Receipt {
        Receipt { message_id: id.into(), ..Receipt::default() }
    }

    #[test]
    fn the_order_in_which_statuses_come_does_not_matter() {
        let all = ["sent", "failed", "delivered", "read", "accepted"];
        let receipts = [receipt("a"), receipt("b")];
        let mut random = fastrand::Rng::with_seed(7);
        for _ in 0..500 {
            let mut statuses: Vec<(String, String)> = (0..random.usize(1..8))
                .map(|_| {
                    let id = ["a", "b", ""][random.usize(..3)];
                    (id.to_owned(), all[random.usize(..all.len())].to_owned())
                })
                .collect();
            // What is reached rises with every status, in any order, and ends at the same state.
            let mut ends = Vec::new();
            for _ in 0..4 {
                random.shuffle(&mut statuses);
                let mut state = MessageState::Accepted;
                for count in 1..=statuses.len() {
                    let next = reached(&receipts, &statuses[..count]).unwrap_or(state).max(state);
                    assert!(next >= state);
                    state = next;
                }
                ends.push(reached(&receipts, &statuses));
            }
            assert!(ends.windows(2).all(|pair| pair[0] == pair[1]), "{statuses:?}: {ends:?}");
        }
    }

    #[test]
    fn a_message_in_two_pieces_is_delivered_when_both_are() {
        let receipts = [receipt("a"), receipt("b")];
        let status = |id: &str, state: &str| (id.to_owned(), state.to_owned());
        let mut statuses = vec![status("a", "delivered")];
        assert_eq!(reached(&receipts, &statuses), Some(MessageState::Accepted));
        statuses.push(status("b", "delivered"));
        assert_eq!(reached(&receipts, &statuses), Some(MessageState::Delivered));
        statuses.push(status("", "read"));
        assert_eq!(reached(&receipts, &statuses), Some(MessageState::Read), "up to a time");
    }
}
