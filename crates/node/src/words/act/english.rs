//! Acts in English.

use model::act::DisclosuresBatched;
use model::{
    Estimated, Magnitude, ObservationsCounted, ObservationsEstimated, PartyId, Subject, Tier, Timestamp, What,
};
use register::State;

use super::super::{count, day, instant, list, number, outcome, small};
use crate::lang::Lang;

/// What an act did, in one line.
pub(super) fn act(what: &What, at: Timestamp, state: &State) -> String {
    let party = |id: &PartyId| state.parties.get(id).map_or_else(|| id.to_string(), |record| record.party.name.clone());
    match what {
        What::CityFounded(city) => format!("{} began this log", city.name),
        What::PartyRegistered(registered) => format!("{} was entered in the register", registered.party.name),
        What::PartyCredentialIssued(issued) => format!("{} got a new access token", party(&issued.party)),
        What::PlaceRegistered(place) => format!("The place “{}” was entered or drawn anew", place.name),
        What::PolicyAdopted(_) | What::PolicyAdoptedFrom(_) => "New policies came into force".to_owned(),
        What::DeploymentProposed(deployment) => format!("“{}” was proposed", deployment.title),
        What::AssessmentSigned(assessment) | What::AssessmentTiered(assessment) => {
            format!(
                "An assessment of {} was signed: {}",
                title(state, &assessment.deployment),
                small(outcome(Lang::En, assessment.outcome))
            )
        }
        What::DeploymentApproved(approved) => {
            format!("{} was approved until {}", title(state, &approved.deployment), day(approved.until))
        }
        What::DeploymentPublished(of) => format!("{} was published in this register", title(state, &of.deployment)),
        What::DeploymentActivated(of) => {
            let title = title(state, &of.deployment);
            match super::first_day(state, &of.deployment, at) {
                Some(starts) => {
                    format!("{title} was switched on, and may collect from its first day on, {}", day(starts))
                }
                None => format!("{title} was allowed to collect from now on"),
            }
        }
        What::DeploymentSuspended(of) => format!("{} was stopped", title(state, &of.deployment)),
        What::ApprovalLapsed(of) => {
            format!("{} was stopped, because nobody renewed its approval", title(state, &of.deployment))
        }
        What::DeploymentEnded(of) if super::is_refused(state, &of.deployment) => {
            format!("{} was refused, and is over for good", title(state, &of.deployment))
        }
        What::DeploymentEnded(of) => format!("{} ended for good", title(state, &of.deployment)),
        other => about_data(other, state, party),
    }
}

/// Acts about sensors, orders, views, grants, keys, disclosures, statements and classes.
fn about_data(what: &What, state: &State, party: impl Fn(&PartyId) -> String) -> String {
    match what {
        What::DeviceRegistered(device) => format!("The sensor “{}” was entered", device.id),
        What::DeviceCredentialSet(set) if set.credential.is_none() => {
            format!("The sensor “{}” was locked out", set.device)
        }
        What::DeviceCredentialSet(set) => format!("The sensor “{}” got a new access token", set.device),
        What::OrderIssued(issued) => format!(
            "An order of {} was entered: {}, until {}",
            issued.order.authority,
            count(issued.order.entries.into(), "entry", "entries"),
            day(issued.order.until)
        ),
        What::ViewDeclared(view) => format!("Version {} of the view “{}” was declared", view.version.0, view.title),
        What::GrantAgreed(grant) => format!(
            "{} may have “{}” for this purpose: {}, until {}",
            party(&grant.recipient),
            state
                .views
                .get(&(grant.stream.clone(), grant.view.clone()))
                .map_or_else(|| grant.view.to_string(), |view| view.title.clone()),
            small(grant.purpose.name()),
            day(grant.until)
        ),
        What::GrantWithdrawn(of) => format!("The agreement “{}” was withdrawn", of.grant),
        What::GrantExpired(of) => format!("The agreement “{}” came to its end", of.grant),
        What::KeyCreated(key) => {
            let end = instant(flow::keys::destroyed_at(key.epoch));
            format!("A key for the tags of “{}” was made, to live until {end}", key.stream)
        }
        What::KeyDestroyed(key) => format!("The key for the tags of “{}” was destroyed", key.stream),
        What::ObservationsDeleted(deleted) => {
            format!("Everything that “{}” observed before {} was deleted", deleted.stream, instant(deleted.before))
        }
        What::DisclosuresBatched(batch) => batched(batch),
        What::EvidenceFiled(_) | What::InquiryReceived(_) | What::IncidentReported(_) => stated(what, state, party),
        What::EvidenceWithdrawn(of) => format!("The statement “{}” was withdrawn", of.evidence),
        What::EvidenceLapsed(of) => format!("The statement “{}” came to its end", of.evidence),
        What::ClassApproved(class) => format!(
            "The class “{}” was approved until {}: {}, for {}, {}",
            class.id,
            day(class.until),
            class.technology.name(),
            list(&class.purposes.iter().map(|purpose| small(purpose.name())).collect::<Vec<_>>()),
            tier(class.tier)
        ),
        What::DutyLapsed(_) | What::DutyMetLate(_) => about_duties(what, state),
        What::ClockConfirmed(confirmed) => {
            format!("The city’s clock was confirmed, long after the last act on {}", day(confirmed.after))
        }
        What::ObservationsCounted(told) => counted(told),
        What::ObservationsEstimated(told) => estimated(told),
        What::PayloadErased(erased) => format!("The confidential part of act {} was destroyed", erased.entry),
        // The acts of government have their words above; what is left over is told by its tag.
        other => other.kind().to_owned(),
    }
}

/// Acts that state something: what a party, a resident or an incident's report says.
fn stated(what: &What, state: &State, party: impl Fn(&PartyId) -> String) -> String {
    match what {
        What::EvidenceFiled(evidence) if evidence.is_emergency() => {
            let until = evidence.until.map(|until| format!(" until {}", instant(until))).unwrap_or_default();
            let (by, about) = (party(&evidence.signed_by), subject(state, &evidence.about));
            format!("{by} stated an emergency{until} (about {about}): {}", evidence.summary)
        }
        What::EvidenceFiled(evidence) => format!(
            "{} stated about {} (“{}”): {}",
            party(&evidence.signed_by),
            subject(state, &evidence.about),
            evidence.kind,
            evidence.summary
        ),
        What::InquiryReceived(received) => {
            let about = subject(state, &received.evidence.about);
            format!("{} (about {about})", received.evidence.summary.trim_end_matches('.'))
        }
        What::IncidentReported(reported) => {
            let statement = &reported.incident.statement;
            let (by, about) = (party(&statement.signed_by), subject(state, &statement.about));
            format!("{by} reported an incident (about {about}): {}", statement.summary.trim_end_matches('.'))
        }
        other => other.kind().to_owned(),
    }
}

/// Acts of clocks.
fn about_duties(what: &What, state: &State) -> String {
    match what {
        What::DutyLapsed(lapsed) => {
            let (about, due) = (subject(state, &lapsed.about), instant(lapsed.due));
            format!("Of {about}: “{}” ({}) was not done by {due}", lapsed.duty, lapsed.requirement)
        }
        What::DutyMetLate(met) => {
            let (about, done) = (subject(state, &met.about), instant(met.done));
            format!("Of {about}: “{}” was done after all, at {done}", met.duty)
        }
        other => other.kind().to_owned(),
    }
}

/// What came in a month, in numbers.
fn counted(told: &ObservationsCounted) -> String {
    let admitted = told.streams.iter().map(|stream| stream.admitted).fold(0, u64::saturating_add);
    let refused = told.streams.iter().flat_map(|stream| stream.refused.values()).copied().fold(0, u64::saturating_add);
    format!(
        "Counted for {}, of what is about nobody: {} admitted, {} refused, in {}",
        told.month,
        count(admitted, "observation", "observations"),
        count(refused, "sending", "sendings"),
        count(told.streams.len() as u64, "stream", "streams")
    )
}

/// What came in a month, in orders of magnitude.
fn estimated(told: &ObservationsEstimated) -> String {
    let sum = |of: fn(&Estimated) -> Magnitude| {
        Lang::En.about(told.streams.iter().map(of).map(Magnitude::estimate).fold(0, u64::saturating_add))
    };
    format!(
        "For {}, of what is about people or counts people or vehicles, roughly: {} observations admitted, {} sendings refused, in {}",
        told.month,
        sum(|stream| stream.admitted),
        sum(|stream| stream.refused),
        count(told.streams.len() as u64, "stream", "streams")
    )
}

/// What left, in numbers. Of what leaves under an order there are none.
fn batched(batch: &DisclosuresBatched) -> String {
    let disclosures = batch.totals.iter().map(|total| total.disclosures).sum();
    let told = batch.totals.iter().filter_map(|total| total.rows);
    let rows = number(told.clone().fold(0, u64::saturating_add));
    let rows = match told.count() {
        0 => String::new(),
        all if all == batch.totals.len() => format!(", with {rows} rows in all"),
        _ => format!(", with {rows} rows in all beside those under an order"),
    };
    format!("{} went into the log{rows}", count(disclosures, "disclosure", "disclosures"))
}

/// What a statement is about.
fn subject(state: &State, about: &Subject) -> String {
    match about {
        Subject::City => "the whole city".to_owned(),
        Subject::Deployment { id } => title(state, id),
        Subject::Device { id } => format!("the sensor “{id}”"),
    }
}

/// How weighty a deployment of a class may be.
const fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::FileAndGo => "as long as nothing is about people",
        Tier::Light => "as long as nobody can be told apart for longer than a day",
        Tier::Full => "whatever it tells about people",
    }
}

fn title(state: &State, id: &model::DeploymentId) -> String {
    state.deployments.get(id).map_or_else(|| format!("“{id}”"), |record| format!("“{}”", record.deployment.title))
}
