//! The register as a table (RFC 4180): a row for each deployment.
//!
//! Texts come from whoever filed them, and spreadsheets run what begins like a formula: such a cell begins with an apostrophe.

use std::collections::BTreeMap;

use model::{DeploymentId, DeploymentRecord, Timestamp};
use register::State;
use workbook::csv_cell as cell;

use crate::address::Base;
use crate::lang::Lang;
use crate::words;

/// The columns, in order.
const COLUMNS: [&str; 21] = [
    "id",
    "title",
    "description",
    "state",
    "technology",
    "technology_name",
    "purposes",
    "purpose_names",
    "place",
    "place_name",
    "accountable",
    "accountable_name",
    "legal_basis",
    "people",
    "longest_retention_seconds",
    "sensors",
    "starts",
    "ends",
    "approved_until",
    "privacy_statement",
    "page",
];

/// The whole table.
pub(super) fn written(state: &State, base: &Base) -> String {
    let mut table = COLUMNS.join(",");
    table.push_str("\r\n");
    let mut sensors: BTreeMap<&DeploymentId, u64> = BTreeMap::new();
    for device in state.devices.values() {
        *sensors.entry(&device.deployment).or_default() += 1;
    }
    for record in state.deployments.values() {
        let count = sensors.get(&record.deployment.id).copied().unwrap_or_default();
        let row = row(state, record, count, base).map(|text| cell(&text));
        table.push_str(&row.join(","));
        table.push_str("\r\n");
    }
    table
}

fn row(state: &State, record: &DeploymentRecord, sensors: u64, base: &Base) -> [String; 21] {
    let deployment = &record.deployment;
    let several = |names: Vec<&str>| names.join("; ");
    let place = state.places.get(&deployment.place).map(|place| place.name.clone());
    let accountable = state.parties.get(&deployment.accountable).map(|record| record.party.name.clone());
    let longest = deployment.streams.iter().map(|stream| stream.retention.0).max().unwrap_or_default();
    let until = |at: Timestamp| at.to_string();
    [
        deployment.id.to_string(),
        deployment.title.clone(),
        deployment.description.clone(),
        record.standing.state.code().to_owned(),
        deployment.technology.code().to_owned(),
        deployment.technology.name().to_owned(),
        several(deployment.purposes.iter().map(|purpose| purpose.code()).collect()),
        several(deployment.purposes.iter().map(|purpose| purpose.name()).collect()),
        deployment.place.to_string(),
        place.unwrap_or_default(),
        deployment.accountable.to_string(),
        accountable.unwrap_or_default(),
        deployment.legal_basis.code().to_owned(),
        words::people(Lang::En, deployment).short.to_owned(),
        longest.as_seconds().to_string(),
        sensors.to_string(),
        deployment.starts.to_string(),
        deployment.ends.to_string(),
        record.standing.approval.as_ref().map(|approval| until(approval.until)).unwrap_or_default(),
        deployment.privacy_statement.clone().unwrap_or_default(),
        base.join(&format!("/deployments/{}", deployment.id)),
    ]
}
