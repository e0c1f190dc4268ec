//! `spin.toml`: an edge as an application of Spin.
//!
//! A component for each connector: the adapter, with the connector as its dependency, so that Spin joins the two and
//! gives the connector nothing. Every variable has a default, since a required one that is not set keeps the whole
//! application from starting; what lacks a variable answers with 503 and says which.

#[cfg(test)]
mod tests;

use trunkline_model::interface_name;
use trunkline_policy::variables;

use crate::compose::ABOUT;
use crate::edge::{Component, Edge, Served, Variable};
use crate::text::{line, mark, quoted};

/// A line with a list is no longer than this; longer ones have a line for each element.
const CHARS_IN_A_ROW_MAX: usize = 120;

/// Where Spin finds the components, from the manifest's folder and with `/` on every system; and how they are made.
#[derive(Debug, Clone, Copy)]
pub struct Layout<'a> {
    /// The command that writes the manifest, for its first lines.
    pub command: &'a str,
    /// The adapter.
    pub adapter: &'a str,
    /// The folder of `<id>.wasm`.
    pub connectors: &'a str,
    /// What `spin build` runs. None: nothing.
    pub build: Option<Build<'a>>,
}

/// What `spin build` runs.
#[derive(Debug, Clone, Copy)]
pub struct Build<'a> {
    /// The command, in the manifest's folder.
    pub command: &'a str,
    /// What `spin watch` looks at.
    pub watch: &'a [&'a str],
}

/// The manifest. The same connections give the same text.
pub fn manifest(edge: &Edge, layout: &Layout<'_>) -> String {
    let mut text = head(layout);
    text += &variables(edge);
    for (component, served) in edge.connections() {
        text += &trigger(&format!("/hooks/{}", served.name), component);
    }
    text += "\n# `POST` hands on what waits in the outbox, which all components share.";
    if let Some(first) = edge.components().first() {
        text += &trigger("/outbox", first);
    }
    for component in edge.components() {
        text += &self::component(component, layout);
    }
    text
}

fn head(layout: &Layout<'_>) -> String {
    format!(
        "#:schema https://schemas.spinframework.dev/spin/manifest-v2/latest.json\n\
         #\n\
         {}\
         \n\
         spin_manifest_version = 2\n\
         \n\
         [application]\n\
         name = \"trunkline-edge\"\n\
         version = \"{}\"\n\
         description = \"Takes webhooks, verifies and reads them, and hands them to the routing host\"\n",
        mark(layout.command),
        env!("CARGO_PKG_VERSION")
    )
}

fn variables(edge: &Edge) -> String {
    let mut text = "\n# Set by `spin up --variable <name>=<value>`, `SPIN_VARIABLE_<NAME>`, or a provider of variables.\n\
                    # Without one that is marked as required, webhooks are answered with 503.\n\
                    [variables]\n"
        .to_owned();
    for variable in Edge::own() {
        for help in help(&variable.name) {
            text += &format!("# {help}\n");
        }
        text += &declaration(&variable);
    }
    for (component, served) in edge.connections() {
        text += &format!(
            "\n# `{}`: {}. `trunkline connectors show {}` says where to find these.\n",
            served.name,
            line(&component.title),
            component.id
        );
        text.extend(served.variables.iter().map(declaration));
    }
    text
}

/// What a variable of the edge itself is for.
fn help(variable: &str) -> &'static [&'static str] {
    match variable {
        variables::INGEST_URL => &["The routing host: scheme, name and port, no path."],
        variables::INGEST_SECRET => {
            &["What the edge signs with: `whsec_…`, the secret that the host has for it."]
        }
        variables::EDGE => &["The name of this edge at the host."],
        variables::PUBLIC_URL => &[
            "What providers call, up to the path: some sign it. Their webhooks go to <public_url>/hooks/<connection>.",
        ],
        variables::OUTBOX => &[
            "`sqlite`: what cannot be handed to the host now is kept here, and the provider gets its answer.",
            "Empty: the provider is asked to send it again.",
        ],
        _ => &[],
    }
}

fn declaration(variable: &Variable) -> String {
    let secret = if variable.secret { ", secret = true" } else { "" };
    let required = if variable.required && variable.default.is_empty() { " # required" } else { "" };
    format!("{} = {{ default = {}{secret} }}{required}\n", variable.name, quoted(&variable.default))
}

fn trigger(route: &str, component: &Component) -> String {
    format!("\n[[trigger.http]]\nroute = {}\ncomponent = {}\n", quoted(route), quoted(&component.id))
}

fn component(component: &Component, layout: &Layout<'_>) -> String {
    let id = &component.id;
    let hosts = component.hosts.iter().map(|host| format!("https://{host}"));
    let hosts: Vec<String> = [reference(variables::INGEST_URL)].into_iter().chain(hosts).collect();
    let mut text = format!(
        "\n[component.{id}]\n\
         description = {}\n\
         source = {}\n\
         # The routing host, and what the connector may ask for.\n\
         {}\
         sqlite_databases = [\"default\"]\n",
        quoted(&component.title),
        quoted(layout.adapter),
        list("allowed_outbound_hosts", &hosts)
    );
    text += &format!("[component.{id}.variables]\n");
    text += &format!("{} = {}\n", variables::CONNECTIONS, quoted(&names(&component.connections)));
    let of_connections = component.connections.iter().flat_map(|served| served.variables.clone());
    for variable in Edge::own().into_iter().chain(of_connections) {
        text += &format!("{} = {}\n", variable.name, quoted(&reference(&variable.name)));
    }
    text += &dependencies(id, layout);
    if let Some(build) = layout.build {
        let watch: Vec<String> = build.watch.iter().map(|pattern| (*pattern).to_owned()).collect();
        text += &format!("[component.{id}.build]\ncommand = {}\n", quoted(build.command));
        text += &list("watch", &watch);
    }
    text
}

/// One for each interface: Spin looks for every import whose package it is told, types too, which nobody exports. It
/// takes one interface of a package, so that the other has a name of the adapter's.
fn dependencies(id: &str, layout: &Layout<'_>) -> String {
    let file = quoted(&format!("{}/{id}.wasm", layout.connectors));
    let (about, inbound) = (interface_name("about"), interface_name("inbound"));
    format!(
        "# The connector, which inherits nothing: no network, no variables, no files, no database.\n\
         [component.{id}.dependencies]\n\
         {} = {{ path = {file}, export = {} }}\n\
         {} = {{ path = {file} }}\n",
        quoted(ABOUT),
        quoted(&about),
        quoted(&inbound)
    )
}

fn names(connections: &[Served]) -> String {
    connections.iter().map(|served| served.name.as_str()).collect::<Vec<_>>().join(" ")
}

/// The value of an application's variable.
fn reference(variable: &str) -> String {
    format!("{{{{ {variable} }}}}")
}

/// A key with a list, on one line where it fits.
fn list(key: &str, values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    let short = format!("{key} = [{}]\n", values.join(", "));
    if short.chars().count() <= CHARS_IN_A_ROW_MAX {
        return short;
    }
    let lines: String = values.iter().map(|value| format!("    {value},\n")).collect();
    format!("{key} = [\n{lines}]\n")
}
