//! A small OCI registry, which is also a web server, and misbehaves as it is told.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{description, layout};
use crate::sha256;

/// How it behaves.
#[derive(Clone, PartialEq)]
pub enum Behaviour {
    /// As it should.
    Well,
    /// Changes a bit of what has this digest.
    Tamper(String),
    /// What ends like this never ends.
    Endless(String),
    /// Never answers.
    Silent,
    /// Answers who has a token of its own.
    WantsToken,
    /// Answers who has the user's password.
    WantsPassword,
    /// Answers nobody.
    Denies,
    /// Sends there for a token.
    Realm(String),
    /// Sends there for blobs, and wants the password itself where there is one.
    RedirectBlobs(String),
}

/// What was asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub authorization: Option<String>,
}

#[derive(Default)]
struct Kept {
    /// By path.
    answers: HashMap<String, (&'static str, Vec<u8>)>,
    uploads: HashMap<String, Vec<u8>>,
    asked: Vec<Asked>,
}

#[derive(Clone)]
pub struct Server {
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
    behaviour: Arc<Mutex<Behaviour>>,
}

const OCTETS: &str = "application/octet-stream";

impl Server {
    pub async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let server = Self {
            address: listener.local_addr().expect("an address"),
            kept: Arc::default(),
            behaviour: Arc::new(Mutex::new(Behaviour::Well)),
        };
        let app = axum::Router::new().fallback(answer).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        server
    }

    pub fn behave(&self, behaviour: Behaviour) {
        *self.behaviour.lock().expect("no panic") = behaviour;
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn reference(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    pub fn asked(&self) -> Vec<Asked> {
        self.kept().asked.clone()
    }

    pub fn add_file(&self, path: &str, bytes: &[u8]) {
        self.kept().answers.insert(path.to_owned(), (OCTETS, bytes.to_vec()));
    }

    pub fn add_blob(&self, bytes: &[u8]) {
        self.add_file(&format!("/v2/acme/post/blobs/sha256:{}", sha256(bytes)), bytes);
    }

    /// Adds a manifest under its digest and a tag.
    pub fn add_manifest(&self, repository: &str, tag: Option<&str>, bytes: Vec<u8>) -> String {
        let digest = format!("sha256:{}", sha256(&bytes));
        for name in [Some(digest.as_str()), tag].into_iter().flatten() {
            let path = format!("/v2/{repository}/manifests/{name}");
            self.kept().answers.insert(path, ("application/vnd.oci.image.manifest.v1+json", bytes.clone()));
        }
        digest
    }

    pub fn add_component(&self, bytes: &[u8], tag: &str) -> String {
        let (manifest, _, config) = layout::artifact(bytes.to_vec(), &description());
        self.add_blob(bytes);
        self.add_blob(&config.data);
        self.add_manifest("acme/post", Some(tag), serde_json::to_vec(&manifest).expect("JSON"))
    }

    pub fn add_simple_signature(&self, digest: &str, payload: &[u8], signature: &[u8]) {
        self.add_blob(payload);
        let mut layer = descriptor("application/vnd.dev.cosign.simplesigning.v1+json", payload);
        layer["annotations"] = json!({ "dev.cosignproject.cosign/signature": STANDARD.encode(signature) });
        let tag = format!("{}.sig", digest.replace(':', "-"));
        self.add_manifest("acme/post", Some(&tag), manifest(&layer));
    }

    /// Adds a bundle as a referrer: in the list of referrers, or under the tag that stands for it.
    pub fn add_bundle(&self, digest: &str, bundle: &[u8], listed: bool) {
        self.add_blob(bundle);
        let layer = descriptor("application/vnd.dev.sigstore.bundle.v0.3+json", bundle);
        let referrer = self.add_manifest("acme/post", None, manifest(&layer));
        let entry = json!({ "mediaType": "application/vnd.oci.image.manifest.v1+json", "digest": referrer, "size": 1 });
        let index = json!({ "schemaVersion": 2, "manifests": [entry] }).to_string().into_bytes();
        let listing = format!("/v2/acme/post/referrers/{digest}");
        if listed {
            self.kept().answers.insert(listing, ("application/vnd.oci.image.index.v1+json", index));
        } else {
            self.kept().answers.remove(&listing);
            self.add_manifest("acme/post", Some(&digest.replace(':', "-")), index);
        }
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().expect("no panic")
    }

    /// What it says to who does not show what it wants to see.
    fn challenge(&self, behaviour: &Behaviour, path: &str, headers: &HeaderMap) -> Option<Response> {
        let authorization = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let password = format!("Basic {}", STANDARD.encode("me:secret-word"));
        let bearer = |realm: &str| format!("Bearer realm=\"{realm}\",service=\"registry.example\"");
        let own = bearer(&format!("{}/token", self.origin()));
        let wanted = match behaviour {
            _ if path.starts_with("/token") => return None,
            Behaviour::WantsToken if authorization == Some("Bearer a-token") => return None,
            Behaviour::WantsToken | Behaviour::Denies => own,
            Behaviour::WantsPassword | Behaviour::RedirectBlobs(_) if authorization == Some(&password) => {
                return None;
            }
            Behaviour::WantsPassword => "Basic realm=\"r\"".to_owned(),
            // Seen before the redirect only where somebody has it.
            Behaviour::RedirectBlobs(_) if path.contains("manifests/1") && authorization.is_none() => {
                "Basic realm=\"r\"".to_owned()
            }
            Behaviour::Realm(realm) => bearer(realm),
            _ => return None,
        };
        Some((StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, wanted)], "secret-word").into_response())
    }
}

fn descriptor(media_type: &str, bytes: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": format!("sha256:{}", sha256(bytes)), "size": bytes.len() })
}

fn manifest(layer: &Value) -> Vec<u8> {
    let config = descriptor("application/vnd.oci.image.config.v1+json", b"{}");
    let manifest = json!({ "schemaVersion": 2, "config": config, "layers": [layer] });
    manifest.to_string().into_bytes()
}

async fn answer(State(server): State<Server>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let (path, whole) = (parts.uri.path().to_owned(), parts.uri.to_string());
    let authorization = parts.headers.get(header::AUTHORIZATION);
    let authorization = authorization.and_then(|value| value.to_str().ok()).map(str::to_owned);
    server.kept().asked.push(Asked { path: whole.clone(), authorization });
    let behaviour = server.behaviour.lock().expect("no panic").clone();
    if let Some(challenge) = server.challenge(&behaviour, &path, &parts.headers) {
        return challenge;
    }
    match &behaviour {
        Behaviour::Silent => std::future::pending::<()>().await,
        Behaviour::Denies => return StatusCode::FORBIDDEN.into_response(),
        Behaviour::Endless(end) if path.ends_with(end.as_str()) => {
            let chunks = futures_util::stream::repeat_with(|| {
                Ok::<_, std::io::Error>(Bytes::from(vec![b' '; 65_536]))
            });
            return Body::from_stream(chunks).into_response();
        }
        Behaviour::RedirectBlobs(origin) if path.contains("/blobs/") => {
            return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, format!("{origin}{path}"))])
                .into_response();
        }
        _ => {}
    }
    if path == "/token" {
        return json!({ "token": "a-token" }).to_string().into_response();
    }
    if path == "/v2/" {
        return StatusCode::OK.into_response();
    }
    if parts.method != Method::GET {
        let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
        return server.written(&parts.method, &path, parts.uri.query().unwrap_or_default(), &body);
    }
    let found = server.kept().answers.get(&path).cloned();
    let Some((media_type, mut bytes)) = found else { return StatusCode::NOT_FOUND.into_response() };
    let digest = format!("sha256:{}", sha256(&bytes));
    if behaviour == Behaviour::Tamper(digest.clone()) {
        bytes[0] ^= 1;
    }
    (
        [
            (header::CONTENT_TYPE, media_type),
            (header::HeaderName::from_static("docker-content-digest"), &*digest),
        ],
        bytes,
    )
        .into_response()
}

impl Server {
    /// Uploads in chunks, and manifests.
    fn written(&self, method: &Method, path: &str, query: &str, body: &[u8]) -> Response {
        if let Some((repository, tag)) =
            path.strip_prefix("/v2/").and_then(|path| path.split_once("/manifests/"))
        {
            self.add_manifest(repository, Some(tag), body.to_vec());
            return (StatusCode::CREATED, [(header::LOCATION, path.to_owned())]).into_response();
        }
        let mut kept = self.kept();
        let (id, status) = match *method {
            Method::POST => (format!("upload-{}", kept.asked.len()), StatusCode::ACCEPTED),
            Method::PUT => (path.rsplit('/').next().unwrap_or_default().to_owned(), StatusCode::CREATED),
            _ => (path.rsplit('/').next().unwrap_or_default().to_owned(), StatusCode::ACCEPTED),
        };
        let upload = kept.uploads.entry(id.clone()).or_default();
        upload.extend_from_slice(body);
        let (length, bytes) = (upload.len(), upload.clone());
        if *method == Method::PUT {
            let digest = form(query, "digest");
            assert_eq!(digest, format!("sha256:{}", sha256(&bytes)));
            let repository = path.split("/blobs/").next().unwrap_or_default();
            kept.answers.insert(format!("{repository}/blobs/{digest}"), (OCTETS, bytes));
        }
        let location = format!("{}/blobs/uploads/{id}", path.split("/blobs/").next().unwrap_or_default());
        let range = format!("0-{}", length.saturating_sub(1));
        (status, [(header::LOCATION, location), (header::RANGE, range)]).into_response()
    }
}

fn form(query: &str, name: &str) -> String {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(found, _)| found == name).map(|(_, value)| value.into_owned()).unwrap_or_default()
}
