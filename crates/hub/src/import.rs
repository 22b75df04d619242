//! Admitting many members at once: a list is read row by row, every row is checked before anything is written, and all of it is one
//! transaction. What is a member already, just so, is passed over; applying a list twice changes nothing.

use std::collections::BTreeMap;
use std::io::Read;

use model::Timestamp;

use crate::act::{Act, Decision, MembersAdmitted, What};
use crate::decide::{Refusal, Written};
use crate::member::{ListedMember, MemberKind};
use crate::state::State;
use crate::words::{MemberId, PersonId, Reasons};

/// The most rows of a list.
pub const ROWS_MAX: usize = 1_000_000;
/// The most bytes of a row.
const ROW_BYTES_MAX: usize = 2_000;
/// The most problems that are told of one list.
pub const PROBLEMS_MAX: usize = 100;
/// How many bytes of members an act holds at most: room is left for its reasons.
const ACT_MEMBERS_BYTES_MAX: usize = 48_000;
/// What stands in the first line of a list.
pub const COLUMNS: [&str; 4] = ["id", "kind", "name", "country"];

/// What is wrong with one row.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct RowProblem {
    /// Its line in the file, from 1.
    pub line: u64,
    /// What is wrong. It repeats nothing of the row but an id.
    pub what: String,
}

/// A list as it was read: who is new, who was there, and every problem.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// Who is to be admitted, in the order of the list.
    pub new: Vec<ListedMember>,
    /// How many are members already, just so.
    pub known: usize,
    /// What is wrong, as far as it is told.
    pub problems: Vec<RowProblem>,
    /// How many rows are wrong.
    pub wrong: usize,
}

impl Listed {
    fn wrong(&mut self, line: u64, what: String) {
        self.wrong += 1;
        if self.problems.len() < PROBLEMS_MAX {
            self.problems.push(RowProblem { line, what });
        }
    }
}

/// Reads a list against the members there are. `seen` hears of each row.
#[must_use]
pub fn read(csv: impl Read, state: &State, mut seen: impl FnMut(u64)) -> Listed {
    let mut listed = Listed::default();
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv);
    let header = match reader.byte_headers() {
        Ok(header) => header.iter().map(<[u8]>::to_vec).collect::<Vec<_>>(),
        Err(_) => Vec::new(),
    };
    if !header.iter().map(Vec::as_slice).eq(COLUMNS.iter().map(|name| name.as_bytes())) {
        listed.wrong(1, format!("the first line has to be `{}`", COLUMNS.join(",")));
        return listed;
    }
    let mut lines: BTreeMap<MemberId, u64> = BTreeMap::new();
    let mut row = csv::StringRecord::new();
    for number in 1_u64.. {
        let line = reader.position().line();
        match reader.read_record(&mut row) {
            Ok(false) => break,
            Ok(true) if number > ROWS_MAX as u64 => {
                listed.wrong(line, format!("more than {ROWS_MAX} rows; split the list"));
                break;
            }
            Ok(true) => match member(&row).and_then(|member| unlisted(&mut lines, line, member)) {
                Ok(member) => compare(&mut listed, state, line, member),
                Err(what) => listed.wrong(line, what),
            },
            Err(error) => {
                listed
                    .wrong(line, if error.is_io_error() { "it cannot be read" } else { "it is not UTF-8" }.to_owned());
                if error.is_io_error() {
                    break;
                }
            }
        }
        seen(number);
    }
    listed
}

fn member(row: &csv::StringRecord) -> Result<ListedMember, String> {
    if row.as_slice().len() > ROW_BYTES_MAX {
        return Err(format!("the row has more than {ROW_BYTES_MAX} bytes"));
    }
    let fields: Vec<&str> = row.iter().map(str::trim).collect();
    let [id, kind, name, country] = fields.as_slice() else {
        return Err(format!("{} fields, not {}", fields.len(), COLUMNS.len()));
    };
    let id = id.parse().map_err(|error| format!("id: {error}"))?;
    let kind: MemberKind = kind.parse().map_err(|error| format!("kind: {error}"))?;
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let name = some(name).map(|name| name.parse().map_err(|error| format!("name: {error}"))).transpose()?;
    let country = some(country).map(|text| text.parse().map_err(|error| format!("country: {error}"))).transpose()?;
    let member = ListedMember { id, kind, name, country };
    member.check().map_err(|error| error.to_string())?;
    Ok(member)
}

fn unlisted(lines: &mut BTreeMap<MemberId, u64>, line: u64, member: ListedMember) -> Result<ListedMember, String> {
    match lines.insert(member.id.clone(), line) {
        Some(first) => Err(format!("`{}` stands in line {first} already", member.id)),
        None => Ok(member),
    }
}

fn compare(listed: &mut Listed, state: &State, line: u64, member: ListedMember) {
    match state.members.by_id.get(&member.id).filter(|known| known.ended.is_none()) {
        None => listed.new.push(member),
        Some(known) if known.listed == member => listed.known += 1,
        Some(_) => listed.wrong(line, format!("`{}` is a member already, and not just so", member.id)),
    }
}

/// The acts that admit members: as many in each as fit.
///
/// # Errors
/// One of them cannot be admitted.
pub(crate) fn acts(
    state: &State,
    by: &PersonId,
    members: &[ListedMember],
    reasons: &Reasons,
    now: Timestamp,
) -> Result<Vec<Written>, Refusal> {
    for member in members {
        member.check().map_err(|error| Refusal::Listed { member: member.id.clone(), error })?;
        if state.members.by_id.get(&member.id).is_some_and(|known| known.ended.is_none()) {
            return Err(Refusal::Already("a member of this id"));
        }
    }
    let decision = Decision { decider: by.clone(), reasons: reasons.clone() };
    let act = |members| {
        let what = What::MembersAdmitted(MembersAdmitted { members, decision: decision.clone() });
        Written { act: Act { at: now, by: by.clone(), what }, payload: None }
    };
    let (mut acts, mut open, mut bytes) = (Vec::new(), Vec::new(), 0);
    for member in members {
        // JSON writes a quotation mark in two bytes; six bytes a character are never exceeded.
        let size = serde_json::to_string(member).map_or(ROW_BYTES_MAX, |text| text.len() + 1);
        if bytes + size > ACT_MEMBERS_BYTES_MAX {
            acts.push(act(std::mem::take(&mut open)));
            bytes = 0;
        }
        open.push(member.clone());
        bytes += size;
    }
    if !open.is_empty() {
        acts.push(act(open));
    }
    Ok(acts)
}
