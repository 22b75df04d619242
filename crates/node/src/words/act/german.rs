//! Acts in German. What a party wrote stands in marks, as names do.

use model::act::DisclosuresBatched;
use model::inquiry::InquiryKind;
use model::{
    Estimated, Magnitude, ObservationsCounted, ObservationsEstimated, PartyId, Subject, Tier, Timestamp, What,
};
use register::State;

use super::super::outcome;
use crate::lang::Lang;

const LANG: Lang = Lang::De;

/// What an act did, in one line.
pub(super) fn act(what: &What, at: Timestamp, state: &State) -> String {
    match what {
        What::CityFounded(city) => format!("„{}“ hat dieses Protokoll begonnen", city.name),
        What::PartyRegistered(registered) => format!("„{}“ wurde ins Register eingetragen", registered.party.name),
        What::PartyCredentialIssued(issued) => {
            format!("{} hat einen neuen Zugangsschlüssel bekommen", party(state, &issued.party))
        }
        What::PlaceRegistered(place) => format!("Der Ort „{}“ wurde eingetragen oder neu gezeichnet", place.name),
        What::PolicyAdopted(_) | What::PolicyAdoptedFrom(_) => "Neue Regeln sind in Kraft getreten".to_owned(),
        What::DeploymentProposed(deployment) => format!("„{}“ wurde vorgeschlagen", deployment.title),
        What::AssessmentSigned(assessment) | What::AssessmentTiered(assessment) => format!(
            "Eine Prüfung der Risiken von {} wurde unterschrieben. Ergebnis: {}",
            title(state, &assessment.deployment),
            outcome(LANG, assessment.outcome)
        ),
        What::DeploymentApproved(approved) => {
            format!("{} wurde bis zum {} genehmigt", title(state, &approved.deployment), LANG.day(approved.until))
        }
        What::DeploymentPublished(of) => {
            format!("{} wurde in diesem Register veröffentlicht", title(state, &of.deployment))
        }
        What::DeploymentActivated(of) => {
            let title = title(state, &of.deployment);
            match super::first_day(state, &of.deployment, at) {
                Some(starts) => {
                    format!(
                        "{title} wurde eingeschaltet und darf vom ersten Tag an Daten erfassen, ab dem {}",
                        LANG.day(starts)
                    )
                }
                None => format!("{title} darf von jetzt an Daten erfassen"),
            }
        }
        What::DeploymentSuspended(of) => format!("{} wurde angehalten", title(state, &of.deployment)),
        What::ApprovalLapsed(of) => {
            format!("{} wurde angehalten, weil niemand die Genehmigung erneuert hat", title(state, &of.deployment))
        }
        What::DeploymentEnded(of) if super::is_refused(state, &of.deployment) => {
            format!("{} wurde abgelehnt, endgültig", title(state, &of.deployment))
        }
        What::DeploymentEnded(of) => format!("{} wurde endgültig beendet", title(state, &of.deployment)),
        other => about_data(other, state),
    }
}

/// Acts about sensors, orders, views, grants, keys and disclosures.
fn about_data(what: &What, state: &State) -> String {
    match what {
        What::DeviceRegistered(device) => format!("Der Sensor „{}“ wurde eingetragen", device.id),
        What::DeviceCredentialSet(set) if set.credential.is_none() => {
            format!("Der Sensor „{}“ wurde gesperrt", set.device)
        }
        What::DeviceCredentialSet(set) => {
            format!("Der Sensor „{}“ hat einen neuen Zugangsschlüssel bekommen", set.device)
        }
        What::OrderIssued(issued) => format!(
            "Eine Anordnung wurde eingetragen, gültig bis zum {}, mit {}. Angeordnet hat es „{}“",
            LANG.day(issued.order.until),
            LANG.count(issued.order.entries.into(), ("", ""), ("Eintrag", "Einträgen")),
            issued.order.authority
        ),
        What::ViewDeclared(view) => format!("Version {} der Ansicht „{}“ wurde festgelegt", view.version.0, view.title),
        What::GrantAgreed(grant) => format!(
            "{} darf „{}“ bis zum {} haben, zu diesem Zweck: {}",
            party(state, &grant.recipient),
            state
                .views
                .get(&(grant.stream.clone(), grant.view.clone()))
                .map_or_else(|| grant.view.to_string(), |view| view.title.clone()),
            LANG.day(grant.until),
            LANG.purpose(grant.purpose)
        ),
        What::GrantWithdrawn(of) => format!("Die Vereinbarung „{}“ wurde zurückgezogen", of.grant),
        What::GrantExpired(of) => format!("Die Vereinbarung „{}“ ist abgelaufen", of.grant),
        What::KeyCreated(key) => {
            let end = LANG.instant(flow::keys::destroyed_at(key.epoch));
            format!("Ein Schlüssel für die Kürzel von „{}“ wurde erzeugt, er gilt bis {end}", key.stream)
        }
        What::KeyDestroyed(key) => format!("Der Schlüssel für die Kürzel von „{}“ wurde vernichtet", key.stream),
        What::ObservationsDeleted(deleted) => format!(
            "Alles, was „{}“ vor dem {} beobachtet hat, wurde gelöscht",
            deleted.stream,
            LANG.instant(deleted.before)
        ),
        What::DisclosuresBatched(batch) => batched(batch),
        other => about_statements(other, state),
    }
}

/// Acts about statements, inquiries, classes and clocks.
fn about_statements(what: &What, state: &State) -> String {
    match what {
        What::EvidenceFiled(evidence) if evidence.is_emergency() => {
            let until = evidence.until.map(|until| format!(" bis zum {}", LANG.instant(until))).unwrap_or_default();
            let (by, about) = (party(state, &evidence.signed_by), subject(state, &evidence.about));
            format!("{by} hat{until} einen Notfall erklärt (über {about}): „{}“", evidence.summary)
        }
        What::EvidenceFiled(evidence) => format!(
            "{} hat eine Erklärung über {} abgegeben („{}“): „{}“",
            party(state, &evidence.signed_by),
            subject(state, &evidence.about),
            evidence.kind,
            evidence.summary
        ),
        What::InquiryReceived(received) => {
            format!("{} (über {})", asked(received.kind), subject(state, &received.evidence.about))
        }
        What::IncidentReported(reported) => {
            let statement = &reported.incident.statement;
            let (by, about) = (party(state, &statement.signed_by), subject(state, &statement.about));
            format!("{by} hat einen Vorfall gemeldet (über {about}): „{}“", statement.summary.trim_end_matches('.'))
        }
        What::EvidenceWithdrawn(of) => format!("Die Erklärung „{}“ wurde zurückgezogen", of.evidence),
        What::EvidenceLapsed(of) => format!("Die Erklärung „{}“ ist abgelaufen", of.evidence),
        What::ClassApproved(class) => {
            let purposes: Vec<String> =
                class.purposes.iter().map(|purpose| LANG.quoted(LANG.purpose(*purpose))).collect();
            format!(
                "Die Klasse „{}“ wurde bis zum {} genehmigt: {}, {} {}, {}",
                class.id,
                LANG.day(class.until),
                LANG.technology(class.technology),
                if purposes.len() == 1 { "Zweck" } else { "Zwecke" },
                LANG.list(&purposes),
                tier(class.tier)
            )
        }
        What::DutyLapsed(lapsed) => format!(
            "Nicht erledigt bis zum {}: „{}“ ({}). Es betrifft {}",
            LANG.instant(lapsed.due),
            lapsed.duty,
            lapsed.requirement,
            subject(state, &lapsed.about)
        ),
        What::DutyMetLate(met) => format!(
            "Doch noch erledigt am {}: „{}“. Es betrifft {}",
            LANG.instant(met.done),
            met.duty,
            subject(state, &met.about)
        ),
        What::ClockConfirmed(confirmed) => format!(
            "Die Uhr der Stadt wurde bestätigt, lange nach dem letzten Vorgang vom {}",
            LANG.day(confirmed.after)
        ),
        What::ObservationsCounted(told) => counted(told),
        What::ObservationsEstimated(told) => estimated(told),
        What::PayloadErased(erased) => format!("Der vertrauliche Teil von Vorgang {} wurde vernichtet", erased.entry),
        // The acts of government have their words above; what is left over is told by its tag.
        other => other.kind().to_owned(),
    }
}

/// What a resident did; the log has it in English.
pub(super) const fn asked(kind: InquiryKind) -> &'static str {
    match kind {
        InquiryKind::Question => "Jemand aus der Stadt hat eine Frage gestellt",
        InquiryKind::Correction => "Jemand aus der Stadt hat einen Fehler im Register gemeldet",
        InquiryKind::Objection => "Jemand aus der Stadt hat widersprochen",
        InquiryKind::OwnData => "Jemand aus der Stadt hat nach den eigenen Daten gefragt",
        InquiryKind::Comment => "Jemand aus der Stadt hat eine Meinung geschickt",
    }
}

/// What came in a month, in numbers.
fn counted(told: &ObservationsCounted) -> String {
    let admitted = told.streams.iter().map(|stream| stream.admitted).fold(0, u64::saturating_add);
    let refused = told.streams.iter().flat_map(|stream| stream.refused.values()).copied().fold(0, u64::saturating_add);
    format!(
        "Gezählt für {}, was niemanden betrifft: {} angenommen, {} abgelehnt, in {}",
        told.month,
        LANG.count(admitted, ("", ""), ("Beobachtung", "Beobachtungen")),
        LANG.count(refused, ("", ""), ("Sendung", "Sendungen")),
        LANG.count(told.streams.len() as u64, ("", ""), ("Datenstrom", "Datenströmen"))
    )
}

/// What came in a month, in orders of magnitude.
fn estimated(told: &ObservationsEstimated) -> String {
    let sum = |of: fn(&Estimated) -> Magnitude| {
        LANG.about(told.streams.iter().map(of).map(Magnitude::estimate).fold(0, u64::saturating_add))
    };
    format!(
        "Ungefähr für {}, was Personen betrifft oder Personen oder Fahrzeuge zählt: {} Beobachtungen angenommen, {} Sendungen \
         abgelehnt, in {}",
        told.month,
        sum(|stream| stream.admitted),
        sum(|stream| stream.refused),
        LANG.count(told.streams.len() as u64, ("", ""), ("Datenstrom", "Datenströmen"))
    )
}

/// What left, in numbers. Of what leaves under an order there are none.
fn batched(batch: &DisclosuresBatched) -> String {
    let disclosures: u64 = batch.totals.iter().map(|total| total.disclosures).sum();
    let told = batch.totals.iter().filter_map(|total| total.rows);
    let rows = told.clone().fold(0, u64::saturating_add);
    let rows = LANG.count(rows, ("", ""), ("Zeile", "Zeilen"));
    let rows = match told.count() {
        0 => String::new(),
        all if all == batch.totals.len() => format!(", insgesamt {rows}"),
        _ => format!(", insgesamt {rows} außer denen auf Anordnung"),
    };
    let verb = if disclosures == 1 { "kam" } else { "kamen" };
    format!("{} {verb} ins Protokoll{rows}", LANG.count(disclosures, ("", ""), ("Weitergabe", "Weitergaben")))
}

/// What a statement is about, as it stands after *über* and *betrifft*.
fn subject(state: &State, about: &Subject) -> String {
    match about {
        Subject::City => "die Stadt als Ganzes".to_owned(),
        Subject::Deployment { id } => title(state, id),
        Subject::Device { id } => format!("Sensor „{id}“"),
    }
}

/// How weighty a deployment of a class may be.
const fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::FileAndGo => "solange nichts Personen betrifft",
        Tier::Light => "solange niemand länger als einen Tag unterscheidbar ist",
        Tier::Full => "egal, was es über Personen verrät",
    }
}

fn title(state: &State, id: &model::DeploymentId) -> String {
    state.deployments.get(id).map_or_else(|| format!("„{id}“"), |record| format!("„{}“", record.deployment.title))
}

fn party(state: &State, id: &PartyId) -> String {
    state.parties.get(id).map_or_else(|| format!("„{id}“"), |record| format!("„{}“", record.party.name))
}
