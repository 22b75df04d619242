//! A binary without SQL says how to get one with it.

#![cfg(not(feature = "sql"))]

use crate::tool::run;

#[test]
fn a_binary_without_sql_says_how_to_build_one_with_it() {
    let failed = run(&["sql", "nowhere", "SELECT 1", "--as", "public", "--purpose", "air-quality"]);
    let words = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(failed.status.code() == Some(1) && words.contains("cargo build --release --features sql"), "{words}");
    assert!(!std::path::Path::new("nowhere").exists());
}
