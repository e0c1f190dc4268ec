//! Who asks: the user of Docker's configuration, or nobody.

use std::path::PathBuf;

use docker_credential::{CredentialRetrievalError as Unread, DockerCredential};

use crate::error::SourceError;

/// Where credentials are had.
pub(crate) enum Credentials {
    /// `config.json` of Docker, and the helpers that it names.
    Docker,
    /// This user, of every registry.
    #[cfg(test)]
    Given(Option<User>),
}

/// User and password.
#[derive(Clone)]
pub(crate) struct User {
    pub name: String,
    pub password: String,
}

impl Credentials {
    /// The user of a registry. None: anybody.
    pub async fn of(&self, registry: &str) -> Result<Option<User>, SourceError> {
        match self {
            #[cfg(test)]
            Self::Given(user) => Ok(user.clone()),
            // The crate says the same of a file that is not there as of one that is broken.
            Self::Docker if !config().is_some_and(|file| file.exists()) => Ok(None),
            Self::Docker => {
                // Docker keeps its own registry under a name of old.
                let server = match registry {
                    "index.docker.io" | "docker.io" => "https://index.docker.io/v1/",
                    other => other,
                }
                .to_owned();
                // A helper is a program that may ask somebody.
                let read =
                    tokio::task::spawn_blocking(move || docker_credential::get_credential(&server)).await;
                of_docker(registry, read.unwrap_or(Err(Unread::HelperCommunicationError)))
            }
        }
    }
}

/// Docker's configuration, where Docker looks for it.
fn config() -> Option<PathBuf> {
    let folder = std::env::var_os("DOCKER_CONFIG").map(PathBuf::from);
    let folder = folder.or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".docker")));
    Some(folder?.join("config.json"))
}

fn of_docker(registry: &str, read: Result<DockerCredential, Unread>) -> Result<Option<User>, SourceError> {
    let cause = match read {
        Ok(DockerCredential::UsernamePassword(name, password)) => return Ok(Some(User { name, password })),
        Ok(DockerCredential::IdentityToken(_)) => {
            "it is an identity token, expected a user with a password or an access token"
        }
        Err(Unread::ConfigNotFound | Unread::NoCredentialConfigured) => return Ok(None),
        // How helpers say that there is none. Nothing else of their words is repeated.
        Err(Unread::HelperFailure { stdout, stderr, .. })
            if [&stdout, &stderr].iter().any(|said| said.contains("credentials not found")) =>
        {
            return Ok(None);
        }
        Err(Unread::HelperFailure { .. }) => "the credential helper of Docker's configuration fails",
        Err(Unread::HelperCommunicationError) => {
            "the credential helper of Docker's configuration cannot be run"
        }
        Err(Unread::MalformedHelperResponse) => {
            "the credential helper of Docker's configuration answers nonsense"
        }
        Err(_) => "Docker's `config.json` cannot be read",
    };
    Err(SourceError::Credential { registry: registry.to_owned(), cause })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_docker_says_is_a_user_nobody_or_an_error_without_secrets() {
        let helper = |said: &str| {
            Err(Unread::HelperFailure { helper: "h".into(), stdout: said.into(), stderr: "word".into() })
        };
        let user = DockerCredential::UsernamePassword("me".into(), "word".into());
        let read = of_docker("r", Ok(user)).expect("read").expect("a user");
        assert_eq!((read.name.as_str(), read.password.as_str()), ("me", "word"));
        for nobody in [
            Err(Unread::ConfigNotFound),
            Err(Unread::NoCredentialConfigured),
            helper("credentials not found in native keychain"),
        ] {
            assert!(of_docker("r", nobody).expect("read").is_none());
        }
        for broken in [
            Ok(DockerCredential::IdentityToken("word".into())),
            helper("the word is wrong"),
            Err(Unread::CredentialDecodingError),
        ] {
            let error = of_docker("r", broken).err().expect("an error");
            assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("word is"), "{error:?}");
            assert!(error.to_string().starts_with("credential of `r` cannot be read: "), "{error}");
        }
    }
}
