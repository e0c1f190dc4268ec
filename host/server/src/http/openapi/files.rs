//! `/v1/media` and `/v1/blobs`.

use serde_json::json;

use super::operation::{Content, Operation, Request};
use crate::http::{api, uploads};

const UPLOADING: &str = "The body is the file itself, of whatever type; the part `media` of the message says what it \
    is. The same file again gives the same reference. At most `media.upload_bytes_max` bytes.";

pub fn operations() -> Vec<Operation> {
    let request = Request {
        content: Content::Opaque("application/octet-stream"),
        description: "The bytes of the file.",
        examples: Vec::new(),
    };
    vec![
        Operation::post("/v1/media", uploads::upload)
            .named("uploadMedia", "files", "Upload a file that is to be sent")
            .described(UPLOADING)
            .takes(request, |media| media.upload_bytes_max)
            .gives(201, "It is kept.", Content::json::<uploads::UploadedFile>())
            .leading_to(&[("getBlob", "sha256", "/sha256")])
            .fails(&[(400, "body"), (413, "too_large"), (503, "journal")]),
        Operation::get("/v1/blobs/{sha256}", api::blob)
            .named("getBlob", "files", "Get a file that is kept")
            .described("What `blob:{sha256}` in an event or a message refers to.")
            .path_parameter(
                "sha256",
                "Lower-case hex.",
                json!({ "type": "string", "pattern": "^[0-9a-f]{64}$" }),
            )
            .gives(200, "Its bytes.", Content::Opaque("application/octet-stream"))
            .fails(&[(400, "parameter"), (404, "not_found"), (500, "journal")]),
    ]
}
