//! Spin: variables of the component, an outbox in its SQLite database.

use spin_sdk::sqlite::{Connection, RowResult, Value};
use trunkline_policy::ingest::Packed;

use crate::outbox::{self, Kept, Waiting};

/// The table of what waits, and who empties it.
const SCHEMA: [&str; 3] = [
    "CREATE TABLE IF NOT EXISTS trunkline_outbox (number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL,
     gzip INTEGER NOT NULL, body BLOB NOT NULL, kept_at INTEGER NOT NULL, due_at INTEGER NOT NULL DEFAULT 0, refused TEXT)",
    "CREATE INDEX IF NOT EXISTS trunkline_outbox_due ON trunkline_outbox (due_at, number)",
    "CREATE TABLE IF NOT EXISTS trunkline_outbox_lease (only_one INTEGER PRIMARY KEY CHECK (only_one = 1),
     until INTEGER NOT NULL)",
];

/// Every component may have it; whether it does, `spin.toml` says.
pub const STORE: Option<Store> = Some(Store);

/// A variable of the component.
pub async fn variable(name: &str) -> Option<String> {
    spin_sdk::variables::get(name).await.ok()
}

/// The component's database `default`.
pub struct Store;

impl outbox::Store for Store {
    async fn waiting(&self) -> Result<Waiting, String> {
        let sql = "SELECT COUNT(*), COUNT(*) FILTER (WHERE due_at > 0) FROM trunkline_outbox";
        let rows = self.rows(sql, []).await?;
        let number = |index| rows.first().and_then(|row| row.get::<i64>(index)).unwrap_or(0).unsigned_abs();
        Ok(Waiting { all: number(0), refused: number(1) })
    }

    async fn put(&self, packed: &Packed, now_ms: u64) -> Result<(), String> {
        let sql = "INSERT INTO trunkline_outbox (id, gzip, body, kept_at) VALUES (?, ?, ?, ?)";
        let Packed { id, gzip, body } = packed.clone();
        let values = [Value::Text(id), Value::Integer(gzip.into()), Value::Blob(body), integer(now_ms)];
        self.rows(sql, values).await.map(drop)
    }

    async fn next(&self, now_ms: u64) -> Result<Option<Kept>, String> {
        let sql = "SELECT number, id, gzip, body FROM trunkline_outbox WHERE due_at <= ? ORDER BY due_at, number LIMIT 1";
        let rows = self.rows(sql, [integer(now_ms)]).await?;
        let Some(row) = rows.first() else { return Ok(None) };
        let kept = || {
            let (id, body) = (row.get::<&str>(1)?.to_owned(), row.get::<&[u8]>(3)?.to_vec());
            let packed = Packed { id, gzip: row.get::<i64>(2)? != 0, body };
            Some(Kept { number: row.get(0)?, packed })
        };
        kept().map(Some).ok_or_else(|| "a row of the outbox has another form".to_owned())
    }

    async fn remove(&self, number: i64) -> Result<(), String> {
        let sql = "DELETE FROM trunkline_outbox WHERE number = ?";
        self.rows(sql, [Value::Integer(number)]).await.map(drop)
    }

    async fn refuse(&self, number: i64, until_ms: u64, why: &str) -> Result<(), String> {
        let sql = "UPDATE trunkline_outbox SET due_at = ?, refused = ? WHERE number = ?";
        let values = [integer(until_ms), Value::Text(why.to_owned()), Value::Integer(number)];
        self.rows(sql, values).await.map(drop)
    }

    async fn lease(&self, now_ms: u64, until_ms: u64) -> Result<bool, String> {
        let sql = "INSERT INTO trunkline_outbox_lease (only_one, until) VALUES (1, ?)
             ON CONFLICT (only_one) DO UPDATE SET until = excluded.until WHERE until < ? RETURNING until";
        Ok(!self.rows(sql, [integer(until_ms), integer(now_ms)]).await?.is_empty())
    }

    async fn release(&self) -> Result<(), String> {
        self.rows("DELETE FROM trunkline_outbox_lease", []).await.map(drop)
    }
}

impl Store {
    /// Runs a statement; where the tables are not there yet, makes them first.
    async fn rows(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<Vec<RowResult>, String> {
        let values: Vec<Value> = values.into_iter().collect();
        let connection = Connection::open_default().await.map_err(|error| error.to_string())?;
        match run(&connection, sql, values.clone()).await {
            Err(error) if error.contains("no such table") => {
                for statement in SCHEMA {
                    run(&connection, statement, Vec::new()).await?;
                }
                run(&connection, sql, values).await
            }
            done => done,
        }
    }
}

async fn run(connection: &Connection, sql: &str, values: Vec<Value>) -> Result<Vec<RowResult>, String> {
    let result = connection.execute(sql, values).await.map_err(|error| error.to_string())?;
    result.collect().await.map_err(|error| error.to_string())
}

fn integer(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}
