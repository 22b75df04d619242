//! What a walk leaves in the repository: the facts behind the accessibility statement, and pictures of the main pages.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::tool::now;

/// Whether both are to be written anew.
pub(super) fn wanted() -> bool {
    std::env::var_os("ORDINANCE_BROWSER_WRITE").is_some()
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// A picture: name, page, width, height, colours, and where it is scrolled to.
type Shot = (&'static str, &'static str, u32, u32, &'static str, &'static str);

/// The pictures of what residents read.
const SHOTS: [Shot; 8] = [
    ("home", "/", 800, 900, "light", ""),
    ("deployment", "/deployments/congestion", 800, 900, "light", ""),
    ("deployment-phone", "/deployments/congestion", 360, 720, "light", ""),
    ("near", "/near?place=centre", 800, 900, "light", "#drawing"),
    ("open-data", "/grants/air-open", 800, 900, "light", ""),
    ("policies-dark", "/policies", 800, 900, "dark", ""),
    ("ask-phone", "/ask?about=congestion", 360, 720, "light", ""),
    ("accessibility", "/accessibility", 800, 900, "light", ""),
];

/// The same of the office, in the city of the tests, by an officer.
const OFFICE_SHOTS: [Shot; 4] = [
    ("office", "/office", 800, 900, "light", ""),
    ("office-deployment", "/office/deployments/congestion", 800, 900, "light", ""),
    ("office-agreement", "/office/grants/new", 800, 900, "light", ""),
    ("inbox-phone", "/desk/inbox", 360, 720, "light", ""),
];

/// What is to be pictured in a city for residents, and in another one for an officer.
pub(super) fn shots(public: &str, office: (&str, &str)) -> Value {
    let shot = |(name, path, width, height, scheme, at): &Shot, (address, token): (&str, Option<&str>)| {
        json!({
            "address": address, "path": path, "width": width, "height": height, "scheme": scheme, "token": token,
            "at": (!at.is_empty()).then_some(at), "file": docs().join("screenshots").join(format!("{name}.png")),
        })
    };
    let residents = SHOTS.iter().map(|one| shot(one, (public, None)));
    residents.chain(OFFICE_SHOTS.iter().map(|one| shot(one, (office.0, Some(office.1))))).collect()
}

/// Holds the committed facts against this walk, or writes them. What depends on the day and on the browser's version is told and
/// not compared.
pub(super) fn statement(walked: &Value) {
    let pages = walked["pages"].as_array().unwrap();
    let tell = |page: &Value| {
        let count = |what: &str| page["axe"][what].as_array().unwrap().len();
        json!({ "name": page["name"], "broken": count("broken"), "unclear": count("unclear") })
    };
    let told: Vec<Value> = pages.iter().map(tell).collect();
    let rules = pages.iter().map(|page| page["axe"]["rules"].as_array().unwrap().len()).max().unwrap();
    let file = docs().join("accessibility.json");
    if wanted() {
        let day = now().chars().take(10).collect::<String>();
        let facts = json!({
            "software": env!("CARGO_PKG_VERSION"), "day": day, "chromium": walked["chromium"], "axe": walked["axe"],
            "rules": rules, "pages": told,
        });
        std::fs::write(&file, format!("{facts:#}\n")).unwrap();
    }
    let kept: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let words = "write it anew: ORDINANCE_BROWSER_WRITE=1";
    assert_eq!(kept["pages"], Value::Array(told), "docs/accessibility.json tells of other pages; {words}");
    assert_eq!((&kept["rules"], &kept["axe"]), (&json!(rules), &walked["axe"]), "{words}");
    assert_eq!(kept["software"], env!("CARGO_PKG_VERSION"), "{words}");
}
