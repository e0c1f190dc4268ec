//! A set of connections as an edge serves them: which components, what each may call, which variables configure them.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use trunkline_model::manifest::{Manifest, Setting};
use trunkline_policy::variables;

use crate::names;

/// A connection that is to be served.
#[derive(Debug, Clone)]
pub struct Connection {
    /// The manifest of its connector.
    pub manifest: Manifest,
    /// What it may call, where that is less than what the connector declares.
    pub hosts: Option<Vec<String>>,
}

/// A checked set of connections: at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    components: Vec<Component>,
}

/// A connector with its connections. They share a component, for they share its code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// The connector's id.
    pub id: String,
    /// The channel's name for people.
    pub title: String,
    /// Hosts that it may call: names, or `*.example.com`.
    pub hosts: Vec<String>,
    /// In alphabetical order.
    pub connections: Vec<Served>,
}

/// A connection of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Served {
    /// The last segment of its URL.
    pub name: String,
    /// Its settings, in alphabetical order.
    pub variables: Vec<Variable>,
}

/// A variable of the edge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// In snake_case.
    pub name: String,
    /// Where it is not set. Empty: as if it were not there.
    pub default: String,
    /// Not to be shown.
    pub secret: bool,
    /// Nothing is served without it.
    pub required: bool,
}

/// What an edge itself is configured with: name, default, secret, required.
const OWN: [(&str, &str, bool, bool); 5] = [
    (variables::INGEST_URL, "http://127.0.0.1:8080", false, true),
    (variables::INGEST_SECRET, "", true, true),
    (variables::EDGE, "edge", false, true),
    (variables::PUBLIC_URL, "http://127.0.0.1:3000", false, true),
    (variables::OUTBOX, "", false, false),
];

/// Why connections cannot be served by one edge.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// There is nothing to serve.
    #[error("there is no connection to serve")]
    Nothing,
    /// Spin does not take the connector's id for a component.
    #[error("connector `{id}` cannot be a component of Spin: {why}")]
    Component {
        /// The connector.
        id: String,
        /// The rule.
        why: String,
    },
    /// Spin does not take the name of a variable, because of the connection's name.
    #[error("connection `{connection}` cannot have the variable `{variable}` on Spin: {why}")]
    Connection {
        /// The connection.
        connection: String,
        /// The variable.
        variable: String,
        /// The rule.
        why: String,
    },
    /// Spin does not take the name of a variable, because of the setting's name.
    #[error("connection `{connection}` cannot have the variable `{variable}` on Spin: {why}")]
    Setting {
        /// The connection.
        connection: String,
        /// Its connector.
        connector: String,
        /// The setting.
        setting: String,
        /// The variable.
        variable: String,
        /// The rule.
        why: String,
    },
    /// One variable would stand for two things.
    #[error("`{variable}` would be the variable of {one} and of {other}")]
    Collision {
        /// The connection that came second.
        connection: String,
        /// The variable.
        variable: String,
        /// What has it.
        one: String,
        /// What would have it as well.
        other: String,
        /// Whether both belong to one connection.
        within: bool,
    },
}

impl Refusal {
    /// What to do about it.
    pub fn hint(&self) -> String {
        let rename = |name: &str| match names::near(name) {
            Some(near) => format!(", for example `{near}`"),
            None => String::new(),
        };
        match self {
            Self::Nothing => {
                "add one below `[connections]`, or take every connector of the folder with --all".to_owned()
            }
            Self::Component { id, .. } => {
                format!("rename the connector, its folder and its file{}", rename(id))
            }
            Self::Connection { connection, .. } => format!("rename the connection{}", rename(connection)),
            Self::Setting { connector, setting, .. } => {
                format!("rename setting `{setting}` in the `connector.toml` of `{connector}`")
            }
            Self::Collision { within: true, .. } => {
                "rename one of the settings in the `connector.toml`".to_owned()
            }
            Self::Collision { connection, .. } => format!("rename connection `{connection}`"),
        }
    }

    /// The connection that is refused, where it is one.
    pub fn connection(&self) -> Option<&str> {
        match self {
            Self::Nothing | Self::Component { .. } => None,
            Self::Connection { connection, .. }
            | Self::Setting { connection, .. }
            | Self::Collision { connection, .. } => Some(connection),
        }
    }
}

impl Edge {
    /// Checks connections, by name.
    pub fn new(connections: &BTreeMap<String, Connection>) -> Result<Self, Refusal> {
        let mut owners = Owners::new();
        let mut components: BTreeMap<&str, Component> = BTreeMap::new();
        for (name, connection) in connections {
            let manifest = &connection.manifest;
            if let Some(why) = names::misfit(&manifest.id, '-') {
                return Err(Refusal::Component { id: manifest.id.clone(), why });
            }
            let component = components.entry(&manifest.id).or_insert_with(|| Component {
                id: manifest.id.clone(),
                title: manifest.title.clone(),
                hosts: Vec::new(),
                connections: Vec::new(),
            });
            for host in connection.hosts.as_ref().unwrap_or(&manifest.hosts) {
                if !component.hosts.contains(host) {
                    component.hosts.push(host.clone());
                }
            }
            let variables = owners.variables(name, manifest)?;
            component.connections.push(Served { name: name.clone(), variables });
        }
        if components.is_empty() {
            return Err(Refusal::Nothing);
        }
        Ok(Self { components: components.into_values().collect() })
    }

    /// In alphabetical order.
    pub fn components(&self) -> &[Component] {
        &self.components
    }

    /// Every connection with its component, in alphabetical order.
    pub fn connections(&self) -> Vec<(&Component, &Served)> {
        let mut connections: Vec<_> = (self.components.iter())
            .flat_map(|component| component.connections.iter().map(move |served| (component, served)))
            .collect();
        connections.sort_by_key(|(_, connection)| &connection.name);
        connections
    }

    /// What it is configured with apart from its connections. The same for every component.
    pub fn own() -> Vec<Variable> {
        let variable = |(name, default, secret, required): (&str, &str, bool, bool)| Variable {
            name: name.to_owned(),
            default: default.to_owned(),
            secret,
            required,
        };
        OWN.map(variable).into()
    }

    /// Every variable: its own, and those of its connections.
    pub fn variables(&self) -> Vec<Variable> {
        let of_connections = self.connections().into_iter().flat_map(|(_, served)| served.variables.clone());
        Self::own().into_iter().chain(of_connections).collect()
    }
}

/// Who has which variable.
struct Owners(BTreeMap<String, Owner>);

struct Owner {
    what: String,
    connection: Option<String>,
}

impl Owners {
    /// What the adapter reads has its names already.
    fn new() -> Self {
        let own =
            OWN.iter().map(|(name, ..)| *name).chain([variables::CONNECTIONS, variables::DANGEROUS_LOOPBACK]);
        let owner = || Owner { what: "the edge itself".to_owned(), connection: None };
        Self(own.map(|name| (name.to_owned(), owner())).collect())
    }

    /// The variables of a connection, which have no other owner from now on.
    fn variables(&mut self, connection: &str, manifest: &Manifest) -> Result<Vec<Variable>, Refusal> {
        let mut variables = Vec::new();
        for (name, setting) in &manifest.settings {
            let variable = of_setting(connection, name, setting);
            check(connection, name, manifest, &variable)?;
            let what = format!("`{name}` of connection `{connection}`");
            self.take(connection, &variable.name, what)?;
            variables.push(variable);
            if setting.multiple {
                let previous = of_previous(connection, name, setting);
                let what = format!("the previous `{name}` of connection `{connection}`");
                self.take(connection, &previous.name, what)?;
                variables.push(previous);
            }
        }
        Ok(variables)
    }

    fn take(&mut self, connection: &str, variable: &str, what: String) -> Result<(), Refusal> {
        let owner = Owner { what: what.clone(), connection: Some(connection.to_owned()) };
        match self.0.insert(variable.to_owned(), owner) {
            None => Ok(()),
            Some(owner) => Err(Refusal::Collision {
                connection: connection.to_owned(),
                variable: variable.to_owned(),
                within: owner.connection.as_deref() == Some(connection),
                one: owner.what,
                other: what,
            }),
        }
    }
}

fn of_setting(connection: &str, name: &str, setting: &Setting) -> Variable {
    Variable {
        name: variables::setting(connection, name),
        default: setting.default.clone().unwrap_or_default(),
        secret: setting.secret.is_some(),
        required: setting.required && setting.default.is_none(),
    }
}

/// The value of before, where a setting may have two.
fn of_previous(connection: &str, name: &str, setting: &Setting) -> Variable {
    Variable {
        name: variables::previous(connection, name),
        default: String::new(),
        secret: setting.secret.is_some(),
        required: false,
    }
}

fn check(connection: &str, setting: &str, manifest: &Manifest, variable: &Variable) -> Result<(), Refusal> {
    let Some(why) = names::misfit(&variable.name, '_') else { return Ok(()) };
    let (connection, variable) = (connection.to_owned(), variable.name.clone());
    // A variable is made of both names; one of them is to blame.
    match names::misfit(&connection, '-') {
        Some(_) => Err(Refusal::Connection { connection, variable, why }),
        None => Err(Refusal::Setting {
            connection,
            connector: manifest.id.clone(),
            setting: setting.to_owned(),
            variable,
            why,
        }),
    }
}
