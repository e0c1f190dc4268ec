//! Addresses of the Bot Connector: whom an access token may be shown.
//!
//! Every activity names the address that its answers go to. Teams has one host in each cloud; the names below
//! `trafficmanager.net` are anybody's, so that no pattern will do.

/// Hosts that the Bot Framework answers at. Each is among `hosts` of the manifest.
const HOSTS: [&str; 6] = [
    "smba.trafficmanager.net",
    "smba.infra.gcc.teams.microsoft.com",
    "smba.infra.gov.teams.microsoft.us",
    "smba.infra.dod.teams.microsoft.us",
    "directline.botframework.com",
    "webchat.botframework.com",
];

/// Whether a URL is one of the Bot Connector: of its hosts, without a port, without white space.
pub fn is_known(url: &str) -> bool {
    let plain = url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    plain && host(url).is_some_and(|host| HOSTS.iter().any(|known| known.eq_ignore_ascii_case(host)))
}

/// The host of an `https` URL, with all that stands beside it there.
pub fn host(url: &str) -> Option<&str> {
    url.strip_prefix("https://")?.split(['/', '?', '#']).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_hosts_are_shown_a_token() {
        for (url, expected) in [
            ("https://smba.trafficmanager.net/emea/", true),
            ("https://SMBA.trafficmanager.net", true),
            ("https://smba.infra.gov.teams.microsoft.us/teams/", true),
            ("http://smba.trafficmanager.net/emea/", false),
            ("https://smba.trafficmanager.net:8443/emea/", false),
            ("https://other.trafficmanager.net/emea/", false),
            ("https://smba.trafficmanager.net.example.org/", false),
            ("https://smba.trafficmanager.net@example.org/", false),
            ("https://example.org/smba.trafficmanager.net", false),
            ("https://example.org\\.smba.trafficmanager.net/", false),
            ("https://smba.trafficmanager.net/a b", false),
            ("", false),
        ] {
            assert_eq!(is_known(url), expected, "{url}");
        }
    }

    #[test]
    fn the_manifest_has_every_host() {
        for host in HOSTS {
            assert!(include_str!("../connector.toml").contains(&format!("\"{host}\"")), "{host}");
        }
    }
}
