//! The pages of a proposal: their fields, and what is read from them into a deployment.
//!
//! Pages are named `about`, `purposes`, `dates`, `stream-1`, and `stream-1-1` for the first property of that stream.

use std::collections::{BTreeMap, BTreeSet};

use flow::drafts::Draft;
use model::{
    Category, Deployment, DeploymentId, LegalBasis, PartyId, PlaceId, Property, PropertyName, Purpose, Retention, Rho,
    Span, Stream, StreamId, Technology, TimeTreatment, Treatment, ValueKind,
};
use register::State as Register;
use serde_json::{Value, json};

use workbook::treatment::TREATMENTS;

use super::super::ask::{Choice, Fault, Faults, Field, Sent};
use crate::lang::Lang;
use crate::words;

const BASES: [LegalBasis; 6] = [
    LegalBasis::NotPersonal,
    LegalBasis::Consent,
    LegalBasis::LegalObligation,
    LegalBasis::PublicTask,
    LegalBasis::VitalInterest,
    LegalBasis::LawEnforcement,
];
/// The bins of time that can be chosen.
const BINS: [&str; 5] = ["1m", "5m", "15m", "1h", "1d"];
/// Types of values: the code, and what it is called.
const VALUES: [(&str, &str); 5] = [
    ("text", "Text"),
    ("integer", "A whole number"),
    ("number", "A number"),
    ("boolean", "Yes or no"),
    ("point", "A position"),
];
/// A page of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Page {
    About,
    Purposes,
    /// A stream, by its number.
    Stream(u32),
    /// A property of a stream, by their numbers.
    Property(u32, u32),
    Dates,
}

impl Page {
    /// The page of a name.
    pub(super) fn named(name: &str) -> Option<Self> {
        let number = |text: &str| text.parse::<u32>().ok().filter(|number| number.to_string() == text);
        match name {
            "about" => Some(Self::About),
            "purposes" => Some(Self::Purposes),
            "dates" => Some(Self::Dates),
            _ => match name.strip_prefix("stream-")?.split_once('-') {
                Some((stream, property)) => Some(Self::Property(number(stream)?, number(property)?)),
                None => name.strip_prefix("stream-").and_then(number).map(Self::Stream),
            },
        }
    }

    /// Its name.
    pub(super) fn name(self) -> String {
        match self {
            Self::About => "about".to_owned(),
            Self::Purposes => "purposes".to_owned(),
            Self::Dates => "dates".to_owned(),
            Self::Stream(stream) => format!("stream-{stream}"),
            Self::Property(stream, property) => format!("stream-{stream}-{property}"),
        }
    }

    /// Its heading.
    pub(super) fn heading(self) -> String {
        match self {
            Self::About => "What it is, and where".to_owned(),
            Self::Purposes => "What for, and on which ground".to_owned(),
            Self::Dates => "From when to when".to_owned(),
            Self::Stream(stream) => format!("Stream {stream}"),
            Self::Property(stream, property) => format!("Stream {stream}, property {property}"),
        }
    }

    /// Whether it goes when another does: a stream's properties with it.
    pub(super) fn goes_with(self, other: Self) -> bool {
        self == other || matches!((self, other), (Self::Property(of, _), Self::Stream(stream)) if of == stream)
    }

    /// Its fields.
    pub(super) fn fields(self, state: &Register, party: &PartyId, sent: &Sent) -> Vec<Field> {
        match self {
            Self::About => about(state, party, sent),
            Self::Purposes => purposes(sent),
            Self::Dates => vec![
                Field::day("starts", "It may begin on", sent, None),
                Field::day("ends", "It ends for good on", sent, None).hint("Every deployment has such a day."),
            ],
            Self::Stream(_) => stream(sent),
            Self::Property(..) => property(sent),
        }
    }

    /// What is wrong on it.
    pub(super) fn faults(self, sent: &Sent) -> Vec<Fault> {
        let mut faults = Faults::default();
        match self {
            Self::About => drop(read_about(sent, &mut faults)),
            Self::Purposes => drop(read_purposes(sent, &mut faults)),
            Self::Dates => drop((faults.day(sent, "starts"), faults.day(sent, "ends"))),
            Self::Stream(_) => drop(read_stream(sent, BTreeMap::new(), &mut faults)),
            Self::Property(..) => drop(read_property(sent, &mut faults)),
        }
        faults.0
    }
}

fn about(state: &Register, party: &PartyId, sent: &Sent) -> Vec<Field> {
    let places = state.places.values().map(|place| Choice::new(&place.id, place.name.clone())).collect();
    let technologies = Technology::all().map(|one| Choice::new(one.code(), one.name())).collect();
    let parties = state.parties.values().map(|record| {
        let own = if record.party.id == *party { " (the party that is signed in)" } else { "" };
        Choice::new(&record.party.id, format!("{}{own}", record.party.name))
    });
    let moves = vec![Choice::new("yes", "It moves about within that place, as a car does")];
    vec![
        Field::line("title", "Its name for residents", sent),
        Field::line("deployment", "Its short name", sent)
            .hint("a to z, 0 to 9 and -. It is public and stays for ever."),
        Field::text("description", "What it does and why, in plain words", sent),
        Field::one("accountable", "Who answers for it", sent, parties.collect()),
        Field::one("place", "Where it stands", sent, places),
        Field::any("mobile", "Does it move?", sent, moves),
        Field::one("technology", "What senses", sent, technologies),
    ]
}

fn purposes(sent: &Sent) -> Vec<Field> {
    let leaves = Purpose::all().filter(|purpose| purpose.code().parse::<Purpose>().is_ok());
    let bases = BASES.map(|basis| Choice::new(basis.code(), words::legal_basis(Lang::En, basis)));
    vec![
        Field::any("purpose", "What for", sent, leaves.map(|one| Choice::new(one.code(), one.name())).collect()),
        Field::one("legal-basis", "Ground in law", sent, bases.into()),
        Field::line("privacy-statement", "Address of the privacy statement", sent)
            .optional()
            .hint("Needed where data is about people."),
    ]
}

fn stream(sent: &Sent) -> Vec<Field> {
    let times = [Choice::new("keep", "The time is stored to the millisecond")];
    let bins = BINS.map(|bin| Choice::new(bin, format!("The time falls to the start of its {}", every(bin))));
    vec![
        Field::line("stream", "Its short name", sent)
            .hint("a to z, 0 to 9 and -. Unique in the city, public, for ever."),
        Field::one("time", "What happens to the time", sent, times.into_iter().chain(bins).collect()),
        Field::line("retention", "How long it is kept", sent)
            .hint("A number and s, m, h or d: 24h, 30d. 0s keeps nothing."),
        Field::line("budget", "What all releases may cost together (ρ)", sent)
            .optional()
            .hint("Only for numbers with noise, for instance 1.0 for each device and epoch."),
    ]
}

fn every(bin: &str) -> String {
    bin.parse::<Span>().map_or_else(|_| bin.to_owned(), words::every)
}

fn property(sent: &Sent) -> Vec<Field> {
    let categories = Category::all().map(|one| Choice::new(one.code(), one.name())).collect();
    let values = VALUES.map(|(code, name)| Choice::new(code, name));
    let treatments = TREATMENTS.map(|(code, name)| Choice::new(code, name));
    vec![
        Field::line("property", "Its name, as the sensor sends it", sent).hint("A to Z, a to z, 0 to 9 and _."),
        Field::one("category", "What kind of data it is", sent, categories),
        Field::one("value", "Type of its value", sent, values.into()),
        Field::one("treatment", "What becomes of it, before anything is stored", sent, treatments.into()),
        Field::line("setting", "Setting of that", sent).optional().hint("What it is stands behind each choice."),
        Field::line("unit", "Its unit, for people", sent).optional(),
    ]
}

/// A deployment from a draft.
///
/// # Errors
/// What is wrong, and on which pages.
pub(super) fn deployment(draft: &Draft) -> Result<Deployment, Vec<(Page, Fault)>> {
    let sheet = Sheet::of(draft);
    let mut wrong = Vec::new();
    let mut note = |page: Page, faults: Faults| wrong.extend(faults.0.into_iter().map(|fault| (page, fault)));
    let (mut on_about, mut on_purposes, mut on_dates) = <(Faults, Faults, Faults)>::default();
    let about = read_about(&sheet.on(Page::About), &mut on_about);
    let purposes = read_purposes(&sheet.on(Page::Purposes), &mut on_purposes);
    let dates = sheet.on(Page::Dates);
    let dates = (on_dates.day(&dates, "starts"), on_dates.day(&dates, "ends"));
    note(Page::About, on_about);
    note(Page::Purposes, on_purposes);
    let mut streams = Vec::new();
    for (page, number) in sheet.streams() {
        let mut properties = BTreeMap::new();
        for of in sheet.properties(number) {
            let mut faults = Faults::default();
            if let Some((name, property)) = read_property(&sheet.on(of), &mut faults)
                && properties.insert(name, property).is_some()
            {
                faults.note("property", "this stream has a property of this name already");
            }
            note(of, faults);
        }
        let mut faults = Faults::default();
        streams.extend(read_stream(&sheet.on(page), properties, &mut faults));
        note(page, faults);
    }
    note(Page::Dates, on_dates);
    let read = about.zip(purposes).zip(dates.0.zip(dates.1));
    match read {
        Some(((about, purposes), (starts, ends))) if wrong.is_empty() => Ok(Deployment {
            id: about.id,
            title: about.title,
            description: about.description,
            accountable: about.accountable,
            place: about.place,
            mobile: about.mobile,
            technology: about.technology,
            purposes: purposes.0,
            streams,
            legal_basis: purposes.1,
            privacy_statement: purposes.2,
            starts,
            ends,
        }),
        _ => Err(wrong),
    }
}

/// The streams of a draft as far as they can be weighed: what kind of data each property is, and what becomes of it. Also the pages of
/// properties of which that is not decided.
pub(super) fn so_far(draft: &Draft) -> (Vec<(Page, Stream)>, Vec<Page>) {
    let (sheet, mut open, mut streams) = (Sheet::of(draft), Vec::new(), Vec::new());
    for (page, number) in sheet.streams() {
        let mut properties = BTreeMap::new();
        for of in sheet.properties(number) {
            let (sent, mut unsaid) = (sheet.on(of), Faults::default());
            let category = unsaid.parsed::<Category>(&sent, "category");
            let read = category.zip(read_treatment(&sent, &mut unsaid));
            // A property without a name yet is weighed as any other.
            let place = if let Page::Property(_, place) = of { place } else { 0 };
            let name = sent.one("property").parse().or_else(|_| format!("property_{place}").parse::<PropertyName>());
            match (read, name) {
                // Two pages with one name are mended before it is proposed; until then each is weighed by itself.
                (Some((category, treatment)), Ok(name)) => {
                    let name = if properties.contains_key(&name) { stand_in(&properties) } else { Some(name) };
                    let Some(name) = name else { continue };
                    properties.insert(name, Property { category, value: ValueKind::Text, treatment, unit: None });
                }
                _ => open.push(of),
            }
        }
        if let Ok(id) = format!("stream-{number}").parse::<StreamId>() {
            let stream =
                Stream { id, time: TimeTreatment::Keep, properties, retention: Retention(Span::ZERO), budget: None };
            streams.push((page, stream));
        }
    }
    (streams, open)
}

/// A name that no property has.
fn stand_in(properties: &BTreeMap<PropertyName, Property>) -> Option<PropertyName> {
    let names = (0_u32..).filter_map(|number| format!("property_{number}").parse::<PropertyName>().ok());
    names.into_iter().find(|name| !properties.contains_key(name))
}

/// The pages of a draft, read.
pub(super) struct Sheet<'d>(&'d Draft);

impl<'d> Sheet<'d> {
    pub(super) const fn of(draft: &'d Draft) -> Self {
        Self(draft)
    }

    /// What stands on a page; nothing where there is none.
    pub(super) fn on(&self, page: Page) -> Sent {
        Sent::of(self.0.pages.get(&page.name()).cloned().unwrap_or_default())
    }

    /// Every page, in the order in which they are read: those that always are there, and the streams with their properties.
    pub(super) fn pages(&self) -> Vec<Page> {
        let mut pages = vec![Page::About, Page::Purposes];
        for (page, number) in self.streams() {
            pages.push(page);
            pages.extend(self.properties(number));
        }
        pages.push(Page::Dates);
        pages
    }

    /// The pages of streams, and their numbers.
    fn streams(&self) -> Vec<(Page, u32)> {
        let known = self.0.pages.keys().filter_map(|name| Page::named(name));
        let numbers: BTreeSet<u32> =
            known.filter_map(|page| if let Page::Stream(number) = page { Some(number) } else { None }).collect();
        numbers.into_iter().map(|number| (Page::Stream(number), number)).collect()
    }

    /// The pages of a stream's properties.
    fn properties(&self, stream: u32) -> BTreeSet<Page> {
        let known = self.0.pages.keys().filter_map(|name| Page::named(name));
        known.filter(|page| matches!(page, Page::Property(of, _) if *of == stream)).collect()
    }

    /// The page of the next stream.
    pub(super) fn next_stream(&self) -> Page {
        Page::Stream(self.streams().last().map_or(1, |(_, last)| last.saturating_add(1)))
    }

    /// The page of the next property of a stream.
    pub(super) fn next_property(&self, stream: u32) -> Page {
        let last = self.properties(stream).into_iter().next_back();
        let last = last.map_or(0, |page| if let Page::Property(_, last) = page { last } else { 0 });
        Page::Property(stream, last.saturating_add(1))
    }
}

/// What the first page says.
struct About {
    id: DeploymentId,
    title: String,
    description: String,
    accountable: PartyId,
    place: PlaceId,
    mobile: bool,
    technology: Technology,
}

fn read_about(sent: &Sent, faults: &mut Faults) -> Option<About> {
    let (title, id) = (faults.text(sent, "title"), faults.parsed(sent, "deployment"));
    let (description, accountable) = (faults.text(sent, "description"), faults.parsed(sent, "accountable"));
    let (place, technology) = (faults.parsed(sent, "place"), faults.parsed(sent, "technology"));
    Some(About {
        id: id?,
        title: title?,
        description: description?,
        accountable: accountable?,
        place: place?,
        mobile: sent.filled("mobile").is_some(),
        technology: technology?,
    })
}

fn read_purposes(sent: &Sent, faults: &mut Faults) -> Option<(BTreeSet<Purpose>, LegalBasis, Option<String>)> {
    let mut purposes = BTreeSet::new();
    for code in sent.all("purpose") {
        match code.parse() {
            Ok(purpose) => drop(purposes.insert(purpose)),
            Err(error) => faults.note("purpose", error),
        }
    }
    if purposes.is_empty() {
        faults.note("purpose", "choose one at least");
    }
    let basis = BASES.into_iter().find(|basis| basis.code() == sent.one("legal-basis"));
    if basis.is_none() {
        faults.note("legal-basis", "choose one of these");
    }
    Some((purposes, basis?, sent.filled("privacy-statement").map(str::to_owned)))
}

fn read_stream(sent: &Sent, properties: BTreeMap<PropertyName, Property>, faults: &mut Faults) -> Option<Stream> {
    let id = faults.parsed::<StreamId>(sent, "stream");
    let time = match sent.filled("time") {
        Some("keep") => Some(TimeTreatment::Keep),
        Some(bin) => treated::<TimeTreatment>(json!({ "do": "bin", "bin": bin }), faults, "time"),
        None => {
            faults.note("time", "choose what happens to it");
            None
        }
    };
    let retention = faults.parsed::<Span>(sent, "retention");
    let budget = sent.filled("budget").and_then(|_| faults.parsed::<Rho>(sent, "budget"));
    Some(Stream { id: id?, time: time?, properties, retention: Retention(retention?), budget })
}

fn read_property(sent: &Sent, faults: &mut Faults) -> Option<(PropertyName, Property)> {
    let name = faults.parsed::<PropertyName>(sent, "property");
    let category = faults.parsed::<Category>(sent, "category");
    let value = treated::<ValueKind>(sent.one("value").into(), faults, "value");
    let treatment = read_treatment(sent, faults);
    let unit = sent.filled("unit").map(str::to_owned);
    Some((name?, Property { category: category?, value: value?, treatment: treatment?, unit }))
}

fn read_treatment(sent: &Sent, faults: &mut Faults) -> Option<Treatment> {
    let code = sent.one("treatment").trim();
    if !TREATMENTS.iter().any(|(known, _)| *known == code) {
        faults.note("treatment", "choose what becomes of it");
        return None;
    }
    let read = workbook::treatment::read(code, sent.one("setting").trim());
    if read.is_none() {
        faults.note("setting", "this does not fit; look at the example");
    }
    read
}

/// A value as acts have it.
fn treated<T: serde::de::DeserializeOwned>(value: Value, faults: &mut Faults, field: &'static str) -> Option<T> {
    serde_json::from_value(value).map_err(|_| faults.note(field, "this does not fit; look at the example")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(values: &[(&str, &str)]) -> Sent {
        Sent::of(values.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn a_page_has_a_name_and_nothing_else_is_one() {
        for page in [Page::About, Page::Purposes, Page::Dates, Page::Stream(12), Page::Property(3, 45)] {
            assert_eq!(Page::named(&page.name()), Some(page));
        }
        for none in
            ["", "stream", "stream-", "stream-x", "stream-01", "stream-1-", "stream-1-2-3", "stream-+1", "../about"]
        {
            assert_eq!(Page::named(none), None, "{none}");
        }
        assert!(Page::Property(1, 2).goes_with(Page::Stream(1)) && !Page::Property(11, 2).goes_with(Page::Stream(1)));
    }

    #[test]
    fn every_treatment_is_read_with_its_setting_and_none_without() {
        for (code, setting, json) in [
            ("keep", "", r#"{"do":"keep"}"#),
            ("drop", "", r#"{"do":"drop"}"#),
            ("count", "", r#"{"do":"count"}"#),
            ("tally", "", r#"{"do":"tally"}"#),
            ("pseudonymise", "24h", r#"{"do":"pseudonymise","epoch":"1d"}"#),
            ("cell", "9", r#"{"do":"cell","resolution":9}"#),
            ("band", "10", r#"{"do":"band","width":10}"#),
            ("clamp", "0 130", r#"{"do":"clamp","lowest":0,"highest":130}"#),
            ("clamp", "0, 130, 10", r#"{"do":"clamp","lowest":0,"highest":130,"width":10}"#),
            ("district", "old-town docks", r#"{"do":"district","of":["old-town","docks"]}"#),
            ("journey", "1h 5m 15m", r#"{"do":"journey","within":"1h","classes":["5m","15m"]}"#),
            ("dwell", "10m 5m", r#"{"do":"dwell","within":"10m","classes":["5m"]}"#),
            ("match", "order-17", r#"{"do":"match","order":"order-17"}"#),
        ] {
            let mut faults = Faults::default();
            let read = read_treatment(&sent(&[("treatment", code), ("setting", setting)]), &mut faults);
            assert_eq!(serde_json::to_string(&read.expect(code)).unwrap(), json);
            if !setting.is_empty() {
                assert!(read_treatment(&sent(&[("treatment", code)]), &mut faults).is_none(), "{code}");
                assert_eq!(faults.0.pop().map(|fault| fault.field), Some("setting"));
            }
        }
        assert_eq!(
            TREATMENTS.map(|(code, _)| code).into_iter().collect::<BTreeSet<_>>(),
            BTreeSet::from(Treatment::CODES)
        );
    }
}
