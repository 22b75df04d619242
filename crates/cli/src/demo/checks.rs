//! The demo's checks: each compares what happened with what must happen. One that fails fails the demo.

mod ways;

use std::path::Path;

use flow::City;
use flow::keys::destroyed_at;
use journal::SqliteReader;
use model::{Span, Timestamp};
use register::audit::{Audit, FolderSource};
use serde::Serialize;

use super::ask::{Answers, BelowMinimum, MINIMUM};
use super::build::Built;
use super::papers;
use super::play::{Played, StreamPlayed};
use super::scan::look;

/// One check.
#[derive(Debug, Serialize)]
pub(super) struct Check {
    /// What must be so.
    pub(super) name: &'static str,
    /// Whether it is.
    pub(super) held: bool,
    /// What was seen.
    pub(super) detail: String,
}

fn check(name: &'static str, held: bool, detail: String) -> Check {
    Check { name, held, detail }
}

/// Audits the city's log and what lies beside it.
pub(super) fn audit(dir: &Path, city: &City) -> anyhow::Result<Audit> {
    city.register().publish()?;
    let source = FolderSource::new(&dir.join("log"));
    let journal = SqliteReader::open(&dir.join("journal.db"))?;
    Ok(register::audit::audit(&source, None, None)?.inside(&journal, &source)?)
}

/// Every check.
pub(super) fn all(built: &Built, played: &Played, answers: &Answers, audit: &Audit) -> anyhow::Result<Vec<Check>> {
    let mut checks = vec![admitted(played), never_approved(played), lapsed(built, played)];
    checks.extend(disclosures(answers));
    checks.push(hits(played, answers, built.city.register().now()));
    checks.push(ways::check(played, answers));
    checks.push(keys(audit));
    checks.push(documents(built, audit));
    checks.push(check(
        "the log holds together and matches what lies beside it",
        audit.inner.is_some_and(|inner| inner.unbatched == 0 && inner.unpublished == 0),
        format!("{} entries, {} tiles, root {}", audit.log.entries, audit.log.tiles, audit.log.root),
    ));
    // Written out first, so that the files are looked at and not only the write-ahead segment.
    built.city.lake().flush()?;
    let mut sought = played.identifying.clone();
    sought.extend(built.hot_list.iter().cloned());
    let looked = look(&built.city, &sought)?;
    let found = if looked.found.is_empty() { "nowhere".to_owned() } else { looked.found.join(", ") };
    checks.push(check(
        "no address, plate or network name that was sent is in any file",
        looked.found.is_empty() && looked.identifiers > 0 && looked.files > 0 && looked.values > 0,
        format!(
            "{} identifiers looked for in {} bytes of {} files and among {} decoded values: found {found}",
            looked.identifiers, looked.bytes, looked.files, looked.values
        ),
    ));
    Ok(checks)
}

/// How long the demo's manifest keeps hits.
const HITS_KEPT: Span = Span::days(30);
/// Streams whose deployments are in force all the time.
const IN_FORCE: [&str; 5] = ["wifi-centre", "plates", "air", "river", "crowd"];

fn admitted(played: &Played) -> Check {
    let whole = |stream: &str| {
        played.streams.get(stream).is_some_and(|counts| counts.sent > 0 && counts.sent == counts.admitted)
    };
    let missing: Vec<&str> = IN_FORCE.into_iter().filter(|stream| !whole(stream)).collect();
    let sent: u64 = IN_FORCE.iter().filter_map(|stream| played.streams.get(*stream)).map(|counts| counts.sent).sum();
    let detail =
        if missing.is_empty() { format!("{sent} observations") } else { format!("not of {}", missing.join(", ")) };
    check("what active deployments sent was admitted, all of it", missing.is_empty(), detail)
}

fn never_approved(played: &Played) -> Check {
    let counts = played.streams.get("wifi-station");
    let held = counts.is_some_and(|counts| counts.sent > 0 && counts.admitted == 0 && counts.refused == counts.sent);
    check("a deployment that nobody approved takes nothing", held, words(counts))
}

fn lapsed(built: &Built, played: &Played) -> Check {
    let counts = played.streams.get("noise-square");
    let held = counts.is_some_and(|counts| {
        let stopped = counts.refused_from.is_some_and(|from| from > built.lapses);
        counts.admitted > 0 && counts.refused > 0 && stopped && counts.admitted + counts.refused == counts.sent
    });
    check("when an approval lapses the flow stops", held, format!("{}, lapsed at {}", words(counts), built.lapses))
}

fn words(counts: Option<&StreamPlayed>) -> String {
    counts.map_or_else(
        || "nothing was sent".to_owned(),
        |counts| format!("{} sent, {} admitted, {} refused", counts.sent, counts.admitted, counts.refused),
    )
}

fn disclosures(answers: &Answers) -> Vec<Check> {
    let unanswered: Vec<String> = answers
        .granted
        .iter()
        .filter(|asked| asked.refused.is_some() || asked.rows == 0)
        .map(|asked| format!("{} {}", asked.party, asked.stream))
        .collect();
    let below = answers.below_minimum.as_ref().map(|below| &below.asked);
    let seqs: Vec<u64> = answers.granted.iter().chain(below).filter_map(|asked| asked.seq).collect();
    let counts = answers.granted.first();
    let smallest = counts.and_then(|asked| asked.smallest);
    let refusal = answers.advertiser.refused.as_deref().unwrap_or("not refused");
    vec![
        check(
            "whoever has a grant gets what it gives",
            unanswered.is_empty(),
            format!(
                "{} questions answered{}",
                answers.granted.len() - unanswered.len(),
                if unanswered.is_empty() { String::new() } else { format!(", not {}", unanswered.join(", ")) }
            ),
        ),
        check(
            "disclosures are numbered without a gap",
            seqs.iter().copied().eq(0..seqs.len() as u64) && !seqs.is_empty(),
            format!("0 to {}", seqs.len().saturating_sub(1)),
        ),
        check(
            "no number about people is below ten",
            smallest.is_some_and(|smallest| smallest >= 10),
            format!("the smallest is {}", smallest.unwrap_or(0)),
        ),
        check(
            "advertising is refused in the norm's words",
            refusal.contains("advertising") && refusal.contains("core-26"),
            refusal.to_owned(),
        ),
        below_minimum(answers),
    ]
}

fn below_minimum(answers: &Answers) -> Check {
    const NAME: &str = "what is below the minimum is withheld";
    let Some(BelowMinimum { asked, from, sensor, phones, shown }) = &answers.below_minimum else {
        return check(NAME, false, "no receiver ever had from 1 to 9 phones near, so it could not be tried".to_owned());
    };
    let held = *shown == 0 && asked.withheld > 0 && asked.refused.is_none() && (1..MINIMUM).contains(phones);
    let detail = format!(
        "{phones} phones were near {sensor} in the quarter of an hour from {from}; {shown} rows about it, {} cells withheld",
        asked.withheld
    );
    check(NAME, held, detail)
}

fn hits(played: &Played, answers: &Answers, now: Timestamp) -> Check {
    let disclosed = answers.granted.iter().find(|asked| asked.stream == "plates").map_or(0, |asked| asked.rows);
    // What passed longer ago than the stream's retention is gone by now, hit or not.
    let kept_from = now - HITS_KEPT;
    let kept = played.hits_at.iter().filter(|at| **at >= kept_from).count() as u64;
    let detail = format!("{} passed, {kept} of them within {HITS_KEPT}; {disclosed} records", played.hits);
    check("only plates on the list left a trace", disclosed == kept && kept > 0, detail)
}

fn documents(built: &Built, audit: &Audit) -> Check {
    let (count, differ) = papers::held_against(&built.documents, &audit.state);
    let detail = if differ.is_empty() { format!("{count} documents") } else { format!("not {}", differ.join(", ")) };
    check("what was filed is what was signed", differ.is_empty() && count > 0, detail)
}

fn keys(audit: &Audit) -> Check {
    let last = audit.state.last_at;
    let over = audit.state.keys.iter().filter(|((_, epoch), _)| last.is_some_and(|last| destroyed_at(*epoch) <= last));
    let (mut count, mut alive) = (0, 0);
    for (_, key) in over {
        count += 1;
        alive += u64::from(key.destroyed.is_none());
    }
    check(
        "every pseudonym key is destroyed minutes after its epoch",
        alive == 0 && count > 0,
        format!("{count} epochs over, {alive} keys left"),
    )
}
