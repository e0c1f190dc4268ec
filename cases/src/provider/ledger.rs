//! What a provider remembers: requests in their order, and the retry keys that it accepted.

use std::collections::HashMap;
use std::time::Instant;

use trunkline_model::{Headers, Response};

use super::Seen;
use super::asked::Asked;
use super::generator::Generator;
use super::rules::Rules;

/// Rules, and what came of them.
#[derive(Debug)]
pub struct Ledger {
    rules: Rules,
    generator: Generator,
    /// By the rule's index and the key: the first id of the answer.
    accepted: HashMap<(usize, String), String>,
    requests: Vec<Seen>,
}

/// What becomes of a request, as far as it is known before it is answered.
#[derive(Debug)]
pub struct Verdict {
    /// The rule's index.
    rule: Option<usize>,
    /// The value of its retry key.
    key: Option<String>,
    /// Whether that was accepted before.
    repeated: bool,
    /// What it is answered with.
    status: u16,
}

impl Ledger {
    /// Nothing has come yet.
    pub fn new(rules: Rules) -> Self {
        let (generator, accepted) = (Generator::new(), HashMap::new());
        Self { rules, generator, accepted, requests: Vec::new() }
    }

    /// The requests so far.
    pub fn requests(&self) -> &[Seen] {
        &self.requests
    }

    /// What becomes of a request. Nothing is remembered yet.
    pub fn judge(&self, asked: &Asked) -> Verdict {
        let Some(index) = self.rules.find(asked) else {
            return Verdict { rule: None, key: None, repeated: false, status: 404 };
        };
        let rule = self.rules.rule(index);
        let retry = rule.retry.as_ref();
        let key = retry.and_then(|retry| asked.header(&retry.header)).map(str::to_owned);
        let key = key.map(|key| (index, key));
        let again = retry.filter(|_| key.as_ref().is_some_and(|key| self.accepted.contains_key(key)));
        Verdict {
            rule: Some(index),
            key: key.map(|(_, key)| key),
            repeated: again.is_some(),
            status: again.map_or(&rule.answer, |retry| &retry.again).status,
        }
    }

    /// The request as a test sees it.
    pub fn seen(&self, asked: &Asked, verdict: &Verdict, at: Instant) -> Seen {
        let query = asked.query.as_ref().map(|query| format!("?{query}"));
        Seen {
            method: asked.method.clone(),
            host: asked.host.clone(),
            path_and_query: format!("{}{}", asked.path, query.unwrap_or_default()),
            headers: asked.headers.clone(),
            body: asked.body.clone(),
            rule: verdict.rule.map(|index| self.rules.rule(index).name.clone()),
            status: verdict.status,
            at,
            repeated: verdict.repeated,
        }
    }

    /// The answer of the rules. From now on its key is accepted.
    pub fn answer(&mut self, asked: &Asked, verdict: &Verdict) -> Response {
        let Some(index) = verdict.rule else {
            return Response::with_body(404, "text/plain", "no rule of the fake provider fits\n");
        };
        let rule = self.rules.rule(index);
        let key = verdict.key.as_ref().map(|key| (index, key.clone()));
        if let (true, Some(retry), Some(key)) = (verdict.repeated, &rule.retry, &key) {
            let first = self.accepted.get(key).map_or("", String::as_str);
            return retry.again.fill(asked, first, &mut self.generator).response;
        }
        let filled = rule.answer.fill(asked, "", &mut self.generator);
        self.accept(key, filled.response.status, filled.first);
        filled.response
    }

    /// The answer of a test in place of the rules'. Where it is no error, the key is accepted.
    pub fn answer_instead(
        &mut self,
        verdict: &Verdict,
        status: u16,
        headers: Headers,
        body: Vec<u8>,
    ) -> Response {
        if !verdict.repeated {
            let key = verdict.rule.zip(verdict.key.clone());
            self.accept(key, status, String::new());
        }
        Response { status, headers, body }
    }

    /// An error is not remembered: the same call again may do better.
    fn accept(&mut self, key: Option<(usize, String)>, status: u16, first: String) {
        if let Some(key) = key.filter(|_| status < 400) {
            self.accepted.insert(key, first);
        }
    }

    /// Adds a request.
    pub fn note(&mut self, seen: Seen) {
        self.requests.push(seen);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULES: &str = r#"
        [[rule]]
        name = "a marked recipient"
        host = "api.example.com"
        status = 500
        when = { body_contains = "bad" }

        [[rule]]
        name = "a push"
        host = "api.example.com"
        path = "/push"
        status = 200
        headers = { x-request-id = "{{uuid}}" }
        body = '{{digits 18}}'
        retry_key = "X-Key"
        again = { status = 409, body = "{{first}}" }

        [[rule]]
        name = "a reply"
        host = "api.example.com"
        status = 200
        body = 'reply'
        retry_key = "x-key"
        again = { status = 409 }
    "#;

    fn asked(path: &str, key: Option<&str>, body: &str) -> Asked {
        let headers = key.map(|key| ("x-key".to_owned(), key.to_owned()));
        Asked {
            host: "api.example.com".to_owned(),
            path: path.to_owned(),
            headers: headers.into_iter().collect(),
            body: body.as_bytes().to_vec(),
            ..Asked::default()
        }
    }

    /// Status, body, repeated.
    fn ask(ledger: &mut Ledger, asked: &Asked) -> (u16, String, bool) {
        let verdict = ledger.judge(asked);
        let response = ledger.answer(asked, &verdict);
        assert_eq!(response.status, verdict.status);
        (response.status, String::from_utf8(response.body).expect("text"), verdict.repeated)
    }

    #[test]
    fn a_key_that_was_accepted_gets_the_other_answer() {
        let mut ledger = Ledger::new(Rules::parse(RULES).expect("rules"));
        let (status, id, repeated) = ask(&mut ledger, &asked("/push", Some("k1"), ""));
        assert_eq!((status, id.len(), repeated), (200, 18, false));
        assert_eq!(ask(&mut ledger, &asked("/push", Some("k1"), "other")), (409, id.clone(), true));
        assert_eq!(ask(&mut ledger, &asked("/push", Some("k1"), "")), (409, id.clone(), true));
        let (_, other, repeated) = ask(&mut ledger, &asked("/push", Some("k2"), ""));
        assert!(other != id && !repeated);
        assert!(!ask(&mut ledger, &asked("/push", None, "")).2);
        assert!(!ask(&mut ledger, &asked("/push", None, "")).2, "no key, nothing to remember");
        assert_eq!(ask(&mut ledger, &asked("/reply", Some("k1"), "")).0, 200, "each rule has its own keys");
    }

    #[test]
    fn an_error_under_a_key_is_not_remembered() {
        let mut ledger = Ledger::new(Rules::parse(RULES).expect("rules"));
        assert_eq!(ask(&mut ledger, &asked("/push", Some("k1"), "bad")).0, 500);
        let request = asked("/push", Some("k1"), "");
        let verdict = ledger.judge(&request);
        assert_eq!(ledger.answer_instead(&verdict, 503, Headers::new(), Vec::new()).status, 503);
        assert!(!ledger.judge(&request).repeated);
        let verdict = ledger.judge(&request);
        ledger.answer_instead(&verdict, 202, Headers::new(), Vec::new());
        assert_eq!(ask(&mut ledger, &request), (409, String::new(), true));
    }

    #[test]
    fn where_no_rule_fits_it_is_not_found() {
        let mut ledger = Ledger::new(Rules::parse(RULES).expect("rules"));
        let asked = Asked { host: "other.example.com".to_owned(), ..asked("/push", None, "") };
        assert_eq!(ask(&mut ledger, &asked).0, 404);
        let verdict = ledger.judge(&asked);
        assert_eq!(ledger.seen(&asked, &verdict, Instant::now()).rule, None);
    }
}
