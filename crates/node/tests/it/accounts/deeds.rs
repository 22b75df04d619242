//! What each role may do is really done, at every door, with what a person would fill in; and with the same words it is done by nobody
//! else: no stranger, no other role, no company that it does not concern.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use axum::http::Method;
use journal::accounts::Account;
use node::Desk;
use node::accounts::roles::DOORS;
use node::accounts::{Accounts, Role};
use serde_json::json;

use super::doors::kept;
use super::roles::{EXPECTED, LETTERS, REFUSED};
use super::{PASSWORD, app, between, come, enrol, invited, later, person};
use crate::asked::Answering;
use crate::browser::Browser;
use crate::city::{Answer, World};
use crate::inquiries::{ask, asked};
use crate::office::assess::fitting_form;
use crate::office::propose::{Pages, SQUARE};
use crate::office::{hidden, size};

/// How something is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// Looked at first, and then done as the page that answers has it.
    Deed,
    /// At once.
    Once,
    /// As a file of this name.
    File(&'static str),
}

/// What is otherwise when it was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Leaves {
    /// An act in the log.
    Act,
    /// A file beside it.
    File,
    /// An account that is new or changed.
    Account,
    /// Nothing: somebody is told something.
    Answer,
}

/// Something that is done at a door.
struct Case {
    door: &'static str,
    address: String,
    /// Who does it: a party and a role's letter.
    by: (&'static str, char),
    fields: Vec<(String, String)>,
    way: Way,
    leaves: Leaves,
    /// Whether everybody with the role does it for its own party, so that a company may as well.
    own: bool,
}

fn case(
    door: &'static str,
    id: &str,
    by: (&'static str, char),
    fields: &[(&str, &str)],
    way: Way,
    leaves: Leaves,
) -> Case {
    let address = match door.split_once('{') {
        Some((before, rest)) => {
            let after = rest.split_once('}').map_or("", |(_, after)| after);
            // A second part in braces is given with the first.
            if id.starts_with('/') { id.to_owned() } else { format!("{before}{id}{after}") }
        }
        None => door.to_owned(),
    };
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Case { door, address, by, fields, way, leaves, own: false }
}

fn deed(door: &'static str, id: &str, letter: char, fields: &[(&str, &str)]) -> Case {
    case(door, id, ("mobility", letter), fields, Way::Deed, Leaves::Act)
}

fn once(door: &'static str, id: &str, letter: char, fields: &[(&str, &str)], leaves: Leaves) -> Case {
    case(door, id, ("mobility", letter), fields, Way::Once, leaves)
}

/// Everybody with one role, and a company with all of them.
struct People<'w> {
    world: &'w World,
    all: BTreeMap<(&'static str, char), Browser<'w>>,
    company: Browser<'w>,
    /// Doors at which something was done, and by which role.
    did: BTreeSet<(&'static str, char)>,
}

/// All that a city keeps.
type Kept = (u64, BTreeMap<PathBuf, Vec<u8>>, Vec<Account>);

fn all_of(world: &World) -> Kept {
    // What is in the databases is looked at by what it says: they write notes of what is tried, and take them back.
    let files = kept(world).into_iter().filter(|(path, _)| path.extension().is_none_or(|extension| extension != "db"));
    (size(world), files.collect(), Accounts::of(world.city.root()).all(None).unwrap())
}

/// What differs, by the kind of thing.
fn differs(before: &Kept, after: &Kept) -> Vec<Leaves> {
    let parts = [
        (before.0 != after.0, Leaves::Act),
        (before.1 != after.1, Leaves::File),
        (before.2 != after.2, Leaves::Account),
    ];
    parts.into_iter().filter_map(|(differs, what)| differs.then_some(what)).collect()
}

impl<'w> People<'w> {
    async fn of(world: &'w World) -> Self {
        let mut all = BTreeMap::new();
        for (role, letter) in LETTERS {
            let login = format!("role-{letter}@mobility.example");
            all.insert(("mobility", letter), person(world, "mobility", &login, &[role]).await);
        }
        for (party, role, letter) in [("city", Role::Drafter, 'd'), ("council", Role::Approver, 'p')] {
            all.insert((party, letter), person(world, party, &format!("role-{letter}@{party}.example"), &[role]).await);
        }
        let company = person(world, "supplier", "company@supplier.example", &Role::ALL).await;
        Self { world, all, company, did: BTreeSet::new() }
    }

    /// Nobody but who may does it; then who may does.
    async fn tries(&mut self, case: &Case) -> Answer {
        let before = all_of(self.world);
        let mut stranger = Browser::new(self.world);
        let answer = send(&mut stranger, case, "x", &case.fields, "do").await;
        let away = answer.status == 303 && answer.header("location") == "/sign-in";
        assert!(away || answer.status == 403, "a stranger at {}: {}", case.address, answer.status);
        let row = EXPECTED.iter().find(|(path, ..)| *path == case.door).unwrap();
        for (_, letter) in LETTERS.iter().filter(|(_, letter)| !row.2.contains(*letter)) {
            let other = self.all.get_mut(&("mobility", *letter)).unwrap();
            let form = other.form("/account").await;
            let answer = send(other, case, &form, &case.fields, "do").await;
            assert!(
                answer.status == 403 && answer.text().contains(REFUSED),
                "{letter} at {}: {}",
                case.address,
                answer.text()
            );
        }
        if !case.own {
            let form = self.company.form("/account").await;
            let answer = send(&mut self.company, case, &form, &case.fields, "do").await;
            // What is no choice of its own is said at the field.
            let chosen = case.door == "/office/incidents/new" && answer.status == 422;
            let refused = chosen || [403, 404].contains(&answer.status.as_u16());
            assert!(refused, "a company at {}: {} {}", case.address, answer.status, answer.text());
        }
        assert_eq!(differs(&before, &all_of(self.world)), [], "{} was done by somebody else", case.address);
        let answer = self.does(case).await;
        let left = differs(&before, &all_of(self.world));
        if case.leaves == Leaves::Answer {
            assert_eq!(left, [], "{}", case.address);
        } else {
            assert!(left.contains(&case.leaves), "{} leaves {left:?}: {}", case.address, answer.text());
        }
        self.did.insert((case.door, case.by.1));
        answer
    }

    async fn does(&mut self, case: &Case) -> Answer {
        let own = self.all.get_mut(&case.by).unwrap();
        let form = own.form("/account").await;
        let (fields, go) = if case.way == Way::Deed {
            let look = send(own, case, &form, &case.fields, "look").await;
            assert!(
                look.status == 200 && look.text().contains("What this would do"),
                "{}: {}",
                case.address,
                look.text()
            );
            let fields = hidden(look.text()).into_iter().filter(|(name, _)| name != "form" && name != "go").collect();
            (fields, "do")
        } else {
            (case.fields.clone(), "")
        };
        let answer = send(own, case, &form, &fields, go).await;
        assert!([200, 303].contains(&answer.status.as_u16()), "{}: {} {}", case.address, answer.status, answer.text());
        answer
    }
}

/// Sends the fields of a case, or its file.
async fn send(browser: &mut Browser<'_>, case: &Case, form: &str, fields: &[(String, String)], go: &str) -> Answer {
    if let Way::File(name) = case.way {
        let file = fields[0].1.clone();
        return browser.upload_with(form, &case.address, name, file.as_bytes(), "same-origin").await;
    }
    let mut sent: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    sent.push(("form", form));
    if case.way == Way::Deed {
        sent.push(("go", go));
    }
    browser.send(Method::POST, &case.address, Some(&sent), Some("same-origin")).await
}

/// A city with a desk, and something for every door.
fn world() -> World {
    let mut world = World::new();
    let desk = Arc::new(Answering::default());
    world.router = node::router(Arc::clone(&world.city), Some(desk as Arc<dyn Desk>));
    let supplier = json!({ "party": { "id": "supplier", "name": "Sensors Ltd", "kind": "vendor" } });
    world.submit(json!({ "by": "city", "command": { "do": "register-party", "with": supplier } })).unwrap();
    let about = json!({ "what": "deployment", "id": "wifi" });
    for id in ["said", "stays"] {
        let said = json!({ "id": id, "about": about, "kind": "notice", "on": "2026-11-20T00:00:00Z", "signed_by": "mobility", "summary": "Told." });
        world.submit(json!({ "by": "mobility", "command": { "do": "file-evidence", "with": said } })).unwrap();
    }
    for id in ["asked", "again", "waits"] {
        let wish = json!({ "id": id, "about": about, "kind": "grant-request", "on": "2026-11-20T00:00:00Z",
            "until": "2027-04-01T00:00:00Z", "signed_by": "advertiser",
            "summary": "The view wifi-counts/counts for traffic-management: To plan." });
        world.submit(json!({ "by": "advertiser", "command": { "do": "file-evidence", "with": wish } })).unwrap();
    }
    world
}

/// What those who prepare do in the office.
fn prepared() -> Vec<Case> {
    let stated = [("other-kind", "notice"), ("summary", "Told."), ("on", "2026-11-20")];
    let view = [
        ("stream", "wifi-counts"),
        ("name", "many"),
        ("title", "How many phones, if many"),
        ("shape", "distinct"),
        ("bin", "15m"),
        ("space", "sensor"),
        ("unit", "mac"),
        ("identifiers", "none"),
        ("minimum", "20"),
        ("bound", "4"),
        ("delay", "0s"),
        ("depth", "400d"),
    ];
    let wish = [
        ("view", "air/measurements"),
        ("purpose", "air-quality"),
        ("until", "2027-04-01"),
        ("summary", "To plan trees."),
    ];
    let leak = [
        ("about", "of/wifi"),
        ("kind", "incident"),
        ("severity", "minor"),
        ("on", "2026-11-23"),
        ("summary", "It fell down."),
        ("id", "leak"),
    ];
    let sensor = [("device", "wifi-9"), ("stream", "wifi-counts"), ("longitude", "16.6"), ("latitude", "49.2")];
    let place = [("place", "market"), ("name", "Market square"), ("outline", "16.6 49.2")];
    let party = [("party", "library"), ("name", "Library"), ("kind", "city-department")];
    let asks = Case { own: true, ..deed("/office/requests/new", "", 'd', &wish) };
    vec![
        deed("/office/deployments/{id}/evidence", "wifi", 'd', &stated),
        deed("/office/city/evidence", "", 'd', &stated),
        deed("/office/views/new", "", 'd', &view),
        asks,
        deed("/office/incidents/new", "", 'd', &leak),
        deed(
            "/office/incidents/{id}/{kind}",
            "/office/incidents/leak/incident-update",
            'd',
            &[("on", "2026-11-23"), ("summary", "It stands again.")],
        ),
        // A company that makes sensors enters its own anywhere.
        Case { own: true, ..deed("/office/tokens/devices/new", "", 'd', &sensor) },
        deed("/office/entered/places/{id}", "new", 'd', &place),
        case("/office/entered/parties/new", "", ("city", 'd'), &party, Way::Deed, Leaves::Act),
    ]
}

/// What those who decide do, and those who hand out tokens.
fn decided(permits: &str, basis: &str) -> Vec<Case> {
    let why = [("reason", "Enough.")];
    let agreed = [
        ("view", "wifi-counts/counts"),
        ("recipient", "environment"),
        ("purpose", "traffic-management"),
        ("until", "2027-04-01"),
        ("duty", "no-reidentification"),
    ];
    let offer = [
        ("view", "wifi-counts/many"),
        ("purpose", "traffic-management"),
        ("until", "2027-04-01"),
        ("summary", "Only where there are many."),
    ];
    let class = [
        ("class", "air"),
        ("technology", "air-quality-station"),
        ("purpose", "air-quality"),
        ("tier", "file-and-go"),
        ("until", "2027-06-01"),
        ("reason", "Stations that keep nothing about anybody."),
    ];
    let policy = [("permits", permits), ("basis", basis), ("reason", "The council voted.")];
    let council = ("council", 'p');
    vec![
        deed("/office/evidence/{id}/withdraw", "said", 'p', &why),
        deed("/office/grants/new", "", 'p', &agreed),
        deed("/office/grants/{id}/withdraw", "environment-counts", 'p', &why),
        deed("/office/requests/{id}/offer", "asked", 'p', &offer),
        deed("/office/requests/{id}/refuse", "again", 'p', &[("summary", "It is not for boards.")]),
        case("/office/entered/classes/{id}", "new", council, &class, Way::Deed, Leaves::Act),
        case("/office/policies/permits", "", council, &policy, Way::Deed, Leaves::Act),
        deed("/office/deployments/{id}/{step}", "/office/deployments/wifi/suspend", 'p', &why),
        deed("/office/deployments/{id}/{step}", "/office/deployments/wifi/activate", 'p', &[]),
        deed("/office/tokens/devices/{id}/{what}", "/office/tokens/devices/wifi-1/lock", 'a', &why),
        deed("/office/tokens/parties/{id}", "mobility", 'a', &why),
    ]
}

/// The sensor that came with a file gets its token from one.
async fn tokens_from_a_sheet(people: &mut People<'_>) {
    let (door, way) = ("/office/tokens/sheet", Way::File("sensors.csv"));
    let look = case(door, "", ("mobility", 'a'), &[("file", "id\nwifi-7\n")], way, Leaves::Answer);
    // A company looks at sensors of its own; another's is none for it.
    let look = people.tries(&Case { own: true, ..look }).await;
    let sensors = hidden(look.text()).into_iter().find(|(name, _)| name == "sensors").unwrap().1;
    let issue = [("sensors", sensors.as_str()), ("reason", "It stands there.")];
    people.tries(&once("/office/tokens/sheet/issue", "", 'a', &issue, Leaves::Act)).await;
}

/// A file is looked at and written; a proposal is begun, filled in and sent.
async fn sheets_and_proposals(people: &mut People<'_>) {
    let file = "id,stream,longitude,latitude\nwifi-7,wifi-counts,16.6,49.2\n";
    let way = Way::File("sensors.csv");
    let look = case("/office/sheets", "", ("mobility", 'd'), &[("file", file)], way, Leaves::Answer);
    let look = people.tries(&Case { own: true, ..look }).await;
    let rows = hidden(look.text()).into_iter().find(|(name, _)| name == "rows").unwrap().1;
    let import =
        once("/office/sheets/import", "", 'd', &[("rows", &rows), ("reason", "They stand there.")], Leaves::Act);
    // What the norms refuse a company is told row by row.
    people.tries(&Case { own: true, ..import }).await;
    tokens_from_a_sheet(people).await;
    let mut draft = String::new();
    for (page, fields) in SQUARE {
        let fields = [fields, &[("go", "keep")][..]].concat();
        let (door, address) = door_of(page, &draft);
        let begins = once(door, &address, 'd', &fields, Leaves::File);
        let answer = if door.ends_with("new") {
            // A company begins drafts of its own.
            people.tries(&Case { own: true, ..begins }).await
        } else {
            people.tries(&begins).await
        };
        answer.header("location").clone_into(&mut draft);
    }
    people.tries(&once("/office/propose/{draft}", &draft, 'd', &[("go", "do")], Leaves::Act)).await;
}

/// The door of a page of a draft, and its address; the first page begins it.
fn door_of(page: &str, draft: &str) -> (&'static str, String) {
    match page {
        "about" => ("/office/propose/new", String::new()),
        page => ("/office/propose/{draft}/{page}", format!("{draft}/{page}")),
    }
}

/// A draft about people with nothing missing but what is asked of it.
async fn drafted(people: &mut People<'_>) -> String {
    let mut draft = String::new();
    for (page, fields) in SQUARE {
        let fields = [fields, &[("go", "keep")][..]].concat();
        let (door, address) = door_of(page, &draft);
        let kept = people.does(&once(door, &address, 'd', &fields, Leaves::File)).await;
        kept.header("location").clone_into(&mut draft);
    }
    draft
}

/// What is asked of a proposal about people before it is sent is answered where the core is in force.
async fn asked_before_it_is_sent(people: &mut People<'_>) {
    let draft = drafted(people).await;
    for (section, fields) in SCAN {
        let (door, address) = ("/office/propose/{draft}/{page}/{section}", format!("{draft}/pre-scan/{section}"));
        let fields = [fields, &[("go", "keep")][..]].concat();
        people.tries(&once(door, &address, 'd', &fields, Leaves::File)).await;
    }
}

/// What is asked of a proposal about people before it is sent; who receives it is filled in.
const SCAN: Pages<'static> = &[
    (
        "what",
        &[
            ("description", "Counts phones on the square."),
            ("purposes", "To plan the traffic."),
            ("technology", "A receiver"),
            ("change", "new"),
        ],
    ),
    ("people", &[("observed", "yes"), ("told-apart", "directly"), ("everyone", "yes")]),
    (
        "risk",
        &[
            ("monitoring", "no"),
            ("large-scale", "no"),
            ("sensitive", "no"),
            ("vulnerable", "no"),
            ("matching", "no"),
            ("rating", "no"),
            ("automatic", "no"),
            ("denies", "no"),
            ("untried", "no"),
            ("recognition", "no"),
        ],
    ),
    ("fairness", &[("unequal", "no"), ("understood", "yes")]),
];

/// Residents are answered, and questions in SQL are asked, kept and deleted.
async fn inbox_and_questions(people: &mut People<'_>) {
    let page = asked(&ask(people.world, "wifi", "question", "Why?", ("", "")).await);
    let inquiry = page.rsplit('/').next().unwrap();
    for (what, text) in
        [("extend", "We ask the maker."), ("answer", "Because of the buses."), ("erase", "It named somebody.")]
    {
        let door = DOORS
            .iter()
            .find(|door| door.path.ends_with(&format!("/{what}")) && door.path.starts_with("/desk"))
            .unwrap();
        people.tries(&once(door.path, inquiry, 'i', &[("text", text)], Leaves::Act)).await;
    }
    let question = [("question", "SELECT 1"), ("purpose", "traffic-management"), ("name", "")];
    for letter in ['p', 'd', 'r'] {
        people.tries(&Case { own: true, ..once("/sql", "", letter, &question, Leaves::Answer) }).await;
    }
    let named = [("question", "SELECT 1"), ("purpose", "traffic-management"), ("name", "Rush hour")];
    people.tries(&Case { own: true, ..once("/sql/save", "", 'd', &named, Leaves::File) }).await;
    people.tries(&once("/sql/delete", "", 'd', &[("name", "Rush hour")], Leaves::File)).await;
}

/// An instrument that is also a statement: begun, answered, signed, and filed as one.
async fn assessed(people: &mut People<'_>) {
    const PAGE: &str = "/office/deployments/station-wifi/assessments/surveillance-impact";
    let begin = [("go", "begin"), ("revision", "0")];
    let of = "/office/deployments/{id}/assessments/{instrument}";
    people.tries(&once(of, PAGE, 'd', &begin, Leaves::File)).await;
    let section = "/office/deployments/{id}/assessments/{instrument}/{section}";
    for _ in 0..3 {
        let page = people.all.get_mut(&("mobility", 'd')).unwrap().get(PAGE).await;
        if page.text().contains("Every question is answered.") {
            break;
        }
        let link = format!("href=\"{PAGE}/");
        let links = page.text().split(&link).skip(1).map(|rest| rest.split('"').next().unwrap());
        let sections: BTreeSet<String> =
            links.filter(|name| !["sign", "besides"].contains(name)).map(str::to_owned).collect();
        for name in sections {
            let address = format!("{PAGE}/{name}");
            loop {
                let page = people.all.get_mut(&("mobility", 'd')).unwrap().get(&address).await;
                let fields = fitting_form(page.text());
                let fields: Vec<(&str, &str)> =
                    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
                let is_row = fields.contains(&("go", "row"));
                people.tries(&once(section, &address, 'd', &fields, Leaves::File)).await;
                if !is_row {
                    break;
                }
            }
        }
    }
    let answers = fingerprint(people).await;
    let sign = |role: &'static str| [("answers", answers.clone()), ("role", role.to_owned())];
    let door = "/office/deployments/{id}/assessments/{instrument}/sign";
    let own = sign("author");
    let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
    people.tries(&deed(door, &format!("{PAGE}/sign"), 'p', &own)).await;
    for (party, role) in [("privacy-office", "privacy-officer"), ("council", "approver")] {
        let mut officer = crate::office::office(people.world, party).await;
        let own = sign(role);
        let own: Vec<(&str, &str)> = own.iter().map(|(name, value)| (*name, value.as_str())).collect();
        crate::office::done(people.world, &mut officer, &format!("{PAGE}/sign"), &own).await;
    }
    let door = "/office/deployments/{id}/assessments/{instrument}/besides";
    people.tries(&deed(door, &format!("{PAGE}/besides"), 'd', &[])).await;
}

async fn fingerprint(people: &mut People<'_>) -> String {
    let own = people.all.get_mut(&("mobility", 'p')).unwrap();
    let page = own.get("/office/deployments/station-wifi/assessments/surveillance-impact").await;
    between(page.text(), "Fingerprint of the answers: <code>", "<").to_owned()
}

/// The administrator invites somebody, and changes the account.
async fn administered(people: &mut People<'_>) {
    let vera = [("name", "Vera Nowak"), ("login", "vera@mobility.example"), ("role", "reader")];
    // A company invites persons of its own, under logins of their own.
    people.tries(&Case { own: true, ..once("/accounts/new", "", 'a', &vera, Leaves::Account) }).await;
    let id = Accounts::of(people.world.city.root()).by_login("vera@mobility.example").unwrap().unwrap().id;
    for (what, fields) in
        [("roles", &[("role", "drafter")][..]), ("disable", &[]), ("enable", &[]), ("reset", &[]), ("erase", &[])]
    {
        let address = format!("/accounts/{id}/{what}");
        people.tries(&once("/accounts/{id}/{what}", &address, 'a', fields, Leaves::Account)).await;
    }
}

/// Everybody looks after the own account: a second factor, codes on paper, another password, and the end of every session.
async fn own_accounts(people: &mut People<'_>) {
    for (role, letter) in LETTERS {
        let (_, link) = invited(people.world, "mobility", &format!("own-{letter}@mobility.example"), &[role]);
        let mut own = Browser::new(people.world);
        come(&mut own, &link).await;
        let (key, _) = enrol(people.world, &mut own).await;
        people.did.insert(("/account/second", letter));
        for (door, fields) in [
            ("/account/codes", vec![("code", String::new())]),
            (
                "/account/password",
                vec![
                    ("old", PASSWORD.to_owned()),
                    ("password", "other words in a row".to_owned()),
                    ("again", "other words in a row".to_owned()),
                ],
            ),
            ("/account/sign-out-everywhere", vec![]),
        ] {
            later(people.world);
            let code = app(people.world, &key);
            let fields: Vec<(&str, &str)> = fields
                .iter()
                .map(|(name, value)| (*name, if *name == "code" { code.as_str() } else { value.as_str() }))
                .collect();
            let before = all_of(people.world);
            let stranger = Browser::new(people.world)
                .send(Method::POST, door, Some(&[&fields[..], &[("form", "x")]].concat()), Some("same-origin"))
                .await;
            assert!([303, 403].contains(&stranger.status.as_u16()), "{door}: {}", stranger.status);
            assert_eq!(differs(&before, &all_of(people.world)), [], "{door}");
            let answer = own.post("/account", door, &fields).await;
            assert!([200, 303].contains(&answer.status.as_u16()), "{letter} {door}: {}", answer.text());
            assert_eq!(differs(&before, &all_of(people.world)), [Leaves::Account], "{letter} {door}");
            people.did.insert((door, letter));
        }
        assert_eq!(own.get("/account").await.header("location"), "/sign-in", "{letter}");
    }
}

/// Everybody opens exactly what a role may see, at addresses where something is.
async fn opened(people: &mut People<'_>) {
    let inquiry = asked(&ask(people.world, "wifi", "question", "And?", ("", "")).await);
    let draft = drafted(people).await;
    let begun = "/office/deployments/wifi/assessments/privacy-impact";
    let begin = [("go", "begin"), ("revision", "0")];
    people.does(&once("/office/deployments/{id}/assessments/{instrument}", begun, 'd', &begin, Leaves::File)).await;
    let (_, _) = invited(people.world, "mobility", "known@mobility.example", &[Role::Reader]);
    let known = Accounts::of(people.world.city.root()).by_login("known@mobility.example").unwrap().unwrap().id;
    for (path, get, _) in EXPECTED.iter().filter(|(_, get, _)| *get != "-") {
        let address = match *path {
            "/desk/inbox/{id}" => inquiry.replace("/asked/", "/desk/inbox/"),
            "/office/propose/{draft}" => draft.clone(),
            "/office/propose/{draft}/{page}" => format!("{draft}/about"),
            "/office/propose/{draft}/{page}/{section}" => format!("{draft}/pre-scan/people"),
            "/office/evidence/{id}/withdraw" => path.replace("{id}", "stays"),
            path if path.starts_with("/office/requests/{id}") => path.replace("{id}", "waits"),
            path if path.starts_with("/office/incidents/{id}") => {
                path.replace("{id}", "leak").replace("{kind}", "incident-update")
            }
            path if path.ends_with("/besides") => {
                "/office/deployments/station-wifi/assessments/surveillance-impact/besides".to_owned()
            }
            path if path.contains("{instrument}") => {
                path.replace("{id}", "wifi").replace("{instrument}", "privacy-impact").replace("{section}", "what")
            }
            "/office/entered/places/{id}" | "/office/entered/classes/{id}" => path.replace("{id}", "new"),
            "/accounts/{id}/{what}" => format!("/accounts/{known}/roles"),
            path => super::roles::concrete(path),
        };
        let mut stranger = Browser::new(people.world);
        let answer = stranger.get(&address).await;
        assert!(
            answer.status == 303 && answer.header("location") == "/sign-in",
            "a stranger asks for {address}: {}",
            answer.status
        );
        for (_, letter) in LETTERS {
            let own = people.all.get_mut(&("mobility", letter)).unwrap();
            let status = own.get(&address).await.status.as_u16();
            assert_eq!(status, if get.contains(letter) { 200 } else { 403 }, "{letter} asks for {address}");
        }
        // What is another party's is not there; what everybody has of its own is a page of the company.
        let answer = people.company.get(&address).await;
        let theirs = address.contains("wifi") || path.contains("{id}") && !address.ends_with("/new");
        let statuses: &[u16] = if theirs || path.contains("{draft}") { &[404] } else { &[200, 404] };
        assert!(statuses.contains(&answer.status.as_u16()), "a company asks for {address}: {}", answer.status);
    }
}

#[tokio::test]
async fn whoever_may_does_it_at_every_door_and_with_the_same_words_nobody_else() {
    let world = world();
    let mut people = People::of(&world).await;
    let policy = world.city.register().state().policy.clone().unwrap();
    let permits = policy.text.permits.replace("Whoever was granted", "Whoever is granted");
    for case in prepared().into_iter().chain(decided(&permits, &policy.hash.to_string())) {
        people.tries(&case).await;
    }
    sheets_and_proposals(&mut people).await;
    world.submit(crate::pages::under_the_core(&world, |_| ())).unwrap();
    asked_before_it_is_sent(&mut people).await;
    inbox_and_questions(&mut people).await;
    assessed(&mut people).await;
    administered(&mut people).await;
    own_accounts(&mut people).await;
    opened(&mut people).await;
    let allowed: BTreeSet<(&str, char)> = EXPECTED
        .iter()
        .flat_map(|(path, _, post)| post.chars().filter(|letter| *letter != '-').map(|letter| (*path, letter)))
        .collect();
    assert_eq!(people.did, allowed, "what may be done was done, by each role");
}
