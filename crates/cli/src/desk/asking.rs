//! A question from the tables that it names to its answer: the norms, the columns, the disclosures, the rows.

use std::sync::Arc;

use analytics::{Answer, Apart, Table, TableName};
use flow::disclose::PUBLIC;
use flow::{Asked, City, DiscloseError};
use model::{PartyId, Purpose, StreamId, Timestamp, ViewId};
use register::State;
use serde::Serialize;
use serde_json::Value;

use super::references::{self, NAMES};
use super::{Failed, handed};

/// What was handed over for a question: one table, under one number of the log.
#[derive(Debug, Serialize)]
pub(crate) struct Disclosure {
    pub(crate) table: String,
    pub(crate) seq: Value,
    pub(crate) rows: usize,
    pub(crate) withheld: Value,
    pub(crate) record: Value,
    pub(crate) receipt: Value,
}

/// Who asks a city, what for, and of which time.
pub(crate) struct Asking<'c> {
    pub(crate) city: &'c City,
    pub(crate) recipient: PartyId,
    pub(crate) purpose: Purpose,
    pub(crate) from: Option<Timestamp>,
    pub(crate) to: Option<Timestamp>,
    pub(crate) authorised_by: Option<PartyId>,
}

/// What a question names: released tables, and public ones.
struct Named {
    released: Vec<(TableName, StreamId, ViewId)>,
    public: Vec<Table>,
}

impl Asking<'_> {
    /// The columns of an answer. Nothing is disclosed for it: whether each table would be is asked of the norms, and whether the
    /// question fits them is asked of the engine over tables without rows.
    ///
    /// # Errors
    /// Why it would not be answered.
    pub(crate) fn shape(&self, apart: &mut Apart, brought: &[Table]) -> Result<Answer, Failed> {
        self.fitting(apart, brought).map(|(shape, _)| shape)
    }

    /// Answers; each released table that the question names is disclosed for it, in the order of their names.
    ///
    /// # Errors
    /// Why it is not answered. What was disclosed before a limit ended it stays disclosed.
    pub(crate) fn answer(&self, mut apart: Apart, brought: &[Table]) -> Result<(Answer, Vec<Disclosure>), Failed> {
        let (shape, Named { released, public: mut tables }) = self.fitting(&mut apart, brought)?;
        let mut disclosures = Vec::new();
        for (name, stream, view) in released {
            let (table, disclosure) = self.disclosed(name, &stream, &view)?;
            tables.push(table);
            disclosures.push(disclosure);
        }
        let answer = apart.answer(tables)?;
        // A view that became another one in between is not what was asked about.
        if answer.fits(&shape) { Ok((answer, disclosures)) } else { Err(Failed::Rows) }
    }

    fn fitting(&self, apart: &mut Apart, brought: &[Table]) -> Result<(Answer, Named), Failed> {
        let state = self.city.register().state();
        let (public, released): (Vec<&TableName>, Vec<&TableName>) =
            apart.tables().iter().partition(|name| name.is_reference());
        let released = released.into_iter().map(|name| ids(name).map(|(stream, view)| (name.clone(), stream, view)));
        let released = released.collect::<Result<Vec<_>, Failed>>()?;
        let public = public.into_iter().map(|name| self.public(name, brought, &state));
        let public = public.collect::<Result<Vec<Table>, Failed>>()?;
        for (_, stream, view) in &released {
            self.city.may(&self.asked(stream, view))?;
        }
        let empty = released.iter().map(|(_, stream, view)| columns(&state, stream, view));
        let mut empty = empty.collect::<Result<Vec<Table>, Failed>>()?;
        empty.extend(public.iter().map(Table::without_rows));
        Ok((apart.shape(empty)?, Named { released, public }))
    }

    /// A public table: anybody may have it, so that it is no disclosure.
    fn public(&self, name: &TableName, brought: &[Table], state: &State) -> Result<Table, Failed> {
        let brought = brought.iter().find(|table| table.name == *name).cloned();
        let table = brought.or_else(|| references::table(name, Some(state), self.city.register().now()));
        table.ok_or_else(|| no_reference(name))
    }

    fn disclosed(&self, name: TableName, stream: &StreamId, view: &ViewId) -> Result<(Table, Disclosure), Failed> {
        let disclosed = self.city.disclose(&self.asked(stream, view))?;
        let (answer, state) = (disclosed.get(), self.city.register().state());
        let known = state.stream(stream).map(|(_, stream)| stream).ok_or(Failed::Rows)?;
        let table = handed::table(name, &answer.exposure, answer.minimum, Some(known), answer.rows.clone())?;
        let disclosure = Disclosure {
            table: table.name.to_string(),
            seq: answer.record.seq.0.into(),
            rows: answer.rows.len(),
            withheld: answer.withheld.into(),
            record: serde_json::to_value(&answer.record).unwrap_or_default(),
            receipt: answer.receipt.clone().into(),
        };
        Ok((table, disclosure))
    }

    fn asked(&self, stream: &StreamId, view: &ViewId) -> Asked {
        Asked {
            recipient: self.recipient.clone(),
            purpose: self.purpose,
            stream: stream.clone(),
            view: Some(view.clone()),
            from: self.from,
            to: self.to,
            authorised_by: self.authorised_by.clone(),
        }
    }
}

/// Stream and view of a released table's name.
///
/// # Errors
/// One of them is no id.
pub(crate) fn ids(name: &TableName) -> Result<(StreamId, ViewId), Failed> {
    let wrong =
        |what: &str| Failed::NoTable(format!("{name} is no table: `{what}` is no id; name a stream and its view"));
    let stream = name.schema.parse().map_err(|_| wrong(&name.schema))?;
    let view = name.table.parse().map_err(|_| wrong(&name.table))?;
    Ok((stream, view))
}

/// There is no such public table.
pub(crate) fn no_reference(name: &TableName) -> Failed {
    let there = NAMES.map(|name| format!("reference.{name}")).join(", ");
    Failed::NoTable(format!("there is no table {name}; there are {there}, and what you bring along with --reference"))
}

/// A view as a table without rows.
fn columns(state: &State, stream: &StreamId, view: &ViewId) -> Result<Table, Failed> {
    let unknown = |kind, id: &dyn ToString| DiscloseError::Unknown { kind, id: id.to_string() };
    let (_, known) = state.stream(stream).ok_or_else(|| unknown("stream", stream))?;
    let found = state.views.get(&(stream.clone(), view.clone())).ok_or_else(|| unknown("view", view))?;
    handed::table(TableName::new(stream.as_str(), view.as_str()), &found.exposure, 0, Some(known), Vec::new())
}

/// The tables that a party may name now, without rows: what its agreements in force and those with everybody show, and the
/// public ones.
pub(crate) fn tables(city: &City, party: &PartyId) -> Vec<Table> {
    let (state, now): (Arc<State>, Timestamp) = (city.register().state(), city.register().now());
    let mut released: Vec<(StreamId, ViewId)> = state
        .grants
        .values()
        .filter(|record| record.in_force(now))
        .map(|record| &record.grant)
        .filter(|grant| grant.recipient == *party || grant.recipient.as_str() == PUBLIC)
        .map(|grant| (grant.stream.clone(), grant.view.clone()))
        .collect();
    released.sort();
    released.dedup();
    let released = released.iter().filter_map(|(stream, view)| columns(&state, stream, view).ok());
    let public = NAMES.iter().filter_map(|name| {
        references::table(&TableName::new(analytics::REFERENCE, name), Some(&state), now)
            .map(|table| table.without_rows())
    });
    let mut tables: Vec<Table> = released.chain(public).collect();
    tables.sort_by(|one, other| one.name.cmp(&other.name));
    tables
}
