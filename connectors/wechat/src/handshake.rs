//! The `GET` with which the console tries a new URL: it wants to read back `echostr`, and nothing else.

use trunkline_sdk::prelude::*;

use crate::envelope;
use crate::proof::Proof;

/// Answers it. Where `echostr` is signed and encrypted like a message, as platforms for third parties have it, what is in
/// it goes back.
pub fn answer(proof: &Proof, context: &Context) -> Received {
    let refuse = |detail| Refusal::new(RefusalReason::Handshake, 403, detail);
    let echo = proof.text("echostr").ok_or_else(|| refuse("`echostr` is missing"))?;
    let keys = envelope::keys(context)?;
    let plain = match proof.text("msg_signature") {
        Some(_) if !keys.is_empty() => {
            proof.verify_encrypted(echo).map_err(of_handshake)?;
            proof.fresh(context)?;
            envelope::decrypt(echo, keys, context)?.0
        }
        _ => {
            proof.verify().map_err(of_handshake)?;
            proof.fresh(context)?;
            echo.as_bytes().to_vec()
        }
    };
    // A stranger may choose the text: no browser should take it for a page.
    let mut response = Response::with_body(200, "text/plain; charset=utf-8", plain);
    response.headers.push(("x-content-type-options".to_owned(), "nosniff".to_owned()));
    Ok(Answer { response, events: Vec::new() })
}

/// Another token than ours is what a set-up has wrong.
fn of_handshake(refusal: Refusal) -> Refusal {
    match refusal.reason {
        RefusalReason::Mismatch => Refusal::new(RefusalReason::Handshake, 403, refusal.detail),
        _ => refusal,
    }
}
