//! A connector that breaks the contract: it keeps something from one call to the next. Only the test that must find
//! such connectors uses it.
//!
//! The body says what it keeps. In an instance of its own, each call is answered as if nothing were kept.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use trunkline_sdk::prelude::*;

/// Calls before this one in this instance.
static CALLS: AtomicUsize = AtomicUsize::new(0);
/// How many of them were refused.
static REFUSALS: AtomicUsize = AtomicUsize::new(0);

/// Bytes that are kept where memory is: twice as many are more than there may be.
const HOARD_BYTES: usize = 9 << 20;

/// The connector.
pub struct Retentive;

impl Connector for Retentive {
    const MANIFEST: &'static str = include_str!("../connector.toml");
}

impl Inbound for Retentive {
    fn receive(request: &Request, context: &Context) -> Received {
        let calls = CALLS.fetch_add(1, Ordering::Relaxed);
        verify(request, context).inspect_err(|_| {
            REFUSALS.fetch_add(1, Ordering::Relaxed);
        })?;
        let seen = match &*request.body {
            b"calls" => calls.to_string(),
            b"refusals" => REFUSALS.load(Ordering::Relaxed).to_string(),
            b"memory" => hoard().to_string(),
            b"order" => order(),
            _ => String::new(),
        };
        let message = Message::new("1", vec![Part::Text(seen)]);
        let event = Event::new("1", "account", EventKind::Message(message));
        Ok(Answer { response: Response::empty(200), events: vec![event] })
    }
}

fn verify(request: &Request, context: &Context) -> Result<(), Refusal> {
    let given = signature::hex_digest(request.header("x-signature"), 32)?;
    signature::verify(Hmac::Sha256, context.setting_values("secret"), &[&request.body], &given)
}

/// Memory that is never given back.
fn hoard() -> usize {
    std::hint::black_box(vec![1_u8; HOARD_BYTES].leak()).len()
}

/// What happens unawares: the standard library seeds each table with a number one higher than the table before.
fn order() -> String {
    let numbers: HashSet<usize> = (0..10).collect();
    numbers.iter().map(usize::to_string).collect()
}

trunkline_sdk::connector!(Retentive: inbound);
