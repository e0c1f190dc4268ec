//! The access token that all calls carry in their URL.
//!
//! It is asked for as the first call of each message. WeChat would rather have `stable_token` asked, which gives everybody
//! the same one, but wants the secret in a JSON body, and a connector has no secrets to write there: the host adds them.
//! `token` takes it as a parameter. What it gives makes the one before invalid after five minutes.
//! `https://developers.weixin.qq.com/doc/offiaccount/en/Basic_Information/Get_access_token.html`, read 2026-07.

use trunkline_sdk::form;
use trunkline_sdk::prelude::*;

use crate::failure::{Reply, is_dead_token};
use crate::{APP_ID, APP_SECRET};

/// The API.
const API: &str = "https://api.weixin.qq.com/cgi-bin/";
/// Of all bodies but uploads.
pub const JSON: &str = "application/json; charset=utf-8";

/// An access token.
pub struct Token(String);

impl Token {
    /// The URL of a call, with the token and further parameters.
    pub fn url(&self, path: &str, parameters: &[(&str, &str)]) -> String {
        let token = [("access_token", self.0.as_str())];
        format!("{API}{path}?{}", form::encode(token.into_iter().chain(parameters.iter().copied())))
    }
}

/// The calls of one function, made with an access token.
pub struct Session<'a> {
    /// What the next call is made with.
    pub token: Token,
    calls: Calls<'a>,
    context: &'a Context,
    renewed: bool,
}

impl<'a> Session<'a> {
    /// Asks for the token.
    pub fn open(context: &'a Context) -> Result<Self, Unfinished<Failure>> {
        let mut calls = Calls::new(context);
        let token = fetch(&mut calls, context)?;
        Ok(Self { token, calls, context, renewed: false })
    }

    /// Makes a call. Where the token is none any more, another one is got, once, and the call made again: somebody else has
    /// asked for one, or the message waited for hours.
    pub fn make(&mut self, call: impl Fn(&Token) -> Call) -> Result<&'a Response, Unfinished<Failure>> {
        let answer = self.calls.make_with(|| call(&self.token))?;
        if self.renewed || !is_dead_token(answer) {
            return Ok(answer);
        }
        self.renewed = true;
        self.token = fetch(&mut self.calls, self.context)?;
        Ok(self.calls.make_with(|| call(&self.token))?)
    }
}

fn fetch(calls: &mut Calls, context: &Context) -> Result<Token, Unfinished<Failure>> {
    let app_id = context.setting(APP_ID).ok_or_else(|| Failure {
        reason: FailureReason::Unauthorized,
        code: Some("missing".to_owned()),
        message: Some(format!("setting `{APP_ID}` is empty: without it there is no access token")),
    })?;
    let query = form::encode([("grant_type", "client_credential"), ("appid", app_id)]);
    let mut call = Call::get(format!("{API}token?{query}"));
    call.credentials.push(Credential::Query(("secret".to_owned(), APP_SECRET.to_owned())));
    let reply = Reply::of(calls.make(call)?, context.now)?;
    let token = reply.access_token.map(String::from).filter(|token| !token.is_empty());
    Ok(token.map(Token).ok_or_else(|| Failure {
        reason: FailureReason::Transient,
        code: Some("no_token".to_owned()),
        message: Some("the answer has no `access_token`".to_owned()),
    })?)
}
