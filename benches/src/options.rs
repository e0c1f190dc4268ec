//! What webhooks are made of, as the command line says it.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::webhook::{Source, Template};

/// Options of whatever sends webhooks.
#[derive(Debug, clap::Args)]
pub struct Options {
    /// Where the server listens: an address of this machine
    #[arg(long)]
    pub address: SocketAddr,
    /// A file with what webhooks are made of, as JSON: a list of objects with the options below as keys; they take turns
    #[arg(long, conflicts_with_all = ["path", "case", "id"])]
    plan: Option<PathBuf>,
    /// The path of the webhook
    #[arg(long, required_unless_present = "plan")]
    path: Option<String>,
    /// The case file that each webhook is made of
    #[arg(long, required_unless_present = "plan")]
    case: Option<PathBuf>,
    /// What stands in its body in place of the id; its end is replaced in each webhook
    #[arg(long, required_unless_present = "plan")]
    id: Option<String>,
    /// What stands in its body in place of the contact; its end is replaced. May be given again
    #[arg(long)]
    contact: Vec<String>,
    /// What stands before the path in the URL that the provider signs
    #[arg(long, default_value = "http://127.0.0.1")]
    public_url: String,
    /// Contacts that take turns
    #[arg(long, default_value_t = 1_000)]
    contacts: usize,
    /// Webhooks in all
    #[arg(long, default_value_t = 20_000)]
    pub webhooks: usize,
    /// Connections that send at once
    #[arg(long, default_value_t = 64)]
    pub clients: usize,
    /// Webhooks a second, whatever the answers do. Default: as fast as they come
    #[arg(long)]
    pub rate: Option<f64>,
    /// What sets the ids of this run apart from those of another: 0 to 99
    #[arg(long, default_value_t = 0)]
    pub run: u8,
}

impl Options {
    /// The webhooks as they stand on the wire, all of them signed. The error says what is wrong with the options.
    pub fn requests(&self) -> Result<Vec<Box<[u8]>>, String> {
        if !self.address.ip().is_loopback() {
            return Err(format!("load goes to this machine only, not to `{}`", self.address));
        }
        let templates = self.sources()?.into_iter().map(|source| Template::read(source, self.contacts));
        let templates = templates.collect::<Result<Vec<_>, _>>()?;
        let of = |number: usize| templates.get(number % templates.len().max(1)).ok_or("the plan is empty");
        (0..self.webhooks).map(|number| of(number)?.webhook(self.address, self.run, number)).collect()
    }

    fn sources(&self) -> Result<Vec<Source>, String> {
        if let Some(plan) = &self.plan {
            let told = |error: &dyn std::fmt::Display| format!("`{}`: {error}", plan.display());
            let text = std::fs::read_to_string(plan).map_err(|error| told(&error))?;
            return serde_json::from_str(&text).map_err(|error| told(&error));
        }
        Ok(vec![Source {
            path: self.path.clone().unwrap_or_default(),
            public_url: self.public_url.clone(),
            case: self.case.clone().unwrap_or_default(),
            id: self.id.clone().unwrap_or_default(),
            contact: self.contact.clone(),
        }])
    }
}
