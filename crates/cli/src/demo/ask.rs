//! The recipients' questions, asked over HTTP with their own tokens.

use model::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::build::Built;
use super::clock::PlayedClock;
use crate::client::Client;
use crate::output::{Output, Refused};

/// One question and what came of it.
#[derive(Debug, Serialize)]
pub(super) struct Asked {
    /// Who asked.
    pub(super) party: &'static str,
    /// What for.
    pub(super) purpose: &'static str,
    /// Of which stream.
    pub(super) stream: &'static str,
    /// Rows that left.
    pub(super) rows: u64,
    /// Cells withheld.
    pub(super) withheld: u64,
    /// The disclosure's number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) seq: Option<u64>,
    /// Why it was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) refused: Option<String>,
    /// The smallest number that left, where the rows are numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) smallest: Option<i64>,
    #[serde(skip)]
    answer: Value,
}

/// Every question of the demo.
#[derive(Debug, Serialize)]
pub(super) struct Answers {
    pub(super) granted: Vec<Asked>,
    /// The advertiser's, without a grant.
    pub(super) advertiser: Asked,
    /// One below the minimum count.
    pub(super) below_minimum: Asked,
}

/// Who asks what for of which stream, each under a grant.
const GRANTED: [(&str, &str, &str); 7] = [
    ("mobility", "traffic-management", "wifi-centre"),
    ("police", "crime-investigation", "plates"),
    ("public", "air-quality", "air"),
    ("emergency", "disaster-response", "river"),
    ("emergency", "disaster-response", "crowd"),
    ("public", "public-information", "river"),
    ("public", "public-information", "crowd"),
];

/// Asks everything.
pub(super) fn ask(built: &Built, client: &Client, clock: &PlayedClock, output: &Output) -> anyhow::Result<Answers> {
    output.say("\nWhat the recipients ask for:");
    let mut granted = Vec::new();
    for (party, purpose, stream) in GRANTED {
        granted.push(one(built, client, (party, purpose, stream), None, output)?);
    }
    let advertiser = one(built, client, ("advertiser", "advertising", "wifi-centre"), None, output)?;
    let quiet = granted.first().and_then(|asked| quiet_window(&asked.answer, built.starts, model::Clock::now(clock)));
    output.say("  … and one quarter of an hour in which too few phones were near:");
    let below_minimum = one(built, client, ("mobility", "traffic-management", "wifi-centre"), quiet, output)?;
    Ok(Answers { granted, advertiser, below_minimum })
}

fn one(
    built: &Built,
    client: &Client,
    (party, purpose, stream): (&'static str, &'static str, &'static str),
    window: Option<(Timestamp, Timestamp)>,
    output: &Output,
) -> anyhow::Result<Asked> {
    let mut query = vec![("stream", stream.to_owned()), ("purpose", purpose.to_owned())];
    if let Some((from, to)) = window {
        query.extend([("from", from.to_string()), ("to", to.to_string())]);
    }
    let mut asked = Asked {
        party,
        purpose,
        stream,
        rows: 0,
        withheld: 0,
        seq: None,
        refused: None,
        smallest: None,
        answer: Value::Null,
    };
    match client.get("/api/v1/released", &query, built.parties.get(party).map(String::as_str)) {
        Ok(answer) => {
            let rows = answer.get("rows").and_then(Value::as_array);
            asked.rows = rows.map_or(0, |rows| rows.len() as u64);
            asked.smallest = rows.and_then(|rows| rows.iter().filter_map(|row| row.get("value")?.as_i64()).min());
            asked.withheld = answer.get("withheld").and_then(Value::as_u64).unwrap_or(0);
            asked.seq = answer.pointer("/record/seq").and_then(Value::as_u64);
            asked.answer = answer;
            output.say(&format!(
                "  {party:<11} {stream:<12} for {purpose:<20} {:>7} rows, {:>5} cells withheld, disclosure {}",
                asked.rows,
                asked.withheld,
                asked.seq.unwrap_or(0)
            ));
        }
        Err(error) => {
            let refused = error.downcast_ref::<Refused>().map(|refused| refused.message.clone());
            let Some(refused) = refused else { return Err(error) };
            output.say(&format!("  {party:<11} {stream:<12} for {purpose:<20} refused: {refused}"));
            asked.refused = Some(refused);
        }
    }
    Ok(asked)
}

/// A quarter of an hour of the whole answer in which no receiver has a row: all of it was withheld.
fn quiet_window(answer: &Value, starts: Timestamp, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
    const QUARTER: i64 = 15 * 60_000;
    let rows = answer.get("rows")?.as_array()?;
    let shown: std::collections::HashSet<&str> = rows.iter().filter_map(|row| row.get("from")?.as_str()).collect();
    let last = now.millis() - now.millis().rem_euclid(QUARTER) - QUARTER;
    let starts = (starts.millis()..last).step_by(usize::try_from(QUARTER).ok()?).map(Timestamp::from_millis);
    let quiet = starts.into_iter().find(|start| !shown.contains(start.to_string().as_str()))?;
    Some((quiet, Timestamp::from_millis(quiet.millis() + QUARTER)))
}
