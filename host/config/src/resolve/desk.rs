//! `[desk]` and `[tokens]`: whether there is a desk, and who may ask it for what.

use std::path::PathBuf;

use super::{Resolver, TOKEN_CHARACTERS_MIN};
use crate::file::{File, Scope};

/// A token of the API that may do some things.
#[derive(Clone)]
pub struct TokenConfig {
    /// Who has it; stands in the log of the desk.
    pub name: String,
    /// The secret.
    pub token: String,
    /// What it may do.
    pub scope: Scope,
    /// Whom it speaks for, where its scope is `agent`.
    pub agent: String,
}

impl Resolver<'_> {
    /// The folder of the desk. None: there is none.
    pub(super) fn desk(&self, file: &File) -> Option<PathBuf> {
        file.desk.as_ref().map(|desk| self.source.folder().join(&desk.path))
    }

    /// In alphabetical order.
    pub(super) fn tokens(&mut self, file: &File) -> Vec<TokenConfig> {
        let mut tokens: Vec<TokenConfig> = Vec::new();
        for (name, written) in &file.tokens {
            self.name("tokens", name);
            let path = ["tokens", name.as_str(), "token"];
            if written.token.is_none() {
                let message = format!("`tokens.{name}` has no `token`");
                let hint = format!(
                    "set it to at least {TOKEN_CHARACTERS_MIN} random characters: `openssl rand -hex 32`"
                );
                self.problem(&["tokens", name], message, Some(&hint));
            }
            if written.agent.is_some() && written.scope != Scope::Agent {
                let message = format!("`tokens.{name}` has an `agent`, but its scope is not `agent`");
                self.problem(&["tokens", name, "agent"], message, Some("leave `agent` out"));
            }
            let Some(token) = self.token(&path, written.token.as_deref()) else { continue };
            if let Some(same) = tokens.iter().find(|other| other.token == token) {
                let message = format!("`tokens.{name}` is the same as `tokens.{}`", same.name);
                self.problem(&path, message, Some("each needs its own: a token says who asks"));
            }
            let agent = written.agent.clone().unwrap_or_else(|| name.clone());
            tokens.push(TokenConfig { name: name.clone(), token, scope: written.scope, agent });
        }
        tokens
    }
}
