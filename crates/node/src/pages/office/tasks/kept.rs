//! What waits that no log holds: answers that somebody began, open remarks about them, proposals that were kept and not sent, standards
//! in force that their hub withdrew or replaced, or of which it cannot be asked.
//!
//! It lies beside the log, and is shown to those alone who may open it. What cannot be read is said; the rest is shown all the same.

use flow::recalls::Recalls;
use model::{DeploymentId, DeploymentRecord, InstrumentId, Span, State as Stage, Timestamp};
use register::signing::{assesses, signed};
use standards::instrument::{Instrument, standing};

use super::{Task, office};
use crate::pages::Link;
use crate::pages::office::Reach;
use crate::pages::office::assess::read;
use crate::pages::office::propose::{PROPOSE, title};
use crate::pages::policies::Known;
use crate::router::Node;
use crate::words;

/// The most begun assessments that are opened for one page.
const OPENED_MAX: usize = 100;
/// How long nobody can ask a hub before that is a task.
const UNASKED_MAX: Span = Span::days(3);
/// The role of whoever answers; the others look its answers over.
const AUTHOR: &str = "author";

/// What was begun and waits, for a party.
pub(super) fn waiting(node: &Node, reach: &Reach<'_>, now: Timestamp) -> Vec<Task> {
    let mut tasks = drafts(node, reach, now);
    tasks.extend(assessments(node, reach, now));
    tasks.extend(recalled(node, reach, now));
    tasks
}

/// The standards in force that stand no longer, or of which nobody could ask for days, for whoever sees the whole city: officers and its
/// founder.
fn recalled(node: &Node, reach: &Reach<'_>, now: Timestamp) -> Vec<Task> {
    let Some(policy) = reach.state.policy.as_ref().filter(|_| reach.all()) else { return Vec::new() };
    let about = || Link { href: "/office/policies".to_owned(), text: "Policies in force".to_owned() };
    let task = |what: String| Task::new(what, about(), "an officer").of_officers(reach);
    let noted = match Recalls::noted(node.city.root()) {
        Ok(noted) => noted.and_then(|noted| noted.under(&policy.hash.to_string())),
        Err(_) => return vec![task("What hubs said of the standards in force cannot be read now".to_owned())],
    };
    let Some(noted) = noted else { return Vec::new() };
    let recalls = noted.recalls.iter().map(|recall| {
        let (became, instead) = match &recall.instead {
            Some(instead) => ("replaced", format!(" In its place: {instead}")),
            None => ("withdrawn", String::new()),
        };
        let what = format!(
            "{} is in force here and was {became} by the hub “{}” (entry {}): {}{instead}",
            recall.standard, recall.origin, recall.by, recall.reasons
        );
        // What is in force and stands no longer comes before what has still time.
        Task { by: Some(noted.at), ..task(what) }
    });
    let unasked = noted.unasked.iter().filter(|unasked| unasked.since + UNASKED_MAX <= now).map(|unasked| {
        let what = format!("Nobody could ask the hub “{}” whether {} still stands", unasked.origin, unasked.standard);
        task(what).since(unasked.since, now)
    });
    recalls.chain(unasked).collect()
}

/// The party's own proposals that it kept.
fn drafts(node: &Node, reach: &Reach<'_>, now: Timestamp) -> Vec<Task> {
    let own = |what: &str, about: Link| Task::new(what, about, reach.party.name.clone()).of(reach, &reach.party.id);
    let Ok(drafts) = node.drafts.all(&reach.party.id) else {
        let about = Link { href: PROPOSE.to_owned(), text: "Proposals".to_owned() };
        return vec![own("What was begun to propose cannot be read now", about)];
    };
    let task = |(number, draft): (u32, flow::drafts::Draft)| {
        let about = Link { href: format!("{PROPOSE}/{number}"), text: title(&draft) };
        own("A proposal is begun, and not sent", about).since(draft.at, now)
    };
    drafts.into_iter().map(task).collect()
}

/// The answers to instruments that somebody began, about what the party assesses.
fn assessments(node: &Node, reach: &Reach<'_>, now: Timestamp) -> Vec<Task> {
    let state = reach.state;
    let concerns = |id: &DeploymentId| {
        let record = state.deployments.get(id).filter(|record| record.standing.state != Stage::Ended)?;
        (reach.deployment(record) && assesses(state, reach.party, record)).then_some(record)
    };
    let Ok(begun) = node.answers.begun() else {
        let about = Link { href: "/office/deployments".to_owned(), text: "Deployments".to_owned() };
        return vec![Task::new("What was begun to assess cannot be read now", about, "")];
    };
    let begun: Vec<_> = begun.iter().filter_map(|(id, of)| Some((concerns(id)?, of))).take(OPENED_MAX).collect();
    let Some(policy) = state.policy.as_ref().filter(|_| !begun.is_empty()) else { return Vec::new() };
    let known = Known::of(&policy.text);
    let in_force = |id: &InstrumentId| known.instrument(id.as_str()).map(|(_, instrument)| instrument);
    let begun = begun.into_iter().filter_map(|(record, of)| Some((record, in_force(of)?)));
    begun.filter_map(|(record, instrument)| assessment(node, reach, record, instrument, now)).collect()
}

fn assessment(
    node: &Node,
    reach: &Reach<'_>,
    record: &DeploymentRecord,
    instrument: &Instrument,
    now: Timestamp,
) -> Option<Task> {
    let about = || Link {
        href: format!("{}/assessments/{}", office(record).href, instrument.id),
        text: record.deployment.title.clone(),
    };
    let Ok(kept) = node.answers.one(&record.deployment.id, &instrument.id) else {
        return Some(unread(instrument, about()));
    };
    let kept = kept?;
    let Ok(draft) = read(&kept) else { return Some(unread(instrument, about())) };
    let draft = draft?;
    let given = signed(reach.state, &record.deployment.id, &instrument.roles, draft.answers.digest(), now);
    let stands = standing(&given, &draft.answers, &instrument.roles);
    let open: Vec<Timestamp> =
        kept.remarks.iter().filter(|remark| remark.settled.is_none()).map(|remark| remark.at).collect();
    let remarks = match open.len() as u64 {
        0 => String::new(),
        1 => "; 1 remark is open".to_owned(),
        more => format!("; {} are open", words::count(more, "remark", "remarks")),
    };
    let role = stands.next.as_ref().map(|role| role.as_str().replace('-', " "));
    let (what, who) = match &role {
        Some(role) => {
            (format!("“{}” is begun, and not signed by the {role}{remarks}", instrument.title), format!("the {role}"))
        }
        None if !open.is_empty() => (format!("“{}” is signed{remarks}", instrument.title), format!("the {AUTHOR}")),
        None => return None,
    };
    let since = open.iter().min().copied().into_iter().chain(stands.signed.last().map(|one| one.at)).min();
    let task = Task::new(what, about(), who);
    let task = if role.is_none_or(|role| role == AUTHOR) {
        let own = [&record.deployment.accountable, &record.standing.proposed_by].contains(&&reach.party.id);
        Task { own, ..task }
    } else {
        task.of_officers(reach)
    };
    Some(match since {
        Some(since) => task.since(since, now),
        None => task,
    })
}

fn unread(instrument: &Instrument, about: Link) -> Task {
    Task::new(format!("The answers to “{}” cannot be read now", instrument.title), about, "")
}
