//! What became of whatever somebody took part in: their amendments, arguments and endorsements, statements and cases, the versions that
//! were made of a draft afterwards, and what was moderated, each with its decider and reasons.
//!
//! It is drawn from the fold alone, and has no word that somebody wrote but reasons of decisions, which are public.

use std::collections::BTreeMap;

use model::Timestamp;

use crate::act::Entry;
use crate::say;
use crate::state::{Amendment, Case, Line, LineKind, Stage, Standing, State};
use crate::words::{DraftId, PersonId};

/// The most news that are told at once, newest first.
pub(super) const NEWS_MAX: usize = 50;

/// One thing that happened.
pub(super) struct News {
    pub(super) entry: Entry,
    pub(super) at: Timestamp,
    pub(super) by: PersonId,
    pub(super) what: String,
    /// Why, where it was decided.
    pub(super) reasons: String,
    /// The page of what it happened to.
    pub(super) link: String,
    /// What tells it from all other news, for ever: one entry may have happened to several amendments.
    pub(super) path: String,
}

impl News {
    /// A line of an amendment.
    pub(super) fn of_line(state: &State, line: &Line) -> Self {
        let amendment = line.amendment;
        let path = match line.what {
            LineKind::InVersion(_) => format!("log/entries/{}/amendments/{amendment}", line.entry),
            _ => format!("log/entries/{}", line.entry),
        };
        let what = say::line(&line.what, amendment);
        let of = Self::new(state, (line.entry, line.at, &line.by), what, format!("/amendments/{amendment}"));
        Self { path, ..of }
    }

    fn new(state: &State, (entry, at, by): (Entry, Timestamp, &PersonId), what: String, link: String) -> Self {
        let reasons = state.decided_by(entry).map(|decided| decided.decision.reasons.to_string()).unwrap_or_default();
        Self { entry, at, by: by.clone(), what, reasons, link, path: format!("log/entries/{entry}") }
    }
}

/// What became of whatever a person took part in, newest first.
pub(super) fn of_person(state: &State, person: &PersonId) -> Vec<News> {
    let mut found =
        Found { state, news: Vec::new(), own: BTreeMap::new(), drafts: BTreeMap::new(), told: BTreeMap::new() };
    for &entry in state.took_part.get(person).into_iter().flat_map(|entries| entries.iter()) {
        if let Some(amendment) = state.amendments.get(&entry) {
            found.amendment(amendment);
        } else if let Some(statement) = state.statements.get(&entry) {
            found.statement(entry, &statement.draft, (statement.at, &statement.by));
        } else if let Some(case) = state.cases.get(&entry) {
            found.case(entry, case);
        }
    }
    found.versions();
    found.moderated();
    let mut news = found.news;
    news.sort_by(|one, other| (other.entry, &other.path).cmp(&(one.entry, &one.path)));
    news.truncate(NEWS_MAX);
    news
}

/// What was gathered of one person.
struct Found<'a> {
    state: &'a State,
    news: Vec<News>,
    /// Entries whose words may be moderated: what to call them, and their page.
    own: BTreeMap<Entry, (String, String)>,
    /// The drafts about which they made statements, and with which entry they began.
    drafts: BTreeMap<&'a DraftId, Entry>,
    /// Decisions about versions, and the page of each.
    told: BTreeMap<Entry, String>,
}

impl<'a> Found<'a> {
    fn amendment(&mut self, amendment: &'a Amendment) {
        let state = self.state;
        self.news.extend(amendment.lines.iter().map(|line| News::of_line(state, line)));
        // Once it is part of a version, the release of that version is news of it.
        let Stage::Decided { version: Some(version), .. } = amendment.stage else { return };
        let made = state.drafts.get(&amendment.draft).and_then(|draft| {
            draft.versions.iter().find(|(entry, ..)| *entry == version).map(|(_, _, document)| document)
        });
        self.released(made.and_then(|document| state.released(document)));
    }

    fn statement(&mut self, entry: Entry, draft: &'a DraftId, (at, by): (Timestamp, &PersonId)) {
        let link = format!("/drafts/{draft}/statements");
        let what = format!("Statement {entry} was made about the draft {draft}");
        self.news.push(News::new(self.state, (entry, at, by), what, link.clone()));
        self.own.insert(entry, (format!("statement {entry}"), link));
        self.drafts.entry(draft).or_insert(entry);
    }

    fn case(&mut self, entry: Entry, case: &Case) {
        let (state, link) = (self.state, format!("/cases/{entry}"));
        self.news.push(News::new(state, (entry, case.at, &case.by), format!("Case {entry} was filed"), link.clone()));
        self.own.insert(entry, (format!("case {entry}"), link.clone()));
        for line in &case.lines {
            let what = format!("Case {entry} was continued: {}", line.outcome.in_words());
            self.news.push(News::new(state, (line.entry, line.at, &line.by), what, link.clone()));
            self.own.insert(line.entry, (format!("what became of case {entry}"), link.clone()));
        }
        if let Some((back, at, by)) = &case.withdrawn {
            self.news.push(News::new(state, (*back, *at, by), format!("Case {entry} was taken back"), link));
        }
    }

    /// What became of a released version.
    fn released(&mut self, released: Option<Entry>) {
        let Some((entry, version)) = released.and_then(|entry| Some((entry, self.state.versions.get(&entry)?))) else {
            return;
        };
        let ended = match &version.standing {
            Standing::Released => None,
            Standing::Withdrawn { entry, .. } | Standing::Corrected { entry, .. } => Some(*entry),
        };
        self.told.extend([Some(entry), ended].into_iter().flatten().map(|told| (told, format!("/versions/{entry}"))));
    }

    /// Versions that were made of a draft after somebody said something about it.
    fn versions(&mut self) {
        let state = self.state;
        for (id, since) in std::mem::take(&mut self.drafts) {
            let made = state.drafts.get(id).into_iter().flat_map(|draft| &draft.versions);
            let made: Vec<Entry> = made.map(|(entry, ..)| *entry).filter(|entry| *entry > since).collect();
            self.told.extend(made.into_iter().map(|entry| (entry, format!("/drafts/{id}"))));
            let released =
                state.versions.iter().filter(|(entry, version)| **entry > since && version.released.draft == *id);
            released.for_each(|(entry, _)| self.released(Some(*entry)));
        }
        for (entry, link) in std::mem::take(&mut self.told) {
            let Some(decided) = state.decided_by(entry) else { continue };
            let of = (entry, decided.at, &decided.decision.decider);
            self.news.push(News::new(state, of, capital(&decided.what), link));
        }
    }

    /// What was done to words that are in no amendment, whose lines say it themselves.
    fn moderated(&mut self) {
        let state = self.state;
        for line in state.moderation.iter() {
            let Some((called, link)) = self.own.get(&line.of) else { continue };
            let what = format!("The words of {called} were {}", say::moderated(line.kind));
            self.news.push(News::new(state, (line.entry, line.at, &line.decision.decider), what, link.clone()));
        }
    }
}

/// A sentence begins with a capital letter.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
