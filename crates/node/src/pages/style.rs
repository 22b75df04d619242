//! The style sheet: one file, written by hand, cached for ever under its own hash.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;

const CSS: &str = include_str!("../../templates/style.css");

static ADDRESS: LazyLock<String> = LazyLock::new(|| {
    let hash: String = tlog::leaf_hash(CSS.as_bytes()).to_hex().chars().take(16).collect();
    format!("/style.css?{hash}")
});

/// Its address: another one whenever it changes.
pub(super) fn address() -> &'static str {
    &ADDRESS
}

/// `GET /style.css`
pub(crate) async fn style() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, CSS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_small_and_loads_nothing() {
        assert!(CSS.len() < 12_000, "{} bytes", CSS.len());
        assert!(!CSS.contains("url(") && !CSS.contains("@import"));
        assert!(address().starts_with("/style.css?"));
    }
}
