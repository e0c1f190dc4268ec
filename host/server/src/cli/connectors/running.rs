//! What the host that runs says of a connector: what it may use there, and what it used.

use std::path::Path;

use serde_json::Value;

use crate::cli::client::{base_url, get};
use crate::config::Source;

/// What `GET /v1/connectors` has of it. None where no host answers, or where no connection of it uses the connector.
pub async fn find(config: &Path, id: &str) -> Option<Value> {
    let config = Source::read(config).ok()?.resolve().ok()?;
    let list = get(&format!("{}/v1/connectors", base_url(config.listen)), config.api_token.as_deref()).await;
    let mut list = list.ok()?;
    let connectors = list["connectors"].as_array_mut()?;
    let place = connectors.iter().position(|connector| connector["id"] == id)?;
    Some(connectors.swap_remove(place))
}

/// The same for people.
pub fn facts(running: Option<&Value>) -> Vec<(&'static str, String)> {
    let Some(running) = running else {
        return vec![("used", "not known: no host runs with it".to_owned())];
    };
    let (limits, usage) = (&running["limits"], &running["usage"]);
    let mib = |bytes: &Value| format!("{:.1} MiB", bytes.as_f64().unwrap_or_default() / f64::from(1 << 20));
    let ms = |us: &Value| format!("{:.2} ms", us.as_f64().unwrap_or_default() / 1_000.0);
    let failures = usage["failures"].as_object().into_iter().flatten();
    let failures: Vec<String> = failures.map(|(name, count)| format!("{count} {name}")).collect();
    let mut facts = vec![
        (
            "allowed",
            format!(
                "{} ms, {} of memory, {} of body, {} of an answer",
                limits["time_ms_max"],
                mib(&limits["memory_bytes_max"]),
                mib(&limits["body_bytes_max"]),
                mib(&limits["answer_bytes_max"])
            ),
        ),
        (
            "used",
            format!(
                "{} calls, p50 {}, p99 {}, at most {} of memory",
                usage["calls"],
                ms(&usage["p50_us"]),
                ms(&usage["p99_us"]),
                mib(&usage["memory_bytes_peak"])
            ),
        ),
        ("failed", if failures.is_empty() { "none".to_owned() } else { failures.join(", ") }),
    ];
    if let Some(reload) = running["reload"].as_object() {
        let text = match running["reload"]["error"].as_str() {
            None => format!("taken at {}", reload["at"].as_str().unwrap_or_default()),
            Some(error) => format!("not taken: {}", crate::text::plain(error)),
        };
        facts.push(("last change", text));
    }
    facts
}
