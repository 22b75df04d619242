//! Whether the parts of a proposal fit together, before any norm is asked: lengths, dates, property types.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use model::noise::decimal;
use model::stream::PROPERTIES_MAX;
use model::{
    Assessment, Deployment, DeploymentRecord, DeviceId, Exposure, Incident, Order, Place, PlaceId, Rho, Space,
    State as Stage, Stream, Subject, Tier, Timestamp, Treatment, ValueKind, View,
};

use crate::state::State;

/// The longest text that residents read, in characters.
pub(super) const TEXT_CHARS_MAX: usize = 4_000;
/// The most devices that a report of an incident names.
pub(super) const INCIDENT_DEVICES_MAX: usize = 500;
/// The most streams a deployment may declare.
pub(super) const STREAMS_MAX: usize = 32;

/// The most other instruments that an assessment may require.
pub(super) const REQUIRES_MAX: usize = 32;
/// The most sign-offs of an assessment.
pub(super) const SIGN_OFFS_MAX: usize = 32;
/// The longest role of a sign-off, in characters.
pub(super) const ROLE_CHARS_MAX: usize = 64;

/// Parts that do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// A text is empty or too long.
    #[error("{0} must have 1 to {TEXT_CHARS_MAX} characters")]
    Text(&'static str),
    /// A deployment that ends before it starts.
    #[error("the deployment ends before it starts")]
    Dates,
    /// Too few or too many.
    #[error("{0}")]
    Count(String),
    /// A treatment does not fit a property.
    #[error("{0}")]
    Treatment(String),
    /// A view names a property that the stream does not store as the view needs it.
    #[error("the view needs the property `{property}` of stream `{stream}` {need}")]
    Property {
        /// The property.
        property: String,
        /// The stream.
        stream: String,
        /// What would fit.
        need: &'static str,
    },
    /// Properties of one stream are compared under more than one order.
    #[error("stream `{0}` is compared with the lists of several orders; declare one stream for each order")]
    Orders(String),
    /// It would stop the clock of what a resident asked without saying which.
    #[error("residents asked about this; say in `answers` which of it this statement answers")]
    AnswersNothing,
    /// It answers something else.
    #[error("this does not answer `{0}`: it is of another kind, or about something else")]
    OtherAnswer(String),
    /// Somebody else answers for it.
    #[error("`{0}` is answered by whoever is accountable, by an officer, or by the founder")]
    NotTheirsToAnswer(String),
    /// Nobody erases an objection to itself.
    #[error(
        "what a resident wrote is erased by whoever answers for it, and before it is answered by an officer or the founder alone"
    )]
    NotTheirsToErase,
    /// Nobody erases what is known of its own incident.
    #[error("what is sealed of an incident is erased by an officer or the founder alone")]
    NotTheirIncident,
    /// What was said of an incident would stop its clocks.
    #[error(
        "what follows the incident `{0}` is stated by whoever reported it, by whoever answers for what it hit, by an officer or the \
         founder"
    )]
    NotTheirsToFollow(String),
    /// It would stop the clock of an incident without saying which.
    #[error("incidents were reported about this; say in `answers` which of them this statement follows")]
    FollowsUnnamed,
    /// What follows an incident is about something else.
    #[error("this does not follow the incident `{0}`: it is about something else")]
    OtherIncident(String),
    /// Nobody takes back a report of its own: it would look as if nothing had been.
    #[error("`{0}` reports an incident, and such a report is withdrawn by an officer or the founder alone")]
    Reported(String),
    /// A request for an agreement, or an answer to one, that is none.
    #[error("{0}")]
    Request(&'static str),
    /// Nobody offers or refuses what is another's to give.
    #[error("`{0}` asks for what another party answers for, and is answered by that party alone")]
    NotTheirsToGive(String),
    /// A tier without the questions that it was found by.
    #[error(
        "a tier is what the answers to one edition of an instrument find; name the edition in `instrument_hash`, or leave `tier` out"
    )]
    TierUnfounded,
    /// A tier in nobody's name.
    #[error("a tier is found by answers that somebody signed off; name who did, in which role, in `sign_offs`")]
    TierUnsigned,
    /// A tier that is less strict than the one that it takes the place of, with less behind it.
    #[error(
        "answers to `{instrument}` found the tier `{before}`, signed off as `{role}`; what finds less than that has to be signed off so, too"
    )]
    TierLowered {
        /// The instrument.
        instrument: String,
        /// What was found before.
        before: Tier,
        /// The role that is missing.
        role: String,
    },
    /// A report of an incident that is none.
    #[error("{0}")]
    Incident(&'static str),
    /// An emergency, or its review, that is none.
    #[error("{0}")]
    Emergency(&'static str),
    /// The one before was never looked at.
    #[error(
        "`{0}` stated an emergency about this, and nobody has reviewed it; an `emergency-review` that answers it comes first"
    )]
    EmergencyUnreviewed(String),
    /// An approval would outlast the emergency in which it is given.
    #[error(
        "an emergency is in force until {0}, and what is approved in it ends with it at the latest; approve for longer once it is over"
    )]
    BeyondEmergency(Timestamp),
    /// A place would change under those whom a view counts in it.
    #[error(
        "view `{view}` counts by `{place}`, whose outline therefore stays as it is: another outline would be another grid. \
         Register a place of another name, and declare a view by that"
    )]
    Counted {
        /// The place.
        place: String,
        /// The view.
        view: String,
    },
    /// What a resident asked is theirs.
    #[error("`{0}` is what a resident asked, which nobody withdraws; answer it")]
    Inquiry(String),
    /// The view's numbers would not be whole, or not of people.
    #[error(transparent)]
    View(#[from] privacy::Unfit),
    /// The view's numbers, held against those of another view, would tell what is withheld.
    #[error(
        "the view `{view}` cannot stand beside the view `{other}` of the same stream: one subtracted from the other would \
         tell what is withheld. For example, {example}. Count the same, in the same windows, places and bound, as `{other}`, or change \
         `{other}` in a new version"
    )]
    Subtractable {
        /// The view.
        view: String,
        /// The view that is there.
        other: String,
        /// What could be worked out, in words.
        example: &'static str,
    },
    /// The stream's budget does not pay for the view.
    #[error(
        "the windows of view `{view}` cost {cost} in an epoch and those of the stream's other views {taken}; stream `{stream}` \
         has a budget of {budget}. Take more noise (a smaller ρ) or longer windows, here or in a new version of another view"
    )]
    Budget {
        /// The view.
        view: String,
        /// The stream.
        stream: String,
        /// Its budget for an epoch.
        budget: Rho,
        /// What the other views cost.
        taken: String,
        /// What this one costs.
        cost: String,
    },
    /// A budget on a stream in which nobody is a unit.
    #[error(
        "stream `{0}` has a budget and pseudonymises nothing about people: nobody could say whose loss is bounded. Leave the \
         budget out"
    )]
    Unit(String),
    /// A changed view keeps its version.
    #[error("the view `{view}` has version {version} already; declare the change under a higher version")]
    Version {
        /// The view.
        view: String,
        /// Its version.
        version: u32,
    },
    /// What should be keyed tags is something else, perhaps the values sought. It is told by nothing of its text.
    #[error(
        "the list of order `{0}` is not a list of keyed tags, so nothing of it is kept; apply the order at the city's folder, \
         which makes the tags: values sought are never sent"
    )]
    List(String),
    /// The public number of entries is another one than the list has.
    #[error("the order `{order}` says that its list has {said} entries, but it has {found}")]
    Entries {
        /// The order.
        order: String,
        /// What the order says.
        said: u32,
        /// What its list has.
        found: usize,
    },
    /// What has yet to happen is stated as done.
    #[error("{what} tells of what has been, but {said} is yet to come; it is {now}")]
    NotYet {
        /// What tells of it.
        what: &'static str,
        /// When it is said to have been.
        said: Timestamp,
        /// What the time is.
        now: Timestamp,
    },
    /// An end that has come already.
    #[error("{what} would be over before it begins: it ends at {said}, and it is {now}")]
    Over {
        /// What would be over.
        what: &'static str,
        /// When it ends.
        said: Timestamp,
        /// What the time is.
        now: Timestamp,
    },
    /// Somebody withdraws what somebody else said.
    #[error("only `{0}`, which signed it, or an officer can withdraw this")]
    NotTheirs(String),
    /// Somebody signs for somebody else.
    #[error("only `{0}` can sign this")]
    NotTheSigner(String),
    /// Somebody signs off in somebody else's name.
    #[error(
        "`{party}` did not sign these answers off as `{role}` at {at}: it does so itself, by evidence of the kind `sign-off-{role}` \
         about the deployment, with the same document"
    )]
    NotSignedOff {
        /// Who.
        party: String,
        /// As what.
        role: String,
        /// When it is said to have been.
        at: Timestamp,
    },
}

/// That a tier is in somebody's name, and that one that takes back some of what the same instrument found has the same roles behind it.
pub(super) fn tier(record: &DeploymentRecord, assessment: &Assessment) -> Result<(), Misfit> {
    let Some(tier) = assessment.tier else { return Ok(()) };
    if assessment.sign_offs.is_empty() {
        return Err(Misfit::TierUnsigned);
    }
    let same = record.standing.assessments.iter().rev().filter(|one| one.instrument == assessment.instrument);
    let Some((before, stricter)) = same.filter_map(|one| Some((one, one.tier?))).next() else { return Ok(()) };
    let is_there = |role: &str| assessment.sign_offs.iter().any(|one| one.role == role);
    match before.sign_offs.iter().find(|one| tier < stricter && !is_there(&one.role)) {
        None => Ok(()),
        Some(missing) => Err(Misfit::TierLowered {
            instrument: assessment.instrument.to_string(),
            before: stricter,
            role: missing.role.clone(),
        }),
    }
}

/// A text that residents read.
pub(super) fn text(what: &'static str, text: &str) -> Result<(), Misfit> {
    let length = text.trim().chars().count();
    if (1..=TEXT_CHARS_MAX).contains(&length) { Ok(()) } else { Err(Misfit::Text(what)) }
}

/// A report is about what can be reported, and what it says happened in its order.
pub(super) fn incident(incident: &Incident, state: &State) -> Result<(), Misfit> {
    let statement = &incident.statement;
    if !statement.is_incident() {
        return Err(Misfit::Incident("an incident is a statement of the kind `breach` or `incident`"));
    }
    let deployment = match &statement.about {
        Subject::City => None,
        Subject::Deployment { id } => Some(id),
        Subject::Device { .. } => {
            return Err(Misfit::Incident("an incident is about the city or a deployment; name its devices"));
        }
    };
    if statement.kind.as_str() == "breach" && deployment.is_none() {
        return Err(Misfit::Incident("a breach of data is about one deployment; report it once for each"));
    }
    if statement.until.is_some() || statement.answers.is_some() {
        return Err(Misfit::Incident("a report of an incident has no end and answers nothing"));
    }
    if incident.happened.is_some_and(|happened| happened > statement.on) {
        return Err(Misfit::Incident("it happened before it was noticed"));
    }
    if incident.devices.len() > INCIDENT_DEVICES_MAX {
        return Err(Misfit::Count(format!("an incident names at most {INCIDENT_DEVICES_MAX} devices")));
    }
    let of = |id: &DeviceId| state.devices.get(id).map(|device| &device.deployment);
    let other = |id: &&DeviceId| deployment.is_some_and(|deployment| of(id).is_some_and(|of| of != deployment));
    if incident.devices.iter().any(|id| other(&id)) {
        return Err(Misfit::Incident("a device that it names belongs to another deployment"));
    }
    Ok(())
}

/// What is said to have been has been.
pub(super) fn not_to_come(what: &'static str, said: Timestamp, now: Timestamp) -> Result<(), Misfit> {
    if said <= now { Ok(()) } else { Err(Misfit::NotYet { what, said, now }) }
}

/// What begins now ends later.
pub(super) fn to_come(what: &'static str, said: Timestamp, now: Timestamp) -> Result<(), Misfit> {
    if said > now { Ok(()) } else { Err(Misfit::Over { what, said, now }) }
}

pub(super) fn assessment(assessment: &Assessment, now: Timestamp) -> Result<(), Misfit> {
    text("the assessment's summary", &assessment.summary)?;
    if assessment.requires.len() > REQUIRES_MAX || assessment.sign_offs.len() > SIGN_OFFS_MAX {
        return Err(Misfit::Count(format!(
            "an assessment requires at most {REQUIRES_MAX} others and has at most {SIGN_OFFS_MAX} sign-offs"
        )));
    }
    if assessment.tier.is_some() && assessment.instrument_hash.is_none() {
        return Err(Misfit::TierUnfounded);
    }
    assessment.sign_offs.iter().try_for_each(|sign_off| {
        let length = sign_off.role.trim().chars().count();
        if !(1..=ROLE_CHARS_MAX).contains(&length) {
            return Err(Misfit::Count(format!("a role has 1 to {ROLE_CHARS_MAX} characters")));
        }
        not_to_come("a sign-off", sign_off.at, now)
    })
}

pub(super) fn deployment(deployment: &Deployment, places: &BTreeMap<PlaceId, Arc<Place>>) -> Result<(), Misfit> {
    text("the deployment's title", &deployment.title)?;
    text("the deployment's description", &deployment.description)?;
    if deployment.ends <= deployment.starts {
        return Err(Misfit::Dates);
    }
    if deployment.streams.is_empty() || deployment.streams.len() > STREAMS_MAX {
        return Err(Misfit::Count(format!("a deployment has 1 to {STREAMS_MAX} streams")));
    }
    if deployment.purposes.is_empty() {
        return Err(Misfit::Count("a deployment has at least one purpose".to_owned()));
    }
    deployment.streams.iter().try_for_each(|declared| stream(declared, places))
}

fn stream<'s>(stream: &'s Stream, places: &BTreeMap<PlaceId, Arc<Place>>) -> Result<(), Misfit> {
    if stream.properties.is_empty() || stream.properties.len() > PROPERTIES_MAX {
        return Err(Misfit::Count(format!("stream `{}` must have 1 to {PROPERTIES_MAX} properties", stream.id)));
    }
    let is_about_nobody = stream.identifies() == model::Identifies::Nobody;
    if stream.budget.is_some() && (is_about_nobody || stream.accounted().is_none()) {
        return Err(Misfit::Unit(stream.id.to_string()));
    }
    let order = |property: &'s model::Property| match &property.treatment {
        Treatment::Match { order } => Some(order),
        _ => None,
    };
    if stream.properties.values().filter_map(order).collect::<BTreeSet<_>>().len() > 1 {
        return Err(Misfit::Orders(stream.id.to_string()));
    }
    let outline = |id: &PlaceId| places.get(id).map(|place| place.geometry.clone());
    privacy::Recipe::compile(stream, &outline).map(drop).map_err(|error| Misfit::Treatment(error.to_string()))
}

/// Whether a view fits its stream and stands safely beside the stream's other views.
pub(super) fn view<'v>(
    view: &View,
    stream: &Stream,
    mut others: impl Iterator<Item = &'v View> + Clone,
    places: &BTreeMap<PlaceId, Arc<Place>>,
) -> Result<(), Misfit> {
    text("the view's title", &view.title)?;
    measured(view, stream)?;
    privacy::fits(view, stream)?;
    let outline = |id: &PlaceId| places.get(id).map(|place| place.geometry.clone());
    privacy::release::placed(view, Vec::new(), &outline).map_err(|error| Misfit::Treatment(error.to_string()))?;
    affordable(view, stream, others.clone())?;
    let against = |other: &View| {
        // A new version takes the place of the old one.
        let difference = privacy::subtractable(view, other, stream).filter(|_| other.id != view.id)?;
        let (view, other) = (view.id.to_string(), other.id.to_string());
        Some(Misfit::Subtractable { view, other, example: difference.example() })
    };
    others.find_map(against).map_or(Ok(()), Err)
}

/// Whether a place keeps the outline by which views in use count.
pub(super) fn redrawn(state: &State, place: &Place) -> Result<(), Misfit> {
    let known = state.places.get(&place.id);
    if known.is_none_or(|known| known.geometry == place.geometry) {
        return Ok(());
    }
    let counts = |view: &&Arc<View>| {
        let ended = state.stream(&view.stream).is_none_or(|(record, _)| record.standing.state == Stage::Ended);
        let of = match &view.exposure {
            Exposure::Windows { space: Space::District { of }, .. } => of.ids(),
            _ => &[],
        };
        !ended && of.contains(&place.id)
    };
    let counted = state.views.values().find(counts);
    let misfit = |view: &Arc<View>| Misfit::Counted { place: place.id.to_string(), view: view.id.to_string() };
    counted.map_or(Ok(()), |view| Err(misfit(view)))
}

/// Whether the stream's budget pays for a view beside the others: otherwise windows would be missing by the end of each epoch.
fn affordable<'v>(view: &View, stream: &Stream, others: impl Iterator<Item = &'v View>) -> Result<(), Misfit> {
    let (Some(budget), Some(cost)) = (stream.budget, privacy::ledger::cost(view, stream)) else { return Ok(()) };
    let others = others.filter(|other| other.id != view.id).filter_map(|other| privacy::ledger::cost(other, stream));
    let taken: u64 = others.sum();
    if taken.saturating_add(cost) <= u64::from(budget.micro()) {
        return Ok(());
    }
    let (taken, cost) = (decimal(taken), decimal(cost));
    Err(Misfit::Budget { view: view.id.to_string(), stream: stream.id.to_string(), budget, taken, cost })
}

/// Whether the stream stores what a view measures or shows.
fn measured(view: &View, stream: &Stream) -> Result<(), Misfit> {
    let misfit = |property: &model::PropertyName, need| Misfit::Property {
        property: property.to_string(),
        stream: stream.id.to_string(),
        need,
    };
    match &view.exposure {
        Exposure::Records { fields } => {
            let stored = |name: &&model::PropertyName| {
                !stream.properties.get(*name).is_some_and(|property| property.treatment.leaves_a_trace())
            };
            fields.iter().find(stored).map_or(Ok(()), |name| Err(misfit(name, "to be stored")))
        }
        // `privacy::fits` knows what of it can be asked.
        Exposure::Windows { .. } if stream.works_in_memory() => Ok(()),
        Exposure::Windows { measure, .. } => {
            let untagged = |unit: &&model::PropertyName| !stream.pseudonyms().any(|(name, _)| name == *unit);
            if let Some(unit) = measure.unit().filter(untagged) {
                return Err(misfit(unit, "to be pseudonymised"));
            }
            let is_none = |number: &&model::PropertyName| {
                !stream.properties.get(*number).is_some_and(|known| {
                    matches!(known.value, ValueKind::Integer | ValueKind::Number)
                        && matches!(known.treatment, Treatment::Keep | Treatment::Band { .. } | Treatment::Clamp { .. })
                })
            };
            measure.number().filter(is_none).map_or(Ok(()), |number| Err(misfit(number, "to be a stored number")))
        }
    }
}

/// The list of an order: tags as `privacy` writes them, as many as the order says.
pub(super) fn list(order: &Order, list: &str) -> Result<(), Misfit> {
    let found = privacy::HotList::count(list).map_err(|_| Misfit::List(order.id.to_string()))?;
    if usize::try_from(order.entries) == Ok(found) {
        return Ok(());
    }
    Err(Misfit::Entries { order: order.id.to_string(), said: order.entries, found })
}

pub(super) fn newer(known: &View, view: &View) -> Result<(), Misfit> {
    if view.version > known.version {
        return Ok(());
    }
    Err(Misfit::Version { view: view.id.to_string(), version: known.version.0 })
}
