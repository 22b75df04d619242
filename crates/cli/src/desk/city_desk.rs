//! The desk of a running city, as Flight SQL and the node's page ask at it: with limits, and for parties that are known.

use std::sync::Arc;
use std::time::Duration;

use analytics::flight::{self, ANSWER_BYTES_MAX, Answered, Asker, Refused};
use analytics::{Answer, Kind, Limits, SqlError, Table};
use flow::{City, DiscloseError};
use model::{Entropy, PartyId, Purpose};
use node::desk as page;

use super::asking::tables;
use super::places::Places;
use super::{Asking, Disclosure, Failed, apart};

/// What one question over Flight SQL may use.
const FLIGHT: Limits =
    Limits { memory_bytes: 256 << 20, time: Duration::from_secs(30), rows: 200_000, answer_bytes: ANSWER_BYTES_MAX };
/// What one question of a page may use: whoever waits looks at it, and a page takes no longer than half a minute.
const PAGE: Limits = Limits { time: Duration::from_secs(10), rows: 20_000, ..FLIGHT };

/// The desk of a city.
pub(crate) struct CityDesk {
    city: Arc<City>,
    places: Arc<Places>,
}

impl CityDesk {
    /// The desk of a city that runs.
    pub(crate) fn of(city: Arc<City>) -> Self {
        Self { city, places: Arc::default() }
    }

    fn asking(&self, party: &PartyId, purpose: Purpose) -> Asking<'_> {
        Asking { city: &self.city, recipient: party.clone(), purpose, from: None, to: None, authorised_by: None }
    }

    fn answer(
        &self,
        party: &PartyId,
        purpose: Purpose,
        sql: &str,
        limits: Limits,
    ) -> Result<(Answer, Vec<Disclosure>), Failed> {
        let _place = self.places.enter(party)?;
        self.asking(party, purpose).answer(apart(sql, limits)?, &[])
    }
}

impl From<Failed> for Refused {
    fn from(failed: Failed) -> Self {
        let words = failed.to_string();
        match failed {
            Failed::Sql(
                SqlError::Memory { .. } | SqlError::Time { .. } | SqlError::Rows { .. } | SqlError::Bytes { .. },
            )
            | Failed::Busy(_) => Self::Limit(words),
            Failed::Sql(SqlError::Process(_)) | Failed::Program(_) | Failed::Rows => {
                Self::Unavailable("the city cannot answer questions in SQL now; ask again later".to_owned())
            }
            Failed::Sql(_) | Failed::NoTable(_) => Self::Question(words),
            Failed::Disclose(error) => match error {
                DiscloseError::Refused(_) | DiscloseError::Authorisation(_) => Self::Norm(words),
                DiscloseError::Unknown { .. } | DiscloseError::Which(_) | DiscloseError::Window(_) => {
                    Self::Question(words)
                }
                DiscloseError::NoPolicies => Self::Unavailable(words),
                // What the errors of disks say names paths of the machine.
                DiscloseError::Lake(_) | DiscloseError::Places(_) | DiscloseError::Record(_) => Self::Unavailable(
                    "the city’s store cannot be used now, so nothing was handed out; ask again later".to_owned(),
                ),
            },
        }
    }
}

impl flight::Desk for CityDesk {
    fn party(&self, token: &str) -> Option<PartyId> {
        self.city.party_of(token).map(|party| party.id)
    }

    fn tables(&self, party: &PartyId) -> Vec<Table> {
        tables(&self.city, party)
    }

    fn shape(&self, asker: &Asker, sql: &str) -> Result<Answer, Refused> {
        let place = self.places.enter(&asker.party);
        let shaped = place.and_then(|_place| {
            let mut apart = apart(sql, FLIGHT)?;
            self.asking(&asker.party, asker.purpose).shape(&mut apart, &[])
        });
        Ok(shaped?)
    }

    fn ask(&self, asker: &Asker, sql: &str) -> Result<Answered, Refused> {
        let (answer, disclosures) = self.answer(&asker.party, asker.purpose, sql, FLIGHT)?;
        let disclosures = serde_json::to_string(&disclosures).unwrap_or_default();
        Ok(Answered { answer, disclosures })
    }

    fn entropy(&self) -> &dyn Entropy {
        self.city.register().entropy()
    }
}

/// The same for a page.
fn unanswered(failed: Failed) -> page::Unanswered {
    match Refused::from(failed) {
        Refused::Question(words) => page::Unanswered::Question(words),
        Refused::Norm(words) => page::Unanswered::Norm(words),
        Refused::Limit(words) => page::Unanswered::Limit(words),
        Refused::Unavailable(words) => page::Unanswered::Unavailable(words),
    }
}

impl page::Desk for CityDesk {
    fn tables(&self, party: &PartyId) -> Vec<page::Listed> {
        let listed = |table: &Table| page::Listed {
            name: table.name.to_string(),
            columns: table.names().map(str::to_owned).collect(),
        };
        tables(&self.city, party).iter().map(listed).collect()
    }

    fn ask(&self, question: &page::Question) -> Result<page::Answered, page::Unanswered> {
        let answered = self.answer(&question.party, question.purpose, &question.sql, PAGE);
        let (answer, disclosures) = answered.map_err(unanswered)?;
        shown(&answer, &disclosures).map_err(|error| unanswered(error.into()))
    }
}

/// An answer as the page takes it.
fn shown(answer: &Answer, disclosures: &[Disclosure]) -> Result<page::Answered, SqlError> {
    let kinds = answer.kinds().into_iter().map(|kind| match kind {
        Kind::Number => page::Kind::Number,
        Kind::Time => page::Kind::Time,
        Kind::Text => page::Kind::Text,
    });
    let columns = answer.columns().into_iter().map(str::to_owned).zip(kinds);
    let handed_over = disclosures.iter().map(|disclosure| page::HandedOver {
        table: disclosure.table.clone(),
        number: disclosure.seq.as_u64().unwrap_or_default(),
        rows: disclosure.rows as u64,
        withheld: disclosure.withheld.as_u64().unwrap_or_default(),
        receipt: disclosure.receipt.as_str().unwrap_or_default().to_owned(),
    });
    Ok(page::Answered {
        columns: columns.map(|(name, kind)| page::Column { name, kind }).collect(),
        rows: answer.rows()?,
        csv: answer.csv()?,
        handed_over: handed_over.collect(),
    })
}
