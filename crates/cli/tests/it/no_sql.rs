//! A binary without SQL says how to get one with it.

#![cfg(not(feature = "sql"))]

use crate::tool::{City, Node, run};

#[test]
fn a_binary_without_sql_says_how_to_build_one_with_it() {
    let failed = run(&["sql", "nowhere", "SELECT 1", "--as", "public", "--purpose", "air-quality"]);
    let words = String::from_utf8_lossy(&failed.stderr).into_owned();
    assert!(failed.status.code() == Some(1) && words.contains("cargo build --release --features sql"), "{words}");
    assert!(!std::path::Path::new("nowhere").exists());
}

#[test]
fn a_node_without_sql_is_up_without_flight_sql_and_says_why_with_it() {
    let city = City::new();
    let refused = Node::try_start_with(&city, &["--flight", "127.0.0.1:0"]).err().unwrap();
    assert!(refused.contains("speaks no Flight SQL") && refused.contains("--features sql"), "{refused}");
    let node = Node::start(&city);
    let said: serde_json::Value = serde_json::from_slice(&node.running.stdout.bytes()).unwrap();
    assert!(said["flight"].is_null(), "{said}");
}
