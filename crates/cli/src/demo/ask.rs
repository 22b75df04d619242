//! The recipients' questions, asked over HTTP with their own tokens. What each received is kept in the demo's folder.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use model::{Span, Timestamp};
use serde::Serialize;
use serde_json::Value;

use super::build::Built;
use super::play::{Near, Played, QUARTER};
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
    /// Where the answer is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kept: Option<PathBuf>,
    #[serde(skip)]
    pub(super) answer: Value,
}

/// A question for a quarter of an hour in which too few phones were near a receiver.
#[derive(Debug, Serialize)]
pub(super) struct BelowMinimum {
    #[serde(flatten)]
    pub(super) asked: Asked,
    /// When the quarter began.
    pub(super) from: Timestamp,
    /// The receiver.
    pub(super) sensor: String,
    /// How many phones were sent from there: from 1 to 9.
    pub(super) phones: usize,
    /// Rows about that receiver in the answer.
    pub(super) shown: usize,
}

/// Every question of the demo.
#[derive(Debug, Serialize)]
pub(super) struct Answers {
    pub(super) granted: Vec<Asked>,
    /// The advertiser's, without a grant.
    pub(super) advertiser: Asked,
    /// One below the minimum count; none if no receiver ever had so few.
    pub(super) below_minimum: Option<BelowMinimum>,
}

/// The fewest phones behind a number, as the demo's manifest declares.
pub(super) const MINIMUM: usize = 10;

/// Who asks what for of which stream, each under a grant.
const GRANTED: [(&str, &str, &str); 8] = [
    ("mobility", "traffic-management", "wifi-centre"),
    ("mobility", "traffic-management", "ways-centre"),
    ("police", "crime-investigation", "plates"),
    ("public", "air-quality", "air"),
    ("emergency", "disaster-response", "river"),
    ("emergency", "disaster-response", "crowd"),
    ("public", "public-information", "river"),
    ("public", "public-information", "crowd"),
];

/// Asks everything.
pub(super) fn ask(built: &Built, played: &Played, client: &Client, output: &Output) -> anyhow::Result<Answers> {
    output.say("\nWhat the recipients ask for:");
    let folder = built.city.root().join("answers");
    fs::create_dir_all(&folder).with_context(|| format!("cannot keep answers in `{}`", folder.display()))?;
    let asking = Asking { built, client, folder, output };
    let mut granted = Vec::new();
    for question in GRANTED {
        granted.push(asking.one(question, None)?);
    }
    let advertiser = asking.one(("advertiser", "advertising", "wifi-centre"), None)?;
    let below_minimum = quietest(&played.near).map(|near| asking.below_minimum(near)).transpose()?;
    Ok(Answers { granted, advertiser, below_minimum })
}

/// A receiver and a quarter of an hour with too few phones, as near to the minimum as there is; best one in which no
/// other receiver had enough either, so that nothing at all may be shown.
fn quietest(near: &Near) -> Option<(Timestamp, &str, usize)> {
    let few = |phones: usize| (1..MINIMUM).contains(&phones);
    let quiet = near.iter().flat_map(|(from, receivers)| {
        let alone = receivers.values().all(|phones| phones.len() < MINIMUM);
        let counts = receivers.iter().map(move |(sensor, phones)| (*from, sensor.as_str(), phones.len()));
        counts.filter(move |(.., phones)| few(*phones)).map(move |found| (alone, found))
    });
    quiet.max_by_key(|&(alone, (from, _, phones))| (alone, phones, std::cmp::Reverse(from))).map(|(_, found)| found)
}

struct Asking<'a> {
    built: &'a Built,
    client: &'a Client,
    folder: PathBuf,
    output: &'a Output,
}

impl Asking<'_> {
    fn below_minimum(&self, (from, sensor, phones): (Timestamp, &str, usize)) -> anyhow::Result<BelowMinimum> {
        self.output
            .say(&format!("  … and a quarter of an hour from {from} on, in which {phones} phones were near {sensor}:"));
        let window = (from, from + Span::seconds(QUARTER.as_seconds()));
        let asked = self.one(("mobility", "traffic-management", "wifi-centre"), Some(window))?;
        let rows = asked.answer.get("rows").and_then(Value::as_array).into_iter().flatten();
        let of_sensor = |row: &&Value| row.pointer("/cell/sensor").and_then(Value::as_str) == Some(sensor);
        let shown = rows.filter(of_sensor).count();
        Ok(BelowMinimum { asked, from, sensor: sensor.to_owned(), phones, shown })
    }

    fn one(
        &self,
        (party, purpose, stream): (&'static str, &'static str, &'static str),
        window: Option<(Timestamp, Timestamp)>,
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
            kept: None,
            answer: Value::Null,
        };
        let token = self.built.parties.get(party).map(String::as_str);
        match self.client.get("/api/v1/released", &query, token) {
            Ok(answer) => {
                let rows = answer.get("rows").and_then(Value::as_array);
                asked.rows = rows.map_or(0, |rows| rows.len() as u64);
                asked.smallest = rows.and_then(|rows| rows.iter().filter_map(|row| row.get("value")?.as_i64()).min());
                asked.withheld = answer.get("withheld").and_then(Value::as_u64).unwrap_or(0);
                asked.seq = answer.pointer("/record/seq").and_then(Value::as_u64);
                asked.kept = Some(keep(&self.folder, &asked, &answer)?);
                asked.answer = answer;
                self.output.say(&format!(
                    "  {party:<11} {stream:<12} for {purpose:<20} {:>7} rows, {:>5} cells withheld, disclosure {}",
                    asked.rows,
                    asked.withheld,
                    asked.seq.unwrap_or(0)
                ));
            }
            Err(error) => {
                let refused = error.downcast_ref::<Refused>().map(|refused| refused.message.clone());
                let Some(refused) = refused else { return Err(error) };
                self.output.say(&format!("  {party:<11} {stream:<12} for {purpose:<20} refused: {refused}"));
                asked.refused = Some(refused);
            }
        }
        Ok(asked)
    }
}

/// Keeps an answer as it was received, under the disclosure's number.
fn keep(folder: &Path, asked: &Asked, answer: &Value) -> anyhow::Result<PathBuf> {
    let Asked { party, stream, .. } = asked;
    let path = folder.join(format!("{:03}-{party}-{stream}.json", asked.seq.unwrap_or(0)));
    let kept = serde_json::to_vec(answer).map(|bytes| fs::write(&path, bytes));
    kept?.with_context(|| format!("cannot keep an answer in `{}`", path.display()))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(cells: &[(i64, &str, usize)]) -> Near {
        let mut near = Near::new();
        for &(quarter, sensor, phones) in cells {
            let from = Timestamp::from_millis(quarter * QUARTER.millis());
            let phones = (0..phones).map(|phone| phone.to_string()).collect();
            near.entry(from).or_default().insert(sensor.to_owned(), phones);
        }
        near
    }

    #[test]
    fn the_quiet_quarter_has_phones_and_fewer_than_ten() {
        let found = |cells: &[(i64, &str, usize)]| {
            quietest(&near(cells))
                .map(|(from, sensor, phones)| (from.millis() / QUARTER.millis(), sensor.to_owned(), phones))
        };
        // The one with enough beside it is left, if there is one where all have too few.
        let cells = [(1, "a", 9), (1, "b", 10), (2, "a", 4), (2, "b", 7), (3, "a", 12)];
        assert_eq!(found(&cells), Some((2, "b".to_owned(), 7)));
        assert_eq!(found(&[(1, "a", 9), (1, "b", 10)]), Some((1, "a".to_owned(), 9)));
        assert_eq!(found(&[(1, "a", 10), (2, "b", 0)]), None, "nobody at all is not few");
    }
}
