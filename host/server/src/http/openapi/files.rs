//! `/v1/media` and `/v1/blobs`.

use serde_json::json;

use super::operation::{Content, Operation, Request};
use crate::http::{api, media, uploads};

const UPLOADING: &str = "The body is the file itself, of whatever type; the part `media` of the message says what it \
    is. The same file again gives the same reference. At most `media.upload_bytes_max` bytes.";

const FETCHING: &str = "Bytes that came inside of a webhook are kept by the host. All others are fetched from the \
    provider when they are first asked for, with the connection's credential, checked against what was promised, and \
    kept for a while. They are a stranger's: an attachment, never to be shown in the host's name. `Range` with one \
    range of bytes works once the file is there, and is answered with 206. A file that ends before its \
    `Content-Length` is none: what is wrong with a large one is found when the answer has begun.";

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
                "The attribute `media_id` of the media item: the event's id, a point, and the number of the item.",
                json!({ "type": "string", "pattern": r"^evt_[0-9a-f]{32}\.(0|[1-9][0-9]{0,4})$" }),
            )
            .header(
                "Range",
                "One range of bytes.",
                json!({ "type": "string", "pattern": "^bytes=[0-9]{1,9}-[0-9]{0,9}$" }),
            )
            .gives(200, "Its bytes, of whatever type.", Content::Opaque("*/*"))
            .partly("The bytes of the range.")
            .giving_headers(&[
                ("Content-Disposition", "`attachment`, with the name where the contact's file has one."),
                ("ETag", "Changes with the bytes; for `If-Range`."),
            ])
            .fails(&[
                (400, "parameter"),
                (404, "not_found"),
                (404, "connection"),
                (404, "media_gone"),
                (416, "range"),
                (422, "not_hosted"),
                (422, "no_ability"),
                (502, "media_unauthorized"),
                (502, "media_type"),
                (502, "media_damaged"),
                (502, "media_too_large"),
                (502, "media_unavailable"),
                (503, "media_preparing"),
                (503, "media_rate_limited"),
                (503, "media_busy"),
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
