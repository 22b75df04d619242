//! The tier of a draft as far as it is filled in, with what each fact weighs, and what the norms in force would ask for.
//!
//! The tier follows from what becomes of each property; it is worked out by `model::tier`, as it is once the draft is sent. What is
//! not decided yet weighs nothing and is named.

use flow::drafts::Draft;
use model::tier::{Fact, weighed};
use model::{PartyId, Tier, Timestamp};
use norms::Bundle;
use register::State as Register;
use register::foreseen::foreseen;

use super::super::refused::{Ground, grounds};
use super::pages::{self, Page};

/// What is said of a draft's tier.
pub(super) struct Weighed {
    /// Its code.
    pub(super) tier: &'static str,
    pub(super) words: &'static str,
    pub(super) facts: Vec<Line>,
    /// What is not decided, so that the tier may rise.
    pub(super) open: Vec<String>,
    /// What is asked for before it is approved, and before it is switched on; none while the draft has gaps.
    pub(super) asks: Option<[(&'static str, Vec<Ground>); 2]>,
}

/// One fact, and what it weighs.
pub(super) struct Line {
    pub(super) of: String,
    pub(super) why: &'static str,
    pub(super) tier: &'static str,
    /// Whether the whole has its tier from this.
    pub(super) decides: bool,
}

/// Weighs a draft, and asks the norms if it has no gaps.
pub(super) fn weigh(
    state: &Register,
    bundle: Option<&Bundle>,
    party: &PartyId,
    draft: &Draft,
    now: Timestamp,
) -> Weighed {
    let (streams, open) = pages::so_far(draft);
    let tier = streams.iter().map(|(_, stream)| Tier::of_stream(stream)).max().unwrap_or(Tier::FileAndGo);
    let mut facts = Vec::new();
    for (page, stream) in &streams {
        facts.extend(weighed(stream).into_iter().map(|weight| Line {
            of: format!("{}: {}", page.heading(), weight.property),
            why: why(weight.fact),
            tier: weight.tier.code(),
            decides: weight.tier == tier,
        }));
    }
    let whole = pages::deployment(draft).ok();
    let asks = whole.zip(bundle).map(|(deployment, bundle)| {
        let foreseen = foreseen(state, bundle, &deployment, party, now);
        [
            ("Before it is approved", grounds(&foreseen.approve)),
            ("Before it is switched on", grounds(&foreseen.activate)),
        ]
    });
    let open = open.iter().map(|page: &Page| page.heading()).collect();
    Weighed { tier: tier.code(), words: words(tier), facts, open, asks }
}

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

    #[test]
    fn a_draft_with_gaps_is_weighed_as_far_as_it_goes_and_names_what_is_open() {
        let state = Register::default();
        let party: PartyId = "mobility".parse().unwrap();
        let weigh = |draft: &Draft| weigh(&state, None, &party, draft, Timestamp::UNIX_EPOCH);
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
        assert!(facts.len() == 1 && facts[0].decides && facts[0].of == "Stream 2: mac", "{}", facts[0].of);
        assert!(Sheet::of(&air).pages().len() > 2);
    }

    #[test]
    fn two_properties_of_one_name_are_both_weighed_until_one_is_renamed() {
        let (state, party): (_, PartyId) = (Register::default(), "mobility".parse().unwrap());
        let mac: &[(&str, &str)] =
            &[("category", "mac-address"), ("treatment", "pseudonymise"), ("setting", "7d"), ("property", "x")];
        let air: &[(&str, &str)] = &[("category", "air-quality"), ("treatment", "keep"), ("property", "x")];
        for [one, other] in [[mac, air], [air, mac]] {
            let pages = draft(&[("stream-1", &[]), ("stream-1-1", one), ("stream-1-2", other)]);
            let weighed = weigh(&state, None, &party, &pages, Timestamp::UNIX_EPOCH);
            assert_eq!((weighed.tier, weighed.facts.len()), ("full", 2));
        }
    }
}
