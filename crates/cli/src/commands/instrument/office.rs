//! The city as an instrument needs it: a deployment with the facts around it, and a party's commands. By folder or address.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context;
use flow::City;
use model::{
    Clock as _, Deployment, DeploymentId, DeploymentRecord, Grant, GrantRecord, Party, PartyId, Place, Timestamp,
};
use register::{Submission, SubmitError};
use serde::Deserialize;
use serde_json::Value;
use standards::instrument::{Declared, Draft, Facts};

use crate::client::{Client, is_address};
use crate::commands::open;
use crate::output::{Refused, Status};
use crate::system::SystemClock;

/// A city's folder, or its node.
pub(super) enum Office {
    Folder(Box<City>),
    Address(Client),
}

/// What the register says around one deployment.
pub(super) struct Known {
    pub(super) deployment: Deployment,
    pub(super) parties: BTreeMap<PartyId, Party>,
    pub(super) now: Timestamp,
    facts: Facts,
}

/// The parts of the register that facts come from.
#[derive(Deserialize)]
struct Register {
    parties: Vec<Party>,
    places: Vec<Place>,
    deployments: Vec<DeploymentRecord>,
    grants: Vec<GrantRecord>,
}

impl Known {
    /// The present facts for some answers: those of the register, and what they took from other instruments.
    pub(super) fn facts(&self, draft: &Draft) -> Facts {
        let mut facts = self.facts.clone();
        for (path, value) in draft.answers.facts.iter().filter(|(path, _)| path.contains('/')) {
            facts.insert(path.clone(), value.clone());
        }
        facts
    }

    /// The facts of the register alone.
    pub(super) const fn of_register(&self) -> &Facts {
        &self.facts
    }

    /// A party of the register.
    pub(super) fn party(&self, id: &PartyId) -> anyhow::Result<&Party> {
        let found = self.parties.get(id);
        found.ok_or_else(|| Status::bad_input(format!("the register has no party `{id}`; enter it first")).into())
    }
}

impl Office {
    pub(super) fn open(city: &str) -> anyhow::Result<Self> {
        if is_address(city) {
            return Ok(Self::Address(Client::new(city)));
        }
        Ok(Self::Folder(Box::new(open(Path::new(city))?)))
    }

    /// What the register says around a deployment.
    pub(super) fn known(&self, id: &DeploymentId) -> anyhow::Result<Known> {
        let (register, now) = match self {
            Self::Folder(city) => (of_folder(city), city.register().now()),
            Self::Address(client) => {
                let answer = client.get("/api/v1/register", &[], None)?;
                let register = serde_json::from_value(answer).context("this is not the register of a city")?;
                (register, SystemClock.now())
            }
        };
        let found = register.deployments.into_iter().find(|record| record.deployment.id == *id);
        let record = found
            .ok_or_else(|| Status::bad_input(format!("the register has no deployment `{id}`; propose it first")))?;
        let parties: BTreeMap<PartyId, Party> =
            register.parties.into_iter().map(|party| (party.id.clone(), party)).collect();
        let place = register.places.into_iter().find(|place| place.id == record.deployment.place);
        let in_force = register.grants.into_iter().filter(|grant| grant.in_force(now));
        let grants: Vec<Grant> = in_force.map(|record| record.grant).collect();
        let deployment = record.deployment;
        let declared = Declared { deployment: &deployment, place: place.as_ref(), parties: &parties, grants: &grants };
        let facts = Facts::of(&declared);
        Ok(Known { deployment, parties, now, facts })
    }

    /// Whether a party has to show its token. Whoever has the folder may act for anybody in it.
    pub(super) const fn needs_token(&self) -> bool {
        matches!(self, Self::Address(_))
    }

    /// Does what a party asks; gives the entries made.
    pub(super) fn submit(&self, submission: Submission, token: Option<&str>) -> Result<Vec<u64>, Failed> {
        match self {
            Self::Folder(city) => {
                let receipt = city.register().submit(submission).map_err(refused)?;
                city.register().publish().map_err(Failed::unsure)?;
                Ok(receipt.entries)
            }
            Self::Address(client) => {
                let answer = client.submit(&submission, token.unwrap_or_default());
                // An answer of the node is one; only where none came it is not known what happened.
                let answer = answer.map_err(|error| Failed { definite: !error.is::<ureq::Error>(), error })?;
                let entries = answer.pointer("/0/entries").and_then(Value::as_array);
                Ok(entries.into_iter().flatten().filter_map(Value::as_u64).collect())
            }
        }
    }
}

/// Why something was not filed, and whether that is certain.
pub(super) struct Failed {
    pub(super) error: anyhow::Error,
    pub(super) definite: bool,
}

impl Failed {
    /// It was not.
    pub(super) fn definite(error: impl Into<anyhow::Error>) -> Self {
        Self { error: error.into(), definite: true }
    }

    fn unsure(error: impl Into<anyhow::Error>) -> Self {
        Self { error: error.into(), definite: false }
    }
}

fn refused(error: SubmitError) -> Failed {
    match error {
        SubmitError::Refused(refusal) => {
            let message = refusal.to_string();
            Failed::definite(Refused { details: serde_json::json!([message]), message })
        }
        error => Failed::unsure(error),
    }
}

fn of_folder(city: &City) -> Register {
    let state = city.register().state();
    Register {
        parties: state.parties.values().map(|record| record.party.clone()).collect(),
        places: state.places.values().map(|place| Place::clone(place)).collect(),
        deployments: state.deployments.values().map(|record| DeploymentRecord::clone(record)).collect(),
        grants: state.grants.values().map(|record| GrantRecord::clone(record)).collect(),
    }
}
