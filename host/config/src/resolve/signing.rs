//! Secrets of Standard Webhooks: what deliveries are signed with, and what edges sign with.

use trunkline_policy::signature::SigningSecret;

use super::Resolver;
use crate::file::OneOrMany;

impl Resolver<'_> {
    /// The newest first. `without`: what follows from there being none, for the message.
    pub(super) fn signing_secrets(
        &mut self,
        table: [&str; 2],
        given: Option<&OneOrMany>,
        without: &str,
    ) -> Vec<SigningSecret> {
        let path = [table[0], table[1], "secret"];
        let values = given.map(OneOrMany::values).unwrap_or_default();
        if values.is_empty() {
            let message = format!("`{}` has no `secret`, {without}", table.join("."));
            let hint = "make one with: echo \"whsec_$(openssl rand -base64 32)\"";
            self.problem(&table, message, Some(hint));
        }
        let mut secrets = Vec::new();
        for text in values {
            let Some(value) = self.secret(&path, text) else { continue };
            match SigningSecret::parse(&value) {
                Ok(secret) => secrets.push(secret),
                Err(error) => {
                    self.problem(&path, format!("`{}`: {error}", path.join(".")), Some(error.hint()));
                }
            }
        }
        secrets
    }
}
