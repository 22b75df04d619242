//! `ordinance query`: ask for released data as a party, for a purpose.

use std::path::Path;

use anyhow::bail;
use flow::disclose::PUBLIC;
use flow::{Answer, Asked, Cell, City, DiscloseError, Disclosed, Row};
use model::PartyId;
use serde_json::Value;

use super::open;
use crate::args::{Asks, Query};
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
    if args.authorising_token.is_some() {
        bail!("at a folder, name the party that authorised this with --authorised-by");
    }
    let city = open(Path::new(&args.city))?;
    city.tick()?;
    let asked = Asked {
        recipient: args.party.clone(),
        purpose: args.purpose,
        stream: args.stream.clone(),
        view: args.view.clone(),
        from: args.from,
        to: args.to,
        authorised_by: args.authorised_by.clone(),
    };
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
                    Cell::Sensor(sensor) => sensor.to_string(),
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
    if let Some(within) = answer.within {
        lines.push(format!("Each number has noise: nineteen of twenty are at most {within} off."));
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
    let token = token_of(&args.party, args.token.as_deref())?;
    let mut query = vec![("stream", args.stream.to_string()), ("purpose", args.purpose.to_string())];
    query.extend(args.view.as_ref().map(|view| ("view", view.to_string())));
    query.extend(args.from.map(|from| ("from", from.to_string())));
    query.extend(args.to.map(|to| ("to", to.to_string())));
    if args.authorised_by.is_some() {
        bail!("at an address, whoever authorised this says so itself: give its token with --authorising-token");
    }
    let authorising = args.authorising_token.as_deref().map(read_token).transpose()?;
    let answer = Client::new(&args.city).released(&query, token.as_deref(), authorising.as_deref())?;
    let recipient = answer.pointer("/record/recipient").and_then(Value::as_str).unwrap_or_default();
    if recipient != args.party.as_str() {
        bail!(
            "the token is of `{recipient}`, not of `{}`; the answer was recorded as given to `{recipient}` and is not shown",
            args.party
        );
    }
    Ok(answer)
}
