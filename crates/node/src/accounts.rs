//! Accounts of persons: who may speak for a party, in which roles, and how it is known that it is they.
//!
//! The register and the log know parties alone; whatever a person does is the act of its party, and who it was is written beside
//! the log, where it can be erased. No word of this module names a login, a name or a secret. Its work touches a disk and takes
//! memory: it is done in blocking jobs, and never for many at once.

mod password;
pub mod roles;
pub(crate) mod second;
#[cfg(test)]
mod tests;
mod trail;
mod tries;

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use flow::folder::{FolderError, kept_key};
use journal::accounts::{Account, AccountStore, AccountsError, Deed, Invite, NewAccount, Standing};
use model::entropy::NoEntropy;
use model::{Digest, Entropy, PartyId, Span, Timestamp};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};

pub use password::{NoPassword, PASSWORD_BYTES_MAX, PASSWORD_CHARS_MIN};
pub use roles::{NoRole, Role, Roles};
pub(crate) use second::Secret;
pub(crate) use tries::Tries;

use crate::oidc::Claims;
use crate::problem::{Kind, Problem};

/// The file, in a city's folder.
const FILE: &str = "accounts.db";
/// The key that second factors are derived with, in a city's folder.
const KEY: &str = "keys/accounts.key";
/// How long a link is good by which a person comes in.
pub const INVITE_MAX: Span = Span::days(3);
/// The longest login or name, in characters.
pub const NAME_CHARS_MAX: usize = 120;
/// The most accounts of one party.
pub const ACCOUNTS_MAX: usize = 500;
/// The most passwords that are worked on at once; each takes 19 MiB.
const HASHED_AT_ONCE: usize = 2;
/// The most that wait for their turn.
const WAITING_MAX: usize = 32;
/// The most wrong codes in a row; then somebody else has to look.
const WRONG_CODES_MAX: u32 = 20;

/// Why something was not done with accounts.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The accounts' file.
    #[error(transparent)]
    Store(#[from] AccountsError),
    /// The key of second factors.
    #[error(transparent)]
    Key(#[from] FolderError),
    /// The key of second factors is gone.
    #[error(
        "the key of second factors `keys/accounts.key` is missing, so that no code can be looked at; put it back from where it was \
         kept, or reset each account"
    )]
    NoKey,
    /// No randomness.
    #[error(transparent)]
    NoEntropy(#[from] NoEntropy),
    /// The login is none.
    #[error("a login has 3 to {NAME_CHARS_MAX} characters without spaces; an e-mail address is best")]
    Login,
    /// The name is none.
    #[error("a name has 1 to {NAME_CHARS_MAX} characters")]
    Name,
    /// No role was given.
    #[error("choose at least one role")]
    NoRole,
    /// There are too many.
    #[error("a party has at most {ACCOUNTS_MAX} accounts; erase one first")]
    TooMany,
    /// The password.
    #[error(transparent)]
    Password(#[from] NoPassword),
    /// Not in this state.
    #[error("this account does not stand where that can be done")]
    Standing,
}

/// Somebody who is to speak for a party, as whoever invites them says.
#[derive(Clone, Copy)]
pub struct Newcomer<'a> {
    /// The party.
    pub party: &'a PartyId,
    /// What the person signs in with.
    pub login: &'a str,
    /// The person's name.
    pub name: &'a str,
    /// What the person is for the party.
    pub roles: &'a Roles,
}

impl std::fmt::Debug for Newcomer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Newcomer(of {}, {})", self.party, self.roles)
    }
}

/// What a link to come in ends with. Its debug text does not tell it.
pub struct Link(String);

impl Link {
    /// The path of the link's page.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/join/{}", self.0)
    }
}

impl std::fmt::Debug for Link {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Link(…)")
    }
}

/// What came of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Code {
    /// It is right, and is not taken again.
    Right,
    /// It is wrong, or was taken already.
    Wrong,
    /// There were too many wrong ones; only an administrator helps.
    Locked,
}

/// Whether two texts are alike, in a time that does not depend on where they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |differs, (one, other)| differs | (one ^ other)) == 0
}

/// A login as it is compared: without spaces around it, in small letters.
#[must_use]
pub(crate) fn login_of(text: &str) -> String {
    text.trim().to_lowercase()
}

/// The accounts of a city.
#[derive(Debug)]
pub struct Accounts {
    root: PathBuf,
    store: Mutex<Option<Store>>,
    /// Tries of logins.
    pub(crate) tries: Tries,
    turn: Semaphore,
    waiting: Semaphore,
}

struct Store(AccountStore);

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store(…)")
    }
}

/// The accounts' file, for as long as somebody works with it.
struct Held<'a>(MutexGuard<'a, Option<Store>>);

impl Held<'_> {
    fn store(&mut self) -> Result<&mut AccountStore, AccountError> {
        let store = self.0.as_mut().ok_or_else(|| AccountsError::Foreign("it is not open".to_owned()))?;
        Ok(&mut store.0)
    }
}

impl Accounts {
    /// Those in a city's folder. Nothing is opened before somebody needs it.
    #[must_use]
    pub fn of(root: &Path) -> Self {
        Self {
            root: root.to_owned(),
            store: Mutex::default(),
            tries: Tries::default(),
            turn: Semaphore::new(HASHED_AT_ONCE),
            waiting: Semaphore::new(WAITING_MAX),
        }
    }

    /// A turn to work on a password, when it comes.
    ///
    /// # Errors
    /// Too many wait already.
    pub(crate) async fn turn(&self) -> Result<SemaphorePermit<'_>, Problem> {
        let _waits = self.waiting.try_acquire().map_err(|_| Problem::new(Kind::Busy))?;
        self.turn.acquire().await.map_err(|_| Problem::new(Kind::Internal))
    }

    fn held(&self) -> Result<Held<'_>, AccountError> {
        let mut store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        if store.is_none() {
            *store = Some(Store(AccountStore::open(&self.root.join(FILE))?));
        }
        Ok(Held(store))
    }

    /// Invites somebody to speak for a party; gives the account's number and the link to hand over. Whoever does it, if it is
    /// somebody with an account, is noted with it, here and in what follows: what cannot be noted is not done, and what is not
    /// done is not noted.
    ///
    /// # Errors
    /// Login, name or roles do not fit, the login is taken, there are too many, or nothing can be written.
    pub fn invite(
        &self,
        who: Newcomer<'_>,
        by: Option<&Deed>,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<(u64, Link), AccountError> {
        let Newcomer { party, login, name, roles } = who;
        let (login, name) = (login_of(login), name.trim().to_owned());
        let plain = |text: &str| !text.chars().any(char::is_control) && text.chars().count() <= NAME_CHARS_MAX;
        if login.chars().count() < 3 || login.contains(char::is_whitespace) || !plain(&login) {
            return Err(AccountError::Login);
        }
        if name.is_empty() || !plain(&name) {
            return Err(AccountError::Name);
        }
        if roles.is_empty() {
            return Err(AccountError::NoRole);
        }
        let mut held = self.held()?;
        let store = held.store()?;
        let there = store.all(Some(party.as_str()))?;
        if there.iter().filter(|account| account.standing != Standing::Erased).count() >= ACCOUNTS_MAX {
            return Err(AccountError::TooMany);
        }
        let (link, invite) = link(entropy, now)?;
        let new =
            NewAccount { party: party.to_string(), login, name, roles: roles.to_string(), invite, at: now.millis() };
        Ok((store.add(&new, by)?, link))
    }

    /// The account of a number.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn one(&self, id: u64) -> Result<Option<Account>, AccountError> {
        Ok(self.held()?.store()?.one(id)?)
    }

    /// The account of a login.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn by_login(&self, login: &str) -> Result<Option<Account>, AccountError> {
        Ok(self.held()?.store()?.by_login(&login_of(login))?)
    }

    /// The accounts of a party, or all of them, without those that were erased.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn all(&self, party: Option<&PartyId>) -> Result<Vec<Account>, AccountError> {
        let mut all = self.held()?.store()?.all(party.map(PartyId::as_str))?;
        all.retain(|account| account.standing != Standing::Erased);
        Ok(all)
    }

    /// The account that a link leads to, if it is still good.
    pub(crate) fn invited(&self, token: &str, now: Timestamp) -> Result<Option<Account>, AccountError> {
        let found = self.held()?.store()?.by_invite(&hash(token))?;
        Ok(found.filter(|account| is_good(account, now)))
    }

    /// Somebody comes in by a link and chooses a password; the link is good no more.
    pub(crate) fn come_in(
        &self,
        token: &str,
        password: &str,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<Option<Account>, AccountError> {
        let Some(account) = self.invited(token, now)? else { return Ok(None) };
        password::fit(password, &account.login)?;
        let kept = password::kept(password, &entropy.bytes32()?)?;
        let used = hash(token);
        let mut held = self.held()?;
        Ok(held.store()?.change(account.id, |own| {
            // Of two that come at once one is first.
            let first = own.invite.as_ref().is_some_and(|invite| invite.hash == used) && is_good(own, now);
            first.then(|| {
                own.standing = Standing::Active;
                own.password = Some(kept);
                own.invite = None;
                own.wrong = 0;
                own.epoch = own.epoch.saturating_add(1);
                own.clone()
            })
        })?)
    }

    /// The account of a login, if the password is its own and it is in use. Takes as long for a login that is nobody's.
    pub(crate) fn with_password(&self, login: &str, password: &str) -> Result<Option<Account>, AccountError> {
        let account = self.by_login(login)?;
        let kept = account.as_ref().and_then(|account| account.password.as_deref());
        let right = password::is_right(password, kept);
        let mut held = self.held()?;
        let Some(account) = account else {
            // Nor does the disk tell: what counts a wrong try of somebody's login is written to it.
            held.store()?.rewrite()?;
            return Ok(None);
        };
        let known = held.store()?.change(account.id, |own| {
            // Whoever changed it meanwhile is asked again.
            let right = right && own.standing == Standing::Active && own.password == account.password;
            own.wrong = if right { 0 } else { own.wrong.saturating_add(1) };
            Some(right.then(|| own.clone()))
        })?;
        Ok(known.flatten())
    }

    /// The account of somebody whom the identity provider knows: by the name there, or, for whoever waits with an invitation that is
    /// still good, by the address that the provider looked at. Then the name there is the account's, and the link is good no more.
    pub(crate) fn by_provider(
        &self,
        issuer: &str,
        claims: &Claims,
        now: Timestamp,
    ) -> Result<Option<Account>, AccountError> {
        let subject = format!("{issuer} {}", claims.subject);
        let mut held = self.held()?;
        let store = held.store()?;
        if let Some(account) = store.by_subject(&subject)? {
            return Ok(Some(account).filter(|account| account.standing == Standing::Active));
        }
        let Some(mail) = &claims.mail else { return Ok(None) };
        let Some(invited) = store.by_login(&login_of(mail))? else { return Ok(None) };
        Ok(store.change(invited.id, |own| {
            (is_good(own, now) && own.subject.is_none()).then(|| {
                own.standing = Standing::Active;
                own.subject = Some(subject);
                own.invite = None;
                own.epoch = own.epoch.saturating_add(1);
                own.clone()
            })
        })?)
    }

    /// Changes a password; whatever is signed in with the account ends.
    pub(crate) fn set_password(&self, id: u64, new: &str, entropy: &dyn Entropy) -> Result<Account, AccountError> {
        let account = self.one(id)?.ok_or(AccountsError::Unknown)?;
        password::fit(new, &account.login)?;
        let kept = password::kept(new, &entropy.bytes32()?)?;
        self.changed(id, None, |own| {
            own.password = Some(kept);
            Some(())
        })
    }

    /// Changes an account that is not erased and ends whatever is signed in with it.
    fn changed(
        &self,
        id: u64,
        by: Option<&Deed>,
        change: impl FnOnce(&mut Account) -> Option<()>,
    ) -> Result<Account, AccountError> {
        let mut held = self.held()?;
        let changed = held.store()?.change_by(id, by, |own| {
            if own.standing == Standing::Erased {
                return None;
            }
            change(own)?;
            own.epoch = own.epoch.saturating_add(1);
            Some(own.clone())
        })?;
        changed.ok_or(AccountError::Standing)
    }

    /// Ends whatever is signed in with an account.
    pub(crate) fn end_sessions(&self, id: u64) -> Result<Account, AccountError> {
        self.changed(id, None, |_| Some(()))
    }

    /// Gives an account other roles.
    ///
    /// # Errors
    /// There is none, or nothing can be written.
    pub fn set_roles(&self, id: u64, roles: &Roles, by: Option<&Deed>) -> Result<Account, AccountError> {
        if roles.is_empty() {
            return Err(AccountError::NoRole);
        }
        self.changed(id, by, |own| {
            own.roles = roles.to_string();
            Some(())
        })
    }

    /// Locks an account, or unlocks it.
    ///
    /// # Errors
    /// It is neither in use nor locked, or nothing can be written.
    pub fn set_disabled(&self, id: u64, disabled: bool, by: Option<&Deed>) -> Result<Account, AccountError> {
        self.changed(id, by, |own| {
            own.standing = match (own.standing, disabled) {
                (Standing::Active | Standing::Invited, true) => Standing::Disabled,
                // Whoever never came in, or has to begin anew, needs a fresh link.
                (Standing::Disabled, false) if own.password.is_some() || own.subject.is_some() => Standing::Active,
                (Standing::Disabled, false) => Standing::Invited,
                _ => return None,
            };
            own.invite = None;
            own.wrong_codes = 0;
            Some(())
        })
    }

    /// Lets somebody begin anew: password and second factor are gone, and the link by which they come in again is given.
    ///
    /// # Errors
    /// There is no such account, or nothing can be written.
    pub fn reset(
        &self,
        id: u64,
        by: Option<&Deed>,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<Link, AccountError> {
        let (link, invite) = link(entropy, now)?;
        self.changed(id, by, |own| {
            own.standing = Standing::Invited;
            own.password = None;
            own.second = None;
            own.recovery = Vec::new();
            own.wrong_codes = 0;
            own.invite = Some(invite);
            own.subject = None;
            Some(())
        })?;
        Ok(link)
    }

    /// Erases who an account's person is.
    ///
    /// # Errors
    /// There is no such account, or it could not be erased for good; ask again.
    pub fn erase(&self, id: u64, by: Option<&Deed>) -> Result<(), AccountError> {
        Ok(self.held()?.store()?.erase(id, by)?)
    }

    /// The secret of an app, for an account and random bytes that are not kept yet.
    pub(crate) fn secret(&self, id: u64, salt: &[u8], entropy: &dyn Entropy) -> Result<Secret, AccountError> {
        let path = self.root.join(KEY);
        let key = match kept_key(&path, None)? {
            Some(key) => key,
            // A key is never made anew under factors that it did not make.
            None if self.held()?.store()?.all(None)?.iter().any(|account| account.second.is_some()) => {
                return Err(AccountError::NoKey);
            }
            None => kept_key(&path, Some(entropy))?.ok_or(AccountError::NoKey)?,
        };
        Secret::of(&key, id, salt).ok_or(AccountError::NoKey)
    }

    /// Confirms a second factor with a first code; gives the codes on paper. Whatever is signed in with the account ends.
    pub(crate) fn confirm(
        &self,
        id: u64,
        salt: &[u8],
        code: &str,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<Option<(Account, Vec<String>)>, AccountError> {
        let secret = self.secret(id, salt, entropy)?;
        let Some(step) = secret.step_of(&second::typed(code), now, 0) else { return Ok(None) };
        let (codes, kept) = second::recovery(entropy)?;
        let account = self.changed(id, None, |own| {
            (own.second, own.step, own.recovery, own.wrong_codes) = (Some(salt.to_vec()), step, kept, 0);
            Some(())
        })?;
        Ok(Some((account, codes)))
    }

    /// Fresh codes on paper in the place of those that there are.
    pub(crate) fn fresh_codes(&self, id: u64, entropy: &dyn Entropy) -> Result<Vec<String>, AccountError> {
        let (codes, kept) = second::recovery(entropy)?;
        let mut held = self.held()?;
        let done = held.store()?.change(id, |own| own.second.is_some().then(|| own.recovery = kept))?;
        done.map(|()| codes).ok_or(AccountError::Standing)
    }

    /// Takes a code of an account's app, or one on paper. Each counts once.
    pub(crate) fn take_code(
        &self,
        id: u64,
        code: &str,
        entropy: &dyn Entropy,
        now: Timestamp,
    ) -> Result<Code, AccountError> {
        let account = self.one(id)?.ok_or(AccountsError::Unknown)?;
        let Some(salt) = account.second else { return Ok(Code::Wrong) };
        let (secret, code) = (self.secret(id, &salt, entropy)?, second::typed(code));
        let on_paper = second::recovery_hash(&code);
        let mut held = self.held()?;
        let taken = held.store()?.change(id, |own| {
            if own.wrong_codes >= WRONG_CODES_MAX {
                return Some(Code::Locked);
            }
            if own.second.as_ref() != Some(&salt) {
                return Some(Code::Wrong);
            }
            let of_app = secret.step_of(&code, now, own.step);
            let of_paper = own.recovery.iter().position(|kept| same(kept, &on_paper));
            match (of_app, of_paper) {
                (Some(step), _) => own.step = step,
                (None, Some(at)) => drop(own.recovery.remove(at)),
                (None, None) => {
                    own.wrong_codes = own.wrong_codes.saturating_add(1);
                    return Some(Code::Wrong);
                }
            }
            own.wrong_codes = 0;
            Some(Code::Right)
        })?;
        taken.ok_or(AccountError::Standing)
    }
}

/// A link that was not there before, and what is kept of it.
fn link(entropy: &dyn Entropy, now: Timestamp) -> Result<(Link, Invite), NoEntropy> {
    let token = Digest::new(entropy.bytes32()?).to_string();
    let invite = Invite { hash: hash(&token), until: (now + INVITE_MAX).millis() };
    Ok((Link(token), invite))
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::new().chain_update(b"ordinance invite\n").chain_update(token).finalize().into()
}

/// Whether an account waits for whoever has its link.
fn is_good(account: &Account, now: Timestamp) -> bool {
    let lasts = account.invite.as_ref().is_some_and(|invite| now.millis() < invite.until);
    lasts && account.standing == Standing::Invited
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        let kind = match &error {
            AccountError::Store(AccountsError::Taken) => Kind::Conflict,
            AccountError::Store(AccountsError::Unknown) => Kind::NotFound,
            AccountError::Store(AccountsError::Full) => Kind::Full,
            AccountError::Store(AccountsError::Held) => Kind::Unavailable,
            // The errors of disks name paths of the machine.
            AccountError::Store(_) | AccountError::Key(_) | AccountError::NoEntropy(_) => {
                return Self::new(Kind::Unavailable)
                    .detail("the accounts cannot be read or written now; try again later");
            }
            AccountError::NoKey => Kind::Unavailable,
            AccountError::Standing => Kind::Conflict,
            AccountError::Login
            | AccountError::Name
            | AccountError::NoRole
            | AccountError::TooMany
            | AccountError::Password(_) => Kind::Unprocessable,
        };
        Self::new(kind).detail(error.to_string())
    }
}
