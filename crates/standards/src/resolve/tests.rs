//! Resolution: what it gives for small stacks, and the laws it keeps for any.

use proptest::prelude::*;

use super::*;
use crate::parameter::{Silence, meet};
use crate::testing::{Source, shown};

const NORMS: &str = "norms/all.cedar";

fn stack(sources: &[Source]) -> Vec<Arc<Pack>> {
    sources.iter().map(|source| Arc::new(source.pack())).collect()
}

fn resolved(sources: &[Source]) -> Resolved {
    resolve(&stack(sources), None).unwrap_or_else(|problems| panic!("{}", shown(&problems)))
}

fn refused(sources: &[Source]) -> Vec<(&'static str, String)> {
    let problems = resolve(&stack(sources), None).err().unwrap_or_default();
    problems.into_iter().map(|one| (one.code, format!("{}:{}", one.file, one.line.unwrap_or(0)))).collect()
}

fn core() -> Source {
    Source::standard("core")
}

fn eu(set: &str) -> Source {
    Source::profile("eu", "supranational", &["core"]).and("pack.toml", &format!("[set]\n{set}\n"))
}

fn id(name: &str) -> ParameterId {
    ParameterId::new(name).unwrap()
}

/// The core with one parameter of each kind, each in a norm of its own.
fn wide() -> Source {
    let parameters = [
        ("keep", "'30d'", "span", "stricter = 'lower'"),
        ("uses", "['a', 'b', 'c', 'd']", "set", "stricter = 'smaller'"),
        ("papers", "['x']", "set", "stricter = 'larger'"),
        ("quiet", "'proceed'", "silence", ""),
        ("ages", "[{ after = '1y', needs = 'senior' }]", "tiers", ""),
    ];
    let mut source = core();
    for (at, (name, value, kind, stricter)) in parameters.into_iter().enumerate() {
        let id = format!("core-1{at}");
        let table = format!("[parameters.{name}]\nvalue = {value}\nkind = '{kind}'\n{stricter}\n+++\n\nWhy");
        let text = Source::requirement(&id, "As it is.").replace("+++\n\nWhy", &table);
        let form = if kind == "tiers" { ".senior" } else { "" };
        let norm = Source::norm(&format!("norm-{name}"), &id, &format!("resource.it.fits(${{{name}{form}}})"));
        source = source.with(&format!("requirements/{id}.md"), &text).and(NORMS, &norm);
    }
    source
}

#[test]
fn a_standard_alone_is_one_layer_with_its_own_values() {
    let resolved = resolved(&[core()]);
    let [layer] = resolved.policy_layers().try_into().unwrap();
    assert_eq!((layer.kind, layer.name.as_str(), layer.owner.as_str()), (LayerKind::Global, "core", "Tests"));
    let expected = "@id(\"minimum-count\")\n@requirement(\"core-01\")\n\
                    @reason(\"A number stands for at least 10 people.\")\n\
                    forbid (principal, action, resource)\nunless { resource.minimum >= 10 };\n";
    assert_eq!(layer.cedar, expected);
}

#[test]
fn a_stricter_value_makes_the_norm_stand_again_in_the_lower_layer() {
    let resolved = resolved(&[core(), eu("minimum-count = 20")]);
    let [core, eu] = resolved.layers.as_slice() else { panic!() };
    assert!(core.cedar().contains("resource.minimum >= 10"));
    assert!(eu.cedar().contains("resource.minimum >= 20") && eu.cedar().contains("at least 20 people"));
    assert_eq!(eu.norms.first().map(|norm| norm.written_by.urn.as_str()), Some("urn:test:core"));
    assert_eq!(resolved.values.get(&id("minimum-count")), Some(&Value::Count(20)));
    let parameter = id("minimum-count");
    let tightened: Vec<_> = resolved.tightened(&parameter).map(|one| one.pack.urn.as_str()).collect();
    assert_eq!(tightened, ["urn:test:eu"]);
    let words = resolved.words(&RequirementId("core-01".to_owned()), "de").unwrap();
    assert_eq!((words.text.as_str(), words.stands_in), ("A number stands for at least 20 people.", true));
}

#[test]
fn the_same_value_changes_nothing_and_a_looser_one_is_an_error() {
    let same = resolved(&[core(), eu("minimum-count = 10")]);
    assert!(same.layers.iter().skip(1).all(|layer| layer.norms.is_empty()));
    let looser = refused(&[core(), eu("minimum-count = 9")]);
    assert_eq!(looser, [("looser-parameter", "eu/pack.toml:14".to_owned())]);
    assert_eq!(refused(&[core(), eu("minimum-count = '9d'")]), [("wrong-kind", "eu/pack.toml:14".to_owned())]);
    assert_eq!(refused(&[core(), eu("maximum-count = 9")]), [("unknown-parameter", "eu/pack.toml:14".to_owned())]);
}

#[test]
fn the_norms_of_a_profile_use_its_own_values_and_its_norms_stand_below() {
    let profile = eu("minimum-count = 20")
        .with("requirements/eu-01.md", &Source::requirement("eu-01", "Twice { $minimum-count }."));
    let profile = profile.with(NORMS, &Source::norm("twice", "eu-01", "resource.n >= ${minimum-count}"));
    let town = Source::profile("town", "city", &["eu"]).and("pack.toml", "[set]\nminimum-count = 30\n");
    let resolved = resolved(&[town, profile, core()]);
    let texts: Vec<String> = resolved.layers.iter().map(ResolvedLayer::cedar).collect();
    assert!(texts[1].contains("resource.n >= 20") && texts[1].contains("Twice 20."));
    assert!(texts[2].contains("resource.n >= 30") && texts[2].contains("resource.minimum >= 30"));
}

#[test]
fn sets_that_overlap_are_reported_and_the_rest_is_in_force() {
    let profile = |name: &str, set: &str| {
        Source::profile(name, "national", &["core"]).and("pack.toml", &format!("[set]\nuses = {set}\n"))
    };
    let both = resolved(&[wide(), profile("aa", "['a', 'b']"), profile("bb", "['b', 'c']")]);
    let [one] = both.incomparable().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!((one.pack.urn.as_str(), one.to.to_string().as_str()), ("urn:test:bb", "[`b`]"));
    assert!(both.layers[2].cedar().contains("fits([\"b\"])"));
    let apart = resolved(&[wide(), profile("aa", "['a']"), profile("bb", "['c']")]);
    assert!(apart.tightenings.iter().any(|one| one.nothing_allowed));
    assert!(apart.layers[2].cedar().contains("fits([\"(nothing)\"])"));
    // Incomparable with its own base, too: neither side is in force.
    let own = resolved(&[wide(), eu("uses = ['a', 'z']")]);
    assert_eq!(own.values[&id("uses")].to_string(), "[`a`]");
    assert_eq!(own.incomparable().count(), 1);
}

#[test]
fn names_that_are_nowhere_are_found_beside_the_bases() {
    let bad = eu("").with(NORMS, &Source::norm("a", "core-99", "1 < ${least}"));
    let found = refused(&[core(), bad]);
    let file = "eu/norms/all.cedar:1".to_owned();
    assert_eq!(found, [("unknown-parameter", file.clone()), ("unknown-requirement", file)]);
    let good = eu("").with(NORMS, &Source::norm("a", "core-01", "1 < ${minimum-count}"));
    assert!(resolve(&stack(&[core(), good]), None).is_ok());
}

#[test]
fn what_cannot_stand_together_is_said() {
    let newer = core().but("pack.toml", "0.1.0", "0.2.0");
    assert!(refused(&[core(), newer]).iter().any(|(code, _)| *code == "two-versions"));
    let wider = Source::profile("a", "global", &["town"]);
    let town = Source::profile("town", "city", &["core"]);
    assert_eq!(refused(&[core(), town, wider]), [("wider-than-base", "a/pack.toml:7".to_owned())]);
    let again = Source::standard("more").but(NORMS, "minimum-count\")", "other\")");
    assert_eq!(refused(&[core(), again]), [("duplicate-id", "more/requirements/more-01.md:14".to_owned())]);
    let changed = core().but("pack.toml", "Tests", "Others");
    assert_eq!(refused(&[core(), changed]), [("version-taken", "core/pack.toml:0".to_owned())]);
    assert_eq!(refused(&[eu("")]), [("missing-base", "eu/pack.toml:12".to_owned())]);
    let taken = eu("minimum-count = 20").with(NORMS, &Source::norm("minimum-count", "core-01", "true"));
    assert_eq!(refused(&[core(), taken]), [("norm-id-taken", "eu/norms/all.cedar:1".to_owned())]);
}

#[test]
fn the_clock_switches_norms_on_and_off() {
    let file = "requirements/core-01.md";
    let dated =
        |status: &str, days: &str| core().but(file, "status = \"in-force\"", &format!("status = \"{status}\"\n{days}"));
    let text = |source: Source| resolved(&[source]).layers.first().map(ResolvedLayer::cedar).unwrap();
    let adopted = dated("adopted", "applies_from = \"2026-08-02\"");
    assert!(
        text(adopted.clone()).ends_with("unless { resource.minimum >= 10 }\nwhen { context.now >= 1785628800 };\n")
    );
    let both = dated("in-force", "applies_from = \"1950-01-01\"\napplies_to = \"2030-01-01\"");
    assert!(text(both).ends_with("\nwhen { context.now >= -631152000 && context.now < 1893456000 };\n"));
    assert_eq!(text(dated("proposal", "")), "");
    assert_eq!(text(dated("overturned", "applies_from = \"2020-01-01\"")), "");
    let on = |day: &str| {
        resolve(&stack(std::slice::from_ref(&adopted)), Some(day.parse().unwrap())).unwrap().layers[0].cedar()
    };
    assert_eq!(on("2026-08-01"), "");
    assert!(on("2026-08-02").ends_with("unless { resource.minimum >= 10 };\n"));
}

#[test]
fn keeping_at_least_and_at_most_is_a_conflict_under_the_values_in_force() {
    let keep = |id: &str, data: &str, bound: &str| {
        format!("[[keep]]\nid = \"{id}\"\nrequirement = \"core-01\"\ndata = \"{data}\"\n{bound}\n")
    };
    let least = wide().with("duties/keep.toml", &keep("log", "number-plate", "at_least = \"20d\""));
    let most = |set: &str| {
        let keep = keep("data", "personal", "at_most = \"${keep}\"").replace("core-01", "core-10");
        eu(set).with("duties/keep.toml", &keep)
    };
    assert_eq!(resolved(&[least.clone(), most("")]).conflicts, []);
    let [conflict] = resolved(&[least, most("keep = '10d'")]).conflicts.try_into().unwrap();
    assert_eq!((conflict.at_least.keep.as_str(), conflict.at_most.keep.as_str()), ("log", "data"));
    assert_eq!((conflict.at_most.period.to_string().as_str(), conflict.always), ("10d", true));
    let packs = [&conflict.at_least, &conflict.at_most].map(|side| side.pack.urn.as_str());
    assert_eq!(packs, ["urn:test:core", "urn:test:eu"]);
    let requirements = [&conflict.at_least, &conflict.at_most].map(|side| side.requirement.0.as_str());
    assert_eq!(requirements, ["core-01", "core-10"]);
}

/// What random profiles set, before it is made no looser than their bases.
#[derive(Debug, Clone)]
struct Draft {
    layer: usize,
    bases: Vec<prop::sample::Index>,
    count: Option<i64>,
    uses: Option<BTreeSet<String>>,
    papers: Option<BTreeSet<String>>,
    quiet: Option<Silence>,
    days: Option<u32>,
}

fn draft() -> impl Strategy<Value = Draft> {
    let members = |letters: &'static str| prop::option::of(prop::collection::btree_set(letters, 1..4));
    let bases = prop::collection::vec(any::<prop::sample::Index>(), 1..3);
    let silence = prop::option::of(prop::sample::select(Silence::ALL.to_vec()));
    let sets = (members("[a-e]"), members("[x-z]"));
    let parts = (1_usize..5, bases, prop::option::of(0_i64..40), sets, silence, prop::option::of(1_u32..60));
    parts.prop_map(|(layer, bases, count, (uses, papers), quiet, days)| Draft {
        layer,
        bases,
        count,
        uses,
        papers,
        quiet,
        days,
    })
}

/// Packs that stand on each other, the core first.
fn packs() -> impl Strategy<Value = Vec<Arc<Pack>>> {
    prop::collection::vec(draft(), 0..6).prop_map(|mut drafts| {
        drafts.sort_by_key(|draft| draft.layer);
        let mut packs = stack(&[wide()]);
        for (at, draft) in drafts.iter().enumerate() {
            let bases: Vec<Arc<Pack>> = draft.bases.iter().map(|base| packs[base.index(packs.len())].clone()).collect();
            let pack = build(&format!("p{at}"), draft, &bases, &packs);
            packs.push(Arc::new(pack));
        }
        packs
    })
}

fn closed(tops: &[&Arc<Pack>], all: &[Arc<Pack>]) -> Vec<Arc<Pack>> {
    let names: Vec<&Reference> = tops.iter().map(|pack| &pack.manifest.reference).collect();
    order(&names, |reference| all.iter().find(|pack| pack.manifest.reference == *reference)).unwrap()
}

fn build(name: &str, draft: &Draft, bases: &[Arc<Pack>], all: &[Arc<Pack>]) -> Pack {
    const LAYERS: [&str; 5] = ["global", "supranational", "national", "regional", "city"];
    let mut names: Vec<&str> = bases.iter().map(|base| base.manifest.id.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let above = resolve(&closed(&bases.iter().collect::<Vec<_>>(), all), None).unwrap().values;
    let mut source = Source::profile(name, LAYERS[draft.layer], &names).and("pack.toml", "[set]\n");
    let drafted = [
        ("minimum-count", draft.count.map(Value::Count)),
        ("uses", draft.uses.clone().map(Value::Set)),
        ("papers", draft.papers.clone().map(Value::Set)),
        ("quiet", draft.quiet.map(Value::Silence)),
        ("keep", draft.days.map(|days| Value::Span(model::Span::days(days)))),
    ];
    for (parameter, value) in drafted {
        let Some(value) = value else { continue };
        let stricter =
            all[0].requirements.values().find_map(|one| one.parameters.get(&id(parameter))).unwrap().stricter;
        // What is looser is an error; what is incomparable stays as it was drawn.
        let met = meet(&above[&id(parameter)], &value, stricter).unwrap();
        let value = if met.relation == Relation::FirstStricter { met.value } else { value };
        source = source.and("pack.toml", &format!("{parameter} = {}\n", serde_json::to_string(&value).unwrap()));
    }
    source.pack()
}

fn stricter_of(all: &[Arc<Pack>], id: &ParameterId) -> Option<crate::parameter::Stricter> {
    all[0].requirements.values().find_map(|one| one.parameters.get(id)).unwrap().stricter
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn resolution_does_not_depend_on_order(packs in packs(), seed in any::<u64>()) {
        let mut shuffled = packs.clone();
        let length = shuffled.len();
        for at in 0..length {
            shuffled.swap(at, (seed.rotate_left(at as u32 * 7) % length as u64) as usize);
        }
        // Packs named twice are there once.
        shuffled.push(packs[0].clone());
        let (one, other) = (resolve(&packs, None).unwrap(), resolve(&shuffled, None).unwrap());
        prop_assert_eq!(one.policy_layers(), other.policy_layers());
        prop_assert_eq!(one.values, other.values);
        prop_assert_eq!(one.tightenings, other.tightenings);
    }

    #[test]
    fn adding_a_pack_never_loosens_anything(packs in packs(), top in any::<prop::sample::Index>()) {
        let some = closed(&[&packs[top.index(packs.len())]], &packs);
        let (less, more) = (resolve(&some, None).unwrap(), resolve(&packs, None).unwrap());
        for (id, value) in &less.values {
            let met = meet(&more.values[id], value, stricter_of(&packs, id)).unwrap();
            prop_assert!(matches!(met.relation, Relation::Equal | Relation::FirstStricter), "{} {:?}", id, met);
        }
        // And takes nothing away: what the widest layer says, it says in every stack.
        prop_assert_eq!(&less.layers[0], &more.layers[0]);
    }

    #[test]
    fn stacks_join_as_their_values_meet(packs in packs(), a in any::<prop::sample::Index>(), b in any::<prop::sample::Index>()) {
        let (a, b) = (&packs[a.index(packs.len())], &packs[b.index(packs.len())]);
        let values = |tops: &[&Arc<Pack>]| resolve(&closed(tops, &packs), None).unwrap().values;
        let (one, other, both) = (values(&[a]), values(&[b]), values(&[a, b]));
        for (id, value) in &both {
            prop_assert_eq!(value, &meet(&one[id], &other[id], stricter_of(&packs, id)).unwrap().value);
        }
    }

    #[test]
    fn every_norm_stands_somewhere_with_the_values_in_force(packs in packs()) {
        let resolved = resolve(&packs, None).unwrap();
        for norm in &packs[0].norms {
            let pack = &packs[0];
            let reason = pack.words(&norm.requirement, &resolved.values, "en").unwrap().text;
            let tightest = fill::fill(norm, &resolved.values, &reason, None).unwrap();
            let stands = resolved.layers.iter().flat_map(|layer| &layer.norms).any(|one| one.cedar == tightest);
            prop_assert!(stands, "{}", tightest);
        }
    }
}
