//! Acts in words, for lists, feeds and the log of decisions. The same words everywhere.

use crate::act::{Effect, Outcome, Part, Stance, What};
use crate::state::{LineKind, ModerationKind};

/// What an act decided; none if it decided nothing.
#[must_use]
pub fn decided(what: &What) -> Option<String> {
    Some(match what {
        What::MembersAdmitted(admitted) => match admitted.members.as_slice() {
            [one] => format!("{} is admitted", one.name.as_ref().map_or(one.id.as_str(), |name| name.as_str())),
            many => format!("{} members are admitted", many.len()),
        },
        What::MembershipEnded(ended) => format!("the membership of {} ends", ended.member),
        What::RoleSet(set) => match set.role {
            Some(role) => format!("{} is {} from now on", set.person, role.code()),
            None => format!("{} speaks for nobody any more", set.person),
        },
        What::MemberLogNamed(named) => format!("the public log of {} is {}", named.member, named.log.address),
        What::PersonNamed(named) => {
            format!("{} speaks for {} from now on, as {}", named.person, named.member, named.role.code())
        }
        What::CredentialIssued(issued) => format!("{} gets a token", issued.person),
        What::CaseWithdrawn(withdrawn) => format!("the case of entry {} is taken back", withdrawn.case),
        What::PilotAgreed(agreed) => {
            format!("the draft {} may be tried on the public log of {}", agreed.draft, agreed.city)
        }
        What::PilotEnded(ended) => {
            format!("the draft {} is tried on the public log of {} no longer", ended.draft, ended.city)
        }
        What::DraftOpened(opened) | What::DraftBegun(opened) => format!("the draft {} is opened", opened.title),
        What::ModerationPolicyPublished(_) => "the rules of moderation are published".to_owned(),
        What::Hidden(moderated) => format!("the words of entry {} are hidden", moderated.entry),
        What::Restored(moderated) => format!("the words of entry {} are shown again", moderated.entry),
        What::PayloadErased(moderated) => format!("the words of entry {} are erased", moderated.entry),
        What::ConsolidationBegun(begun) => format!("the draft {} is frozen, to be consolidated", begun.draft),
        What::AmendmentDecided(decided) => format!("amendment {} is {}", decided.amendment, outcome(decided.outcome)),
        What::DraftConsolidated(made) => {
            let plural = if made.amendments.len() == 1 { "" } else { "s" };
            format!("version {} of {} is made of {} amendment{plural}", made.version, made.draft, made.amendments.len())
        }
        What::VersionReleased(released) => format!("version {} of {} is released", released.version, released.urn),
        What::VersionWithdrawn(withdrawn) => {
            format!("the version released by entry {} is withdrawn", withdrawn.version)
        }
        What::VersionCorrected(corrected) => {
            format!(
                "the version released by entry {} is corrected by that of entry {}",
                corrected.version, corrected.by
            )
        }
        _ => return None,
    })
}

/// An outcome, as the end of a sentence.
#[must_use]
pub const fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted => "accepted",
        Outcome::Rejected => "rejected",
    }
}

/// A stance, as a word.
#[must_use]
pub const fn stance(stance: Stance) -> &'static str {
    match stance {
        Stance::For => "for",
        Stance::Against => "against",
    }
}

/// What an amendment does, in one sentence.
#[must_use]
pub const fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Same => "Decides every request as before: proved.",
        Effect::Stricter => "Stricter: it refuses more and allows nothing new. Proved.",
        Effect::Looser => "Looser: it allows more and refuses nothing new. Proved.",
        Effect::Incomparable => {
            "Incomparable: it allows some things that were refused, and refuses some that were allowed. Proved."
        }
        Effect::WordsAlone => "Only words change; what executes stays as it is.",
        Effect::NotProved => "Not proved: what it changes is no norm, or the solver gave no answer.",
    }
}

/// An effect, as one word.
#[must_use]
pub const fn effect_word(effect: Effect) -> &'static str {
    match effect {
        Effect::Same => "same",
        Effect::Stricter => "stricter",
        Effect::Looser => "looser",
        Effect::Incomparable => "incomparable",
        Effect::WordsAlone => "words alone",
        Effect::NotProved => "not proved",
    }
}

/// What an amendment changes.
#[must_use]
pub const fn part(part: Part) -> &'static str {
    match part {
        Part::Clause => "a new clause",
        Part::Text => "the text",
        Part::Norm => "a norm",
        Part::Parameter => "a parameter",
    }
}

/// What happened to an amendment.
#[must_use]
pub fn line(what: &LineKind, amendment: u64) -> String {
    match what {
        LineKind::Proposed => format!("Amendment {amendment} was proposed"),
        LineKind::Argued(on) => format!("Somebody argued {} amendment {amendment}", stance(*on)),
        LineKind::Withdrawn => format!("Amendment {amendment} was taken back"),
        LineKind::Decided(how, _) => format!("Amendment {amendment} was {}", outcome(*how)),
        LineKind::InVersion(version) => format!("Amendment {amendment} is part of version {version}"),
        LineKind::Moderated(kind) => format!("Words about amendment {amendment} were {}", moderated(*kind)),
    }
}

/// What a moderator did, as the end of a sentence.
#[must_use]
pub const fn moderated(kind: ModerationKind) -> &'static str {
    match kind {
        ModerationKind::Hidden => "hidden",
        ModerationKind::Restored => "shown again",
        ModerationKind::Erased => "erased",
    }
}
