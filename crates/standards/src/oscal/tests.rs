//! OSCAL against NIST's own schemas, and that nothing is lost in silence.

use std::collections::{BTreeMap, BTreeSet};

use model::{Digest, ParameterId, RequirementId, Span, Timestamp};
use serde_json::{Value as Json, json};

use super::mapping::{Against, Related, Relationship, Side};
use super::results::{Assessed, Found};
use super::*;
use crate::pack::{Manifest, ModelPolicy, NormText, Pack, PackKind, Principle, Reference};
use crate::parameter::{AgeTier, Needs, Parameter, Silence, Stricter, Value};
use crate::requirement::{Kind, OnFailure, Requirement, Source, Status, Sure};
use crate::testing::Source as Written;
use crate::{About, Applies};

fn parameter(id: &str, value: Value, stricter: Option<Stricter>) -> (ParameterId, Parameter) {
    let id: ParameterId = id.parse().unwrap();
    (id.clone(), Parameter { id, value, stricter })
}

fn requirement(id: &str) -> Requirement {
    Requirement {
        id: RequirementId(id.to_owned()),
        title: format!("About {id}"),
        text: "A number about people stands for at least { $minimum ->\n    [one] one\n   *[other] { $minimum }\n}."
            .to_owned(),
        principle: Some("trust".to_owned()),
        policy: Some("counting".to_owned()),
        kind: Kind::Release,
        status: Status::Adopted,
        jurisdiction: "EU".to_owned(),
        applies_from: "2027-12-02".parse().ok(),
        applies_to: None,
        on_failure: OnFailure::Deny,
        text_only: None,
        evidence: vec!["sign-installed".parse().unwrap()],
        sources: vec![
            Source {
                text: "A law, article 1".to_owned(),
                url: Some("https://law.example/1".to_owned()),
                fact: Some(88),
                sure: Sure::Read,
            },
            Source { text: "our own rule".to_owned(), url: None, fact: None, sure: Sure::Unverified },
        ],
        applies: Applies { about: About::Deployment, personal: Some(true), ..Applies::default() },
        parameters: BTreeMap::from([
            parameter("minimum", Value::Count(10), Some(Stricter::Higher)),
            parameter("epoch", Value::Span(Span::hours(24)), Some(Stricter::Lower)),
            parameter("grounds", Value::Set(BTreeSet::from(["a".to_owned(), "b".to_owned()])), Some(Stricter::Smaller)),
            parameter("silence", Value::Silence(Silence::Cease), None),
            parameter("ages", Value::Tiers(vec![AgeTier { after: Span::days(90), needs: Needs::Senior }]), None),
        ]),
        body: "Why: because.\n\nAnd how.".to_owned(),
    }
}

fn pack() -> Pack {
    let other = Requirement { policy: None, text_only: Some("a person judges it".to_owned()), ..requirement("t-2") };
    let first = requirement("t-1");
    let read = Written::standard("base").parse().unwrap();
    Pack {
        manifest: Manifest {
            id: "test".to_owned(),
            reference: Reference { urn: "urn:ordinance:standard:test".to_owned(), version: semver::Version::new(0, 1, 0) },
            title: "A test".to_owned(),
            owner: "nobody".to_owned(),
            kind: PackKind::Profile,
            layer: model::LayerKind::City,
            jurisdiction: "test".to_owned(),
            locale: "en".to_owned(),
            locales: vec!["en".to_owned()],
            notice: "Illustrative, not legal advice.".to_owned(),
            based_on: Vec::new(),
            principles: vec![Principle { id: "trust".to_owned(), title: "Trust".to_owned() }],
            policies: vec![ModelPolicy { id: "counting".to_owned(), title: "Counting".to_owned(), principle: "trust".to_owned() }],
            set: BTreeMap::from([("minimum".parse().unwrap(), Value::Count(20))]),
        },
        requirements: [first, other].into_iter().map(|requirement| (requirement.id.clone(), requirement)).collect(),
        norms: vec![NormText {
            id: "minimum-count".to_owned(),
            requirement: RequirementId("t-1".to_owned()),
            reason: Some("because".to_owned()),
            cedar: "@id(\"minimum-count\")\n@requirement(\"t-1\")\nforbid (principal, action, resource)\nunless { resource.minimum >= ${minimum} };".to_owned(),
            file: "norms/t-1.cedar".to_owned(),
            line: 1,
        }],
        hash: Digest::new([7; 32]),
        ..read
    }
}

const AT: Timestamp = Timestamp::UNIX_EPOCH;

fn exported() -> Json {
    serde_json::to_value(catalog::export(&pack(), AT, &|requirement| format!("words of {}", requirement.id))).unwrap()
}

/// NIST's schema, which lies beside the project and not in it.
#[expect(clippy::print_stdout, reason = "a test that could not look says so by name")]
fn schema(kind: &str) -> Option<jsonschema::Validator> {
    let path = format!("{}/../../../shared/schemas/oscal-1.2.1/oscal_{kind}_schema.json", env!("CARGO_MANIFEST_DIR"));
    let Ok(schema) = std::fs::read(&path) else {
        println!("skipped: no OSCAL schema for {kind} at ../shared/schemas");
        return None;
    };
    Some(jsonschema::validator_for(&serde_json::from_slice(&schema).unwrap()).unwrap())
}

fn valid(kind: &str, document: &Json) {
    let Some(validator) = schema(kind) else { return };
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{kind}: {}", errors.join("\n"));
}

#[test]
fn everything_written_fits_nists_schemas() {
    valid("catalog", &exported());
    let profile = profile::export(&pack(), &["global-core".to_owned()], AT);
    valid("profile", &serde_json::to_value(profile).unwrap());
    let side =
        |name: &str| Side { href: profile::href(name), title: name.to_owned(), unmapped: vec!["t-9".to_owned()] };
    let related = [Related {
        source: "t-1".to_owned(),
        target: "core-21".to_owned(),
        relationship: Relationship::SubsetOf,
        proved: true,
        remarks: "It is stricter.".to_owned(),
    }];
    let against = |base: &str| Against { source: side("test"), target: side(base), related: related.to_vec() };
    let targets = [against("global-core"), against("eu")];
    valid("mapping", &mapping::export("test", &targets, AT, "Illustrative."));
    let assessed = Assessed {
        city: "Brookhaven".to_owned(),
        origin: "a.example/log".to_owned(),
        size: 7,
        at: AT,
        notice: "Illustrative.".to_owned(),
    };
    let found = [Some(true), Some(false), None].map(|met| Found {
        requirement: format!("t-{}", met.map_or(0, u8::from)),
        title: "About".to_owned(),
        met,
        words: "seen".to_owned(),
        entries: vec![3, 5],
    });
    valid("assessment-results", &results::export(&assessed, &found));
}

#[test]
fn a_schema_notices_what_is_wrong() {
    let Some(validator) = schema("catalog") else { return };
    let mut document = exported();
    document["catalog"]["uuid"] = json!("not one");
    assert!(!validator.is_valid(&document));
}

#[test]
fn a_catalogue_of_ours_comes_back_as_it_was() {
    let bytes = serde_json::to_vec(&exported()).unwrap();
    let imported = import::catalog(&bytes).unwrap();
    let pack = pack();
    assert_eq!(imported.requirements, pack.requirements);
    let texts = |norms: &[NormText]| {
        norms.iter().map(|norm| (norm.id.clone(), norm.requirement.clone(), norm.cedar.clone())).collect::<Vec<_>>()
    };
    assert_eq!(texts(&imported.norms), texts(&pack.norms));
    assert_eq!(imported.losses, []);
    assert_eq!((imported.title.as_str(), imported.version.as_str()), ("A test", "0.1.0"));
}

#[test]
fn every_pack_of_ours_comes_back_as_it_was() {
    let library = crate::built_in().unwrap();
    for pack in library.packs() {
        let words = |requirement: &Requirement| format!("words of {}", requirement.id);
        let document = serde_json::to_value(catalog::export(pack, AT, &words)).unwrap();
        valid("catalog", &document);
        let imported = import::catalog(&serde_json::to_vec(&document).unwrap()).unwrap();
        assert_eq!(imported.requirements, pack.requirements, "{}", pack.manifest.id);
        assert_eq!(imported.losses, [], "{}", pack.manifest.id);
        let norms = |norms: &[NormText]| {
            let mut norms: Vec<_> =
                norms.iter().map(|norm| (norm.id.clone(), norm.requirement.clone(), norm.cedar.clone())).collect();
            norms.sort();
            norms
        };
        assert_eq!(norms(&imported.norms), norms(&pack.norms), "{}", pack.manifest.id);
        let bases: Vec<String> = library
            .stack_of(pack)
            .unwrap()
            .iter()
            .map(|base| base.manifest.id.clone())
            .filter(|id| *id != pack.manifest.id)
            .collect();
        valid("profile", &serde_json::to_value(profile::export(pack, &bases, AT)).unwrap());
    }
}

fn foreign() -> Json {
    json!({ "catalog": {
        "uuid": "11111111-1111-4111-8111-111111111111",
        "metadata": { "title": "Foreign", "last-modified": "2026-01-01T00:00:00Z", "version": "5", "oscal-version": "1.1.0",
            "roles": [{ "id": "author", "title": "Author" }] },
        "groups": [{ "id": "ac", "title": "Access", "controls": [{
            "id": "ac-1", "title": "Policy", "class": "SP800-53",
            "params": [{ "id": "ac-1_prm_1", "label": "people", "values": ["staff", "guests"] },
                       { "id": "ac-1_prm_2", "select": { "how-many": "one", "choice": ["daily"] } }],
            "props": [{ "name": "sort-id", "value": "AC-01" }],
            "links": [{ "href": "#ac-2", "rel": "related" }],
            "parts": [
                { "id": "ac-1_smt", "name": "statement", "prose": "Tell {{ insert: param, ac-1_prm_1 }} the {rules}:", "parts": [
                    { "name": "item", "prose": "in writing;", "props": [{ "name": "label", "value": "a." }] } ] },
                { "name": "guidance", "prose": "It helps." },
                { "name": "assessment-objective", "prose": "Look." }],
            "controls": [{ "id": "ac-1.1", "title": "More" }]
        }, { "id": "ac-2", "title": "Accounts", "parts": [{ "name": "statement", "prose": "Count accounts." }] }]}]
    }})
}

#[test]
fn a_foreign_catalogue_comes_with_a_list_of_what_did_not() {
    let imported = import::catalog(&serde_json::to_vec(&foreign()).unwrap()).unwrap();
    let ids: Vec<&str> = imported.requirements.keys().map(|id| id.0.as_str()).collect();
    assert_eq!(ids, ["ac-1", "ac-1.1", "ac-2"]);
    let first = &imported.requirements[&RequirementId("ac-1".to_owned())];
    assert_eq!(first.text, "Tell { $ac-1-prm-1 } the {\"{\"}rules{\"}\"}: a. in writing;");
    assert_eq!((first.policy.as_deref(), first.body.as_str()), (Some("ac"), "It helps."));
    assert!(first.text_only.is_some() && first.sources[0].text.contains("Foreign"));
    let paths: Vec<&str> = imported.losses.iter().map(|loss| loss.path.as_str()).collect();
    for path in [
        "catalog/metadata/roles",
        "catalog/groups/ac/controls/ac-1/params/ac-1_prm_1",
        "catalog/groups/ac/controls/ac-1/params/ac-1_prm_1/label",
        "catalog/groups/ac/controls/ac-1/params/ac-1_prm_2/select",
        "catalog/groups/ac/controls/ac-1/props/sort-id",
        "catalog/groups/ac/controls/ac-1/links/#ac-2",
        "catalog/groups/ac/controls/ac-1/parts/assessment-objective",
        "catalog/groups/ac/controls/ac-1",
    ] {
        assert!(paths.contains(&path), "{path} in {paths:#?}");
    }
}

fn profile_of(modify: Json, import: Json) -> Vec<u8> {
    serde_json::to_vec(&json!({ "profile": {
        "uuid": "22222222-2222-4222-8222-222222222222",
        "metadata": { "title": "P", "last-modified": "2026-01-01T00:00:00Z", "version": "1", "oscal-version": "1.2.1" },
        "imports": [import], "modify": modify,
    }}))
    .unwrap()
}

#[test]
fn a_foreign_profile_is_resolved() {
    let fetch = |href: &str| (href == "c.json").then(|| serde_json::to_vec(&foreign()).unwrap());
    let modify = json!({
        "set-parameters": [{ "param-id": "ac-1_prm_2", "values": ["daily"] }, { "param-id": "nowhere", "values": ["x"] }],
        "alters": [{ "control-id": "ac-1", "removes": [{ "by-name": "assessment-objective" }],
            "adds": [{ "position": "ending", "parts": [{ "name": "overview", "prose": "Added." }] },
                     { "by-id": "ac-1_smt", "parts": [{ "name": "item", "prose": "and aloud." }] }] }],
    });
    let import = json!({ "href": "c.json", "include-controls": [{ "with-ids": ["ac-1"], "with-child-controls": "yes" }], "exclude-controls": [{ "matching": [{ "pattern": "*.9" }] }] });
    let (catalog, losses) = resolve::profile(&profile_of(modify, import), "p.json", &fetch).unwrap();
    let ids: Vec<&str> = catalog.controls.iter().map(|control| control.id.as_str()).collect();
    assert_eq!(ids, ["ac-1", "ac-1.1"]);
    let first = &catalog.controls[0];
    assert_eq!(first.params[1].values, ["daily"]);
    assert!(!first.params[1].rest.contains_key("select"));
    let names: Vec<&str> = first.parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names, ["statement", "guidance", "overview"]);
    assert_eq!(first.parts[0].parts.len(), 2);
    assert!(losses.iter().any(|loss| loss.path == "profile/modify/set-parameters/nowhere"));
    let imported = import::requirements(&catalog).unwrap();
    assert!(imported.requirements[&RequirementId("ac-1".to_owned())].text.ends_with("and aloud."));
}

#[test]
fn profiles_that_cannot_be_resolved_say_why() {
    let import = json!({ "href": "p.json", "include-all": {} });
    let own = profile_of(json!({}), import);
    let fetch = |_: &str| Some(own.clone());
    assert!(matches!(resolve::profile(&own, "p.json", &fetch), Err(import::ImportError::Cycle(_))));
    assert!(matches!(resolve::profile(&own, "other", &|_| None), Err(import::ImportError::Missing(_))));
    assert!(matches!(resolve::profile(b"{}", "x", &|_| None), Err(import::ImportError::Kind("profile"))));
    assert!(matches!(import::catalog(b"[]"), Err(import::ImportError::Json(_))));
    let large = vec![b' '; DOCUMENT_BYTES_MAX + 1];
    assert!(matches!(import::catalog(&large), Err(import::ImportError::TooLarge(_))));
    let mut twice = foreign();
    let controls = twice["catalog"]["groups"][0]["controls"].as_array_mut().unwrap();
    let again = controls[1].clone();
    controls.push(again);
    assert!(matches!(import::catalog(&serde_json::to_vec(&twice).unwrap()), Err(import::ImportError::Twice(_))));
}

proptest::proptest! {
    /// Whatever bytes are given, reading them ends, without panic.
    #[test]
    fn any_bytes_are_read_or_refused(cut in 0_usize..4_000, at in 0_usize..4_000, byte in proptest::prelude::any::<u8>()) {
        let mut bytes = serde_json::to_vec(&foreign()).unwrap();
        let length = bytes.len();
        bytes[at % length] = byte;
        bytes.truncate(length - cut % length);
        let _ = import::catalog(&bytes);
        let _ = resolve::profile(&bytes, "p", &|_| None);
    }
}
