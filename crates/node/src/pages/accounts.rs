//! The accounts of a party, for its administrators: who speaks for it, in which roles, and what each did.
//!
//! An administrator invites, gives roles, locks, lets somebody begin anew, and erases: never the own account, and never one of
//! another party. No mail is sent; the link that a person comes in by is shown once.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::rejection::{FormRejection, PathRejection, QueryRejection};
use axum::extract::{Form, Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use axum::routing::get;
use journal::accounts::{Account, Deed, Standing};
use model::Timestamp;
use serde::Deserialize;

use super::Site;
use super::signed::{Signed, elsewhere, private, signed, signed_form, to_sign_in};
use crate::accounts::{AccountError, Newcomer, Role, Roles};
use crate::address::Base;
use crate::jobs::Lane;
use crate::problem::{Kind, Problem};
use crate::router::Node;
use crate::words;

/// The addresses of the accounts of a party.
pub(crate) fn routes() -> Router<Node> {
    Router::new()
        .route("/accounts", get(all))
        .route("/accounts/new", get(new).post(invite))
        .route("/accounts/{id}/{what}", get(form).post(change))
}

#[derive(Template)]
#[template(path = "accounts.html")]
struct Page {
    site: Site,
    party: String,
    form: String,
    accounts: Vec<Line>,
    trail: Vec<Told>,
    /// Before which note older ones are, if there are any.
    older: Option<u64>,
}

/// An account in a line.
struct Line {
    id: u64,
    name: String,
    login: String,
    roles: Vec<&'static str>,
    stands: &'static str,
    second: bool,
    wrong: Option<String>,
    is_own: bool,
    is_locked: bool,
}

impl Line {
    fn of(account: Account, own: Option<u64>) -> Self {
        let wrong = u64::from(account.wrong).saturating_add(u64::from(account.wrong_codes));
        Self {
            id: account.id,
            roles: Roles::of_account(&account).each().map(Role::words).collect(),
            stands: match account.standing {
                Standing::Invited => "Was invited and has not come in yet.",
                Standing::Active => "In use.",
                Standing::Disabled => "Locked.",
                Standing::Erased => "Erased.",
            },
            second: account.second.is_some(),
            wrong: (wrong > 0).then(|| {
                words::count(wrong, "wrong try since the last right one", "wrong tries since the last right one")
            }),
            is_own: own == Some(account.id),
            is_locked: account.standing == Standing::Disabled,
            name: account.name,
            login: account.login,
        }
    }
}

/// What somebody did, in words.
struct Told {
    at: String,
    who: String,
    what: String,
    about: Option<String>,
    roles: String,
    entries: Option<(u64, u64)>,
}

/// Which part of what was done is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    /// What came before this note; the newest of all if none is said.
    before: Option<u64>,
}

/// `GET /accounts?before=…`
pub(crate) async fn all(
    State(node): State<Node>,
    headers: HeaderMap,
    which: Result<Query<Which>, QueryRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = signed(&node, &headers) else { return to_sign_in() };
    let (accounts, party, before) = (Arc::clone(&node.accounts), signed.party.id.clone(), which?.0.before);
    let read = move || Ok::<_, AccountError>((accounts.all(Some(&party))?, accounts.trail(&party, before)?));
    let (all, trail) = node.jobs.run(Lane::Token, read).await??;
    let own = signed.person.as_ref().map(|person| person.account);
    let older = trail.older;
    let trail = trail.deeds.into_iter().map(|deed| told(deed, &all)).collect();
    let page = Page {
        site: Site::of(&node.city.register().state()),
        party: signed.party.name.clone(),
        form: signed.id.form(),
        accounts: all.into_iter().map(|account| Line::of(account, own)).collect(),
        trail,
        older,
    };
    private(StatusCode::OK, &page)
}

fn told(deed: Deed, all: &[Account]) -> Told {
    let name = |id: u64| {
        let known = all.iter().find(|account| account.id == id);
        known.map_or_else(|| format!("account {id}, erased"), |account| format!("{}, account {id}", account.name))
    };
    Told {
        at: words::instant(Timestamp::from_millis(deed.at)),
        who: name(deed.account),
        what: deed.what,
        about: deed.about.map(name),
        roles: deed.role,
        entries: deed.entries,
    }
}

/// A role to tick.
struct Tick {
    role: Role,
    ticked: bool,
}

fn ticks(roles: &Roles) -> Vec<Tick> {
    Role::ALL.into_iter().map(|role| Tick { role, ticked: roles.has(role) }).collect()
}

#[derive(Template)]
#[template(path = "accounts_new.html")]
struct NewPage {
    site: Site,
    party: String,
    form: String,
    name: String,
    login: String,
    ticks: Vec<Tick>,
    wrong: Option<String>,
}

#[derive(Template)]
#[template(path = "accounts_link.html")]
struct LinkPage {
    site: Site,
    party: String,
    form: String,
    login: String,
    link: String,
}

/// A form as it is read: roles come several times under one name.
type Read = Result<Form<Vec<(String, String)>>, FormRejection>;

fn one<'s>(sent: &'s [(String, String)], name: &str) -> &'s str {
    sent.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

fn roles(sent: &[(String, String)]) -> Roles {
    let ticked = sent.iter().filter(|(name, _)| name == "role").filter_map(|(_, value)| value.parse().ok());
    Roles::of(ticked)
}

/// `GET /accounts/new`
pub(crate) async fn new(State(node): State<Node>, headers: HeaderMap) -> Result<Response, Problem> {
    let Some(signed) = signed(&node, &headers) else { return to_sign_in() };
    inviting(&node, &signed, StatusCode::OK, &[], None)
}

fn inviting(
    node: &Node,
    signed: &Signed,
    status: StatusCode,
    sent: &[(String, String)],
    wrong: Option<String>,
) -> Result<Response, Problem> {
    let page = NewPage {
        site: Site::of(&node.city.register().state()),
        party: signed.party.name.clone(),
        form: signed.id.form(),
        name: one(sent, "name").to_owned(),
        login: one(sent, "login").to_owned(),
        ticks: ticks(&roles(sent)),
        wrong,
    };
    private(status, &page)
}

/// `POST /accounts/new`
pub(crate) async fn invite(
    State(node): State<Node>,
    base: Base,
    headers: HeaderMap,
    sent: Read,
) -> Result<Response, Problem> {
    let sent = sent?.0;
    let Some(signed) = signed_form(&node, &headers, one(&sent, "form"))? else { return to_sign_in() };
    let (accounts, city, party) = (Arc::clone(&node.accounts), Arc::clone(&node.city), signed.party.id.clone());
    let (login, name, roles) = (one(&sent, "login").to_owned(), one(&sent, "name").to_owned(), roles(&sent));
    let by = deed(&node, &signed, "invite");
    let invite = move || {
        let register = city.register();
        let who = Newcomer { party: &party, login: &login, name: &name, roles: &roles };
        accounts.invite(who, by.as_ref(), register.entropy(), register.now()).map(|(_, link)| link)
    };
    match node.jobs.run(Lane::Token, invite).await? {
        Ok(link) => linked(&node, &signed, one(&sent, "login").trim().to_owned(), base.join(&link.path())),
        Err(error) => {
            let words = error.to_string();
            let problem = Problem::from(error);
            let status = StatusCode::from_u16(problem.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            if !status.is_client_error() {
                return Err(problem);
            }
            inviting(&node, &signed, status, &sent, Some(format!("{}.", words::capital(&words))))
        }
    }
}

fn linked(node: &Node, signed: &Signed, login: String, link: String) -> Result<Response, Problem> {
    let page = LinkPage {
        site: Site::of(&node.city.register().state()),
        party: signed.party.name.clone(),
        form: signed.id.form(),
        login,
        link,
    };
    private(StatusCode::OK, &page)
}

/// What is noted of what a person does with an account; nothing of whoever has the party's token.
fn deed(node: &Node, signed: &Signed, what: &str) -> Option<Deed> {
    let person = signed.person.as_ref()?;
    Some(Deed {
        party: signed.party.id.to_string(),
        account: person.account,
        role: person.roles.to_string(),
        what: what.to_owned(),
        at: node.city.register().now().millis(),
        entries: None,
        about: None,
    })
}

/// What an administrator does with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Roles,
    Reset,
    Disable,
    Enable,
    Erase,
}

impl Change {
    const ALL: [Self; 5] = [Self::Roles, Self::Reset, Self::Disable, Self::Enable, Self::Erase];

    /// Its word in addresses, its heading, and what it does, in words.
    const fn row(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Roles => (
                "roles",
                "Give other roles",
                "What is signed in with the account ends, and begins again with the new roles.",
            ),
            Self::Reset => (
                "reset",
                "Let somebody begin anew",
                "Password, second factor and codes are gone at that moment, and whatever is signed in ends. You get a link to hand over.",
            ),
            Self::Disable => (
                "disable",
                "Lock the account",
                "Whatever is signed in ends, and nobody signs in with it until it is unlocked.",
            ),
            Self::Enable => ("enable", "Unlock the account", "Its person signs in as before."),
            Self::Erase => (
                "erase",
                "Erase the account",
                "Name, login, password and second factor are destroyed for good. What was done stays under a number that leads to nobody.",
            ),
        }
    }
}

#[derive(Template)]
#[template(path = "accounts_change.html")]
struct ChangePage {
    site: Site,
    party: String,
    form: String,
    address: String,
    title: &'static str,
    lead: &'static str,
    name: String,
    login: String,
    /// The roles to choose from, where roles are what changes.
    ticks: Vec<Tick>,
    wrong: Option<String>,
}

/// The account of an address, if it is one of the party and not the own one; and what to do with it. One that is erased can be erased
/// again: somebody's reading may have held up the end of it.
async fn found(node: &Node, signed: &Signed, path: &(String, String)) -> Result<(Account, Change), Problem> {
    let none = || {
        Problem::new(Kind::NotFound)
            .detail("your party has no account of this number that you could change; nobody changes the own one")
    };
    let id: u64 = path.0.parse().map_err(|_| none())?;
    let change = Change::ALL.into_iter().find(|change| change.row().0 == path.1).ok_or_else(none)?;
    let own = signed.person.as_ref().map(|person| person.account);
    let accounts = Arc::clone(&node.accounts);
    let found = node.jobs.run(Lane::Token, move || accounts.one(id)).await??;
    let is_theirs = |account: &Account| {
        let stands = account.standing != Standing::Erased || change == Change::Erase;
        account.party == signed.party.id.as_str() && stands
    };
    found.filter(|account| is_theirs(account) && own != Some(id)).map(|account| (account, change)).ok_or_else(none)
}

/// `GET /accounts/{id}/{what}`
pub(crate) async fn form(
    State(node): State<Node>,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
) -> Result<Response, Problem> {
    let Some(signed) = signed(&node, &headers) else { return to_sign_in() };
    let (account, change) = found(&node, &signed, &path?.0).await?;
    shown(&node, &signed, account, change, StatusCode::OK, None)
}

fn shown(
    node: &Node,
    signed: &Signed,
    account: Account,
    change: Change,
    status: StatusCode,
    wrong: Option<String>,
) -> Result<Response, Problem> {
    let (word, title, lead) = change.row();
    let page = ChangePage {
        site: Site::of(&node.city.register().state()),
        party: signed.party.name.clone(),
        form: signed.id.form(),
        address: format!("/accounts/{}/{word}", account.id),
        title,
        lead,
        ticks: if change == Change::Roles { ticks(&Roles::of_account(&account)) } else { Vec::new() },
        name: if account.standing == Standing::Erased { format!("Account {}", account.id) } else { account.name },
        login: if account.standing == Standing::Erased { "erased".to_owned() } else { account.login },
        wrong,
    };
    private(status, &page)
}

/// `POST /accounts/{id}/{what}`
pub(crate) async fn change(
    State(node): State<Node>,
    base: Base,
    headers: HeaderMap,
    path: Result<Path<(String, String)>, PathRejection>,
    sent: Read,
) -> Result<Response, Problem> {
    let sent = sent?.0;
    let Some(signed) = signed_form(&node, &headers, one(&sent, "form"))? else { return to_sign_in() };
    let (account, change) = found(&node, &signed, &path?.0).await?;
    let (accounts, city, roles) = (Arc::clone(&node.accounts), Arc::clone(&node.city), roles(&sent));
    let (id, by) = (account.id, deed(&node, &signed, change.row().0));
    let done = move || {
        let (register, by) = (city.register(), by.as_ref());
        match change {
            Change::Roles => accounts.set_roles(id, &roles, by).map(|_| None),
            Change::Reset => accounts.reset(id, by, register.entropy(), register.now()).map(Some),
            Change::Disable => accounts.set_disabled(id, true, by).map(|_| None),
            Change::Enable => accounts.set_disabled(id, false, by).map(|_| None),
            Change::Erase => accounts.erase(id, by).map(|()| None),
        }
    };
    match node.jobs.run(Lane::Token, done).await? {
        Ok(Some(link)) => linked(&node, &signed, account.login, base.join(&link.path())),
        Ok(None) => elsewhere("/accounts"),
        Err(error @ (AccountError::NoRole | AccountError::Standing)) => {
            let wrong = format!("{}.", words::capital(&error.to_string()));
            shown(&node, &signed, account, change, StatusCode::UNPROCESSABLE_ENTITY, Some(wrong))
        }
        Err(error) => Err(error.into()),
    }
}
