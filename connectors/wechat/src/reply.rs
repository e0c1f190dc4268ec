//! What answers a push, within five seconds: `success`, or a message to whoever wrote.
//!
//! Anything else, and any error, shows the contact "该公众号暂时无法提供服务，请稍后再试".

use trunkline_sdk::prelude::*;

use crate::document::{Element, write};
use crate::envelope::Push;
use crate::{CUSTOMER_SERVICE, WELCOME_TEXT};

/// The answer to a push.
pub fn response(push: &Push, context: &Context) -> Response {
    let Some(message) = message(push, context) else {
        return Response::with_body(200, "text/plain", "success");
    };
    let message = write(push.document.notation, &message);
    let body = push.seal.as_ref().map_or(message.clone(), |seal| seal.wrap(&message, context.now));
    let content_type = if body.starts_with('{') { "application/json" } else { "text/xml" };
    Response::with_body(200, &format!("{content_type}; charset=utf-8"), body)
}

/// The fields of a message in answer. None: there is nothing to say.
fn message(push: &Push, context: &Context) -> Option<Vec<Element>> {
    let root = &push.document.root;
    let (from, to) = (root.field("FromUserName")?, root.field("ToUserName")?);
    let kind = root.field("MsgType")?;
    let head = |kind: &str| {
        vec![
            Element::leaf("ToUserName", from),
            Element::leaf("FromUserName", to),
            Element::leaf("CreateTime", (context.now / 1_000).to_string()),
            Element::leaf("MsgType", kind),
        ]
    };
    if !kind.eq_ignore_ascii_case("event") {
        let forward = context.setting(CUSTOMER_SERVICE) == Some("true");
        return forward.then(|| head("transfer_customer_service"));
    }
    let follows = root.field("Event").is_some_and(|event| event.eq_ignore_ascii_case("subscribe"));
    let text = context.setting(WELCOME_TEXT).filter(|_| follows)?;
    let mut message = head("text");
    message.push(Element::leaf("Content", text));
    Some(message)
}
