//! Members whose public log is named by an act of the hub: at each look, those that are not mirrored yet are taken up.
//!
//! What is mirrored already is never replaced by it, and nobody is let go: a log that was named otherwise is told, and the history of a
//! member that left stays as it is kept. Addresses are other people's writing; whether one may be asked is for whoever looks.

use model::PartyId;

use crate::member::PublicLog;
use crate::mirror::{Mirror, MirrorError, Profile};
use crate::state::{Member, State};

/// The most cities that are taken up in one transaction.
const TAKEN_AT_ONCE: usize = 4_096;

/// What became of the logs that members named.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Named {
    /// How many were taken up now.
    pub(super) taken: u64,
    /// Those that are mirrored by another key or address than is named.
    pub(super) otherwise: Vec<PartyId>,
}

/// The members of today that named a log.
pub fn named(alliance: &State) -> impl Iterator<Item = (&Member, &PublicLog)> {
    let members = alliance.members.by_id.values().filter(|member| member.ended.is_none());
    members.filter_map(|member| Some((member.as_ref(), member.log.as_ref()?)))
}

/// Takes up what is named and not mirrored.
///
/// # Errors
/// The mirrors could not be read or written; what was taken up before stays.
pub(super) fn take_up(mirror: &mut Mirror, alliance: &State) -> Result<Named, MirrorError> {
    let mut found = Named::default();
    let mut new = Vec::new();
    for (member, log) in named(alliance) {
        // Both are slugs, of which a party's has as much room.
        let Ok(name) = member.listed.id.as_str().parse::<PartyId>() else { continue };
        match mirror.head(&name) {
            Err(MirrorError::Unknown(_)) => new.push((name, log.key.clone(), log.address.clone(), profile(member))),
            // What cannot be read is told by the look itself.
            Err(MirrorError::Damaged { .. }) => {}
            Ok(kept) if kept.is_log(&log.key, &log.address) => {}
            Ok(_) => found.otherwise.push(name),
            Err(error) => return Err(error),
        }
    }
    for cities in new.chunks(TAKEN_AT_ONCE) {
        mirror.add_all(cities)?;
        found.taken += cities.len() as u64;
    }
    Ok(found)
}

/// What a city is grouped by, as far as the list of members tells it.
fn profile(member: &Member) -> Profile {
    let country = member.listed.country.as_ref().and_then(|country| country.to_string().parse().ok());
    Profile { country, ..Profile::default() }
}
