//! Working a board out: one pass over the mirrors, all definitions at once, and each drawing once.

use std::collections::BTreeMap;

use askama::Template;
use model::Timestamp;

use super::{Board, CityLine, EvidenceLine, Names, Stands, Worked};
use crate::Hub;
use crate::benchmark::{Chart, NamedDefinition, Table, Tally, World};
use crate::land::Land;
use crate::mirror::{Mirror, MirrorError};
use crate::watch::{EvidenceFile, Said};

/// How many cities are read at a time. Each may have as much as the shelf keeps of one.
const READ_AT_ONCE: usize = 16;

/// The board could not be worked out; the log of the process says why nothing of the mirrors can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failed;

pub(super) fn board(
    hub: &Hub,
    mirror: Option<&Mirror>,
    seen: Option<i64>,
    at: Timestamp,
) -> Result<Board, MirrorError> {
    let damaged = |why: String| MirrorError::Damaged { city: "definitions".to_owned(), why };
    let definitions = NamedDefinition::all().map_err(|error| damaged(error.to_string()))?;
    let (mut tally, mut cities, mut names) = (Tally::new(&definitions, at), Vec::new(), Names::default());
    let (mut after, mut standing): (Option<String>, _) = (None, BTreeMap::new());
    while let Some(mirror) = mirror {
        let read = mirror.cities(after.as_deref(), READ_AT_ONCE)?;
        let Some((last, _)) = read.last() else { break };
        after = Some(last.clone());
        for (_, city) in read {
            // What is kept of one city and cannot be read proves nothing, and hides no other.
            let Ok(city) = city else {
                *standing.entry(Stands::Unproven).or_insert(0) += 1;
                continue;
            };
            tally.add(&city);
            let line = CityLine::of(&city);
            *standing.entry(line.stands).or_insert(0) += 1;
            names.push(line.id.as_str(), line.name.as_deref());
            cities.push(line);
        }
    }
    let tables = tally.ranked();
    // What is damaged is not drawn, and the page says that there is none.
    let land = hub.land().unwrap_or_default();
    let worked = definitions.into_iter().zip(tables).map(|(named, table)| worked(hub, named, table, land.as_ref()));
    let worked = worked.collect::<Option<Vec<_>>>().ok_or_else(|| damaged("they cannot be drawn".to_owned()))?;
    let mut evidence: Vec<_> = mirror.map(Mirror::evidence).transpose()?.unwrap_or_default();
    evidence.sort_by_key(|file| std::cmp::Reverse((file.evidence.noted, file.digest)));
    let evidence = evidence.iter().map(evidence_line).collect();
    let millis = hub.now().millis().saturating_sub(at.millis());
    Ok(Board { at, seen, millis, cities, names, standing, worked, evidence })
}

fn worked(hub: &Hub, named: NamedDefinition, table: Table, land: Option<&Land>) -> Option<Worked> {
    let note = named.signed(hub.key()).ok()?;
    let world = World::of(&table, land);
    let (chart_html, world_html) = (Chart::of(&table).render().ok()?, world.render().ok()?);
    Some(Worked { named, note, table, world, chart_html, world_html })
}

fn evidence_line(file: &EvidenceFile) -> EvidenceLine {
    let proves = match file.evidence.check(None) {
        Ok(proves) => proves.in_words().to_owned(),
        Err(error) => format!("it proves nothing: {error}"),
    };
    let (city, noted) = (file.evidence.city.clone(), file.evidence.noted);
    let said = &file.evidence.said;
    let (kind, rolled_back) = (EvidenceLine::kind_of(said), matches!(said, Said::RolledBack { .. }));
    EvidenceLine { digest: file.digest, city, noted, kind, rolled_back, proves }
}
