//! `ordinance framework` through the real binary: the packs it carries, proofs between them, bad packs, exit statuses.

use std::path::Path;

use crate::tool::{City, Node, json, run, run_with};

/// Profiles, each with what it stands on.
const PROFILES: [&str; 7] = [
    "amsterdam",
    "city-without-law",
    "eu-data-protection",
    "france",
    "germany",
    "united-kingdom",
    "us-surveillance-ordinance",
];

fn code(args: &[&str]) -> (Option<i32>, String) {
    let done = run(args);
    (done.status.code(), String::from_utf8_lossy(&done.stderr).into_owned())
}

#[test]
fn every_pack_passes_its_own_tests_and_notices_weakened_norms() {
    let tested = json(&["framework", "test", "--mutate"]);
    let tested = tested.as_array().unwrap();
    assert_eq!(tested.len(), PROFILES.len() + 1);
    for pack in tested {
        assert_eq!(pack["failures"].as_array().unwrap().len(), 0, "{pack}");
        assert_eq!(pack["untested"].as_array().unwrap().len(), 0, "{pack}");
        let survivors = pack["mutation"]["survivors"].as_array().unwrap();
        assert!(survivors.iter().all(|one| one["direction"] == "stricter"), "{survivors:#?}");
    }
    let norm_tests: u64 = tested.iter().filter_map(|pack| pack["norm_tests"].as_u64()).sum();
    assert!(norm_tests >= 600, "{norm_tests}");
}

#[test]
fn the_core_is_as_large_as_it_says() {
    let listed = json(&["framework", "list"]);
    let core = listed.as_array().unwrap().iter().find(|pack| pack["id"] == "global-core").unwrap();
    assert!(core["coverage"]["requirements"].as_u64() >= Some(80), "{core}");
    assert!(core["coverage"]["executed"].as_u64() >= Some(55), "{core}");
}

#[test]
fn each_profile_is_proved_as_strict_as_the_core() {
    for profile in PROFILES {
        let proved = json(&["framework", "prove", profile, "--against", "global-core"]);
        let verdict = proved["verdict"].as_str().unwrap();
        assert!(matches!(verdict, "stricter" | "at-least-as-strict"), "{profile}: {verdict}");
    }
    // The other way it does not hold, and the story names the norm that is broken.
    let done = run(&["framework", "prove", "global-core", "--against", "germany"]);
    let words = String::from_utf8_lossy(&done.stdout).into_owned();
    assert_eq!(done.status.code(), Some(1), "{words}");
    assert!(words.contains("germany/no-trace-of-others"), "{words}");
}

#[test]
fn a_lax_city_is_told_what_it_allows_and_a_silent_one_is_not_called_conformant() {
    let folder = tempfile::tempdir().unwrap();
    let lax = folder.path().join("lax");
    std::fs::create_dir(&lax).unwrap();
    let permit = "@id(\"all-counts\") @reason(\"Everybody may have counts.\")\npermit (principal, action in [Action::\"disclose\"], resource);\n";
    std::fs::write(lax.join("permits.cedar"), permit).unwrap();
    let lax = lax.to_str().unwrap();
    let done = run(&["framework", "prove", lax, "--against", "global-core"]);
    let words = String::from_utf8_lossy(&done.stdout).into_owned();
    assert_eq!(done.status.code(), Some(1));
    for norm in ["minimum-count", "not-for-advertising", "grant-in-force", "age-tier"] {
        assert!(words.contains(&format!("global-core/{norm}")), "{norm}: {words}");
    }
    let silent = folder.path().join("silent");
    std::fs::create_dir(&silent).unwrap();
    let never = "@id(\"never\") @reason(\"Nothing.\")\npermit (principal, action in [Action::\"disclose\"], resource) when { false };\n";
    std::fs::write(silent.join("permits.cedar"), never).unwrap();
    let (status, words) = code(&["framework", "prove", silent.to_str().unwrap(), "--against", "global-core"]);
    assert!(status == Some(1) && words.contains("permits nothing"), "{words}");
}

#[test]
fn a_city_that_begins_is_proved_as_strict_as_the_core() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path().join("new");
    let dir = dir.to_str().unwrap();
    let begun = json(&["init", dir, "--name", "New City", "--origin", "new.example/log"]);
    let under = &begun["under"][0];
    assert_eq!(under["layer"], "global-core", "{begun}");
    assert!(under["norms"].as_u64() > Some(90) && under["clocks"].as_u64() > Some(10), "{begun}");
    let report = json(&["framework", "prove", dir, "--against", "global-core"]);
    let verdict = report["verdict"].as_str().unwrap();
    assert!(matches!(verdict, "stricter" | "at-least-as-strict"), "{report}");
    assert!(report["actions"].as_array().unwrap().len() > 20, "{report}");
}

#[test]
fn a_running_city_is_proved_and_adopts_at_its_address_as_at_its_folder() {
    let city = City::new();
    let tokens = city.dir().with_file_name("tokens.toml");
    std::fs::write(&tokens, format!("city = \"{}\"\n", city.officer)).unwrap();
    let tokens = ["--tokens", tokens.to_str().unwrap()];
    let node = Node::start(&city);
    let proved = |city: &str| {
        let done = run(&["framework", "prove", city, "--against", "city-without-law", "--json"]);
        let report: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        (done.status.code(), report["verdict"].clone())
    };
    // The node keeps others out of the folder, not out of the log.
    assert_eq!(proved(&node.address), proved(&city.arg()));
    let adopt = ["adopt", &node.address, "us-surveillance-ordinance", "--by", "city"];
    let (status, words) = code(&[&adopt[..], &["--dry-run"]].concat());
    assert!(status != Some(0) && words.contains("--tokens"), "{words}");
    let dry = json(&[&adopt[..], &tokens, &["--dry-run"]].concat());
    assert!(dry["stops"].to_string().contains("sharing policy"), "{dry}");
    let adopted = json(&[&adopt[..], &tokens, &["--reason", "the council decided"]].concat());
    assert_eq!(adopted["entries"].as_array().unwrap().len(), 1);
    assert_eq!((&adopted["stops"], &adopted["clocks"]), (&dry["stops"], &dry["clocks"]));
    let again = json(&[&adopt[..], &tokens].concat());
    assert_eq!(again["entries"].as_array().unwrap().len(), 0, "asking again makes no act");
}

#[test]
fn a_mapping_says_what_was_proved_and_leaves_the_rest_as_a_gap() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().to_str().unwrap();
    json(&["framework", "export", "amsterdam", out, "--prove"]);
    let mapping = std::fs::read(folder.path().join("amsterdam.mapping.json")).unwrap();
    let mapping: serde_json::Value = serde_json::from_slice(&mapping).unwrap();
    let maps = mapping["mapping-collection"]["mappings"][0]["maps"].as_array().unwrap();
    let proved = maps.iter().filter(|map| map["props"][0]["value"] == "true");
    let strict = proved.filter(|map| map["relationship"] == "subset-of").count();
    assert!(strict >= 1, "{maps:#?}");
    let gaps = &mapping["mapping-collection"]["mappings"][0]["target-gap-summary"]["unmapped-controls"][0]["with-ids"];
    assert!(gaps.as_array().unwrap().len() > 50, "{gaps}");
}

#[test]
fn without_a_solver_a_proof_is_unknown_and_says_how_to_get_one() {
    let done =
        run_with(&["framework", "prove", "amsterdam", "--against", "global-core"], &[("CVC5", "/no/such/solver")]);
    let words = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(2), "{words}");
    assert!(words.contains("cvc5"), "{words}");
}

#[test]
fn a_pack_is_begun_signed_trusted_and_refused_when_it_was_altered() {
    let city = City::new();
    let key = json(&["verify", &city.arg()])["key"].as_str().unwrap().to_owned();
    let dir = city.dir().with_file_name("my-pack");
    let dir_arg = dir.to_str().unwrap();
    json(&["framework", "new", dir_arg]);
    assert_eq!(code(&["framework", "new", dir_arg]).0, Some(64), "never over another folder");
    assert!(run(&["framework", "test", dir_arg]).status.success());
    let (status, words) = code(&["framework", "check", dir_arg, "--signed"]);
    assert!(status == Some(64) && words.contains("not signed"), "{words}");
    let signer = city.dir().join("keys/log.key");
    json(&["framework", "sign", dir_arg, "--key", signer.to_str().unwrap()]);
    assert!(run(&["framework", "check", dir_arg, "--signed", "--trust", &key]).status.success());
    let manifest = dir.join("pack.toml");
    let altered = std::fs::read_to_string(&manifest).unwrap() + "\n# altered\n";
    std::fs::write(&manifest, altered).unwrap();
    let (status, words) = code(&["framework", "check", dir_arg, "--signed", "--trust", &key]);
    assert!(status == Some(64) && words.contains("not what was signed"), "{words}");
    std::fs::write(&manifest, "id = [").unwrap();
    let (status, words) = code(&["framework", "check", dir_arg]);
    assert!(status == Some(64) && words.contains("pack.toml:1"), "file and line: {words}");
}

#[test]
fn packs_go_out_as_oscal_and_a_foreign_catalogue_comes_in() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("oscal");
    let out_arg = out.to_str().unwrap();
    let at = ["--at", "2026-01-01T00:00:00Z"];
    let written = json(&[&["framework", "export", "amsterdam", out_arg], at.as_slice()].concat());
    assert_eq!(written["files"].as_array().unwrap().len(), 5, "three catalogues, a profile, a mapping");
    let read = |name: &str| std::fs::read(Path::new(&out).join(name)).unwrap();
    let first = read("global-core.catalog.json");
    json(&[&["framework", "export", "amsterdam", out_arg], at.as_slice()].concat());
    assert_eq!(first, read("global-core.catalog.json"), "the same bytes again");
    // The profile resolves against the catalogues beside it.
    let (profile, pack) = (out.join("amsterdam.profile.json"), folder.path().join("again"));
    let args = ["framework", "import", profile.to_str().unwrap(), pack.to_str().unwrap(), "--id", "again"];
    let imported = json(&args);
    assert!(imported["requirements"].as_u64() >= Some(100), "{imported}");
    let (status, words) = code(&["framework", "import", "no-such.json", pack.to_str().unwrap(), "--id", "x"]);
    assert!(status == Some(64) && words.contains("no-such.json"), "{words}");
}

#[test]
fn adopting_a_standard_shows_first_what_it_would_stop() {
    let city = City::new();
    let size = || json(&["verify", &city.arg()])["size"].as_u64().unwrap();
    let before = size();
    let core = json(&["adopt", &city.arg(), "global-core", "--by", "city"]);
    assert_eq!(core["entries"].as_array().unwrap().len(), 0, "a city begins under the whole core: {core}");
    let pack = "us-surveillance-ordinance";
    let dry = json(&["adopt", &city.arg(), pack, "--by", "city", "--dry-run"]);
    assert_eq!(size(), before, "a dry run changes nothing");
    let stopped = dry["stops"].to_string();
    assert!(stopped.contains("grant `city-counts`") && stopped.contains("sharing policy"), "{dry}");
    assert!(!stopped.contains("air-open"), "the air is for everybody: {dry}");
    let adopted = json(&["adopt", &city.arg(), pack, "--by", "city", "--reason", "the council decided"]);
    assert_eq!(adopted["entries"].as_array().unwrap().len(), 1);
    assert_eq!(adopted["stops"], dry["stops"], "what was shown is what happened");
    let clocks: Vec<&str> = adopted["clocks"].as_array().unwrap().iter().filter_map(|clock| clock.as_str()).collect();
    assert!(clocks.contains(&"surveillance-report") && clocks.contains(&"city-report"), "{clocks:?}");
    assert!(!clocks.contains(&"inventory"), "the core's clocks have run since the city began: {clocks:?}");
    assert_eq!(dry["clocks"], adopted["clocks"]);
    assert!(size() > before);
    let asked = ["query", &city.arg(), "--as", "city", "--purpose", "traffic-management", "--stream", "wifi"];
    assert_eq!(run(&asked).status.code(), Some(3), "and from then on it is refused");
    let again = json(&["adopt", &city.arg(), pack, "--by", "city"]);
    assert_eq!(again["entries"].as_array().unwrap().len(), 0, "asking again makes no act");
    assert_eq!(again["clocks"].as_array().unwrap().len(), 0, "and starts no clock");
    // Both profiles together are longer than an act may be.
    let (status, words) = code(&["adopt", &city.arg(), "amsterdam", "--by", "city"]);
    assert!(status == Some(64) && words.contains("the limit is 49152") && words.contains("`--drop LAYER`"), "{words}");
    // A party that may not adopt policies is refused by a norm.
    let instead = ["--drop", pack, "--reason", "We would rather have that."];
    let refused = run(&[&["adopt", &city.arg(), "amsterdam", "--by", "police"][..], &instead].concat());
    assert_eq!(refused.status.code(), Some(3), "{}", String::from_utf8_lossy(&refused.stderr));
}
