//! What an edge hands in: anything is refused, or it is the same when it is handed in again.

use trunkline_model::event_json;
use trunkline_policy::ingest::{Ingest, unpack};

/// What an input may unpack to.
const BYTES_MAX: u64 = 1 << 20;

/// What must hold for every body. One that starts like gzip is compressed.
pub fn check(input: &[u8]) -> bool {
    let gzip = input.starts_with(&[0x1f, 0x8b]);
    let Ok(ingest) = unpack(input, gzip, BYTES_MAX) else { return true };
    let packed = ingest.pack();
    let again = unpack(&packed.body, packed.gzip, 4 * BYTES_MAX).expect("what we pack we unpack");
    let texts = |ingest: &Ingest| ingest.events.iter().map(event_json).collect::<Vec<_>>();
    assert_eq!(texts(&again), texts(&ingest), "the events are the same");
    assert_eq!((&again.connection, &again.webhook), (&ingest.connection, &ingest.webhook));
    assert_eq!(again.pack().id, packed.id, "it is known again");
    true
}
