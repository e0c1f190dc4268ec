//! A SpinApp: an edge in a Kubernetes cluster that has SpinKube.
//!
//! The image is the application as `spin registry push` puts it into a registry, components joined. What is no secret
//! stands in the manifest; secrets come from a Secret, whose keys are the names of the variables.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use trunkline_policy::variables;

use crate::edge::{Edge, Variable};
use crate::text::{line, mark, quoted};

/// What is said of the application beside its connections.
#[derive(Debug, Clone)]
pub struct App<'a> {
    /// The command that writes the manifest, for its first line.
    pub command: &'a str,
    /// Of the SpinApp, its Deployment and its Service: see [`is_label`].
    pub name: &'a str,
    /// Where the application is in a registry.
    pub image: &'a str,
    /// Pods.
    pub replicas: u32,
    /// The Secret: see [`is_subdomain`].
    pub secret: &'a str,
    /// Values of variables that are no secrets, by name. Others have their default.
    pub values: BTreeMap<String, Value>,
}

/// The value of a variable that is no secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// Stands in the manifest.
    Shown(String),
    /// Stands in the Secret all the same: whoever configured it keeps it out of files.
    Kept,
}

/// Whether a text can be the name of a Service: a label of RFC 1035.
pub fn is_label(text: &str) -> bool {
    text.len() <= 63
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.ends_with(|last: char| last.is_ascii_lowercase() || last.is_ascii_digit())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether a text can be the name of a Secret: a subdomain of RFC 1123.
pub fn is_subdomain(text: &str) -> bool {
    let end = |byte: Option<u8>| byte.is_some_and(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    let label = |label: &str| {
        end(label.bytes().next())
            && end(label.bytes().last())
            && label.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
    };
    text.len() <= 253 && text.split('.').all(label)
}

/// The manifest. The same connections and values give the same text.
pub fn manifest(edge: &Edge, app: &App<'_>) -> String {
    let variables = edge.variables();
    let mut text = head(&variables, app);
    text += &format!(
        "apiVersion: core.spinkube.dev/v1alpha1\n\
         kind: SpinApp\n\
         metadata:\n  \
           name: {}\n\
         spec:\n  \
           image: {}\n  \
           executor: containerd-shim-spin\n  \
           replicas: {}\n  \
           resources:\n    \
             limits:\n      \
               cpu: \"1\"\n      \
               memory: 512Mi\n    \
             requests:\n      \
               cpu: 100m\n      \
               memory: 256Mi\n  \
           variables:\n",
        app.name,
        quoted(app.image),
        app.replicas
    );
    text.extend(variables.iter().map(|variable| binding(variable, app)));
    text
}

fn head(variables: &[Variable], app: &App<'_>) -> String {
    let keys = |required: bool| {
        let kept = variables.iter().filter(|variable| from_secret(variable, app));
        kept.filter(move |variable| variable.required == required).map(|variable| variable.name.as_str())
    };
    let mut text = format!(
        "{}\
         #\n\
         # The cluster has SpinKube, with a shim whose Spin runs WASI 0.3; the application is in the registry:\n\
         #   spin registry push --build {}\n\
         # Providers reach it through the Service `{}`, port 80, behind whatever takes TLS.\n\
         #\n\
         # Secrets come from a Secret in the same namespace. It has a key for each:\n\
         #   kubectl create secret generic {}",
        mark(app.command),
        line(app.image),
        app.name,
        app.secret
    );
    for key in keys(true) {
        text += &format!(" \\\n#     --from-literal={key}=...");
    }
    text += "\n";
    let optional: Vec<&str> = keys(false).collect();
    if !optional.is_empty() {
        text += "# It may have these as well:\n";
        text.extend(optional.iter().map(|key| format!("#     --from-literal={key}=...\n")));
    }
    text
}

fn binding(variable: &Variable, app: &App<'_>) -> String {
    let name = &variable.name;
    let mut text = String::new();
    if name == variables::OUTBOX {
        text += "    # `sqlite` is of a pod alone, and lost with it. One for all is `runtimeConfig.sqliteDatabases` of type libsql.\n";
    }
    text += &format!("    - name: {name}\n");
    if from_secret(variable, app) {
        text += &format!(
            "      valueFrom:\n        secretKeyRef:\n          name: {}\n          key: {name}\n",
            app.secret
        );
        // Without a key that may be left out, the variable has its default.
        text += if variable.required { "" } else { "          optional: true\n" };
        return text;
    }
    let value = value(variable, app);
    let mark = if variable.required && value.is_empty() { " # required" } else { "" };
    text + &format!("      value: {}{mark}\n", quoted(value))
}

fn from_secret(variable: &Variable, app: &App<'_>) -> bool {
    variable.secret || app.values.get(&variable.name) == Some(&Value::Kept)
}

fn value<'a>(variable: &'a Variable, app: &'a App<'_>) -> &'a str {
    match app.values.get(&variable.name) {
        Some(Value::Shown(value)) => value,
        _ => &variable.default,
    }
}

/// The variables that are required, no secrets, and have no value that could be right: nothing, or this machine.
pub fn unset(edge: &Edge, app: &App<'_>) -> Vec<String> {
    let variables =
        edge.variables().into_iter().filter(|variable| variable.required && !from_secret(variable, app));
    let unset = variables.filter(|variable| {
        let value = value(variable, app);
        value.is_empty() || value.starts_with("http://127.0.0.1")
    });
    unset.map(|variable| variable.name).collect()
}
