//! Drafts: what parties began to fill in and have not sent, page by page, in the city's folder, readable by its owner only.
//!
//! A draft is text and gives nobody anything. What is planned is not public before it is proposed, so that no word of it is in
//! the log, in an error or in a debug text.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use model::{PartyId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::folder::{FolderError, private_folder, write_secret};

/// Where they lie in a city's folder: one file for each party.
const FOLDER: &str = "drafts";
/// How the name of such a file ends.
const END: &str = "json";
/// The most drafts of one party.
pub const DRAFTS_MAX: usize = 50;
/// The most pages of one draft.
pub const PAGES_MAX: usize = 300;
/// The most that one page holds, in bytes.
pub const PAGE_BYTES_MAX: usize = 64 << 10;

/// The most that all drafts of one party hold, in bytes: each page of the office reads them.
pub const PARTY_BYTES_MAX: usize = 2 << 20;

/// Why a draft cannot be kept or read.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// A page holds too much.
    #[error("a page of a draft holds at most {PAGE_BYTES_MAX} bytes; write less on it")]
    TooLong,
    /// There are too many.
    #[error("there are {DRAFTS_MAX} drafts, or {PAGES_MAX} pages of this one, already; delete one first")]
    TooMany,
    /// All of them together hold too much.
    #[error("the drafts of a party hold at most {PARTY_BYTES_MAX} bytes together; delete one first")]
    Full,
    /// Somebody of the same party kept something there meanwhile.
    #[error(
        "somebody of your party changed this page meanwhile; nothing was kept. Look at it again, and send it once more"
    )]
    Changed,
    /// There is none with that number.
    #[error("there is no such draft")]
    Unknown,
    /// A file is not one that this software wrote. What stands in it is not repeated.
    #[error("the drafts cannot be read; whoever keeps the city has to look at its folder")]
    Damaged,
    /// The folder.
    #[error(transparent)]
    Folder(#[from] FolderError),
}

/// What stands on a page: names and values, in their order.
pub type Values = Vec<(String, String)>;

/// A draft.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Draft {
    /// When it was changed last.
    pub at: Timestamp,
    /// What stands on each page.
    pub pages: BTreeMap<String, Values>,
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("at", &self.at).field("pages", &self.pages.len()).finish()
    }
}

/// The drafts of one party, as its file has them.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    /// The highest number that was ever given: an old page must not write into another draft.
    last: u32,
    drafts: BTreeMap<u32, Draft>,
}

/// The drafts of a city's folder.
#[derive(Debug)]
pub struct Drafts {
    folder: PathBuf,
    /// One change at a time: each reads what is there and writes all of it.
    changing: Mutex<()>,
}

impl Drafts {
    /// Those in a city's folder.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        Self { folder: root.join(FOLDER), changing: Mutex::new(()) }
    }

    /// A party's drafts by number.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn all(&self, party: &PartyId) -> Result<BTreeMap<u32, Draft>, DraftError> {
        Ok(self.kept(party)?.drafts)
    }

    fn kept(&self, party: &PartyId) -> Result<Kept, DraftError> {
        let path = self.path(party);
        match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|_| DraftError::Damaged),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Kept::default()),
            Err(error) => Err(FolderError::File { path, error }.into()),
        }
    }

    /// One of a party's drafts.
    ///
    /// # Errors
    /// There is none of that number, or they cannot be read.
    pub fn one(&self, party: &PartyId, number: u32) -> Result<Draft, DraftError> {
        self.all(party)?.remove(&number).ok_or(DraftError::Unknown)
    }

    /// Begins a draft with its first page; gives its number.
    ///
    /// # Errors
    /// There are too many, the page is too long, or it cannot be written.
    pub fn begin(&self, party: &PartyId, page: &str, values: Values, at: Timestamp) -> Result<u32, DraftError> {
        fits(&values)?;
        self.change(party, |kept| {
            if kept.drafts.len() >= DRAFTS_MAX {
                return Err(DraftError::TooMany);
            }
            let number = kept.last.checked_add(1).ok_or(DraftError::TooMany)?;
            kept.last = number;
            kept.drafts.insert(number, Draft { at, pages: BTreeMap::from([(page.to_owned(), values)]) });
            Ok(number)
        })
    }

    /// Keeps a page of a draft, in the place of what stood there.
    ///
    /// # Errors
    /// There is no such draft, it has too many pages, the page is too long, or it cannot be written.
    pub fn keep(
        &self,
        party: &PartyId,
        number: u32,
        page: &str,
        values: Values,
        at: Timestamp,
    ) -> Result<(), DraftError> {
        self.put(party, number, (page, values), at, |_| true)
    }

    /// The same, if what stood there is still what whoever made the values had read; several questions may lie on one page.
    ///
    /// # Errors
    /// The same, and something else stands there by now.
    pub fn keep_over(
        &self,
        party: &PartyId,
        number: u32,
        (page, values): (&str, Values),
        seen: Option<&Values>,
        at: Timestamp,
    ) -> Result<(), DraftError> {
        self.put(party, number, (page, values), at, |there| there == seen)
    }

    fn put(
        &self,
        party: &PartyId,
        number: u32,
        (page, values): (&str, Values),
        at: Timestamp,
        goes_over: impl FnOnce(Option<&Values>) -> bool,
    ) -> Result<(), DraftError> {
        fits(&values)?;
        self.change(party, |kept| {
            let draft = kept.drafts.get_mut(&number).ok_or(DraftError::Unknown)?;
            if !goes_over(draft.pages.get(page)) {
                return Err(DraftError::Changed);
            }
            if draft.pages.len() >= PAGES_MAX && !draft.pages.contains_key(page) {
                return Err(DraftError::TooMany);
            }
            draft.pages.insert(page.to_owned(), values);
            draft.at = at;
            Ok(())
        })
    }

    /// Takes pages out of a draft: those for which it is said.
    ///
    /// # Errors
    /// There is no such draft, or it cannot be written.
    pub fn leave_out(&self, party: &PartyId, number: u32, is_out: impl Fn(&str) -> bool) -> Result<(), DraftError> {
        self.change(party, |kept| {
            kept.drafts.get_mut(&number).ok_or(DraftError::Unknown)?.pages.retain(|page, _| !is_out(page));
            Ok(())
        })
    }

    /// Deletes a draft.
    ///
    /// # Errors
    /// There is none of that number, or it cannot be written.
    pub fn delete(&self, party: &PartyId, number: u32) -> Result<(), DraftError> {
        self.change(party, |kept| kept.drafts.remove(&number).map(drop).ok_or(DraftError::Unknown))
    }

    fn change<T>(
        &self,
        party: &PartyId,
        change: impl FnOnce(&mut Kept) -> Result<T, DraftError>,
    ) -> Result<T, DraftError> {
        let _one = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut kept = self.kept(party)?;
        let changed = change(&mut kept)?;
        // Texts and numbers always serialise; were it not so, what is there stays.
        let bytes = serde_json::to_vec(&kept).map_err(|_| DraftError::Damaged)?;
        if bytes.len() > PARTY_BYTES_MAX {
            return Err(DraftError::Full);
        }
        private_folder(&self.folder)?;
        write_secret(&self.path(party), &bytes)?;
        Ok(changed)
    }

    fn path(&self, party: &PartyId) -> PathBuf {
        self.folder.join(format!("{party}.{END}"))
    }
}

fn fits(values: &Values) -> Result<(), DraftError> {
    let bytes: usize = values.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes <= PAGE_BYTES_MAX { Ok(()) } else { Err(DraftError::TooLong) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const AT: Timestamp = Timestamp::UNIX_EPOCH;

    fn party(name: &str) -> PartyId {
        name.parse().unwrap()
    }

    fn values(text: &str) -> Values {
        vec![("title".to_owned(), text.to_owned())]
    }

    #[test]
    fn a_draft_is_kept_page_by_page_for_its_party_alone() {
        let folder = tempfile::tempdir().unwrap();
        let drafts = Drafts::of(folder.path());
        let (mobility, police) = (party("mobility"), party("police"));
        assert_eq!(drafts.begin(&mobility, "about", values("one"), AT).unwrap(), 1);
        assert_eq!(drafts.begin(&mobility, "about", values("two"), AT).unwrap(), 2);
        for page in ["dates", "stream-1", "stream-1-1", "stream-10"] {
            drafts.keep(&mobility, 1, page, values("x"), AT).unwrap();
        }
        drafts.keep(&mobility, 1, "about", values("one, again"), AT).unwrap();
        assert_eq!(drafts.one(&mobility, 1).unwrap().pages["about"], values("one, again"));
        // Over what was read there, and over nothing that came since.
        let over = |seen: Option<&Values>, to: &str| drafts.keep_over(&mobility, 1, ("dates", values(to)), seen, AT);
        assert!(matches!(over(None, "y"), Err(DraftError::Changed)));
        over(Some(&values("x")), "y").unwrap();
        assert!(matches!(over(Some(&values("x")), "z"), Err(DraftError::Changed)));
        assert_eq!(drafts.one(&mobility, 1).unwrap().pages["dates"], values("y"));
        drafts.leave_out(&mobility, 1, |page| page == "stream-1" || page.starts_with("stream-1-")).unwrap();
        let left: Vec<String> = drafts.one(&mobility, 1).unwrap().pages.into_keys().collect();
        assert_eq!(left, ["about", "dates", "stream-10"]);
        assert_eq!(drafts.all(&police).unwrap(), BTreeMap::new());
        assert!(matches!(drafts.keep(&police, 1, "about", values("x"), AT), Err(DraftError::Unknown)));
        assert!(matches!(drafts.delete(&police, 1), Err(DraftError::Unknown)));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = |path: &str| fs::metadata(folder.path().join(path)).unwrap().permissions().mode() & 0o777;
            assert_eq!((mode("drafts"), mode("drafts/mobility.json")), (0o700, 0o600));
        }
        drafts.delete(&mobility, 1).unwrap();
        assert_eq!(drafts.all(&mobility).unwrap().into_keys().collect::<Vec<_>>(), [2]);
        drafts.delete(&mobility, 2).unwrap();
        assert_eq!(drafts.begin(&mobility, "about", values("three"), AT).unwrap(), 3, "a number is given once");
    }

    #[test]
    fn drafts_are_bounded_and_no_word_of_one_is_repeated() {
        let folder = tempfile::tempdir().unwrap();
        let drafts = Drafts::of(folder.path());
        let mobility = party("mobility");
        let long = values(&"x".repeat(PAGE_BYTES_MAX));
        assert!(matches!(drafts.begin(&mobility, "about", long, AT), Err(DraftError::TooLong)));
        for _ in 0..DRAFTS_MAX {
            drafts.begin(&mobility, "about", values("secret"), AT).unwrap();
        }
        assert!(matches!(drafts.begin(&mobility, "about", values("x"), AT), Err(DraftError::TooMany)));
        for page in 1..PAGES_MAX {
            drafts.keep(&mobility, 1, &format!("stream-{page}"), values("x"), AT).unwrap();
        }
        assert!(matches!(drafts.keep(&mobility, 1, "more", values("x"), AT), Err(DraftError::TooMany)));
        let large = values(&"x".repeat(PAGE_BYTES_MAX - 5));
        let full =
            (1..40).find_map(|page| drafts.keep(&mobility, 3, &format!("stream-{page}"), large.clone(), AT).err());
        assert!(matches!(full, Some(DraftError::Full)), "{full:?}");
        assert!(!format!("{:?}", drafts.one(&mobility, 2).unwrap()).contains("secret"));
        fs::write(folder.path().join("drafts/mobility.json"), "{\"secret\":").unwrap();
        let error = drafts.all(&mobility).unwrap_err();
        assert!(matches!(error, DraftError::Damaged) && !error.to_string().contains("secret"));
    }
}
