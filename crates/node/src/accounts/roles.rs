//! Roles of persons within a party, and what each may do: one table, asked in one place before anything else is looked at.
//!
//! Roles only narrow. Whatever a role lets through, the register and the norms decide afterwards, as for the party itself.

use std::fmt;

use axum::http::Method;
use journal::accounts::Account;

/// What a person is for its party.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks after the accounts of the party, and after its tokens.
    Administrator,
    /// Decides in the party's name.
    Approver,
    /// Prepares what others decide.
    Drafter,
    /// Sees what concerns the party.
    Reader,
    /// Answers residents.
    Inbox,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Administrator, Self::Approver, Self::Drafter, Self::Reader, Self::Inbox];

    /// Its word in forms, on the command line and in the accounts' file.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Approver => "approver",
            Self::Drafter => "drafter",
            Self::Reader => "reader",
            Self::Inbox => "inbox",
        }
    }

    /// What it may do, in words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Administrator => "Administrator: accounts and tokens of the party",
            Self::Approver => "Approver: approves, stops, ends, agrees and withdraws",
            Self::Drafter => {
                "Drafter: proposes, files statements, asks to see something, declares views, enters sensors"
            }
            Self::Reader => "Reader: sees what concerns the party, and asks in SQL",
            Self::Inbox => "Inbox: reads and answers what residents ask",
        }
    }

    /// Whether somebody who has it needs a second factor.
    #[must_use]
    pub const fn needs_second(self) -> bool {
        matches!(self, Self::Administrator | Self::Approver)
    }
}

impl std::str::FromStr for Role {
    type Err = NoRole;

    fn from_str(text: &str) -> Result<Self, NoRole> {
        Self::ALL.into_iter().find(|role| role.code() == text).ok_or(NoRole)
    }
}

/// A word is no role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a role is one of administrator, approver, drafter, reader, inbox")]
pub struct NoRole;

/// The roles of an account, each once.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Roles(Vec<Role>);

impl Roles {
    /// Some roles.
    #[must_use]
    pub fn of(roles: impl IntoIterator<Item = Role>) -> Self {
        let mut all: Vec<Role> = roles.into_iter().collect();
        all.sort_unstable();
        all.dedup();
        Self(all)
    }

    /// As the accounts' file has them. A word that is no role gives nothing.
    fn read(text: &str) -> Self {
        Self::of(text.split(' ').filter_map(|word| word.parse().ok()))
    }

    /// Those of an account.
    #[must_use]
    pub fn of_account(account: &Account) -> Self {
        Self::read(&account.roles)
    }

    /// Each of them.
    pub fn each(&self) -> impl Iterator<Item = Role> {
        self.0.iter().copied()
    }

    /// Whether one is among them.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        self.0.contains(&role)
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them may do something.
    #[must_use]
    pub fn may(&self, action: Action) -> bool {
        self.each().any(|role| action.allowed().contains(&role))
    }

    /// Whether whoever has them needs a second factor.
    #[must_use]
    pub fn need_second(&self) -> bool {
        self.each().any(Role::needs_second)
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let codes: Vec<&str> = self.each().map(Role::code).collect();
        f.write_str(&codes.join(" "))
    }
}

/// What somebody does who is signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Looks at the office and at what the party may have.
    See,
    /// Is handed released rows, or asks for them.
    Ask,
    /// Prepares: proposals, statements, views, sensors, saved questions.
    Prepare,
    /// Decides: the steps of a deployment, agreements, withdrawals.
    Decide,
    /// Issues a token or takes one back.
    Token,
    /// Reads and answers what residents wrote.
    Answer,
    /// Looks after the accounts of the party.
    Administer,
    /// Looks after the own account.
    Own,
}

impl Action {
    /// The table: who may do it.
    #[must_use]
    pub const fn allowed(self) -> &'static [Role] {
        use Role::{Administrator, Approver, Drafter, Inbox, Reader};
        match self {
            Self::See | Self::Own => &[Administrator, Approver, Drafter, Reader, Inbox],
            Self::Ask => &[Approver, Drafter, Reader],
            Self::Prepare => &[Drafter],
            Self::Decide => &[Approver],
            Self::Token | Self::Administer => &[Administrator],
            Self::Answer => &[Inbox],
        }
    }
}

/// A door: an address as routes have it, and what it takes to ask for it and to send something to it.
#[derive(Debug, Clone, Copy)]
pub struct Door {
    /// The address; a part in braces stands for anything.
    pub path: &'static str,
    /// For asking, if it can be asked for.
    pub get: Option<Action>,
    /// For sending, if something can be sent to it.
    pub post: Option<Action>,
}

const fn door(path: &'static str, get: Option<Action>, post: Option<Action>) -> Door {
    Door { path, get, post }
}

/// Something is seen there, and nothing is sent.
const fn seen(path: &'static str) -> Door {
    door(path, Some(Action::See), None)
}

/// There is a form, for those alone who may send it.
const fn form(path: &'static str, action: Action) -> Door {
    door(path, Some(action), Some(action))
}

/// Something is sent there, and nothing is seen.
const fn sent(path: &'static str, action: Action) -> Door {
    door(path, None, Some(action))
}

/// The begins of addresses behind which nothing is done without a door.
pub(crate) const CLOSED: [&str; 5] = ["account", "accounts", "desk", "office", "sql"];

/// Every door. What is named exactly stands before what a part in braces would take.
pub const DOORS: &[Door] = &[
    seen("/desk"),
    door("/desk/inbox", Some(Action::Answer), None),
    door("/desk/inbox/{id}", Some(Action::Answer), None),
    sent("/desk/inbox/{id}/answer", Action::Answer),
    sent("/desk/inbox/{id}/extend", Action::Answer),
    sent("/desk/inbox/{id}/erase", Action::Answer),
    form("/sql", Action::Ask),
    sent("/sql/save", Action::Prepare),
    sent("/sql/delete", Action::Prepare),
    seen("/office"),
    seen("/office/deployments"),
    seen("/office/deployments/{id}"),
    form("/office/deployments/{id}/evidence", Action::Prepare),
    seen("/office/deployments/{id}/assessments"),
    door("/office/deployments/{id}/assessments/{instrument}", Some(Action::See), Some(Action::Prepare)),
    // A signature is the party's word.
    form("/office/deployments/{id}/assessments/{instrument}/sign", Action::Decide),
    form("/office/deployments/{id}/assessments/{instrument}/besides", Action::Prepare),
    door("/office/deployments/{id}/assessments/{instrument}/{section}", Some(Action::See), Some(Action::Prepare)),
    form("/office/deployments/{id}/{step}", Action::Decide),
    seen("/office/city"),
    form("/office/city/evidence", Action::Prepare),
    form("/office/evidence/{id}/withdraw", Action::Decide),
    seen("/office/grants"),
    // An agreement lets data leave at once; asking for one lets nothing leave.
    form("/office/grants/new", Action::Decide),
    seen("/office/requests"),
    form("/office/requests/new", Action::Prepare),
    seen("/office/requests/{id}"),
    form("/office/requests/{id}/offer", Action::Decide),
    form("/office/requests/{id}/refuse", Action::Decide),
    form("/office/views/new", Action::Prepare),
    seen("/office/reports"),
    seen("/office/reports/annual"),
    seen("/office/reports/annual.csv"),
    seen("/office/reports/annual.pdf"),
    seen("/office/reports/processing"),
    seen("/office/reports/processing.csv"),
    seen("/office/reports/processing.pdf"),
    seen("/office/reports/extract"),
    seen("/office/reports/extract.csv"),
    seen("/office/reports/extract.pdf"),
    seen("/office/entered"),
    form("/office/entered/places/{id}", Action::Prepare),
    form("/office/entered/parties/new", Action::Prepare),
    // A class is approved once for many.
    form("/office/entered/classes/{id}", Action::Decide),
    seen("/office/incidents"),
    form("/office/incidents/new", Action::Prepare),
    seen("/office/incidents/{id}"),
    form("/office/incidents/{id}/{kind}", Action::Prepare),
    seen("/office/policies"),
    form("/office/policies/permits", Action::Decide),
    seen("/office/security"),
    door("/office/sheets", Some(Action::See), Some(Action::Prepare)),
    sent("/office/sheets/import", Action::Prepare),
    seen("/office/sheets/{file}"),
    seen("/office/grants/{id}"),
    form("/office/grants/{id}/withdraw", Action::Decide),
    seen("/office/tokens"),
    form("/office/tokens/sheet", Action::Token),
    sent("/office/tokens/sheet/issue", Action::Token),
    form("/office/tokens/devices/new", Action::Prepare),
    form("/office/tokens/devices/{id}/{what}", Action::Token),
    form("/office/tokens/parties/{id}", Action::Token),
    seen("/office/propose"),
    form("/office/propose/new", Action::Prepare),
    form("/office/propose/{draft}", Action::Prepare),
    form("/office/propose/{draft}/{page}", Action::Prepare),
    form("/office/propose/{draft}/{page}/{section}", Action::Prepare),
    door("/account", Some(Action::Own), None),
    sent("/account/password", Action::Own),
    sent("/account/sign-out-everywhere", Action::Own),
    form("/account/second", Action::Own),
    sent("/account/codes", Action::Own),
    door("/accounts", Some(Action::Administer), None),
    form("/accounts/new", Action::Administer),
    form("/accounts/{id}/{what}", Action::Administer),
];

/// The door at an address; none if it is not behind one, or if nobody made one.
pub(crate) fn door_at(path: &str) -> Option<&'static Door> {
    DOORS.iter().find(|door| fits(door.path, path))
}

fn fits(pattern: &str, path: &str) -> bool {
    let (mut pattern, mut path) = (pattern.split('/'), path.split('/'));
    loop {
        match (pattern.next(), path.next()) {
            (None, None) => return true,
            (Some(part), Some(own)) if part == own || (part.starts_with('{') && !own.is_empty()) => {}
            _ => return false,
        }
    }
}

/// Whether nothing is done at an address without a door.
pub(crate) fn is_closed(path: &str) -> bool {
    path.split('/').nth(1).is_some_and(|first| CLOSED.contains(&first))
}

/// What it takes to ask something of an address that is closed; none if nobody may.
pub(crate) fn needed(method: &Method, path: &str) -> Option<Action> {
    let door = door_at(path)?;
    match *method {
        Method::GET | Method::HEAD => door.get,
        Method::POST => door.post,
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use testkit::Route;

    use super::*;

    #[test]
    fn every_page_and_form_for_those_who_are_signed_in_has_a_door_and_every_door_a_page() {
        let found = testkit::routed(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
        let closed: Vec<_> = found.iter().filter(|route| is_closed(&route.address)).collect();
        assert!(closed.len() > 30, "{found:?}");
        for Route { address, get, post } in &closed {
            let door = DOORS.iter().find(|door| door.path == *address);
            let door = door.unwrap_or_else(|| panic!("{address} has no entry in `DOORS`: say who may go there"));
            assert!(*get || *post, "{address} is routed in a way that this test does not read");
            assert_eq!((door.get.is_some(), door.post.is_some()), (*get, *post), "{address}");
        }
        for door in DOORS {
            assert!(closed.iter().any(|route| route.address == door.path), "{} leads nowhere", door.path);
            let first = door_at(door.path).unwrap();
            assert_eq!(first.path, door.path, "another door stands before it");
        }
    }

    #[test]
    fn whatever_has_no_door_is_for_nobody() {
        for path in ["/office/unheard-of", "/office/deployments/a/b/c", "/accounts/1", "/desk/", "/office//", "/sql/x"]
        {
            assert!(is_closed(path) && needed(&Method::GET, path).is_none(), "{path}");
        }
        assert_eq!(needed(&Method::GET, "/sql/save"), None);
        assert_eq!(needed(&Method::PUT, "/sql"), None);
        assert_eq!(needed(&Method::HEAD, "/sql"), Some(Action::Ask));
        assert_eq!(needed(&Method::POST, "/office/deployments/wifi/evidence"), Some(Action::Prepare));
        assert_eq!(needed(&Method::POST, "/office/deployments/wifi/approve"), Some(Action::Decide));
        assert!(!is_closed("/deployments/wifi") && !is_closed("/") && !is_closed("/officers"));
    }

    #[test]
    fn roles_are_read_as_they_are_written_and_unknown_ones_give_nothing() {
        let roles = Roles::of([Role::Inbox, Role::Approver, Role::Inbox]);
        assert_eq!((roles.to_string().as_str(), Roles::read("approver inbox")), ("approver inbox", roles.clone()));
        assert!(roles.may(Action::Answer) && roles.may(Action::Decide) && !roles.may(Action::Prepare));
        let odd = Roles::read("root  Approver everything");
        assert!(odd.is_empty() && !odd.may(Action::See));
    }
}
