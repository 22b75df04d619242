//! What facts can be, as forbids that a proof adds to its left side: without them a solver answers with minus one person.
//!
//! A *sound* axiom is held by the code that computes facts, whatever a city configures, and may carry a verdict:
//!
//! - no number among the attributes and the context is negative. Instants are held within 1970 and 9999 by
//!   `model::Timestamp`; spans, counts and ranks are unsigned. Tags are left out: days between two moments may be negative;
//! - the kind of a party is one of the kinds that `model::PartyKind` has;
//! - who asks for a purpose asks about that purpose: the action `for:x` and `resource.purpose` come from one value, and so do
//!   `principal.kind` and `resource.recipientKind`.
//!
//! `crate::tests` holds real facts against them. A *plausible* axiom only makes an example easier to believe (a date of this
//! century, a state that there is) and never carries a verdict: where no plausible example exists, a sound one is shown.
//!
//! An axiom stands on the left side only. `left ∧ axiom ⟹ right` and `left ∧ axiom ⟹ right ∧ axiom` say the same.

use std::collections::BTreeSet;

use cedar_policy::{Policy, PolicyId as CedarId, RequestEnv};
use model::{LegalBasis, Outcome, PartyKind, Purpose, Space, State, Tier, Timestamp};

use super::reads::{Path, Root};
use crate::schema::{purpose_action, schema};
use crate::shape::{Attributes, Kind, shapes};

/// Which axioms.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// Those that the code holds.
    Sound,
    /// Those, and what makes an example believable.
    Plausible,
}

/// What a number measures, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Instant,
    Seconds,
    Days,
    Count,
}

/// The unit of a number, as the schema names it.
pub(crate) fn unit(name: &str) -> Unit {
    let instants = ["now", "until", "starts", "ends"];
    if instants.contains(&name) || ["Until", "Since", "Ends"].iter().any(|end| name.ends_with(end)) {
        Unit::Instant
    } else if name.ends_with("Seconds") {
        Unit::Seconds
    } else if name.ends_with("Days") {
        Unit::Days
    } else {
        Unit::Count
    }
}

/// The forbid that keeps an environment within the domain; none where it would say nothing.
pub(crate) fn domain(env: &RequestEnv, reads: &BTreeSet<Path>, trust: Trust) -> Option<Policy> {
    let mut axioms = BTreeSet::new();
    // An example is shown whole, so what no policy looks at must be believable, too.
    let shown = if trust == Trust::Plausible { everything(env) } else { BTreeSet::new() };
    for path in reads.union(&shown).filter(|path| path.tag.is_none()) {
        let Some(kind) = kind_of(env, path) else { continue };
        let name = path.steps.last().map_or("", String::as_str);
        match kind {
            Kind::Long => {
                axioms.insert(format!("{} >= 0", path.cedar()));
                if trust == Trust::Plausible {
                    axioms.insert(plausible_number(&path.cedar(), name));
                }
            }
            Kind::Text if name == "kind" && is_party(env, path) => {
                axioms.insert(one_of(&path.cedar(), &kinds()));
            }
            Kind::Text if trust == Trust::Plausible => axioms.extend(plausible_text(&path.cedar(), name)),
            _ => {}
        }
    }
    axioms.extend(ties(env, reads));
    if axioms.is_empty() {
        return None;
    }
    let all: Vec<String> = axioms.iter().map(|axiom| format!("({axiom})")).collect();
    let text = format!("forbid (principal, action, resource) unless {{ {} }};", all.join(" && "));
    // A constant form over names of the schema; if Cedar did not take it, there would be one axiom less, which is sound.
    Policy::parse(Some(CedarId::new("domain")), text).ok()
}

/// Every attribute of an environment, and those of the entities that it names.
pub(crate) fn everything(env: &RequestEnv) -> BTreeSet<Path> {
    let mut paths = BTreeSet::new();
    for root in [Root::Principal, Root::Resource, Root::Context] {
        for (name, kind) in self::root(env, root) {
            if let Kind::Entity(entity) = kind {
                let of = |step: String| Path { root, steps: vec![name.clone(), step], tag: None };
                paths.extend(shapes().of(&entity).attributes.into_keys().map(of));
            } else {
                paths.insert(Path { root, steps: vec![name], tag: None });
            }
        }
    }
    paths
}

/// What stands at the end of a path.
fn kind_of(env: &RequestEnv, path: &Path) -> Option<Kind> {
    let mut attributes = root(env, path.root);
    let mut steps = path.steps.iter().peekable();
    while let Some(step) = steps.next() {
        let kind = attributes.get(step)?.clone();
        if steps.peek().is_none() {
            return Some(kind);
        }
        let Kind::Entity(entity) = kind else { return None };
        attributes = shapes().of(&entity).attributes;
    }
    None
}

/// Whether a path goes through an entity that an attribute names.
pub(crate) fn passes_entity(env: &RequestEnv, path: &Path) -> bool {
    let through = if path.tag.is_some() { path.steps.len() } else { path.steps.len().saturating_sub(1) };
    (1..=through).any(|length| {
        let before = Path { root: path.root, steps: path.steps.iter().take(length).cloned().collect(), tag: None };
        matches!(kind_of(env, &before), Some(Kind::Entity(_)))
    })
}

fn root(env: &RequestEnv, root: Root) -> Attributes {
    match root {
        Root::Principal => shapes().of(&env.principal().to_string()).attributes,
        Root::Resource => shapes().of(&env.resource().to_string()).attributes,
        Root::Context => shapes().context(env.action().id().unescaped()),
    }
}

/// Whether the `kind` at the end of a path is that of a party: of the principal, or of a party that an entity names.
fn is_party(env: &RequestEnv, path: &Path) -> bool {
    let (Some(_), steps) = (path.steps.last(), path.steps.len()) else { return false };
    if steps == 1 {
        return path.root == Root::Principal && env.principal().basename() == "Party";
    }
    let before = Path { root: path.root, steps: path.steps.iter().take(steps - 1).cloned().collect(), tag: None };
    kind_of(env, &before) == Some(Kind::Entity("Party".to_owned()))
}

/// What the code that computes facts takes from one value.
fn ties(env: &RequestEnv, reads: &BTreeSet<Path>) -> Vec<String> {
    let Some(purpose) = purpose_of(env) else { return Vec::new() };
    let resource = root(env, Root::Resource);
    let has = |name: &str| resource.get(name) == Some(&Kind::Text);
    let mut ties = Vec::new();
    if has("purpose") {
        ties.push(format!("resource.purpose == {:?}", purpose.code()));
    }
    let read = |root: Root, name: &str| reads.iter().any(|path| path.root == root && path.steps == [name]);
    let kinds = read(Root::Resource, "recipientKind") || read(Root::Principal, "kind");
    if has("recipientKind") && kinds && root(env, Root::Principal).get("kind") == Some(&Kind::Text) {
        ties.push("resource.recipientKind == principal.kind".to_owned());
        ties.push(one_of("principal.kind", &self::kinds()));
    }
    ties
}

/// The purpose that an action asks for.
pub(crate) fn purpose_of(env: &RequestEnv) -> Option<Purpose> {
    Purpose::all().find(|purpose| purpose_action(*purpose) == env.action().id().unescaped())
}

fn one_of(path: &str, codes: &[&str]) -> String {
    codes.iter().map(|code| format!("{path} == {code:?}")).collect::<Vec<_>>().join(" || ")
}

/// Every kind of party. The match makes the compiler ask whoever adds one.
fn kinds() -> Vec<&'static str> {
    const fn after(kind: PartyKind) -> Option<PartyKind> {
        match kind {
            PartyKind::CityDepartment => Some(PartyKind::Officer),
            PartyKind::Officer => Some(PartyKind::LawEnforcement),
            PartyKind::LawEnforcement => Some(PartyKind::EmergencyService),
            PartyKind::EmergencyService => Some(PartyKind::Vendor),
            PartyKind::Vendor => Some(PartyKind::Researcher),
            PartyKind::Researcher => Some(PartyKind::Company),
            PartyKind::Company => Some(PartyKind::Public),
            PartyKind::Public => None,
        }
    }
    std::iter::successors(Some(PartyKind::CityDepartment), |kind| after(*kind)).map(PartyKind::code).collect()
}

/// A number that somebody would believe: a present moment, dates around it, spans of at most ten years.
fn plausible_number(path: &str, name: &str) -> String {
    let instant = |text: &str| text.parse::<Timestamp>().map_or(0, |at| at.millis() / 1_000);
    let (from, to) = (instant("2026-01-01T00:00:00Z"), instant("2030-01-01T00:00:00Z"));
    let (earliest, latest) = (instant("2020-01-01T00:00:00Z"), instant("2040-01-01T00:00:00Z"));
    match (unit(name), name) {
        (Unit::Instant, "now") => format!("{path} >= {from} && {path} < {to}"),
        // 0 stands for "none".
        (Unit::Instant, _) => format!("{path} == 0 || ({path} >= {earliest} && {path} < {latest})"),
        (Unit::Seconds, _) => format!("{path} <= 315360000"),
        (Unit::Days, _) => format!("{path} <= 3653"),
        (Unit::Count, "identifiers") => format!("{path} <= 3"),
        (Unit::Count, "cellResolution") => format!("{path} <= 15"),
        (Unit::Count, _) => format!("{path} <= 1000"),
    }
}

/// The words that a text can be, where its name says which.
fn plausible_text(path: &str, name: &str) -> Option<String> {
    let states = [State::Proposed, State::Assessed, State::Approved, State::Published, State::Active, State::Suspended];
    let bases = [LegalBasis::NotPersonal, LegalBasis::Consent, LegalBasis::LegalObligation, LegalBasis::PublicTask];
    let outcomes = [Outcome::Acceptable, Outcome::ResidualHigh, Outcome::Unacceptable];
    let codes: Vec<&str> = match name {
        "recipientKind" | "accountableKind" => kinds(),
        "purpose" | "grantPurpose" => Purpose::all().map(Purpose::code).collect(),
        "state" => states.map(State::code).into_iter().chain(["new", State::Ended.code()]).collect(),
        "deploymentState" => states.map(State::code).into_iter().chain([State::Ended.code()]).collect(),
        "tier" => Tier::ALL.map(Tier::code).to_vec(),
        "grain" => Space::CODES.into_iter().chain(["none"]).collect(),
        "legalBasis" => bases.map(LegalBasis::code).to_vec(),
        "outcome" => outcomes.map(Outcome::code).into_iter().chain(["none"]).collect(),
        _ => return None,
    };
    Some(one_of(path, &codes))
}

/// Every environment of the schema: who, does what, to what.
pub(crate) fn environments() -> Vec<RequestEnv> {
    let mut environments: Vec<RequestEnv> = schema().request_envs().collect();
    environments.sort_by_key(|env| (env.action().to_string(), env.resource().to_string(), env.principal().to_string()));
    environments
}
