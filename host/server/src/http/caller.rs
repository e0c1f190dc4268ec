//! Who asks the desk, and for what: the token of the API may everything, others what their scope says.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use trunkline_desk::Hold;

use super::audit::ACTOR;
use super::authorization;
use super::problem::Problem;
use crate::config::Scope;
use crate::host::Host;

/// Who asks.
#[derive(Debug, Clone)]
pub struct Caller {
    /// For the log: the name of the token; with the token of the API, what the client says of itself.
    pub name: String,
    scope: Option<Scope>,
    agent: String,
}

impl FromRequestParts<Arc<Host>> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, host: &Arc<Host>) -> Result<Self, Problem> {
        let given = authorization::bearer(&parts.headers);
        // All are compared, so that the time says nothing of which one is nearly right.
        let mut found = None;
        for token in &host.tokens {
            if authorization::is_same(given, &token.token) {
                found = Some(token);
            }
        }
        if let Some(token) = found {
            let (name, scope, agent) = (token.name.clone(), Some(token.scope), token.agent.clone());
            return Ok(Self { name, scope, agent });
        }
        authorization::require(&parts.headers, host.api_token.as_deref())?;
        let said = parts.headers.get(ACTOR).and_then(|value| value.to_str().ok()).map(str::trim);
        let name = said.filter(|name| !name.is_empty()).unwrap_or("unnamed").chars().take(100).collect();
        Ok(Self { name, scope: None, agent: String::new() })
    }
}

fn forbidden(title: String) -> Problem {
    Problem::new(StatusCode::FORBIDDEN, "scope", title)
}

impl Caller {
    /// Refuses whoever is neither a supervisor nor has the token of the API.
    pub fn must_supervise(&self) -> Result<(), Problem> {
        match self.scope {
            None | Some(Scope::Supervisor) => Ok(()),
            Some(_) => Err(forbidden(format!("`{}` is no supervisor", self.name))),
        }
    }

    /// Refuses agents: what is known of contacts is for programs and supervisors to say.
    pub fn must_not_be_an_agent(&self) -> Result<(), Problem> {
        match self.scope {
            Some(Scope::Agent) => Err(forbidden(format!("`{}` is an agent", self.name))),
            _ => Ok(()),
        }
    }

    /// The agent that is spoken for: an agent's token speaks for that agent alone.
    pub fn agent(&self, named: Option<String>) -> Result<String, Problem> {
        match (self.scope, named) {
            (Some(Scope::Agent), None) => Ok(self.agent.clone()),
            (Some(Scope::Agent), Some(named)) if named == self.agent => Ok(named),
            (Some(Scope::Integration), _) => Err(forbidden(format!("`{}` speaks for no agent", self.name))),
            (Some(Scope::Agent), Some(_)) => {
                Err(forbidden(format!("`{}` speaks for `{}` alone", self.name, self.agent)))
            }
            (_, Some(named)) => Ok(named),
            (_, None) => {
                let title = "`agent` is missing: the token does not say whom it speaks for";
                Err(Problem::new(StatusCode::BAD_REQUEST, "agent", title))
            }
        }
    }

    /// In whose hands the ticket is: an agent says so, others may leave it out.
    pub fn hold(&self, agent: Option<String>, generation: Option<u64>) -> Result<Option<Hold>, Problem> {
        if self.scope != Some(Scope::Agent) && agent.is_none() && generation.is_none() {
            return Ok(None);
        }
        let agent = self.agent(agent)?;
        let generation = generation.ok_or_else(|| {
            let title = "`generation` is missing: that of the ticket as you have seen it";
            Problem::new(StatusCode::BAD_REQUEST, "generation", title)
        })?;
        Ok(Some(Hold { agent, generation }))
    }
}
