//! Requests to one repository of a registry, authorized as it asks for.

use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::StatusCode;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use serde::Deserialize;
use url::Url;

use super::challenge::{self, Challenge};
use super::credential::User;
use crate::error::SourceError;
use crate::fetch::{Progress, Sources};
use crate::http::Answer;
use crate::reference::{ReferenceError, is_loopback, may_be_asked};

/// Bytes of the answer with a token.
const TOKEN_BYTES_MAX: usize = 64 << 10;

/// What a token is to allow.
#[derive(Clone, Copy)]
pub enum Scope {
    /// Reading.
    Pull,
    /// Reading and writing.
    Push,
}

/// Requests to one repository.
pub struct Session<'a> {
    sources: &'a Sources,
    /// As it is written.
    name: String,
    /// `https://registry/v2/repository/`.
    base: Url,
    repository: String,
    scope: Scope,
    user: Option<User>,
    authorization: Mutex<Option<HeaderValue>>,
}

#[derive(Deserialize)]
struct Token {
    token: Option<String>,
    access_token: Option<String>,
}

impl<'a> Session<'a> {
    /// Nothing is asked yet.
    pub async fn open(
        sources: &'a Sources,
        reference: &oci_client::Reference,
        scope: Scope,
    ) -> Result<Self, SourceError> {
        let host = reference.resolve_registry();
        let none = || ReferenceError::Artifact(reference.to_string());
        let secure =
            Url::parse(&format!("https://{host}/v2/{}/", reference.repository())).map_err(|_| none())?;
        // As every tool of registries does: this machine is asked without TLS.
        let scheme = if is_loopback(&secure) { "http" } else { "https" };
        let base = format!("{scheme}://{host}/v2/{}/", reference.repository());
        let base = Url::parse(&base).map_err(|_| none())?;
        Ok(Self {
            sources,
            name: format!("{}/{}", reference.registry(), reference.repository()),
            base,
            repository: reference.repository().to_owned(),
            scope,
            user: sources.credentials.of(host).await?,
            authorization: Mutex::new(None),
        })
    }

    /// The name of something in the repository, for people and the lock file.
    pub fn what(&self, asked: &str) -> String {
        let separator = if asked.starts_with("sha256:") { '@' } else { ':' };
        format!("{}{separator}{asked}", self.name)
    }

    /// The user, where the registry asks for one itself.
    pub fn user(&self) -> Option<&User> {
        self.user.as_ref()
    }

    /// Asks for something below the repository. None: there is no such thing.
    pub async fn get(
        &self,
        path: &str,
        what: &str,
        accept: Option<&str>,
        bytes_max: usize,
        progress: Progress<'_>,
    ) -> Result<Option<Answer>, SourceError> {
        let url = self.base.join(path).map_err(|_| ReferenceError::Artifact(what.to_owned()))?;
        let mut answer = self.ask(&url, what, accept, bytes_max, progress).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            // Not known yet, or a token that has run out meanwhile.
            self.authorize(what, &answer).await?;
            answer = self.ask(&url, what, accept, bytes_max, progress).await?;
        }
        match answer.status {
            StatusCode::NOT_FOUND => Ok(None),
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(self.unauthorized(what)),
            status if status.is_success() => Ok(Some(answer)),
            status => Err(SourceError::Status { what: what.to_owned(), status: status.as_u16() }),
        }
    }

    /// The token or user that the registry wants to see, for what is not asked through [`Session::get`].
    pub async fn token(&self) -> Result<Option<String>, SourceError> {
        let root = self.base.join("/v2/").unwrap_or_else(|_| self.base.clone());
        let answer = self.ask(&root, &self.name, None, TOKEN_BYTES_MAX, &|_, _| ()).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            self.authorize(&self.name, &answer).await?;
        }
        let authorization = self.authorization().clone();
        let text = authorization.as_ref().and_then(|value| value.to_str().ok());
        Ok(text.and_then(|text| text.strip_prefix("Bearer ")).map(str::to_owned))
    }

    async fn ask(
        &self,
        url: &Url,
        what: &str,
        accept: Option<&str>,
        bytes_max: usize,
        progress: Progress<'_>,
    ) -> Result<Answer, SourceError> {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept.and_then(|accept| HeaderValue::from_str(accept).ok()) {
            headers.insert(ACCEPT, accept);
        }
        if let Some(authorization) = self.authorization().clone() {
            headers.insert(AUTHORIZATION, authorization);
        }
        self.sources.http.get(what, url, headers, bytes_max, progress).await
    }

    /// Does what the registry asks for.
    async fn authorize(&self, what: &str, refused: &Answer) -> Result<(), SourceError> {
        let challenges = refused.headers.get_all(WWW_AUTHENTICATE).iter();
        let mut challenges: Vec<_> =
            challenges.filter_map(|value| challenge::parse(value.to_str().ok()?)).collect();
        challenges.sort_by_key(|challenge| matches!(challenge, Challenge::Basic));
        let value = match (challenges.into_iter().next(), &self.user) {
            (Some(Challenge::Bearer { realm, service }), _) => {
                format!("Bearer {}", self.fetch_token(what, &realm, service.as_deref()).await?)
            }
            (Some(Challenge::Basic), Some(user)) => basic(user),
            (Some(Challenge::Basic) | None, _) => return Err(self.unauthorized(what)),
        };
        *self.authorization() = Some(secret(&value).ok_or_else(|| self.unauthorized(what))?);
        Ok(())
    }

    async fn fetch_token(
        &self,
        what: &str,
        realm: &str,
        service: Option<&str>,
    ) -> Result<String, SourceError> {
        let refused = |realm: &str| SourceError::Realm { registry: self.registry(), realm: realm.to_owned() };
        let mut url = Url::parse(realm).map_err(|_| refused("?"))?;
        // A registry elsewhere does not send us to this machine either.
        if !may_be_asked(&url) || (is_loopback(&url) && !is_loopback(&self.base)) {
            return Err(refused(&url.origin().ascii_serialization()));
        }
        let actions = match self.scope {
            Scope::Pull => "pull",
            Scope::Push => "pull,push",
        };
        url.query_pairs_mut().append_pair("scope", &format!("repository:{}:{actions}", self.repository));
        if let Some(service) = service {
            url.query_pairs_mut().append_pair("service", service);
        }
        let mut headers = HeaderMap::new();
        if let Some(value) = self.user.as_ref().and_then(|user| secret(&basic(user))) {
            headers.insert(AUTHORIZATION, value);
        }
        let answer = self.sources.http.get(what, &url, headers, TOKEN_BYTES_MAX, &|_, _| ()).await?;
        let token: Option<Token> = serde_json::from_slice(&answer.body).ok();
        let token = token.and_then(|token| token.token.or(token.access_token));
        token.ok_or_else(|| self.unauthorized(what))
    }

    fn unauthorized(&self, what: &str) -> SourceError {
        let who = if self.user.is_some() { "the user of Docker's configuration" } else { "anybody" };
        SourceError::Unauthorized { registry: self.registry(), what: what.to_owned(), who }
    }

    fn registry(&self) -> String {
        self.name.split('/').next().unwrap_or_default().to_owned()
    }

    fn authorization(&self) -> std::sync::MutexGuard<'_, Option<HeaderValue>> {
        self.authorization.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

fn basic(user: &User) -> String {
    format!("Basic {}", STANDARD.encode(format!("{}:{}", user.name, user.password)))
}

/// A header's value that is never printed.
fn secret(value: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(value).ok()?;
    value.set_sensitive(true);
    Some(value)
}
