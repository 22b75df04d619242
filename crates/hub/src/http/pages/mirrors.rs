//! Mirrors: each city's public log as it is kept here, when it was looked at last and how it stands; evidence of forks and rollbacks; and
//! the kept history itself as a log that anyone verifies, whether or not its city is still there.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderValue, Uri, header};
use axum::response::Response;
use model::{Digest, PartyId};
use serde::Deserialize;
use tlog::TilePath;
use tlog::checkpoint::CHECKPOINT_PATH;

use super::benchmarks::{file, ranks};
use super::feeds::{Item, answered, tag};
use super::listing::{PAGE, Pages, Part, Sought};
use super::{Reader, Site, drawn, when};
use crate::benchmark::{Missing, interval_told, told};
use crate::board::{Board, CityLine, EvidenceLine, Stands};
use crate::http::jobs::Lane;
use crate::http::problem::Problem;
use crate::http::router::Node;
use crate::looking::LastLook;
use crate::mirror::{LISTED_MAX, Mirror, MirrorError, SizeClass, Standing, csv_of};
use crate::watch::EvidenceFile;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");
const CSV: HeaderValue = HeaderValue::from_static("text/csv; charset=utf-8");
const BYTES: HeaderValue = HeaderValue::from_static("application/octet-stream");

impl From<MirrorError> for Problem {
    fn from(error: MirrorError) -> Self {
        use axum::http::StatusCode;
        match error {
            MirrorError::Unknown(_) => Self::not_found(),
            MirrorError::Unfinished(_) => {
                Self::new(StatusCode::NOT_FOUND, "Less is kept of this log than any of its signed heads covers.")
            }
            _ => Self::new(StatusCode::SERVICE_UNAVAILABLE, "What is kept of this log cannot be read now."),
        }
    }
}

/// A city in the list.
struct CityRow {
    id: String,
    name: String,
    country: String,
    entries: u64,
    stands: Stands,
    checked: String,
}

impl CityRow {
    fn of(line: &CityLine) -> Self {
        Self {
            id: line.id.to_string(),
            name: line.name.clone().unwrap_or_else(|| line.id.to_string()),
            country: line.country.map(|country| country.to_string()).unwrap_or_default(),
            entries: line.entries,
            stands: line.stands,
            checked: line.checked.map_or_else(|| "never".to_owned(), when),
        }
    }
}

/// Evidence in a list.
struct EvidenceRow {
    digest: String,
    city: String,
    noted: String,
    kind: &'static str,
    proves: String,
}

impl EvidenceRow {
    fn of(line: &EvidenceLine) -> Self {
        let (digest, city) = (line.digest.to_string(), line.city.to_string());
        Self { digest, city, noted: when(line.noted), kind: line.kind, proves: line.proves.clone() }
    }
}

#[derive(Template)]
#[template(path = "mirrors.html")]
struct List {
    site: Site,
    last: Option<(String, String)>,
    counts: Vec<(Stands, usize)>,
    evidence: usize,
    sought: Sought,
    cities: Vec<CityRow>,
    pages: Pages,
}

/// `GET /mirrors`
pub(in crate::http) async fn list(reader: Reader, Query(part): Query<Part>) -> Result<Response, Problem> {
    let sought = part.sought()?;
    let board = reader.node.board().await?;
    drawn(reader, move |reader| {
        let (places, pages) = sought.cities(&board)?;
        let rows = places.into_iter().filter_map(|place| board.cities.get(place));
        let last = LastLook::noted(&reader.node.hub.mirrors());
        Ok(List {
            site: reader.site(),
            last: last.map(|last| (when(last.ended), last.in_words())),
            counts: Stands::ALL.into_iter().map(|stands| (stands, board.standing(stands))).collect(),
            evidence: board.evidence.len(),
            cities: rows.map(CityRow::of).collect(),
            sought,
            pages,
        })
    })
    .await
}

/// From where on the list as a file goes.
#[derive(Deserialize)]
pub(in crate::http) struct After {
    after: Option<PartyId>,
}

/// `GET /mirrors.csv`: by which key and how far each city is kept, so that anybody counts a country's number again from the kept logs.
pub(in crate::http) async fn listed(
    State(node): State<Node>,
    Query(After { after }): Query<After>,
) -> Result<Response, Problem> {
    let folder = node.hub.mirrors();
    let made = move || {
        let listed = match Mirror::found(&folder)? {
            Some(mirror) => mirror.listed(after.as_ref().map(PartyId::as_str))?,
            None => Vec::new(),
        };
        let next = listed.last().filter(|_| listed.len() == LISTED_MAX).map(|last| last.city.clone());
        let mut response = file(CSV, csv_of(&listed).map_err(|_| Problem::internal())?);
        if let Some(link) = next.and_then(|next| format!("</mirrors.csv?after={next}>; rel=\"next\"").parse().ok()) {
            response.headers_mut().insert(header::LINK, link);
        }
        Ok(response)
    };
    node.blocking(made).await?
}

/// What a benchmark says of one city.
struct Number {
    id: String,
    title: String,
    number: String,
    interval: String,
    rank: String,
    missing: &'static str,
}

fn numbers(board: &Board, id: &PartyId) -> Vec<Number> {
    let place = board.place(id);
    let of = |worked: &crate::board::Worked| {
        let rank = worked.table.cities.get(place?)?;
        let definition = &worked.named.definition;
        Some(Number {
            id: definition.id.clone(),
            title: definition.title.clone(),
            number: rank.number.map_or_else(|| "no number".to_owned(), |number| told(number.value, &definition.count)),
            interval: rank.number.map(|number| interval_told(number, &definition.count)).unwrap_or_default(),
            rank: ranks(rank),
            missing: rank.missing.map_or("", Missing::in_words),
        })
    };
    board.worked.iter().filter_map(of).collect()
}

#[derive(Template)]
#[template(path = "mirror.html")]
struct One {
    site: Site,
    city: CityRow,
    key: String,
    address: String,
    size: &'static str,
    position: String,
    grown: String,
    bytes: u64,
    /// Why it stands as it does, where something is to be said.
    why: String,
    /// Where the fold stopped, if it did.
    stopped: Option<(u64, String)>,
    /// Whether a whole signed head is kept.
    whole: bool,
    /// As a member: its id, and the entry that ended it.
    member: Option<(String, Option<u64>)>,
    evidence: Vec<EvidenceRow>,
    numbers: Vec<Number>,
}

fn why(standing: &Standing) -> String {
    match standing {
        Standing::Sound => String::new(),
        Standing::Behind { since, why } | Standing::Unreachable { since, why } | Standing::Unproven { since, why } => {
            format!("Since {}: {why}", when(*since))
        }
        Standing::Frozen { since, .. } => format!(
            "Since {} nothing more is taken from it, because it contradicts what its city signed before. What was kept stays.",
            when(*since)
        ),
    }
}

/// `GET /mirrors/{city}`
pub(in crate::http) async fn city(reader: Reader, Path(id): Path<String>) -> Result<Response, Problem> {
    let id: PartyId = id.parse().map_err(|_| Problem::not_found())?;
    let board = reader.node.board().await?;
    drawn(reader, move |reader| {
        let mirror = Mirror::found(&reader.node.hub.mirrors())?.ok_or_else(Problem::not_found)?;
        let city = mirror.city(&id)?;
        let kept = &city.kept;
        let member = id.as_str().parse().ok().and_then(|id| reader.state.members.by_id.get_key_value(&id));
        Ok(One {
            site: reader.site(),
            city: CityRow::of(&CityLine::of(&city)),
            key: kept.key.clone(),
            address: kept.address.clone(),
            size: kept.profile.size_class.map_or("", SizeClass::as_str),
            position: kept
                .profile
                .position
                .map(|at| format!("{}, {}", at.latitude(), at.longitude()))
                .unwrap_or_default(),
            grown: kept.grown.map_or_else(|| "never".to_owned(), when),
            bytes: kept.bytes,
            why: why(&kept.standing),
            stopped: city.sheet.stopped.as_ref().map(|stopped| (stopped.entry, stopped.why.clone())),
            whole: kept.covered().is_some(),
            member: member.map(|(id, member)| (id.to_string(), member.ended)),
            evidence: board.evidence.iter().filter(|line| line.city == id).take(PAGE).map(EvidenceRow::of).collect(),
            numbers: numbers(&board, &id),
        })
    })
    .await
}

/// `GET /mirrors/{city}/log/…`: what is kept of a city, as the log that it is.
pub(in crate::http) async fn log(
    State(node): State<Node>,
    Path((id, _)): Path<(String, String)>,
    uri: Uri,
) -> Result<Response, Problem> {
    let id: PartyId = id.parse().map_err(|_| Problem::not_found())?;
    // The path as it was sent: a tile has one spelling, and an encoded one is another.
    let path = uri.path().strip_prefix(&format!("/mirrors/{id}/log/")).ok_or_else(Problem::not_found)?;
    let folder = node.hub.mirrors();
    let open = move || Mirror::found(&folder)?.ok_or_else(Problem::not_found);
    if path == CHECKPOINT_PATH {
        return node.blocking(move || Ok(file(TEXT, open()?.checkpoint(&id)?))).await?;
    }
    let path = TilePath::parse(path).map_err(|_| Problem::not_found())?;
    let made = move || Ok(file(BYTES, open()?.file(&id, path)?.ok_or_else(Problem::not_found)?));
    match path {
        TilePath::Hashes(tile) if tile.level() > 0 => node.jobs.run(Lane::Tile, made).await?,
        _ => node.blocking(made).await?,
    }
}

#[derive(Template)]
#[template(path = "evidence.html")]
struct Evidence {
    site: Site,
    evidence: Vec<EvidenceRow>,
    pages: Pages,
}

/// `GET /evidence`
pub(in crate::http) async fn evidence(reader: Reader, Query(part): Query<Part>) -> Result<Response, Problem> {
    let sought = part.sought()?;
    let board = reader.node.board().await?;
    drawn(reader, move |reader| {
        let pages = sought.pages(board.evidence.len())?;
        let shown = board.evidence.get(pages.range()).unwrap_or_default();
        Ok(Evidence { site: reader.site(), evidence: shown.iter().map(EvidenceRow::of).collect(), pages })
    })
    .await
}

/// `GET /evidence/{digest}.json`: byte by byte, as it was noted.
pub(in crate::http) async fn evidence_file(
    State(node): State<Node>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let digest: Option<Digest> = name.strip_suffix(".json").and_then(|digest| digest.parse().ok());
    let digest = digest.ok_or_else(Problem::not_found)?;
    let folder = node.hub.mirrors();
    let read = move || EvidenceFile::read(&folder.join("evidence"), &digest);
    let found = node.blocking(read).await?.map_err(MirrorError::from)?.ok_or_else(Problem::not_found)?;
    Ok(file(JSON, found.bytes))
}

/// `GET /evidence/feed.atom`
pub(in crate::http) async fn feed(reader: Reader) -> Result<Response, Problem> {
    let board = reader.node.board().await?;
    let item = |line: &EvidenceLine| Item {
        id: tag(&reader.state, line.noted, &format!("evidence/{}", line.digest)),
        // An older head that is served again is no contradiction: whoever kept one can serve it.
        title: match line.rolled_back {
            true => format!("An older head of the log of {} was served: {}", line.city, line.kind),
            false => format!("The log of {} contradicts itself: {}", line.city, line.kind),
        },
        author: reader.site().name,
        updated: line.noted,
        link: format!("/mirrors/{}", line.city),
        summary: format!(
            "Noted {}; checked again: {}. The file is /evidence/{}.json.",
            when(line.noted),
            line.proves,
            line.digest
        ),
    };
    let items = board.evidence.iter().take(PAGE).map(item).collect();
    answered(&reader, "/evidence", "Evidence of forks and rollbacks".to_owned(), items)
}
