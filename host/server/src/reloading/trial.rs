//! A changed component reads what has come in lately, before it serves: it must read the same.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::connections::Connection;
use crate::host::Host;
use crate::instant;
use crate::replay::line::ReplayLine;
use crate::replay::run::{LINES_MAX, Run};

/// Has each connection read its webhooks of that age once more, and nothing written. The error says what differs.
pub async fn read_again(host: &Host, connections: &[Arc<Connection>], age: &str) -> Result<(), String> {
    let until = host.clock.now_ms();
    let since = instant::parse(age, until).map_err(|error| format!("`reload_check`: {error}"))?;
    for connection in connections {
        let (sender, mut lines) = mpsc::channel(LINES_MAX);
        let run = Run {
            reader: host.journal.reader(),
            write: None,
            egress: host.egress.clone(),
            connection: connection.clone(),
            installed: host.connections.get(&connection.name),
            since,
            until,
            host: None,
            live: host.live.clone(),
            stopping: host.stopping.clone(),
            lines: sender,
        };
        tokio::spawn(run.run(|_| {}));
        let mut summary = None;
        while let Some(line) = lines.recv().await {
            match line {
                ReplayLine::Summary(found) => summary = Some(found),
                ReplayLine::Error(error) => return Err(error.title),
                _ => {}
            }
        }
        let name = &connection.name;
        let summary = summary.ok_or_else(|| format!("reading the webhooks of `{name}` came to no end"))?;
        if summary.differs() {
            return Err(format!("it reads webhooks of `{name}` that came in since {age} ago otherwise"));
        }
    }
    Ok(())
}
