//! A city whose rules read like the core's and are lax in twelve places: each is found, by the norm it breaks, with a story.

use std::collections::BTreeMap;

use standards::{built_in, resolve};

use crate::tool::run;

/// One place: the norm, what stands there, what the city wrote instead, and what the story must say.
struct Lax {
    norm: &'static str,
    from: &'static str,
    to: &'static str,
    told: &'static str,
}

const LAX: [Lax; 12] = [
    Lax {
        norm: "minimum-count",
        from: "resource.minimum >= 10",
        to: "resource.minimum >= 9",
        told: "people behind a number, at least: 9",
    },
    Lax { norm: "not-for-advertising", from: "!resource.personal ||", to: "true ||", told: "purpose: `advertising`" },
    Lax {
        norm: "age-tier",
        from: "|| context.seniorAuthorisation",
        to: "|| context.seniorAuthorisation || resource.recipientKind == \"law-enforcement\"",
        told: "authorised by a senior officer: no",
    },
    Lax { norm: "grant-not-withdrawn", from: "!resource.grantEnded", to: "true", told: "the grant was ended: yes" },
    Lax {
        norm: "grant-not-over",
        from: "resource.grantUntil > context.now",
        to: "resource.grantUntil >= 0",
        told: "granted until: ",
    },
    Lax {
        norm: "no-raw-identifier",
        from: ", Action::\"collect\"]",
        to: "]",
        told: "keeps identifiers as they came: yes",
    },
    Lax { norm: "daily-keys", from: "<= 86400", to: "<= 172800", told: "life of a pseudonym's key: " },
    Lax {
        norm: "short-retention",
        from: "resource.keepsPersonalSeconds >= 0 &&",
        to: "true ||",
        told: "data about people is kept for: ",
    },
    Lax {
        norm: "independent-assessment",
        from: "resource.tier == \"file-and-go\"",
        to: "resource.tier != \"none\"",
        told: "assessed by a party that does not answer for it: no",
    },
    Lax {
        norm: "public-hearing",
        from: "resource.tier != \"full\"",
        to: "resource.tier != \"none\"",
        told: "tier: `full`",
    },
    Lax {
        norm: "police-under-order",
        from: "resource.orderUntil > context.now",
        to: "resource.orderUntil > 0",
        told: "recipient kind: `law-enforcement`",
    },
    Lax {
        norm: "no-reidentification",
        from: "resource.recipientKind == \"public\"",
        to: "resource.recipientKind != \"law-enforcement\"",
        told: "promises of the recipient: ",
    },
];

/// The core as it stands, with each place made lax.
fn lax() -> String {
    let library = built_in().unwrap();
    let core = library.find("global-core").unwrap();
    let resolved = resolve(&library.stack_of(core).unwrap(), None).unwrap();
    let mut text = resolved.layers.iter().map(|layer| layer.cedar()).collect::<Vec<_>>().join("\n");
    for Lax { norm, from, to, .. } in &LAX {
        let start = text.find(&format!("@id(\"{norm}\")")).unwrap_or_else(|| panic!("no norm `{norm}`"));
        let end = start + text[start..].find("};").unwrap();
        let written = text[start..end].to_owned();
        assert_eq!(written.matches(from).count(), 1, "`{from}` once in {written}");
        text.replace_range(start..end, &written.replace(from, to));
    }
    text
}

#[test]
fn a_city_file_lax_in_twelve_places_is_caught_twelve_times_with_the_right_story() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("norms.cedar"), lax()).unwrap();
    std::fs::write(folder.path().join("permits.cedar"), norms::city_permits_default()).unwrap();
    let done = run(&["framework", "prove", folder.path().to_str().unwrap(), "--against", "global-core", "--json"]);
    assert_eq!(done.status.code(), Some(1), "{}", String::from_utf8_lossy(&done.stderr));
    let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let mut stories: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for action in report["actions"].as_array().unwrap() {
        for violation in action["relation"]["violations"].as_array().into_iter().flatten() {
            let norm = violation["norm"]["policy"].as_str().unwrap().to_owned();
            stories.entry(norm).or_default().push(violation["story"]["sentences"].to_string());
        }
    }
    let expected: Vec<String> = {
        let mut names: Vec<String> = LAX.iter().map(|lax| format!("global-core/{}", lax.norm)).collect();
        names.sort();
        names
    };
    assert_eq!(stories.keys().cloned().collect::<Vec<_>>(), expected, "each of them, and nothing that is not lax");
    for Lax { norm, told, .. } in &LAX {
        let story = stories[&format!("global-core/{norm}")].join("\n");
        assert!(story.contains(told), "{norm}: {story}");
    }
}
