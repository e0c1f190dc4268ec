//! What a page asks: the script, a session, and to be told what happens in its conversation.

use serde_json::value::RawValue;
use serde_json::{Value, json};
use trunkline_sdk::json::{members, text};
use trunkline_sdk::prelude::*;

use crate::identity::{self, Person};
use crate::session::Session;
use crate::site::{self, Site, cross_origin, preflight};

const TALK: &str = include_str!("../widget/talk.js");
const WINDOW: &str = include_str!("../widget/window.js");
const WORDS: &str = include_str!("../widget/words.json");
const STYLE: &str = include_str!("../widget/style.css");
/// Settings that the widget looks at. None is a secret.
const LOOKS: [&str; 5] = ["title", "greeting", "color", "language", "position"];
/// Letters of the browser's hash in the name of somebody who has none.
const SHORT_ID_CHARS: usize = 4;
/// Bytes of the id of an event.
const AFTER_BYTES_MAX: usize = 256;

/// A page with the widget on it, to try it out. Only where the host's own origin is one of the sites.
const TRIAL: &str = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>Webchat</title>\
    <main><h1>Webchat</h1><p>The button in the corner opens it.</p></main>\
    <script src=\"chat.js\" defer></script></html>\n";

/// Answers a request.
pub fn open(request: &Request, context: &Context) -> Opened {
    let path = below(&request.url);
    let response = match (request.method.as_str(), path) {
        ("GET" | "HEAD", Some("chat.js")) => script(context),
        ("GET" | "HEAD", Some("")) => trial(request, context),
        ("POST" | "OPTIONS", None | Some("")) => return asked(request, context),
        ("GET" | "HEAD" | "POST" | "OPTIONS", _) => problem(404, "not_found", "there is nothing here"),
        _ => problem(405, "method", "`GET`, `POST` or `OPTIONS`"),
    };
    Ok(Opening::Answer(response))
}

/// What stands behind `/pages/{connection}/`. None where there is no slash behind the connection.
fn below(url: &str) -> Option<&str> {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    let (_, path) = path.rsplit_once("/pages/")?;
    path.split_once('/').map(|(_, below)| below)
}

/// For everybody, also where the settings are not such that anybody can write.
fn script(context: &Context) -> Response {
    let looks = LOOKS.map(|name| (name.to_owned(), context.setting(name).unwrap_or_default().into()));
    let (look, style) = (Value::Object(looks.into_iter().collect()), json!(STYLE));
    let script = format!(
        "(() => {{\n\"use strict\";\nif (!document.currentScript || window.trunklineChat) return;\n\
         const LOOK = {look};\nconst WORDS = {WORDS};\nconst STYLE = {style};\n{TALK}\n{WINDOW}}})();\n"
    );
    let mut response = Response::with_body(200, "text/javascript; charset=utf-8", script);
    for (name, value) in [
        ("cache-control", "public, max-age=300"),
        ("x-content-type-options", "nosniff"),
        // Pages that isolate themselves load nothing that does not say this.
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        response.headers.push((name.to_owned(), value.to_owned()));
    }
    response
}

fn trial(request: &Request, context: &Context) -> Response {
    let url = &request.url;
    let path = url.find("://").and_then(|scheme| url[scheme + 3..].find('/').map(|host| scheme + 3 + host));
    let ours = path.map(|path| &url[..path]);
    if !Site::of(context).is_ok_and(|site| ours.is_some_and(|origin| site.allows(origin))) {
        return problem(404, "not_found", "there is nothing here");
    }
    let mut response = Response::with_body(200, "text/html; charset=utf-8", TRIAL);
    let policy = "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' https:; media-src 'self' https:; \
                  base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
    for (name, value) in [("content-security-policy", policy), ("x-content-type-options", "nosniff")] {
        response.headers.push((name.to_owned(), value.to_owned()));
    }
    response
}

fn asked(request: &Request, context: &Context) -> Opened {
    let site = Site::of(context).map_err(|refusal| refused(&refusal))?;
    let origin = site.origin(request).map_err(|refusal| refused(&refusal))?;
    if request.method == "OPTIONS" {
        return Ok(Opening::Answer(preflight(origin)));
    }
    let readable = |mut response: Response| {
        response.headers.extend(cross_origin(origin));
        response
    };
    let opening = match asked_for(&request.body, &site) {
        Ok(Opening::Answer(response)) => Opening::Answer(readable(response)),
        Ok(Opening::Follow(mut feed)) => {
            feed.headers = cross_origin(origin);
            Opening::Follow(feed)
        }
        Err(response) => Opening::Answer(readable(response)),
    };
    Ok(opening)
}

fn asked_for(body: &[u8], site: &Site) -> Result<Opening, Response> {
    let raw =
        serde_json::from_slice::<&RawValue>(body).map_err(|_| problem(400, "json", "the body is no JSON"))?;
    let [kind] = members(raw, ["type"]);
    match kind.and_then(text).as_deref() {
        Some("session") => session(raw, site).map(Opening::Answer),
        Some("follow") => follow(raw, site).map(Opening::Follow),
        _ => Err(problem(400, "type", "`type` is `session` or `follow`")),
    }
}

fn session(raw: &RawValue, site: &Site) -> Result<Response, Response> {
    let [id, proof, user, old] = members(raw, ["id", "identity", "user", "token"]).map(present);
    let id = id.and_then(text).unwrap_or_default();
    let person = proven(proof, user, &id, site)?;
    let Some(mut session) = Session::new(&id, person, site) else {
        return Err(problem(400, "id", "`id` has 22 to 128 letters of Base64 for URLs, made at random"));
    };
    // Renewed: who it is stays, by whatever secret it was signed. A proof says it anew, whatever was before.
    if let Some(old) = old.filter(|_| !session.is_identified()) {
        session =
            Session::verify(text(old).as_deref(), site).map_err(|refusal| refused_as(&refusal, "session"))?;
    }
    session.require_identity(site).map_err(|refusal| refused(&refusal))?;
    let (token, expires) =
        session.token(site).ok_or_else(|| problem(503, "misconfigured", "`session_secret` is empty"))?;
    let short: String = session.id.chars().take(SHORT_ID_CHARS).collect();
    let name = session.person.name.clone().unwrap_or_else(|| format!("Visitor {short}"));
    let mut body = json!({
        "token": token,
        "expires": expires,
        "contact": { "id": session.contact_id, "name": name, "identified": session.is_identified() },
    });
    for look in LOOKS {
        body[look] = site.look(look).into();
    }
    Ok(site::json(200, &body))
}

/// Who it is, where something proves it. A proof that does not hold is refused: nobody is let in as another one.
fn proven(
    proof: Option<&RawValue>,
    user: Option<&RawValue>,
    id: &str,
    site: &Site,
) -> Result<Option<Person>, Response> {
    let person = match (proof, user) {
        (Some(proof), _) => identity::of_token(&text(proof).unwrap_or_default(), id, site),
        (None, Some(user)) => match serde_json::from_str(user.get()) {
            Ok(user) => identity::of_hash(&user, site),
            Err(_) => return Err(problem(401, "identity", "`user` has an `id` and a `hash`")),
        },
        (None, None) => return Ok(None),
    };
    person.map(Some).map_err(|refusal| refused_as(&refusal, "identity"))
}

fn follow(raw: &RawValue, site: &Site) -> Result<Feed, Response> {
    let [token, after] = members(raw, ["token", "after"]).map(present);
    let session = Session::verify(token.and_then(text).as_deref(), site)
        .map_err(|refusal| refused_as(&refusal, "session"))?;
    let after = after.and_then(text).filter(|after| !after.is_empty() && after.len() <= AFTER_BYTES_MAX);
    Ok(Feed { account: site.account.to_owned(), contact: Some(session.contact()), after, ..Feed::default() })
}

/// `null` is as good as nothing.
fn present(raw: Option<&RawValue>) -> Option<&RawValue> {
    raw.filter(|raw| raw.get() != "null")
}

/// What the page is told of a refusal. A refusal names neither a secret nor what would have been right.
fn refused(refusal: &Refusal) -> Response {
    let code = match &refusal.reason {
        RefusalReason::MissingSignature if refusal.status == 403 => "origin",
        reason => reason.as_str(),
    };
    problem(refusal.status, code, &refusal.detail)
}

/// The same under another name, where it is what was sent that is wrong.
fn refused_as(refusal: &Refusal, code: &str) -> Response {
    match refusal.status {
        401 => problem(401, code, &refusal.detail),
        _ => refused(refusal),
    }
}

fn problem(status: u16, code: &str, message: &str) -> Response {
    site::json(status, &json!({ "code": code, "message": message }))
}
