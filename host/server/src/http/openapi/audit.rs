//! `/v1/audit`.

use super::operation::{Content, Operation};
use crate::http::audit;

pub fn operations() -> Vec<Operation> {
    vec![
        Operation::get("/v1/audit", audit::audit)
            .named("listAuditRecords", "host", "List who did what, newest first")
            .described("What was dropped, repeated, replayed or erased, when, and who asked for it.")
            .query::<audit::Parameters>()
            .gives(200, "A page of records.", Content::json::<audit::AuditList>())
            .fails(&[(400, "parameter"), (500, "journal")]),
    ]
}
