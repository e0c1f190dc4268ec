//! Fields of a body that carries its own signature.

use trunkline_model::Request;

use super::{Tampered, one_letter_changed};
use crate::form;

/// The fields that hold a signature and what it is made over, where a body carries its own.
pub const SIGNED_FIELDS: [&str; 3] = ["signature", "timestamp", "token"];

/// Every signed field: gone, empty, changed, longer, shorter.
pub fn fields(request: &Request) -> Vec<Tampered> {
    let mut all = Vec::new();
    for name in SIGNED_FIELDS {
        let mut add = |what: &str, body: Option<Vec<u8>>| {
            let request = body.map(|body| Request { body, ..request.clone() });
            all.extend(request.map(|request| Tampered::new(format!("field `{name}` {what}"), request)));
        };
        add("removed", form::with_field(request, name, |_| None));
        add("empty", form::with_field(request, name, |_| Some(String::new())));
        add("changed", form::with_field(request, name, |value| Some(one_letter_changed(value))));
        add("longer", form::with_field(request, name, |value| Some(format!("{value}0"))));
        let cut = |value: &str| Some(value.chars().skip(1).collect());
        add("shorter", form::with_field(request, name, cut));
    }
    all
}
