//! Name resolution that gives public addresses only. The addresses that were checked here are the ones that are
//! connected to, so that a name cannot change what it means in between.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::is_public;

/// A name that stands for no public address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{name}` has no public address here; calls do not go to private networks")]
pub struct NotPublic {
    name: String,
}

/// Leaves out every address that is not public.
pub struct PublicOnly {
    inner: Arc<dyn Resolve>,
}

impl PublicOnly {
    /// Asks the operating system.
    pub fn system() -> Self {
        Self::of(Arc::new(System))
    }

    /// Asks another resolver.
    pub fn of(inner: Arc<dyn Resolve>) -> Self {
        Self { inner }
    }
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let text = name.as_str().to_owned();
        let resolving = self.inner.resolve(name);
        Box::pin(async move {
            let public: Vec<SocketAddr> = resolving.await?.filter(|found| is_public(found.ip())).collect();
            if public.is_empty() {
                return Err(NotPublic { name: text }.into());
            }
            Ok(Box::new(public.into_iter()) as Addrs)
        })
    }
}

struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The client puts the port of the URL in its place.
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fixed(&'static [&'static str]);

    impl Resolve for Fixed {
        fn resolve(&self, _: Name) -> Resolving {
            let found: Vec<SocketAddr> = self.0.iter().map(|text| text.parse().expect(text)).collect();
            Box::pin(async move { Ok(Box::new(found.into_iter()) as Addrs) })
        }
    }

    async fn resolve(found: &'static [&'static str]) -> Result<Vec<String>, String> {
        let name = "api.example.com".parse().expect("a name");
        match PublicOnly::of(Arc::new(Fixed(found))).resolve(name).await {
            Ok(addresses) => Ok(addresses.map(|address| address.to_string()).collect()),
            Err(error) => Err(error.to_string()),
        }
    }

    #[tokio::test]
    async fn only_public_addresses_are_connected_to() {
        let public = resolve(&["10.0.0.1:0", "1.1.1.1:0", "[::1]:0", "[2606:4700::1]:0"]).await;
        assert_eq!(public, Ok(vec!["1.1.1.1:0".to_owned(), "[2606:4700::1]:0".to_owned()]));
        let expected = "`api.example.com` has no public address here; calls do not go to private networks";
        assert_eq!(resolve(&["127.0.0.1:0", "[fd00::1]:0"]).await, Err(expected.to_owned()));
        assert_eq!(resolve(&[]).await, Err(expected.to_owned()));
    }
}
