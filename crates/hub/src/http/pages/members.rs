//! Members by kind, a page at a time, so that no page looks at all of them; one member, one person.

use std::ops::Bound;

use askama::Template;
use axum::extract::{Path, Query};
use axum::response::Response;
use serde::Deserialize;

use super::feeds::{LineRow, lines_of};
use super::{Reader, Site, Who, drawn, when};
use crate::http::problem::Problem;
use crate::member::MemberKind;
use crate::words::{MemberId, PersonId};

/// How many members a page shows.
const PAGE: usize = 100;
/// How many people of one member a page shows.
const PEOPLE_MAX: usize = 200;

#[derive(Template)]
#[template(path = "members.html")]
struct List {
    site: Site,
    kinds: Vec<KindRow>,
    kind: Option<MemberKind>,
    members: Vec<MemberRow>,
    after: String,
    next: Option<String>,
}

struct KindRow {
    code: &'static str,
    name: &'static str,
    count: usize,
}

struct MemberRow {
    id: String,
    name: String,
    country: String,
    ended: bool,
}

/// Which part of the list.
#[derive(Deserialize)]
pub(in crate::http) struct Part {
    kind: Option<String>,
    after: Option<String>,
}

/// `GET /members`
pub(in crate::http) async fn list(reader: Reader, Query(part): Query<Part>) -> Result<Response, Problem> {
    let kind = part.kind.map(|kind| kind.parse::<MemberKind>()).transpose().map_err(|_| Problem::not_found())?;
    let after = part.after.filter(|after| !after.is_empty());
    let after = after.map(|after| after.parse::<MemberId>()).transpose().map_err(|_| Problem::not_found())?;
    drawn(reader, move |reader| {
        let members = &reader.state.members;
        let of = |kind: &MemberKind| members.by_kind.get(kind).map_or(0, std::collections::BTreeSet::len);
        let row = |kind: MemberKind| KindRow { code: kind.code(), name: kind.plural(), count: of(&kind) };
        let begin = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        let range = (begin, Bound::Unbounded);
        let ids: Vec<&MemberId> = match kind {
            Some(kind) => members
                .by_kind
                .get(&kind)
                .into_iter()
                .flat_map(|ids| ids.range::<MemberId, _>(range))
                .take(PAGE + 1)
                .collect(),
            None => members.by_id.range::<MemberId, _>(range).map(|(id, _)| id).take(PAGE + 1).collect(),
        };
        let next = ids.get(PAGE).and_then(|_| ids.get(PAGE - 1)).map(|id| id.to_string());
        Ok(List {
            site: reader.site(),
            kinds: MemberKind::ALL.into_iter().map(row).collect(),
            kind,
            members: ids.into_iter().take(PAGE).map(|id| member_row(reader, id)).collect(),
            after: after.map(|after| after.to_string()).unwrap_or_default(),
            next,
        })
    })
    .await
}

fn member_row(reader: &Reader, id: &MemberId) -> MemberRow {
    let member = reader.state.members.by_id.get(id);
    let country = member.and_then(|member| member.listed.country).map(|country| country.to_string());
    MemberRow {
        id: id.to_string(),
        name: reader.state.member_name(id),
        country: country.unwrap_or_default(),
        ended: member.is_some_and(|member| member.ended.is_some()),
    }
}

#[derive(Template)]
#[template(path = "member.html")]
struct OneMember {
    site: Site,
    member: MemberRow,
    kind: MemberKind,
    since: String,
    ended: Option<u64>,
    log: Option<crate::member::PublicLog>,
    people: Vec<(Who, &'static str)>,
}

/// `GET /members/{id}`
pub(in crate::http) async fn member(reader: Reader, Path(id): Path<String>) -> Result<Response, Problem> {
    let id: MemberId = id.parse().map_err(|_| Problem::not_found())?;
    drawn(reader, move |reader| {
        let known = reader.state.members.by_id.get(&id).ok_or_else(Problem::not_found)?;
        let people = reader.state.people.of_member.get(&id).map(Vec::as_slice).unwrap_or_default();
        let speaks = |id: &PersonId| reader.state.speaker(id).map(|(_, role)| (reader.person(id), role.code()));
        Ok(OneMember {
            site: reader.site(),
            member: member_row(reader, &id),
            kind: known.listed.kind,
            since: when(known.since),
            ended: known.ended,
            log: known.log.clone(),
            people: people.iter().take(PEOPLE_MAX).filter_map(speaks).collect(),
        })
    })
    .await
}

#[derive(Template)]
#[template(path = "person.html")]
struct OnePerson {
    site: Site,
    who: Who,
    member: String,
    role: Option<&'static str>,
    lines: Vec<LineRow>,
}

/// `GET /people/{id}`: what became of what somebody wrote.
pub(in crate::http) async fn person(reader: Reader, Path(id): Path<String>) -> Result<Response, Problem> {
    let id: PersonId = id.parse().map_err(|_| Problem::not_found())?;
    drawn(reader, move |reader| {
        let known = reader.state.people.by_id.get(&id).ok_or_else(Problem::not_found)?;
        Ok(OnePerson {
            site: reader.site(),
            who: reader.person(&id),
            member: known.member.to_string(),
            role: reader.state.speaker(&id).map(|(_, role)| role.code()),
            lines: lines_of(reader, &id),
        })
    })
    .await
}
