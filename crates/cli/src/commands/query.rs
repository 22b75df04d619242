//! `ordinance query`: ask for released data as a party, for a purpose.

use std::path::Path;

use anyhow::bail;
use flow::disclose::PUBLIC;
use flow::{Answer, Asked, Cell, City, DiscloseError, Disclosed, Row};
use model::{PartyId, StreamId, ViewId};
use serde_json::Value;

use super::open;
use crate::args::{Asker, Asks, Query};
use crate::client::{Client, is_address};
use crate::declared::read_token;
use crate::output::{Output, Refused};

pub(crate) fn run(args: &Query, output: &Output) -> anyhow::Result<()> {
    if is_address(&args.asks.city) {
        let answer = at_address(&args.asks)?;
        let words = serde_json::to_string_pretty(&answer)?;
        return output.result(&answer, &words);
    }
    let (_, disclosed) = at_folder(&args.asks)?;
    output.result(disclosed.get(), &in_words(disclosed.get()))
}

/// Asks in a city's folder. The record is in the log, under a new checkpoint, before the answer is shown.
pub(crate) fn at_folder(args: &Asks) -> anyhow::Result<(City, Disclosed<Answer>)> {
    of_folder(&args.asker)?;
    let city = open(Path::new(&args.city))?;
    city.tick()?;
    let asked = asked(&args.asker, &args.stream, args.view.as_ref());
    let disclosed = city.disclose(&asked).map_err(refusal)?;
    city.tick()?;
    Ok((city, disclosed))
}

/// A norm's refusal keeps its words and grounds; everything else is a failure.
pub(crate) fn refusal(error: DiscloseError) -> anyhow::Error {
    match error {
        DiscloseError::Refused(refusal) => {
            let details = serde_json::to_value(&refusal).unwrap_or(Value::Null);
            Refused { message: refusal.to_string(), details }.into()
        }
        other => other.into(),
    }
}

/// An answer as a table.
pub(crate) fn in_words(answer: &Answer) -> String {
    let mut lines = vec![answer.view_title.clone()];
    for row in &answer.rows {
        lines.push(match row {
            Row::Released { from, to, cell, class, value } => {
                let cell = match cell {
                    Cell::Stream => "all".to_owned(),
                    Cell::Cell(cell) => String::from(*cell),
                    Cell::District(place) => place.to_string(),
                    Cell::Sensor(sensor) => sensor.to_string(),
                    Cell::Pair { from, to } => format!("{from} → {to}"),
                };
                let class = class.map_or_else(String::new, |class| format!(" class {class:<2}"));
                format!("{from}  {to}  {cell:<16}{class} {value}")
            }
            Row::Record { time, sensor, fields, .. } => {
                let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("{time}  {sensor:<16} {}", fields.join(" "))
            }
        });
    }
    let record = &answer.record;
    if let Some(least) = answer.threshold {
        lines.push(format!("A way is shown from {least} on, so that none is there because of one device alone, but for a chance of one in a million."));
    }
    if let Some(within) = answer.within {
        lines.push(format!(
            "Chance moved each number, nineteen of twenty by at most {within}; what was too small was held back after that."
        ));
    }
    lines.push(format!(
        "{} rows; {} cells withheld (fewer than {} units, or none). Disclosure {} under grant `{}`, in the log's next batch.",
        answer.rows.len(),
        answer.withheld,
        answer.minimum,
        record.seq.0,
        record.grant
    ));
    lines.join("\n")
}

/// The token to ask with as a party. A node knows who asks by the token alone, so that words and token must not say two
/// different things.
pub(crate) fn token_of(party: &PartyId, token: Option<&Path>) -> anyhow::Result<Option<String>> {
    match (token, party.as_str() == PUBLIC) {
        (Some(file), false) => Ok(Some(read_token(file)?)),
        (None, true) => Ok(None),
        (None, false) => bail!(
            "to ask as `{party}` at an address, give its token with `--token FILE`; without one a node takes you for everybody \
             (`--as {PUBLIC}`)"
        ),
        (Some(_), true) => {
            bail!("`{PUBLIC}` is everybody and has no token; leave out `--token`, or say whose it is with `--as`")
        }
    }
}

/// Asks a node at an address.
pub(crate) fn at_address(args: &Asks) -> anyhow::Result<Value> {
    AtAddress::of(&args.city, &args.asker)?.ask(&args.stream, args.view.as_ref())
}

/// A question to a city at its folder.
pub(crate) fn asked(asker: &Asker, stream: &StreamId, view: Option<&ViewId>) -> Asked {
    Asked {
        recipient: asker.party.clone(),
        purpose: asker.purpose,
        stream: stream.clone(),
        view: view.cloned(),
        from: asker.from,
        to: asker.to,
        authorised_by: asker.authorised_by.clone(),
    }
}

/// At a folder nobody sends a token.
pub(crate) fn of_folder(asker: &Asker) -> anyhow::Result<()> {
    if asker.authorising_token.is_some() {
        bail!("at a folder, name the party that authorised this with --authorised-by");
    }
    Ok(())
}

/// Somebody who asks a node.
pub(crate) struct AtAddress<'a> {
    client: Client,
    asker: &'a Asker,
    token: Option<String>,
    authorising: Option<String>,
}

impl<'a> AtAddress<'a> {
    pub(crate) fn of(address: &str, asker: &'a Asker) -> anyhow::Result<Self> {
        let token = token_of(&asker.party, asker.token.as_deref())?;
        if asker.authorised_by.is_some() {
            bail!("at an address, whoever authorised this says so itself: give its token with --authorising-token");
        }
        let authorising = asker.authorising_token.as_deref().map(read_token).transpose()?;
        Ok(Self { client: Client::new(address), asker, token, authorising })
    }

    /// Asks for the rows of a view.
    pub(crate) fn ask(&self, stream: &StreamId, view: Option<&ViewId>) -> anyhow::Result<Value> {
        let asker = self.asker;
        let mut query = vec![("stream", stream.to_string()), ("purpose", asker.purpose.to_string())];
        query.extend(view.map(|view| ("view", view.to_string())));
        query.extend(asker.from.map(|from| ("from", from.to_string())));
        query.extend(asker.to.map(|to| ("to", to.to_string())));
        let answer = self.client.released(&query, self.token.as_deref(), self.authorising.as_deref())?;
        let recipient = answer.pointer("/record/recipient").and_then(Value::as_str).unwrap_or_default();
        if recipient != asker.party.as_str() {
            bail!(
                "the token is of `{recipient}`, not of `{}`; the answer was recorded as given to `{recipient}` and is not \
                 shown",
                asker.party
            );
        }
        Ok(answer)
    }
}
