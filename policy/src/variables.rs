//! What an edge is configured with: the names of its variables, the same wherever it runs.
//!
//! On Spin they are variables of the component, elsewhere environment variables: [`environment`] says how those are called.

/// The address of the routing host, up to the path: `https://trunkline.example.com`.
pub const INGEST_URL: &str = "ingest_url";
/// The secret that the edge signs with, `whsec_` and Base64: one of `[edges]` at the host.
pub const INGEST_SECRET: &str = "ingest_secret";
/// The name of the edge in the host's `[edges]`.
pub const EDGE: &str = "edge";
/// What providers call, up to the path: `https://hooks.example.com`.
pub const PUBLIC_URL: &str = "public_url";
/// The names of the connections that a component serves, with spaces between them.
pub const CONNECTIONS: &str = "connections";
/// What is kept at the edge while the host cannot be reached: [`OUTBOX_SQLITE`], or nothing where it is empty.
pub const OUTBOX: &str = "outbox";
/// The value of [`OUTBOX`] that keeps webhooks in the component's SQLite database.
pub const OUTBOX_SQLITE: &str = "sqlite";

/// For tests and for trying, never where real messages are: hosts that are called on this machine instead, without TLS.
/// `api.example.com=127.0.0.1:9000`, with spaces between several.
pub const DANGEROUS_LOOPBACK: &str = "dangerous_loopback";

/// The variable of a setting of a connection: `support_channel_secret`. Connections whose names differ in nothing but
/// hyphens and the settings behind them may share a name: whoever writes a deployment refuses that.
pub fn setting(connection: &str, setting: &str) -> String {
    format!("{}_{setting}", connection.replace('-', "_"))
}

/// The variable of the value that a secret had before, while it is rotated.
pub fn previous(connection: &str, name: &str) -> String {
    format!("{}_previous", setting(connection, name))
}

/// The environment variable where there are no others: `TRUNKLINE_SUPPORT_CHANNEL_SECRET`.
pub fn environment(variable: &str) -> String {
    format!("TRUNKLINE_{}", variable.to_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_made_of_connection_and_setting() {
        assert_eq!(setting("support", "channel_secret"), "support_channel_secret");
        assert_eq!(setting("support-eu", "channel_secret"), "support_eu_channel_secret");
        assert_eq!(previous("support", "channel_secret"), "support_channel_secret_previous");
        assert_eq!(environment("support_channel_secret"), "TRUNKLINE_SUPPORT_CHANNEL_SECRET");
    }
}
