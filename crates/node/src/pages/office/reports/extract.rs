//! An extract of the register: everything in force at a moment, or one deployment's whole file with every act behind it.
//!
//! A moment in the past is the fold of the log up to there, and no other record of it.

use std::sync::Arc;

use model::{Act, DeploymentRecord, Subject, Timestamp};
use register::State as Register;

use super::paper::{Part, Row};
use super::record::{assessments, recipients};
use crate::lang::Lang;
use crate::log::Log;
use crate::pages::entries::ActLine;
use crate::pages::party_name;
use crate::problem::{Kind, Problem};
use crate::words;

/// The most acts that are folded for a moment in the past.
const ACTS_MAX: u64 = 500_000;
/// How many are read at once.
const READ_AT_ONCE: u64 = 256;
/// The most acts of one deployment's file.
const FILE_ACTS_MAX: usize = 5_000;
const NONE: &str = "None.";

/// The register as it was when a moment was over.
///
/// # Errors
/// The log cannot be read, or has too many acts.
pub(super) fn at(log: &Log, moment: Timestamp) -> Result<Register, Problem> {
    let size = log.head()?.1.size;
    let mut state = Register::default();
    let broken = |_| Problem::new(Kind::Unavailable).detail("the log cannot be followed up to this moment");
    for from in (0..size).step_by(usize::try_from(READ_AT_ONCE).unwrap_or(1)) {
        if from > ACTS_MAX {
            let detail =
                format!("more than {ACTS_MAX} acts would have to be folded; read them with `ordinance log show`");
            return Err(Problem::new(Kind::TooLarge).detail(detail));
        }
        let indexes: Vec<u64> = (from..(from + READ_AT_ONCE).min(size)).collect();
        for act in log.acts(&indexes, size)? {
            if act.at > moment {
                return Ok(state);
            }
            state.apply(&act).map_err(broken)?;
        }
    }
    Ok(state)
}

/// Everything that is in force, deployment by deployment.
pub(super) fn in_force<'s>(
    state: &'s Register,
    concerned: impl Fn(&DeploymentRecord) -> bool + 's,
    moment: Timestamp,
) -> Vec<Part> {
    let records = state.deployments.values().filter(|record| record.in_force(moment) && concerned(record));
    let mut parts = vec![city(state)];
    parts.extend(records.map(|record| deployment(state, record, moment)));
    parts
}

fn city(state: &Register) -> Part {
    let policy = state.policy.as_ref();
    Part {
        heading: state.city.as_ref().map_or_else(|| "A city".to_owned(), |city| city.name.clone()),
        href: None,
        rows: vec![
            Row::one("Acts folded in", words::number(state.size)),
            Row::of(
                "Policies in force",
                policy
                    .map(|policy| format!("{}, since {}", policy.hash, words::instant(policy.since)))
                    .into_iter()
                    .collect(),
                NONE,
            ),
            Row::one("Parties", words::number(state.parties.len() as u64)),
            Row::one("Places", words::number(state.places.len() as u64)),
        ],
    }
}

/// What was declared, where it stands, and what hangs on it.
fn deployment(state: &Register, record: &DeploymentRecord, moment: Timestamp) -> Part {
    let one = &record.deployment;
    let place = state.places.get(&one.place).map_or_else(|| one.place.to_string(), |place| place.name.clone());
    let approval = record.standing.approval.as_ref();
    let sensors = one.streams.iter().flat_map(|stream| state.devices_of(&stream.id));
    let orders = state.orders.values().filter(|order| order.order.deployment == one.id && moment < order.order.until);
    let streams = one.streams.iter().map(|stream| {
        let properties =
            stream.properties.values().map(|property| words::treatment(Lang::En, property)).collect::<Vec<_>>();
        format!("{}: {}", stream.id, properties.join(" "))
    });
    Part {
        heading: one.title.clone(),
        href: Some(format!("/deployments/{}", one.id)),
        rows: vec![
            Row::one("Short name", one.id.as_str()),
            Row::one("What it does", one.description.clone()),
            Row::one("Answers for it", party_name(state, &one.accountable)),
            Row::one("Place", place),
            Row::one("What senses", one.technology.name()),
            Row::of("Purposes", one.purposes.iter().map(|purpose| purpose.name().to_owned()).collect(), NONE),
            Row::one("Legal basis", words::legal_basis(Lang::En, one.legal_basis)),
            Row::one("From and to", format!("{} to {}", words::day(one.starts), words::day(one.ends))),
            Row::one("State", record.standing.state.code()),
            Row::of(
                "Approved",
                approval
                    .map(|one| format!("by {}, until {}", party_name(state, &one.by), words::day(one.until)))
                    .into_iter()
                    .collect(),
                NONE,
            ),
            Row::of("Streams", streams.collect(), NONE),
            Row::of("Agreements in force", recipients(state, one, moment), NONE),
            Row::of("Orders in force", orders.map(|order| order.order.authority.clone()).collect(), NONE),
            Row::of("Sensors", sensors.map(|device| device.id.to_string()).collect(), NONE),
        ],
    }
}

/// One deployment's whole file, with every act behind it, oldest first.
///
/// # Errors
/// The log cannot be read.
pub(super) fn file(
    log: &Log,
    state: &Arc<Register>,
    record: &DeploymentRecord,
    now: Timestamp,
) -> Result<Vec<Part>, Problem> {
    let id = &record.deployment.id;
    let size = log.head()?.1.size;
    let history = state.history.get(id).map(|entries| entries.as_slice()).unwrap_or_default();
    let published: Vec<u64> = history.iter().copied().filter(|index| *index < size).take(FILE_ACTS_MAX).collect();
    let acts = log.acts(&published, size)?;
    let subject = Subject::Deployment { id: id.clone() };
    let stated = state.evidence_about(&subject).map(|one| {
        let ended = one.ended.map(|at| format!(", ended {}", words::day(at))).unwrap_or_default();
        let by = party_name(state, &one.evidence.signed_by);
        format!("{} ({}, {by}, {}{ended})", one.evidence.summary, one.evidence.kind, words::day(one.evidence.on))
    });
    let row = |(index, act): (&u64, &Act)| {
        let line = ActLine::of(Lang::En, *index, act, state);
        let reason = act.reason.as_ref().map(|reason| format!("Why: {reason}"));
        let words = std::iter::once(format!("{}, by {}", line.words, line.who)).chain(reason).collect();
        Row { label: format!("{} ({})", line.when, line.index), lines: words }
    };
    let mut whole = vec![deployment(state, record, now)];
    let papers =
        vec![Row::of("Assessments", assessments(state, record), NONE), Row::of("Statements", stated.collect(), NONE)];
    whole.push(Part { heading: "Papers".to_owned(), href: None, rows: papers });
    let heading = if published.len() < history.len() {
        format!("Acts: the first {} of {}", published.len(), history.len())
    } else {
        "Acts".to_owned()
    };
    whole.push(Part { heading, href: None, rows: published.iter().zip(&acts).map(row).collect() });
    Ok(whole)
}
