//! The mirrored cities as a list that anybody reads: by which key and where each is known, what it is grouped by, how far it is kept and
//! how it stands. With the kept logs it is enough to count any number of a country again, without this hub's word for it.
//!
//! A text of others is never a formula in somebody's spreadsheet: one that begins like one has an apostrophe before it.

use model::{PartyId, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Country, Kept, Mirror, MirrorError, Profile, SizeClass, Standing};

/// The most cities of one list; the next begins after the last of it.
pub const LISTED_MAX: usize = 2_000;
/// How many rows are read at a time: each comes with what its entries say.
const READ_AT_ONCE: usize = 64;

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Which city.
    pub city: PartyId,
    /// The key that signs its log.
    pub key: String,
    /// The address below which its `/log/` is.
    pub address: String,
    /// In which country it is.
    pub country: Option<Country>,
    /// How large it is.
    pub size_class: Option<SizeClass>,
    /// How many entries are kept.
    pub entries: u64,
    /// The root over them.
    pub root: String,
    /// When a look last held.
    pub checked: Option<Timestamp>,
    /// `sound`, `behind`, `unreachable`, `unproven` or `frozen`; `damaged` where what is kept cannot be read.
    pub standing: String,
}

impl Listed {
    fn of(city: PartyId, kept: &Kept) -> Self {
        let standing = match kept.standing {
            Standing::Sound => "sound",
            Standing::Behind { .. } => "behind",
            Standing::Unreachable { .. } => "unreachable",
            Standing::Unproven { .. } => "unproven",
            Standing::Frozen { .. } => "frozen",
        };
        Self {
            city,
            key: harmless(&kept.key),
            address: harmless(&kept.address),
            country: kept.profile.country,
            size_class: kept.profile.size_class,
            entries: kept.size,
            root: kept.root().map(|root| root.to_string()).unwrap_or_default(),
            checked: kept.checked,
            standing: standing.to_owned(),
        }
    }

    /// What it is grouped by.
    #[must_use]
    pub fn profile(&self) -> Profile {
        Profile { country: self.country, size_class: self.size_class, position: None }
    }

    /// Whether its log contradicts itself, so that nothing of it is counted.
    #[must_use]
    pub fn is_frozen(&self) -> bool {
        self.standing == "frozen"
    }
}

impl Mirror {
    /// The mirrored cities by name, from the one after a name on; of what cannot be read, its name and that it is damaged.
    ///
    /// # Errors
    /// No row can be read.
    pub fn listed(&self, after: Option<&str>) -> Result<Vec<Listed>, MirrorError> {
        let (mut listed, mut after) = (Vec::new(), after.unwrap_or_default().to_owned());
        while listed.len() < LISTED_MAX {
            let rows = self.shelf.rows(&after, READ_AT_ONCE.min(LISTED_MAX - listed.len()))?;
            let Some(last) = rows.last() else { break };
            after.clone_from(&last.name);
            // A name is a key of the file and was one of a city when it was put there.
            let cities = rows.into_iter().filter_map(|row| Some((row.name.parse::<PartyId>().ok()?, row.head)));
            listed.extend(cities.map(|(city, head)| match serde_json::from_slice::<Kept>(&head) {
                Ok(kept) => Listed::of(city, &kept),
                Err(_) => Listed {
                    standing: "damaged".to_owned(),
                    ..Listed::of(city, &Kept::begun("", "", Profile::default()))
                },
            }));
        }
        Ok(listed)
    }
}

/// The list as CSV, with its head.
///
/// # Errors
/// It could not be written.
pub fn csv_of(listed: &[Listed]) -> Result<Vec<u8>, csv::Error> {
    let mut writer =
        csv::WriterBuilder::new().has_headers(false).terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    writer.write_record([
        "city",
        "key",
        "address",
        "country",
        "size_class",
        "entries",
        "root",
        "checked",
        "standing",
    ])?;
    listed.iter().try_for_each(|line| writer.serialize(line))?;
    writer.into_inner().map_err(|error| error.into_error().into())
}

/// Such a list, read.
///
/// # Errors
/// It is none.
pub fn read_csv(bytes: &[u8]) -> Result<Vec<Listed>, csv::Error> {
    let plain = |line: Listed| Listed { key: unharmed(line.key), address: unharmed(line.address), ..line };
    csv::Reader::from_reader(bytes).into_deserialize().map(|line| line.map(plain)).collect()
}

fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\'', '\t', '\r']) { format!("'{text}") } else { text.to_owned() }
}

fn unharmed(text: String) -> String {
    text.strip_prefix('\'').map(str::to_owned).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_read_as_it_was_written_and_no_text_of_others_is_a_formula() {
        let kept = |key: &str, address: &str| Kept::begun(key, address, Profile::default());
        let mut listed: Vec<Listed> = ["=cmd|' /C calc'!A0", "+1", "-1", "@sum", "'quoted", "a,b\"c", "plain"]
            .iter()
            .zip(["c1", "c2", "c3", "c4", "c5", "c6", "c7"])
            .map(|(text, city)| Listed::of(city.parse().unwrap(), &kept(text, text)))
            .collect();
        listed[0].country = Some("NZ".parse().unwrap());
        listed[1].size_class = Some(SizeClass::Metropolis);
        listed[2].checked = Some(Timestamp::UNIX_EPOCH);
        let csv = csv_of(&listed).unwrap();
        let text = String::from_utf8(csv.clone()).unwrap();
        assert!(text.starts_with("city,key,address,country,size_class,entries,root,checked,standing\r\n"), "{text}");
        for line in text.lines() {
            assert!(
                line.split(',').all(|cell| !cell.trim_start_matches('"').starts_with(['=', '+', '-', '@'])),
                "{line}"
            );
        }
        let read = read_csv(&csv).unwrap();
        let keys: Vec<&str> = read.iter().map(|line| line.key.as_str()).collect();
        assert_eq!(keys, ["=cmd|' /C calc'!A0", "+1", "-1", "@sum", "'quoted", "a,b\"c", "plain"]);
        assert_eq!((read[0].country, read[1].size_class), (listed[0].country, listed[1].size_class));
        assert_eq!((read[2].checked, read.len()), (listed[2].checked, listed.len()));
        assert!(read_csv(b"city,key\r\na").is_err());
    }
}
