//! The tier of a draft as far as it is filled in, with what each fact and each answer weighs, and what the norms in force would ask for.
//!
//! What is declared is weighed by `model::tier`, as it is once the draft is sent; what is not decided yet weighs nothing and is named. What
//! answers find adds to it and never takes from it, and of them what is open counts as the answer that needs most care.

use std::sync::Arc;

use flow::drafts::Draft;
use model::tier::{Fact, weighed};
use model::{PartyId, Tier, Timestamp};
use norms::Bundle;
use register::State as Register;
use register::foreseen::{Answered, foreseen};

use super::super::assess::{About, Ahead, Sentence, asks};
use super::super::refused::{Ground, grounds};
use super::pages::{self, Page};
use crate::pages::Link;
use crate::problem::Problem;

/// A draft that was looked at.
pub(super) struct Looked {
    pub(super) weighed: Weighed,
    /// What is asked about it before it is sent; nothing while something else is missing.
    pub(super) ahead: Vec<Ahead>,
}

/// What is said of a draft's tier.
pub(super) struct Weighed {
    /// Its code.
    pub(super) tier: &'static str,
    pub(super) words: &'static str,
    pub(super) facts: Vec<Line>,
    /// What is not decided, so that the tier may rise.
    pub(super) open: Vec<String>,
    /// How many answers are open, of those that are asked for before it is sent.
    pub(super) unanswered: usize,
    /// Whether answers count besides what is declared.
    pub(super) asked: bool,
    /// Whether nothing is asked about people although policies are in force: this software does not know their questions.
    pub(super) unknown: bool,
    /// What is asked for before it is approved, and before it is switched on; none while the draft has gaps.
    pub(super) asks: Option<[(&'static str, Vec<Ground>); 2]>,
}

/// One fact or answer, and what it weighs.
pub(super) struct Line {
    /// What it is about, and what is so.
    pub(super) words: String,
    pub(super) tier: &'static str,
    /// Whether the whole has its tier from this.
    pub(super) decides: bool,
}

impl Looked {
    /// How many answers are open without which it is not sent.
    pub(super) fn open(&self) -> usize {
        self.ahead.iter().map(Ahead::open).sum()
    }
}

/// Looks at a draft, and asks the norms if it has no gaps.
pub(super) fn look(
    state: &Arc<Register>,
    bundle: Option<&Bundle>,
    party: &PartyId,
    draft: &Draft,
    page: &Link,
    now: Timestamp,
) -> Result<Looked, Problem> {
    let whole = pages::deployment(draft).ok();
    let ahead = match &whole {
        Some(deployment) => Ahead::all(state, party, About { deployment, pages: draft, page }, now)?,
        None => Vec::new(),
    };
    let answered = Answered {
        tier: ahead.iter().filter_map(|one| one.found().tier).max(),
        requires: ahead.iter().flat_map(|one| one.found().requires.iter().cloned()).collect(),
    };
    let (streams, open) = pages::so_far(draft);
    let declared = streams.iter().map(|(_, stream)| Tier::of_stream(stream)).max().unwrap_or(Tier::FileAndGo);
    let tier = declared.max(answered.tier.unwrap_or(Tier::FileAndGo));
    let mut facts = Vec::new();
    for (page, stream) in &streams {
        facts.extend(weighed(stream).into_iter().map(|weight| {
            line(format!("{}: {} {}", page.heading(), weight.property, why(weight.fact)), weight.tier, tier)
        }));
    }
    let said = |one: Sentence| line(format!("{}: {}", one.of, one.words.trim_end_matches('.')), one.tier, tier);
    facts.extend(ahead.iter().flat_map(Ahead::sentences).map(said));
    let mut open: Vec<String> = open.iter().map(|page: &Page| page.heading()).collect();
    if whole.is_none() && declared != Tier::FileAndGo && asks(state) {
        open.push("what is asked about people once nothing else is missing".to_owned());
    }
    let weighed = Weighed {
        tier: tier.code(),
        words: if tier > declared { FOUND } else { words(declared) },
        facts,
        open,
        unanswered: ahead.iter().map(Ahead::open).sum(),
        asked: !ahead.is_empty(),
        unknown: declared != Tier::FileAndGo && bundle.is_some() && !asks(state),
        asks: whole.zip(bundle).map(|(deployment, bundle)| {
            let foreseen = foreseen(state, bundle, &deployment, answered, party, now);
            [
                ("Before it is approved", grounds(&foreseen.approve)),
                ("Before it is switched on", grounds(&foreseen.activate)),
            ]
        }),
    };
    Ok(Looked { weighed, ahead })
}

fn line(words: String, weighs: Tier, whole: Tier) -> Line {
    Line { words, tier: weighs.code(), decides: weighs == whole }
}

/// Why a draft has a weightier tier than what it declares.
const FOUND: &str = "The answers about it ask for more care than what is declared alone.";

const fn words(tier: Tier) -> &'static str {
    match tier {
        Tier::FileAndGo => "Nothing that is observed is about people. It is filed, and goes.",
        Tier::Light => "People are observed, and told apart for a day at most. It needs some care.",
        Tier::Full => {
            "People can be told apart for longer, are compared with a list, or their faces are seen. It needs all care."
        }
    }
}

const fn why(fact: Fact) -> &'static str {
    match fact {
        Fact::Nobody => "is about nobody",
        Fact::Dropped => "is about people; it is sensed, and dropped before anything is stored",
        Fact::ShortLived => "is about people; what is stored tells them apart for a day at most, or not at all",
        Fact::Lasting => "is about people; its tags tell them apart for longer than a day",
        Fact::AsItCame => "tells people apart, and is stored as it came",
        Fact::Face => "is an image of faces",
        Fact::Compared => "is compared with a list",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::pages::Sheet;
    use super::*;

    /// Pages by their name, for a test of what is read of a draft with gaps.
    fn draft(pages: &[(&str, &[(&str, &str)])]) -> Draft {
        let values = |fields: &[(&str, &str)]| {
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let pages: BTreeMap<String, _> =
            pages.iter().map(|(name, fields)| ((*name).to_owned(), values(fields))).collect();
        Draft { pages, at: Timestamp::UNIX_EPOCH }
    }

    /// A draft in a city without policies.
    fn weigh_alone(draft: &Draft) -> Weighed {
        let (state, party, page) =
            (Arc::default(), "mobility".parse().unwrap(), Link { href: String::new(), text: String::new() });
        let looked = look(&state, None, &party, draft, &page, Timestamp::UNIX_EPOCH);
        looked.unwrap_or_else(|_| panic!("it is looked at")).weighed
    }

    #[test]
    fn a_draft_with_gaps_is_weighed_as_far_as_it_goes_and_names_what_is_open() {
        let weigh = weigh_alone;
        let empty = draft(&[]);
        assert_eq!((weigh(&empty).tier, weigh(&empty).open), ("file-and-go", vec![]));
        let air = draft(&[("stream-1", &[]), ("stream-1-1", &[("category", "air-quality"), ("treatment", "keep")])]);
        assert_eq!(weigh(&air).tier, "file-and-go");
        let open = draft(&[("stream-1", &[]), ("stream-1-1", &[("category", "mac-address")])]);
        assert_eq!(weigh(&open).open, ["Stream 1, property 1"]);
        let phones = |epoch| {
            let fields: &[(&str, &str)] =
                &[("category", "mac-address"), ("treatment", "pseudonymise"), ("setting", epoch), ("property", "mac")];
            weigh(&draft(&[("stream-2-1", fields), ("stream-2", &[])]))
        };
        assert_eq!((phones("24h").tier, phones("7d").tier), ("light", "full"));
        let facts = phones("7d").facts;
        assert!(
            facts.len() == 1 && facts[0].decides && facts[0].words.starts_with("Stream 2: mac is"),
            "{}",
            facts[0].words
        );
        assert!(Sheet::of(&air).pages().len() > 2);
    }

    #[test]
    fn two_properties_of_one_name_are_both_weighed_until_one_is_renamed() {
        let mac: &[(&str, &str)] =
            &[("category", "mac-address"), ("treatment", "pseudonymise"), ("setting", "7d"), ("property", "x")];
        let air: &[(&str, &str)] = &[("category", "air-quality"), ("treatment", "keep"), ("property", "x")];
        for [one, other] in [[mac, air], [air, mac]] {
            let pages = draft(&[("stream-1", &[]), ("stream-1-1", one), ("stream-1-2", other)]);
            let weighed = weigh_alone(&pages);
            assert_eq!((weighed.tier, weighed.facts.len()), ("full", 2));
        }
    }
}
