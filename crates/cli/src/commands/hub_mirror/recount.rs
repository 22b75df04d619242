//! A hub's numbers counted again from what it hands out to anybody: the list of its cities and their kept logs.
//!
//! The hub is not believed: each log is verified to its last hash under the key in the list, and the list itself is there for everybody to
//! compare with what cities publish. Which cities there are, and in which country, is the hub's word.

use anyhow::Context;
use hub::benchmark::{Missing, NamedDefinition, Sheet, Table, Tally};
use hub::mirror::{LISTED_MAX, Listed, read_csv};
use model::Timestamp;
use tlog::Vkey;

use crate::client::{AddressSource, Client};
use crate::output::Status;

/// The largest part of the list of cities, in bytes: a line has a few long words.
const LIST_BYTES_MAX: usize = 16 << 20;
/// The most cities that are counted: a list that goes on for longer is none of an alliance's.
const CITIES_MAX: usize = 1_000_000;

/// A table over a hub's cities, and what of it could not be proved.
pub(super) fn recounted(hub: &str, named: &NamedDefinition, at: Timestamp) -> anyhow::Result<(Table, Vec<String>)> {
    let hub = hub.trim_end_matches('/');
    let (mut tally, mut unproved) = (Tally::new(std::slice::from_ref(named), at), Vec::new());
    let (mut after, mut cities) = (None, 0);
    loop {
        let listed = list(hub, after.as_deref())?;
        cities += listed.len();
        for line in &listed {
            let sheet = sheet(hub, line).unwrap_or_else(|error| {
                unproved.push(format!("the log of `{}` could not be counted again: {error:#}", line.city));
                Err(Missing::Unreadable)
            });
            tally.add_counted(&line.city, &line.profile(), sheet.as_ref().map_err(|missing| *missing));
        }
        after = listed.last().map(|last| last.city.to_string());
        if listed.len() < LISTED_MAX {
            let table = tally.ranked().into_iter().next().context("nothing was counted")?;
            return Ok((table, unproved));
        }
        if cities > CITIES_MAX {
            return Err(Status::fails(format!("the list of `{hub}` has more than {CITIES_MAX} cities")).into());
        }
    }
}

/// The cities after a name.
fn list(hub: &str, after: Option<&str>) -> anyhow::Result<Vec<Listed>> {
    let from = after.map(|after| format!("?after={after}")).unwrap_or_default();
    let address = format!("{hub}/mirrors.csv{from}");
    let bytes = Client::new(&address).bytes(LIST_BYTES_MAX)?;
    let listed =
        read_csv(&bytes).map_err(|error| Status::fails(format!("`{address}` is no list of cities: {error}")))?;
    // One that goes round would be counted for ever.
    let goes_on = listed.first().is_none_or(|first| after.is_none_or(|after| first.city.as_str() > after));
    let in_order = listed.windows(2).all(|pair| matches!(pair, [one, next] if one.city < next.city));
    if goes_on && in_order { Ok(listed) } else { Err(Status::fails(format!("`{address}` is not in order")).into()) }
}

/// What the kept log of a city says, verified to its last hash; or why nothing of it is counted.
fn sheet(hub: &str, line: &Listed) -> anyhow::Result<Result<Sheet, Missing>> {
    if line.is_frozen() {
        return Ok(Err(Missing::Frozen));
    }
    if line.standing == "damaged" {
        anyhow::bail!("the hub says that what it keeps of it is damaged");
    }
    if line.entries == 0 {
        return Ok(Err(Missing::NoLog));
    }
    let key = line.key.parse::<Vkey>().context("the key in the list")?;
    let source = AddressSource(Client::new(&format!("{hub}/mirrors/{}", line.city)));
    Ok(Ok(Sheet::of_log(&source, key)?))
}
