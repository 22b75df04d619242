//! The city as an instrument needs it: a deployment with the facts around it.

use std::collections::BTreeMap;

use anyhow::Context;
use flow::City;
use model::{
    Clock as _, Deployment, DeploymentId, DeploymentRecord, Grant, GrantRecord, Party, PartyId, Place, Timestamp,
};
use serde::Deserialize;
use standards::instrument::{Declared, Draft, Facts};

use crate::commands::office::Office;
use crate::output::Status;
use crate::system::SystemClock;

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
    /// What the register says around a deployment.
    pub(super) fn of(office: &Office, id: &DeploymentId) -> anyhow::Result<Self> {
        let (register, now) = match office {
            Office::Folder(city) => (of_folder(city), city.register().now()),
            Office::Address(client) => {
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
        Ok(Self { deployment, parties, now, facts })
    }

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

fn of_folder(city: &City) -> Register {
    let state = city.register().state();
    Register {
        parties: state.parties.values().map(|record| record.party.clone()).collect(),
        places: state.places.values().map(|place| Place::clone(place)).collect(),
        deployments: state.deployments.values().map(|record| DeploymentRecord::clone(record)).collect(),
        grants: state.grants.values().map(|record| GrantRecord::clone(record)).collect(),
    }
}
