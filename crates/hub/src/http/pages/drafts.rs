//! Drafts, one draft with its clauses, one clause with its amendments.

use std::collections::{BTreeMap, HashMap};

use askama::Template;
use axum::extract::Path;
use axum::response::Response;
use model::RequirementId;
use standards::Pack;

use super::{Reader, Site, Who, count, drawn, when};
use crate::act::Entry;
use crate::bases::name_of;
use crate::http::problem::Problem;
use crate::roles::Action;
use crate::say;
use crate::state::{Amendment, Draft, Phase, Stage, Standing};
use crate::words::DraftId;

#[derive(Template)]
#[template(path = "drafts.html")]
struct List {
    site: Site,
    drafts: Vec<DraftRow>,
    form: Option<String>,
    packs: Vec<(String, String)>,
}

struct DraftRow {
    id: String,
    title: String,
    version: String,
    clauses: String,
    amendments: String,
    frozen: bool,
}

/// `GET /drafts`
pub(in crate::http) async fn list(reader: Reader) -> Result<Response, Problem> {
    drawn(reader, |reader| {
        let row = |(id, draft): (&DraftId, &std::sync::Arc<Draft>)| DraftRow {
            id: id.to_string(),
            title: draft.opened.title.to_string(),
            version: draft.version.clone(),
            clauses: count(draft.clauses.len(), "clause", "clauses"),
            amendments: count(draft.amendments.len(), "amendment", "amendments"),
            frozen: draft.phase == Phase::Consolidating,
        };
        let packs = reader.node.hub.library.packs();
        let packs = packs.map(|pack| (pack.manifest.id.clone(), pack.manifest.title.clone()));
        let standing = reader.state.versions.values().filter(|version| version.standing == Standing::Released);
        let released = standing.map(|version| (name_of(version), format!("{}, released here", name_of(version))));
        let packs = packs.chain(released).collect();
        let drafts = reader.state.drafts.iter().map(row).collect();
        Ok(List { site: reader.site(), drafts, form: reader.form_for(Action::OpenDraft), packs })
    })
    .await
}

#[derive(Template)]
#[template(path = "draft.html")]
struct OneDraft {
    site: Site,
    id: String,
    title: String,
    version: String,
    urn: String,
    frozen: bool,
    opener: Who,
    opened: String,
    reasons: String,
    notice: String,
    document: String,
    clauses: Vec<ClauseRow>,
    versions: Vec<(Entry, String)>,
    waiting: Vec<AmendmentRow>,
    statements: usize,
    pilots: String,
    /// The id that a new clause would get, for whoever may propose one.
    next_clause: Option<String>,
    edits: Option<String>,
    releases: Option<String>,
    workshops: Option<String>,
}

struct ClauseRow {
    id: String,
    title: String,
    open: usize,
}

/// An amendment in a list.
pub(super) struct AmendmentRow {
    entry: Entry,
    clause: String,
    parts: String,
    effect: &'static str,
    by: Who,
    when: String,
    stage: String,
}

pub(super) fn amendment_row(reader: &Reader, entry: Entry, amendment: &Amendment) -> AmendmentRow {
    AmendmentRow {
        entry,
        clause: amendment.clause.0.clone(),
        parts: amendment.parts.iter().map(|part| say::part(*part)).collect::<Vec<_>>().join(" and "),
        effect: say::effect_word(amendment.effect),
        by: reader.person(&amendment.by),
        when: when(amendment.at),
        stage: stage(&amendment.stage),
    }
}

/// Where an amendment stands, in a word.
pub(super) fn stage(stage: &Stage) -> String {
    match stage {
        Stage::Open => "open".to_owned(),
        Stage::Withdrawn => "taken back".to_owned(),
        Stage::Decided { outcome, .. } => say::outcome(*outcome).to_owned(),
    }
}

/// A draft by its id.
pub(super) fn found<'a>(reader: &'a Reader, id: &str) -> Result<(DraftId, &'a std::sync::Arc<Draft>), Problem> {
    let id: DraftId = id.parse().map_err(|_| Problem::not_found())?;
    let draft = reader.state.drafts.get(&id).ok_or_else(Problem::not_found)?;
    Ok((id, draft))
}

/// `GET /drafts/{id}`
pub(in crate::http) async fn draft(reader: Reader, Path(id): Path<String>) -> Result<Response, Problem> {
    drawn(reader, move |reader| {
        let (id, draft) = found(reader, &id)?;
        let pack = reader.node.hub.pack(&draft.document)?;
        let mut open: HashMap<&RequirementId, usize> = HashMap::new();
        let waiting: Vec<Entry> = reader.state.waiting(draft).collect();
        let known = |entry: &Entry| reader.state.amendments.get(entry).map(|amendment| (*entry, amendment));
        for (_, amendment) in waiting.iter().filter_map(known) {
            *open.entry(&amendment.clause).or_default() += 1;
        }
        let clause = |id: &RequirementId| ClauseRow {
            id: id.0.clone(),
            title: pack.requirements.get(id).map(|requirement| requirement.title.clone()).unwrap_or_default(),
            open: open.get(id).copied().unwrap_or_default(),
        };
        Ok(OneDraft {
            site: reader.site(),
            title: draft.opened.title.to_string(),
            version: draft.version.clone(),
            urn: draft.opened.urn.clone(),
            frozen: draft.phase == Phase::Consolidating,
            opener: reader.person(&draft.opened.decision.decider),
            opened: draft.entry.to_string(),
            reasons: draft.opened.decision.reasons.to_string(),
            notice: pack.manifest.notice.clone(),
            document: draft.document.to_string(),
            clauses: draft.clauses.iter().map(clause).collect(),
            versions: draft.versions.iter().map(|(entry, version, _)| (*entry, version.clone())).collect(),
            waiting: waiting
                .iter()
                .take(100)
                .filter_map(known)
                .map(|(at, one)| amendment_row(reader, at, one))
                .collect(),
            statements: draft.statements.len(),
            pilots: count(
                reader.state.tried_on(&id),
                "city lets it be tried on its log",
                "cities let it be tried on their logs",
            ),
            next_clause: reader.form_for(Action::Propose).map(|_| reader.state.next_clause(draft).0),
            edits: reader.form_for(Action::Edit),
            releases: reader.form_for(Action::Release),
            workshops: reader.form_for(Action::KeepWorkshops),
            id: id.to_string(),
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "clause.html")]
struct OneClause {
    site: Site,
    draft: String,
    draft_title: String,
    frozen: bool,
    clause: ClauseText,
    amendments: Vec<AmendmentRow>,
    proposes: bool,
}

/// A clause: a requirement with what executes it.
pub(super) struct ClauseText {
    /// Whether the draft has no such clause yet.
    pub(super) is_new: bool,
    pub(super) id: String,
    pub(super) title: String,
    /// With its parameters filled in.
    pub(super) said: String,
    /// As it is written.
    pub(super) text: String,
    pub(super) body: String,
    /// Why nothing executes it, where nothing does.
    pub(super) text_only: String,
    pub(super) parameters: Vec<(String, String)>,
    /// Norms: id and Cedar.
    pub(super) norms: Vec<(String, String)>,
    pub(super) duties: Vec<String>,
    pub(super) sources: Vec<String>,
}

/// What stands in a clause that is proposed: nothing yet, if it is new.
pub(super) fn clause_before(pack: &Pack, id: &RequirementId) -> ClauseText {
    let new = || ClauseText {
        is_new: true,
        id: id.0.clone(),
        title: "a new clause".to_owned(),
        said: String::new(),
        text: String::new(),
        body: String::new(),
        text_only: String::new(),
        parameters: Vec::new(),
        norms: Vec::new(),
        duties: Vec::new(),
        sources: Vec::new(),
    };
    clause_text(pack, id).unwrap_or_else(|_| new())
}

/// What a pack says in a clause.
pub(super) fn clause_text(pack: &Pack, id: &RequirementId) -> Result<ClauseText, Problem> {
    let requirement = pack.requirements.get(id).ok_or_else(Problem::not_found)?;
    let parameters = requirement.parameters.iter();
    let values: BTreeMap<_, _> = pack
        .requirements
        .values()
        .flat_map(|one| one.parameters.values())
        .map(|one| (one.id.clone(), one.value.clone()))
        .collect();
    let said = pack.words(id, &values, &pack.manifest.locale).map(|words| words.text);
    let norms = pack.norms.iter().filter(|norm| norm.requirement == *id);
    let duties = pack.duties.iter().filter(|duty| duty.requirement == *id);
    Ok(ClauseText {
        is_new: false,
        id: id.0.clone(),
        title: requirement.title.clone(),
        said: said.unwrap_or_else(|_| requirement.text.clone()),
        text: requirement.text.clone(),
        body: requirement.body.clone(),
        text_only: requirement.text_only.clone().unwrap_or_default(),
        parameters: parameters.map(|(id, parameter)| (id.to_string(), parameter.value.to_string())).collect(),
        norms: norms.map(|norm| (norm.id.clone(), norm.cedar.clone())).collect(),
        duties: duties.map(|duty| duty.id.to_string()).collect(),
        sources: requirement.sources.iter().map(|source| source.text.clone()).collect(),
    })
}

/// `GET /drafts/{id}/clauses/{clause}`
pub(in crate::http) async fn clause(
    reader: Reader,
    Path((id, clause)): Path<(String, String)>,
) -> Result<Response, Problem> {
    drawn(reader, move |reader| {
        let (id, draft) = found(reader, &id)?;
        let clause = RequirementId(clause);
        let of = |entry: &Entry| {
            let amendment = reader.state.amendments.get(entry)?;
            (amendment.clause == clause).then(|| amendment_row(reader, *entry, amendment))
        };
        let pack = reader.node.hub.pack(&draft.document)?;
        Ok(OneClause {
            site: reader.site(),
            draft: id.to_string(),
            draft_title: draft.opened.title.to_string(),
            frozen: draft.phase == Phase::Consolidating,
            clause: clause_text(&pack, &clause)?,
            amendments: draft.amendments.iter().rev().filter_map(of).take(200).collect(),
            proposes: reader.form_for(Action::Propose).is_some(),
        })
    })
    .await
}
