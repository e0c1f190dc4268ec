//! From what stands in the file to what the host is put together from.

mod connectors;
mod desk;
mod edges;
mod egress;
mod outbound;
mod outline;
mod retention;
mod retry;
mod signing;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use trunkline_core::route::Route;
use trunkline_model::EventKind;
use trunkline_model::manifest::{Manifest, is_id};
use trunkline_policy::signature::SigningSecret;
use trunkline_policy::{SettingProblem, Settings};

use super::file::{Destination, File, Format, Kind, Limits, Start};
use super::problem::{Problem, nearest};
use super::unknown::{Lines, Located};
pub use connectors::ComponentsConfig;
pub use desk::TokenConfig;
pub use edges::{EdgeConfig, OutboxConfig};
pub use egress::EgressOptions;
pub use outbound::{MediaConfig, OutboundConfig};
pub use outline::{Outline, OutlinedConnection, Written, outline};
pub use retention::RetentionConfig;
pub use retry::RetryConfig;

use super::{Source, secret};

/// The shortest token that opens the API.
const TOKEN_CHARACTERS_MIN: usize = 16;

/// A checked configuration with its secrets in it. Never printed.
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What providers call, without a slash at the end.
    pub public_url: String,
    /// False: made from `listen`.
    pub public_url_given: bool,
    /// The bearer token of the API.
    pub api_token: Option<String>,
    /// Upper bounds.
    pub limits: Limits,
    /// The folder of the journal.
    pub store: PathBuf,
    /// Days of dedupe.
    pub dedupe_days: u32,
    /// How much is kept.
    pub retention: RetentionConfig,
    /// The components.
    pub components: ComponentsConfig,
    /// Calls that connectors ask for.
    pub egress: EgressOptions,
    /// How messages are sent.
    pub outbound: OutboundConfig,
    /// Bounds of files.
    pub media: MediaConfig,
    /// Whether names are looked up.
    pub profiles_enabled: bool,
    /// The folder of the desk. None: there is none.
    pub desk: Option<PathBuf>,
    /// In alphabetical order.
    pub tokens: Vec<TokenConfig>,
    /// In alphabetical order.
    pub connections: Vec<ConnectionConfig>,
    /// In alphabetical order.
    pub edges: Vec<EdgeConfig>,
    /// In alphabetical order.
    pub destinations: Vec<DestinationConfig>,
    /// As in the file.
    pub routes: Vec<Route>,
}

/// A connection whose settings have not been compared with the manifest yet.
pub struct ConnectionConfig {
    /// The last segment of its URL.
    pub name: String,
    /// The id of its connector.
    pub connector: String,
    settings: BTreeMap<String, Vec<String>>,
    lines: BTreeMap<String, usize>,
    /// What the connector's hosts are narrowed to.
    pub hosts: Option<Vec<String>>,
    /// Hosts that are really on this machine.
    pub loopback: BTreeMap<String, SocketAddr>,
    /// Calls per second, where that is less than what the connector declares.
    pub rate_per_second: Option<f64>,
    hosts_line: Option<usize>,
    /// Where it stands.
    pub line: Option<usize>,
}

/// A destination.
pub struct DestinationConfig {
    /// For routes, logs and metrics.
    pub name: String,
    /// What it is.
    pub target: Target,
}

/// What a destination is.
pub enum Target {
    /// HTTP.
    Webhook {
        /// Where to.
        url: String,
        /// The newest first.
        secrets: Vec<SigningSecret>,
        /// Of one attempt.
        timeout: Duration,
        /// Conversations at once.
        in_flight_max: usize,
        /// Where it begins.
        start: Start,
        /// When an event is attempted again.
        retry: RetryConfig,
    },
    /// Standard output.
    Stdout {
        /// For people or programs.
        format: Format,
        /// Where it begins.
        start: Start,
    },
    /// Server-sent events.
    Stream {
        /// None: nobody may read.
        token: Option<String>,
    },
}

/// Folders, from wherever the configuration is.
struct Folders {
    store: PathBuf,
    connectors: PathBuf,
    cache: PathBuf,
    keys: Vec<PathBuf>,
}

struct Resolver<'a> {
    source: &'a Source,
    located: Located<'a>,
    problems: Vec<Problem>,
}

pub fn resolve(source: &Source) -> Result<Config, Vec<Problem>> {
    let (mut resolver, file) = read(source)?;
    let config = resolver.config(file);
    match config {
        Some(config) if resolver.problems.is_empty() => Ok(config),
        _ => Err(resolver.problems),
    }
}

/// The file as it is written, with the problems of its form.
fn read(source: &Source) -> Result<(Resolver<'_>, File), Vec<Problem>> {
    let located = Located::parse(&source.path, &source.text).map_err(|problem| vec![problem])?;
    let schema = schemars::schema_for!(File).to_value();
    let unknown = located.unknown_keys(&source.path, &schema);
    let file: File = match toml::from_str(&source.text) {
        Ok(file) => file,
        Err(error) => {
            let line = error.span().map(|span| Lines::of(&source.text).at(span.start));
            let mut problems = unknown;
            problems.push(Problem::new(&source.path, line, error.message().trim().to_owned()));
            return Err(problems);
        }
    };
    let mut resolver = Resolver { source, located, problems: unknown };
    if file.config_version != 1 {
        let message = format!("`config_version` is {}, this host reads 1", file.config_version);
        resolver.problem(&["config_version"], message, Some("a newer host wrote this file: update the host"));
    }
    Ok((resolver, file))
}

impl Resolver<'_> {
    fn problem(&mut self, path: &[&str], message: impl Into<String>, hint: Option<&str>) {
        let mut problem = Problem::new(&self.source.path, self.located.line(path), message);
        problem.hint = hint.map(str::to_owned);
        self.problems.push(problem);
    }

    /// None where a problem was recorded.
    fn secret(&mut self, path: &[&str], text: &str) -> Option<String> {
        match secret::resolve(text, self.source.folder()) {
            Ok(value) => Some(value),
            Err(unresolved) => {
                let message = format!("`{}`: {}", path.join("."), unresolved.message);
                self.problem(path, message, Some(&unresolved.hint));
                None
            }
        }
    }

    fn config(&mut self, file: File) -> Option<Config> {
        let listen = self.secret(&["server", "listen"], &file.server.listen)?;
        let listen: Option<SocketAddr> = listen.parse().ok();
        if listen.is_none() {
            let message =
                format!("`server.listen` is `{}`, expected an address and port", file.server.listen);
            self.problem(&["server", "listen"], message, Some("for example `127.0.0.1:8080` or `[::]:8080`"));
        }
        let public_url = self.public_url(file.server.public_url.as_deref());
        let api_token = self.token(&["server", "api_token"], file.server.api_token.as_deref());
        self.limits(&file.server.limits);
        if file.store.dedupe_days < 30 {
            let message = format!("`store.dedupe_days` is {}, expected at least 30", file.store.dedupe_days);
            self.problem(
                &["store", "dedupe_days"],
                message,
                Some("providers send again for a week and more"),
            );
        }
        let egress = self.egress(&file.egress);
        let outbound = self.outbound(&file.outbound);
        let media = self.media(&file.media);
        let desk = self.desk(&file);
        let tokens = self.tokens(&file);
        let connections = self.connections(&file);
        let edges = self.edges(&file);
        let destinations: Vec<DestinationConfig> = file
            .destinations
            .iter()
            .filter_map(|(name, destination)| self.destination(name, destination, api_token.as_deref()))
            .collect();
        let routes = self.routes(&file);
        let listen = listen?;
        let folders = self.folders(&file);
        let components = self.components(&file, &folders);
        Some(Config {
            listen,
            public_url_given: public_url.is_some(),
            public_url: public_url.unwrap_or_else(|| format!("http://{listen}")),
            api_token,
            retention: RetentionConfig::of(&file),
            limits: file.server.limits,
            store: folders.store,
            dedupe_days: file.store.dedupe_days,
            components,
            egress,
            outbound,
            media,
            profiles_enabled: file.profiles.enabled,
            desk,
            tokens,
            connections,
            edges,
            destinations,
            routes,
        })
    }

    fn folders(&self, file: &File) -> Folders {
        let folder = self.source.folder();
        let store = folder.join(&file.store.path);
        let cache = file.connectors.cache.as_ref().map(|cache| folder.join(cache));
        Folders {
            cache: cache.unwrap_or_else(|| store.join("compiled")),
            store,
            connectors: folder.join(&file.connectors.path),
            keys: file.connectors.keys.iter().map(|key| folder.join(key)).collect(),
        }
    }

    fn public_url(&mut self, text: Option<&str>) -> Option<String> {
        let path = ["server", "public_url"];
        let url = self.secret(&path, text?)?;
        let after_scheme = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let whole = after_scheme.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
        if !whole || url.contains(['?', '#', ' ']) {
            let message = format!("`server.public_url` is `{url}`, expected scheme, host and path");
            self.problem(&path, message, Some("for example `https://hooks.example.com`"));
        }
        Some(url.trim_end_matches('/').to_owned())
    }

    fn token(&mut self, path: &[&str], text: Option<&str>) -> Option<String> {
        let token = self.secret(path, text?)?;
        if token.len() < TOKEN_CHARACTERS_MIN {
            let message = format!(
                "`{}` has {} characters, expected at least {TOKEN_CHARACTERS_MIN}",
                path.join("."),
                token.len()
            );
            self.problem(path, message, Some("make one with: openssl rand -hex 32"));
        }
        Some(token)
    }

    fn limits(&mut self, limits: &Limits) {
        let least: [(&str, u64, u64); 7] = [
            ("head_bytes_max", limits.head_bytes_max as u64, 8_192),
            ("body_bytes_max", limits.body_bytes_max, 1),
            ("request_time_ms_max", limits.request_time_ms_max, 100),
            ("requests_per_connection_max", limits.requests_per_connection_max as u64, 1),
            ("bodies_bytes_max", u64::from(limits.bodies_bytes_max), limits.body_bytes_max),
            ("sockets_max", limits.sockets_max as u64, 1),
            ("shutdown_ms_max", limits.shutdown_ms_max, 1),
        ];
        for (name, found, least) in least {
            if found < least {
                let message = format!("`server.limits.{name}` is {found}, expected at least {least}");
                self.problem(&["server", "limits", name], message, None);
            }
        }
    }

    fn name(&mut self, section: &str, name: &str) {
        if !is_id(name) {
            let message = format!("`{name}` is no name for one of `{section}`");
            self.problem(
                &[section, name],
                message,
                Some("lower-case letters, digits and hyphens, at most 40"),
            );
        }
    }

    fn connections(&mut self, file: &File) -> Vec<ConnectionConfig> {
        let mut connections = Vec::new();
        for (name, connection) in &file.connections {
            self.name("connections", name);
            let mut settings = BTreeMap::new();
            let mut lines = BTreeMap::new();
            for (setting, values) in &connection.settings {
                let path = ["connections", name, "settings", setting];
                let values = values.values().iter().filter_map(|value| self.secret(&path, value)).collect();
                settings.insert(setting.clone(), values);
                lines.extend(self.located.line(&path).map(|line| (setting.clone(), line)));
            }
            let hosts = self.narrowed_hosts(file, name);
            let line = self.located.line(&["connections", name]);
            let table = ["connections", name, "dangerous_loopback"];
            let loopback = self.loopback(&table, &connection.dangerous_loopback);
            let rate_per_second = self.rate(name, connection.rate_per_second);
            let hosts_line = self.located.line(&["connections", name, "hosts"]);
            let (name, connector) = (name.clone(), connection.connector.clone());
            connections.push(ConnectionConfig {
                name,
                connector,
                settings,
                lines,
                hosts,
                loopback,
                rate_per_second,
                hosts_line,
                line,
            });
        }
        connections
    }

    fn destination(
        &mut self,
        name: &str,
        destination: &Destination,
        api_token: Option<&str>,
    ) -> Option<DestinationConfig> {
        self.name("destinations", name);
        let allowed: &[&str] = match destination.kind {
            Kind::Webhook => &["url", "secret", "timeout_ms_max", "in_flight_max", "start", "retry"],
            Kind::Stdout => &["format", "start"],
            Kind::Stream => &["token"],
        };
        let given = [
            ("url", destination.url.is_some()),
            ("secret", destination.secret.is_some()),
            ("timeout_ms_max", destination.timeout_ms_max.is_some()),
            ("in_flight_max", destination.in_flight_max.is_some()),
            ("start", destination.start.is_some()),
            ("retry", destination.retry.is_some()),
            ("format", destination.format.is_some()),
            ("token", destination.token.is_some()),
        ];
        for (key, _) in given.iter().filter(|(key, given)| *given && !allowed.contains(key)) {
            let message = format!("`destinations.{name}` has `{key}`, which its kind does not have");
            self.problem(
                &["destinations", name, key],
                message,
                Some(&format!("it has: {}", allowed.join(", "))),
            );
        }
        let start = destination.start.unwrap_or_default();
        let target = match destination.kind {
            Kind::Webhook => self.webhook(name, destination, start)?,
            Kind::Stdout => Target::Stdout { format: destination.format.unwrap_or_default(), start },
            Kind::Stream => {
                let path = ["destinations", name, "token"];
                let token = self.token(&path, destination.token.as_deref());
                if token.is_none() && api_token.is_none() {
                    let message = format!("`destinations.{name}` has no token, so nobody can read it");
                    self.problem(
                        &["destinations", name],
                        message,
                        Some("set `token`, or `api_token` under `[server]`"),
                    );
                }
                Target::Stream { token: token.or_else(|| api_token.map(str::to_owned)) }
            }
        };
        Some(DestinationConfig { name: name.to_owned(), target })
    }

    fn webhook(&mut self, name: &str, destination: &Destination, start: Start) -> Option<Target> {
        let Some(url) = &destination.url else {
            self.problem(&["destinations", name], format!("`destinations.{name}` has no `url`"), None);
            return None;
        };
        let url = self.secret(&["destinations", name, "url"], url)?;
        if !(url.starts_with("https://") || url.starts_with("http://")) {
            let message = format!("`destinations.{name}.url` does not start with `https://` or `http://`");
            self.problem(&["destinations", name, "url"], message, None);
        }
        let (table, without) = (["destinations", name], "so nobody could tell who sends");
        let secrets = self.signing_secrets(table, destination.secret.as_ref(), without);
        let retry = self.retry(name, destination.retry.as_ref());
        Some(Target::Webhook {
            url,
            secrets,
            timeout: Duration::from_millis(destination.timeout_ms_max.unwrap_or(15_000).clamp(100, 120_000)),
            in_flight_max: destination.in_flight_max.unwrap_or(32).clamp(1, 1_024),
            start,
            retry,
        })
    }

    /// A problem for every name that is none of those known. `what` names it, `key` is where those stand.
    fn known_names(&mut self, path: &[&str], what: &str, names: &[String], key: &str, known: &[&str]) {
        for name in names.iter().filter(|name| !known.contains(&name.as_str())) {
            let hint = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("known: {}", known.join(", ")),
            };
            let message = format!("{what} names `{name}`, which is none of `{key}`");
            self.problem(path, message, Some(&hint));
        }
    }

    fn routes(&mut self, file: &File) -> Vec<Route> {
        let mut routes = Vec::new();
        for (index, route) in file.routes.iter().enumerate() {
            let connections: Vec<&str> = file.connections.keys().map(String::as_str).collect();
            let destinations: Vec<&str> = file.destinations.keys().map(String::as_str).collect();
            let lists: [(&str, &[String], &[&str]); 3] = [
                ("connections", &route.connections, &connections),
                ("kinds", &route.kinds, &EventKind::NAMES),
                ("destinations", &route.destinations, &destinations),
            ];
            for (key, names, known) in lists {
                self.known_names(&["routes"], &format!("route {}", index + 1), names, key, known);
            }
            routes.push(Route {
                connections: route.connections.clone(),
                kinds: route.kinds.clone(),
                destinations: route.destinations.clone(),
            });
        }
        routes
    }
}

/// Compares the settings and hosts of a connection with what its connector's manifest asks for.
pub fn connection_settings(
    file: &Path,
    connection: &ConnectionConfig,
    manifest: &Manifest,
) -> Result<Settings, Vec<Problem>> {
    let mut problems = egress::connection_hosts(file, connection, manifest);
    let place = |setting: &str| connection.lines.get(setting).copied().or(connection.line);
    for name in connection.settings.keys().filter(|name| !manifest.settings.contains_key(*name)) {
        let message = format!("`{}` is no setting of `{}`", name, manifest.id);
        let known = manifest.settings.keys().map(String::as_str);
        let hint = match nearest(name, known.clone()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("its settings: {}", known.collect::<Vec<_>>().join(", ")),
        };
        problems.push(Problem::new(file, place(name), message).hint(hint));
    }
    let values = |name: &str| {
        let values = connection.settings.get(name).map(Vec::as_slice).unwrap_or_default();
        values.iter().map(String::as_str).collect()
    };
    let settings = Settings::of(manifest, values);
    for found in settings.as_ref().err().into_iter().flatten() {
        problems.push(match found {
            SettingProblem::Lacking { setting } => {
                let message = format!("connection `{}` lacks `{setting}`", connection.name);
                let help = manifest.settings.get(setting).map(|setting| setting.help.clone());
                Problem::new(file, place(setting), message).hint(help.unwrap_or_default())
            }
            SettingProblem::TooMany { setting, found } => {
                let message = format!("`{setting}` has {found} values, expected one");
                Problem::new(file, place(setting), message)
            }
        });
    }
    match settings {
        Ok(settings) if problems.is_empty() => Ok(settings),
        _ => Err(problems),
    }
}
