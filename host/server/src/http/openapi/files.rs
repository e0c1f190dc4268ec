//! `/v1/media` and `/v1/blobs`.

use serde_json::json;

use super::operation::{Content, Operation, Request};
use crate::http::{api, media, uploads};

const UPLOADING: &str = "The body is the file itself, of whatever type; the part `media` of the message says what it \
    is. The same file again gives the same reference. At most `media.upload_bytes_max` bytes.";

const FETCHING: &str = "Whatever the channel keeps it behind: a token, an id that becomes a URL, a redirect; or inside of the \
    webhook. Checked against what was announced, and kept for a while. A file that ends before its `Content-Length` is none.";

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
        Operation::get("/v1/media/{id}", media::media)
            .named("getMedia", "files", "Get a file that a contact sent")
            .described(FETCHING)
            .path_parameter(
                "id",
                "The attribute `media_id` of a media item: the event's id, a dot, and which of its items.",
                json!({ "type": "string", "pattern": r"^evt_[0-9a-f]{32}\.[0-9]{1,4}$" }),
            )
            .header(
                "Range",
                "One range of bytes, once the file is here.",
                json!({ "type": "string", "pattern": "^bytes=[0-9]{1,9}-[0-9]{0,9}$" }),
            )
            .gives(
                200,
                "Its bytes, of the type that the provider says, as an attachment.",
                Content::Opaque("*/*"),
            )
            .partly("The bytes of the range.")
            .fails(&[
                (404, "not_found"),
                (404, "connection"),
                (404, "media_gone"),
                (416, "range"),
                (422, "no_ability"),
                (422, "not_hosted"),
                (502, "media_damaged"),
                (502, "media_too_large"),
                (502, "media_type"),
                (502, "media_unauthorized"),
                (502, "media_unavailable"),
                (503, "media_busy"),
                (503, "media_preparing"),
                (503, "media_rate_limited"),
                (503, "store"),
            ]),
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
