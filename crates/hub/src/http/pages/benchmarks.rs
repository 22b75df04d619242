//! Benchmarks: the definitions in force, each with what it found by country, size and city. Every number stands with its interval and
//! with who is missing; ranks are ranges. Nothing is counted here: pages are drawn from the board.

use askama::Template;
use axum::extract::{Path, Query};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::listing::{Pages, Part, Sought};
use super::{Reader, Site, drawn, when};
use crate::benchmark::{Better, CityRank, Group, Missing, Table, interval_told, told};
use crate::board::{Board, CityLine, Worked};
use crate::http::problem::Problem;
use crate::mirror::SizeClass;

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const CSV: HeaderValue = HeaderValue::from_static("text/csv; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// A definition, as lists name it.
struct DefinitionRow {
    id: String,
    title: String,
    question: String,
    version: u32,
    digest: String,
    /// What all cities together give.
    number: String,
    cities: u64,
    missing: u64,
}

impl DefinitionRow {
    fn of(worked: &Worked) -> Self {
        let definition = &worked.named.definition;
        let all = worked.table.groups.get(&Group::All);
        let number = all.and_then(|figure| figure.number).map(|number| {
            format!("{} ({})", told(number.value, &definition.count), interval_told(number, &definition.count))
        });
        Self {
            id: definition.id.clone(),
            title: definition.title.clone(),
            question: definition.question.clone(),
            version: definition.version,
            digest: worked.named.digest.to_string(),
            number: number.unwrap_or_else(|| "no number".to_owned()),
            cities: all.map_or(0, |figure| figure.cities),
            missing: all.map_or(0, |figure| figure.missing.values().sum()),
        }
    }
}

#[derive(Template)]
#[template(path = "benchmarks.html")]
struct List {
    site: Site,
    at: String,
    cities: usize,
    key: String,
    definitions: Vec<DefinitionRow>,
}

/// `GET /benchmarks`
pub(in crate::http) async fn list(reader: Reader) -> Result<Response, Problem> {
    let board = reader.node.board().await?;
    drawn(reader, move |reader| {
        Ok(List {
            site: reader.site(),
            at: when(board.at),
            cities: board.cities.len(),
            key: reader.log_key(),
            definitions: board.worked.iter().map(DefinitionRow::of).collect(),
        })
    })
    .await
}

/// A city in a benchmark.
struct CityRow {
    id: String,
    name: String,
    country: String,
    size: &'static str,
    number: String,
    interval: String,
    sample: u64,
    rank: String,
    missing: &'static str,
}

impl CityRow {
    fn of(line: &CityLine, rank: &CityRank, table: &Table) -> Self {
        let measure = &table.definition.count;
        Self {
            id: line.id.to_string(),
            name: line.name.clone().unwrap_or_else(|| line.id.to_string()),
            country: line.country.map(|country| country.to_string()).unwrap_or_default(),
            size: line.size_class.map_or("", SizeClass::as_str),
            number: rank.number.map_or_else(|| "no number".to_owned(), |number| told(number.value, measure)),
            interval: rank.number.map(|number| interval_told(number, measure)).unwrap_or_default(),
            sample: rank.sample,
            rank: ranks(rank),
            missing: rank.missing.map_or("", Missing::in_words),
        }
    }
}

/// The best and the worst rank that a city may have.
pub(super) fn ranks(rank: &CityRank) -> String {
    match rank.rank {
        Some((best, worst)) if best == worst => best.to_string(),
        Some((best, worst)) => format!("{best} to {worst}"),
        None => String::new(),
    }
}

#[derive(Template)]
#[template(path = "benchmark.html")]
struct One {
    site: Site,
    row: DefinitionRow,
    counted: String,
    limits: String,
    better: &'static str,
    sample_min: u64,
    at: String,
    at_exact: String,
    chart: String,
    sought: Sought,
    sizes: [SizeClass; 4],
    cities: Vec<CityRow>,
    pages: Pages,
}

/// `GET /benchmarks/{id}`, and as `.csv` and `.json`
pub(in crate::http) async fn benchmark(
    reader: Reader,
    Path(name): Path<String>,
    Query(part): Query<Part>,
) -> Result<Response, Problem> {
    let sought = part.sought()?;
    let board = reader.node.board().await?;
    if let Some(id) = name.strip_suffix(".csv") {
        let id = id.to_owned();
        return reader.node.blocking(move || csv(&board, &id)).await?;
    }
    if let Some(id) = name.strip_suffix(".json") {
        let id = id.to_owned();
        return reader.node.blocking(move || as_json(&board, &id, &sought)).await?;
    }
    drawn(reader, move |reader| {
        let worked = board.of(&name).ok_or_else(Problem::not_found)?;
        let definition = &worked.named.definition;
        let (places, pages) = sought.cities(&board)?;
        let row =
            |place: usize| Some(CityRow::of(board.cities.get(place)?, worked.table.cities.get(place)?, &worked.table));
        Ok(One {
            site: reader.site(),
            row: DefinitionRow::of(worked),
            counted: definition.count.in_words(),
            limits: definition.limits.clone(),
            better: match definition.better {
                Better::Higher => "More is better.",
                Better::Lower => "Less is better.",
                Better::Neither => "Neither way is better, and nothing is ranked.",
            },
            sample_min: definition.sample_min,
            at: when(board.at),
            at_exact: board.at.to_string(),
            chart: worked.chart_html.clone(),
            cities: places.into_iter().filter_map(row).collect(),
            sizes: SizeClass::ALL,
            sought,
            pages,
        })
    })
    .await
}

/// Every city, one line each.
fn csv(board: &Board, id: &str) -> Result<Response, Problem> {
    let worked = board.of(id).ok_or_else(Problem::not_found)?;
    Ok(file(CSV, worked.table.cities_csv()))
}

/// A part of a public file: anybody's page may read it, and nobody keeps it.
pub(super) fn file(kind: HeaderValue, body: impl IntoResponse) -> Response {
    let kept = (header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    let open = (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    ([(header::CONTENT_TYPE, kind), kept, open], body).into_response()
}

/// The groups, and the cities of one page.
fn as_json(board: &Board, id: &str, sought: &Sought) -> Result<Response, Problem> {
    let worked = board.of(id).ok_or_else(Problem::not_found)?;
    let (places, pages) = sought.cities(board)?;
    let cities: Vec<&CityRank> = places.into_iter().filter_map(|place| worked.table.cities.get(place)).collect();
    let groups: Vec<_> =
        worked.table.groups.iter().map(|(group, figure)| json!({ "of": group, "figure": figure })).collect();
    let document = json!({
        "definition": worked.table.definition, "digest": worked.table.digest, "at": worked.table.at, "groups": groups,
        "cities": cities, "cities_total": pages.total, "page": pages.page, "pages": pages.last,
    });
    Ok(file(JSON, document.to_string()))
}

/// `GET /benchmarks/{id}/{file}`: the definition byte by byte, its signature, and its groups.
pub(in crate::http) async fn files(
    reader: Reader,
    Path((id, name)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let board = reader.node.board().await?;
    let worked = board.of(&id).ok_or_else(Problem::not_found)?;
    Ok(match name.as_str() {
        "definition.json" => file(JSON, worked.named.bytes.clone()),
        "definition.note" => file(TEXT, worked.note.clone()),
        "groups.csv" => file(CSV, worked.table.groups_csv()),
        "map.csv" => file(CSV, worked.world.csv()),
        _ => return Err(Problem::not_found()),
    })
}

#[derive(Template)]
#[template(path = "map.html")]
struct Map {
    site: Site,
    row: DefinitionRow,
    choices: Vec<(String, String)>,
    at: String,
    world: String,
    /// Whether there is land on it.
    land: bool,
    cells: Vec<Cell>,
    pages: Pages,
}

/// The cities of a cell of five degrees.
struct Cell {
    latitude: f64,
    longitude: f64,
    cities: u64,
    numbered: u64,
    number: String,
}

/// `GET /map`
pub(in crate::http) async fn map(reader: Reader, Query(part): Query<Part>) -> Result<Response, Problem> {
    let sought = part.sought()?;
    let board = reader.node.board().await?;
    drawn(reader, move |reader| {
        let worked = match part.benchmark.as_deref() {
            Some(id) => board.of(id),
            None => board.worked.first(),
        };
        let worked = worked.ok_or_else(Problem::not_found)?;
        let pages = sought.pages(worked.world.dots.len())?.with("benchmark", &worked.named.definition.id);
        let shown = worked.world.dots.get(pages.range()).unwrap_or_default();
        let cell = |dot: &crate::benchmark::Dot| Cell {
            latitude: dot.latitude,
            longitude: dot.longitude,
            cities: dot.cities,
            numbered: dot.numbered,
            number: dot.number.clone(),
        };
        let choice = |worked: &Worked| (worked.named.definition.id.clone(), worked.named.definition.title.clone());
        Ok(Map {
            site: reader.site(),
            row: DefinitionRow::of(worked),
            choices: board.worked.iter().map(choice).collect(),
            at: when(board.at),
            world: worked.world_html.clone(),
            land: worked.world.land.is_some(),
            cells: shown.iter().map(cell).collect(),
            pages,
        })
    })
    .await
}
