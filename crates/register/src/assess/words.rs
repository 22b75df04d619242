//! Why a requirement is not applicable, in words.

use std::collections::BTreeSet;

use model::Timestamp;
use standards::Resolved;
use standards::applies::{About, Applies};
use standards::duty::Moment;
use standards::requirement::{Requirement, Status};
use standards::resolve::{Enforcement, ResolvedRequirement};

use super::sheet::day;

/// Why a requirement does not bind now; none if it does.
pub(super) fn not_binding(one: &ResolvedRequirement, now: Timestamp) -> Option<String> {
    if one.enforcement.holds_on(day(now)) {
        return None;
    }
    Some(match (one.requirement.status, one.enforcement) {
        (Status::Proposal, _) => "it is a proposal and binds nobody yet".to_owned(),
        (Status::Overturned, _) => "it was overturned and binds nobody any more".to_owned(),
        (_, Enforcement::Within { from: Some(from), .. }) if day(now) < from => format!("it binds from {from} on"),
        (_, Enforcement::Within { to: Some(to), .. }) => format!("it bound until {to}"),
        _ => "it was decided, and no day is known from which it binds".to_owned(),
    })
}

/// Why a requirement that binds was asked of nothing.
pub(super) fn not_asked(resolved: &Resolved, requirement: &Requirement, concerned: u64) -> String {
    if concerned == 0 {
        return format!("the register has no {}", concerning(&requirement.applies));
    }
    let norms = resolved.packs.iter().flat_map(|pack| &pack.norms).filter(|norm| norm.requirement == requirement.id);
    let duties = resolved.packs.iter().flat_map(|pack| &pack.duties).filter(|duty| duty.requirement == requirement.id);
    let missing: BTreeSet<String> = norms
        .flat_map(|norm| norm.actions())
        .map(|action| missing(&action))
        .chain(duties.map(|duty| match &duty.from {
            Moment::Evidence(kind) => format!("no evidence of the kind `{kind}` started its clock"),
            moment => format!("no step `{moment}` started its clock"),
        }))
        .collect();
    if missing.is_empty() {
        return "nothing in the register has come so far that it would be asked".to_owned();
    }
    missing.into_iter().collect::<Vec<_>>().join("; ")
}

/// What would have to stand in the register for an action's norms to be asked.
fn missing(action: &str) -> String {
    match action {
        "propose" => "none was proposed",
        "assess" => "no such deployment was assessed",
        "approve" => "no such deployment was approved",
        "publish" => "no such deployment was published",
        "activate" | "collect" => "no such deployment is active and past its start",
        "declare-view" => "no view is declared of such data",
        "agree-grant" => "no grant of such data is in force",
        "register-device" | "stand" => "nothing of the kind stands in the register",
        "register-party" => "no party was entered",
        "issue-credential" => "no token was given out",
        "adopt-policy" => "no policies were adopted",
        "approve-class" => "no approval of a class is in force",
        "file-evidence" => "no evidence is in force",
        disclose if disclose == "disclose" || disclose.starts_with("for:") => {
            "nothing of such data leaves under a grant"
        }
        other => return format!("what is left of the act `{other}` is not looked at"),
    }
    .to_owned()
}

/// Whom a requirement concerns, as what is missing.
fn concerning(applies: &Applies) -> String {
    let what = match applies.about {
        About::City => return "city".to_owned(),
        About::Deployment => "deployment that has not ended",
        About::Device => "device of a deployment that has not ended",
    };
    let list = |codes: Vec<&str>| codes.join(" or ");
    let mut parts = vec![what.to_owned()];
    parts.extend(applies.personal.map(|personal| format!("about {}", if personal { "people" } else { "nobody" })));
    let codes = [
        ("of the tier", applies.tiers.iter().map(|tier| tier.code()).collect::<Vec<_>>()),
        ("with a", applies.technologies.iter().map(|technology| technology.code()).collect()),
        ("with data of the kind", applies.categories.iter().map(|category| category.code()).collect()),
        ("for", applies.purposes.iter().map(|purpose| purpose.code()).collect()),
    ];
    let named = codes.into_iter().filter(|(_, codes)| !codes.is_empty());
    parts.extend(named.map(|(before, codes)| format!("{before} {}", list(codes))));
    parts.join(" ")
}
