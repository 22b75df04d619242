//! The style sheet, written by hand and cached for ever under its own hash, and the icon.

use std::sync::LazyLock;

use axum::http::header;
use axum::response::IntoResponse;

const CSS: &str = include_str!("../assets/style.css");
const ICON: &str = include_str!("../assets/icon.svg");

static ADDRESS: LazyLock<String> = LazyLock::new(|| {
    let hash: String = tlog::leaf_hash(CSS.as_bytes()).to_hex().chars().take(16).collect();
    format!("/style.css?{hash}")
});

/// Its address: another one whenever it changes.
#[must_use]
pub fn address() -> &'static str {
    &ADDRESS
}

/// `GET /style.css`
pub async fn style() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    (headers, CSS)
}

/// `GET /icon.svg`: a sensor and how far it reaches.
pub async fn icon() -> impl IntoResponse {
    let headers = [(header::CONTENT_TYPE, "image/svg+xml"), (header::CACHE_CONTROL, "public, max-age=86400")];
    (headers, ICON)
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
