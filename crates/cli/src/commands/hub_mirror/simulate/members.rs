//! The hub of a simulated alliance: as many members as are asked for, admitted from a list as any list is.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::bail;
use hub::command::Command;
use hub::member::{ListedMember, MemberKind};
use hub::words::{PersonId, Title};
use hub::{Founding, Hub, import};

use crate::system::{SystemClock, SystemEntropy, Took, timed};

/// Who keeps the hub.
const SECRETARIAT: &str = "secretariat";

/// Begins the hub in a folder, and admits its members; gives what the admission took.
pub(super) fn admitted(dir: &Path, members: u64) -> anyhow::Result<(Hub, Took)> {
    let (name, person): (Title, PersonId) = ("Simulated".parse()?, SECRETARIAT.parse()?);
    let (kind, origin) = (MemberKind::FoundingPartner, "simulated.example/hub".to_owned());
    let secretariat = ListedMember { id: SECRETARIAT.parse()?, kind, name: Some(name.clone()), country: None };
    let founding = Founding { name, origin, secretariat, person: person.clone() };
    let hub = Hub::create(dir, founding, Arc::new(SystemClock), Arc::new(SystemEntropy))?;
    let list = list(members)?;
    let (done, took) = timed(|| -> anyhow::Result<()> {
        let listed = import::read(list.as_bytes(), &hub.state(), |_| ());
        if let Some(problem) = listed.problems.first() {
            bail!("line {} of the list: {}", problem.line, problem.what);
        }
        let reasons = "They are generated, to measure.".parse()?;
        hub.submit(&person, &Command::AdmitMembers { members: listed.new, reasons })?;
        hub.publish()?;
        Ok(())
    });
    done?;
    Ok((hub, took))
}

/// The list: cities, called as their logs are.
fn list(members: u64) -> Result<String, std::fmt::Error> {
    let mut list = format!("{}\n", import::COLUMNS.join(","));
    for number in 0..members {
        writeln!(list, "city-{number:06},city,City {number},")?;
    }
    Ok(list)
}
