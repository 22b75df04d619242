//! What leaves a deployment, to whom and what for; under which orders; and what has left, counted from the log.

use flow::disclose::PUBLIC;
use model::{Deployment, GrantRecord, PartyKind, Timestamp};
use register::State;

use crate::lang::Lang;
use crate::pages::{Link, party_name};
use crate::words;

/// An agreement that lets somebody have a view.
pub(super) struct Given {
    pub(super) recipient: String,
    pub(super) kind: &'static str,
    pub(super) purpose: Link,
    pub(super) title: String,
    pub(super) shows: Vec<String>,
    pub(super) promised: String,
    /// Whether it is about people in the recipient's hands, and why.
    pub(super) judged: Option<(&'static str, String)>,
    pub(super) until: String,
    pub(super) in_force: bool,
    /// Its own page, and what the addresses of its files begin with, if everybody may have it.
    pub(super) open: Option<(String, String)>,
}

/// The agreements over a deployment's streams: those in force first.
pub(super) fn given(lang: Lang, state: &State, deployment: &Deployment, now: Timestamp) -> Vec<Given> {
    let mut records: Vec<&GrantRecord> =
        deployment.streams.iter().flat_map(|stream| state.grants_of(&stream.id)).collect();
    records.sort_by_key(|record| &record.grant.id);
    let mut given: Vec<Given> =
        records.into_iter().filter_map(|record| one(lang, state, deployment, record, now)).collect();
    given.sort_by_key(|given| !given.in_force);
    given
}

fn one(lang: Lang, state: &State, deployment: &Deployment, record: &GrantRecord, now: Timestamp) -> Option<Given> {
    let grant = &record.grant;
    let stream = deployment.stream(&grant.stream)?;
    let view = state.views.get(&(grant.stream.clone(), grant.view.clone()))?;
    let duties: Vec<String> = grant.duties.iter().map(|duty| words::duty(lang, *duty).to_owned()).collect();
    Some(Given {
        recipient: party_name(state, &grant.recipient),
        // Everybody is named by that name.
        kind: state
            .parties
            .get(&grant.recipient)
            .filter(|record| record.party.kind != PartyKind::Public)
            .map_or("", |record| words::party_kind(lang, record.party.kind)),
        purpose: Link::purpose(lang, grant.purpose),
        title: view.title.clone(),
        shows: words::view(lang, view, stream),
        promised: words::capital(&lang.list(&duties)),
        judged: grant.judged.as_ref().map(|judged| {
            let about = if judged.personal {
                lang.of("It is about people in the recipient’s hands", "Für den Empfänger betreffen die Daten Personen")
            } else {
                lang.of(
                    "It is not about people in the recipient’s hands",
                    "Für den Empfänger betreffen die Daten keine Personen",
                )
            };
            (about, judged.argument.clone())
        }),
        until: lang.day(record.ended.unwrap_or(grant.until)),
        in_force: record.in_force(now),
        open: (grant.recipient.as_str() == PUBLIC && record.in_force(now)).then(|| {
            (format!("{}/grants/{}", lang.root(), grant.id), crate::api::open::path(&grant.stream, &grant.view))
        }),
    })
}

/// An order that a deployment compares with.
pub(super) struct UnderOrder {
    pub(super) id: String,
    pub(super) authority: String,
    pub(super) entries: String,
    pub(super) until: String,
    pub(super) in_force: bool,
}

/// The orders limited to a deployment.
pub(super) fn orders(lang: Lang, state: &State, deployment: &Deployment, now: Timestamp) -> Vec<UnderOrder> {
    let orders = state.orders.values().map(|record| &record.order).filter(|order| order.deployment == deployment.id);
    let told = orders.map(|order| UnderOrder {
        id: order.id.to_string(),
        authority: order.authority.clone(),
        entries: lang.count(order.entries.into(), ("entry", "entries"), ("Eintrag", "Einträge")),
        until: lang.day(order.until),
        in_force: now < order.until,
    });
    told.collect()
}

/// What left under one agreement's terms, in all.
pub(super) struct HasLeft {
    pub(super) recipient: String,
    pub(super) purpose: String,
    pub(super) view: String,
    pub(super) times: String,
    /// How much that was: goes on after the times.
    pub(super) amount: String,
}

/// What has left, as the log counts it.
pub(super) fn has_left(lang: Lang, state: &State, deployment: &Deployment) -> Vec<HasLeft> {
    let mut of: Vec<_> = deployment.streams.iter().flat_map(|stream| state.disclosed_of(&stream.id)).collect();
    of.sort_by_key(|(key, _)| *key);
    let told = of.into_iter().map(|(key, totals)| HasLeft {
        recipient: party_name(state, &key.recipient),
        purpose: lang.within(lang.purpose(key.purpose)),
        view: state
            .views
            .get(&(key.stream.clone(), key.view.clone()))
            .map_or_else(|| key.view.to_string(), |view| view.title.clone()),
        times: lang.count(totals.disclosures, ("time", "times"), ("Mal", "Mal")),
        amount: amount(lang, totals.rows, totals.withheld),
    });
    told.collect()
}

/// How much left, behind how often. Of what left under an order that is not told.
fn amount(lang: Lang, rows: Option<u64>, withheld: Option<u64>) -> String {
    let (Some(rows), Some(withheld)) = (rows, withheld) else {
        let kept_back = lang.of(
            "; how many rows is not told, because each would be a match under the order",
            "; wie viele Zeilen, steht hier nicht, weil jede ein Treffer der Anordnung wäre",
        );
        return kept_back.to_owned();
    };
    let withheld = lang.number(withheld);
    match lang {
        Lang::En => format!(", {} in all, {withheld} held back", words::count(rows, "row", "rows")),
        Lang::De => format!(", Zeilen insgesamt: {}, zurückgehalten: {withheld}", lang.number(rows)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_row_is_one_row() {
        let told = |rows| Lang::ALL.map(|lang| amount(lang, Some(rows), Some(2)));
        assert_eq!(told(1), [", 1 row in all, 2 held back", ", Zeilen insgesamt: 1, zurückgehalten: 2"]);
        assert_eq!(told(3), [", 3 rows in all, 2 held back", ", Zeilen insgesamt: 3, zurückgehalten: 2"]);
        assert!(amount(Lang::En, None, None).contains("not told"));
    }
}
