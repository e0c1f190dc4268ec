//! Where connectors come from: files, URLs, registries; pinned by digest, signed.
