//! The pages in a real browser: what a screen reader is told, what fits on a phone, what a keyboard reaches, what a page weighs.
//!
//! `./test` installs Chromium and the checkers; where they cannot be had, this says `skipped:`. With `ORDINANCE_BROWSER_WRITE=1` in
//! the environment it writes `docs/accessibility.json`, which the binary shows at `/accessibility`, and the pictures of the README.

mod affairs;
mod alliance;
mod co_design;
mod days;
mod hub_by_keyboard;
mod keys;
mod life;
mod lighthouse;
mod people;
mod sent;
mod whole;
mod written;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use serde_json::{Value, json};

use crate::basemaps::town;
use crate::tool::{self, City, Node, Running, instant, now, ordinance, skipped};

/// The most that a page and all it loads may weigh, compressed, in bytes.
const PAGE_BYTES_MAX: u64 = 60_000;
/// The most requests of a page.
const REQUESTS_MAX: u64 = 5;
/// The fewest rules of WCAG that the checker has to know: one that knows none finds nothing.
const RULES_MIN: usize = 50;

/// A page on which everything is wrong that is looked for.
const CONTROL: &str = "<!doctype html><html><head><title>Control</title></head><body><div style=\"width:900px\">wide</div>\
    <p style=\"color:#ccc;background:#fff\">pale</p><svg><text y=\"20\" fill=\"#ccc\">drawn</text></svg><a href=\"/\" style=\"outline:none\">first</a><button \
    style=\"width:9px;height:9px;padding:0;overflow:hidden\">small</button><a class=\"skip\" href=\"#nowhere\">skip</a></i></body></html>";
/// Pages for everybody: what a page is, and one of its kind in the demo.
const PUBLIC: &[(&str, &str)] = &[
    ("All sensors", "/"),
    ("What is near", "/near"),
    ("What is near, from a place", "/near?place=centre"),
    ("What is near, with a mistake", "/near?lat=north&lon=16.6"),
    ("Search", "/search"),
    ("Search, with answers", "/search?q=camera"),
    ("Search, without any", "/search?q=zeppelin"),
    ("What is new", "/changes"),
    ("A deployment", "/deployments/congestion"),
    ("A deployment under an order", "/deployments/plate-search"),
    ("A deployment about the air", "/deployments/pollution"),
    ("A deployment for emergencies", "/deployments/disaster"),
    ("Places", "/places"),
    ("A place", "/places/centre"),
    ("Purposes", "/purposes"),
    ("A purpose", "/purposes/traffic-management"),
    ("Technologies", "/technologies"),
    ("A technology", "/technologies/wifi-counter"),
    ("Organisations", "/organisations"),
    ("An organisation", "/organisations/mobility"),
    ("Policies", "/policies"),
    ("About", "/about"),
    ("The register as data", "/data"),
    ("Acts", "/log/entries"),
    ("An act", "/log/entries/40"),
    ("Problems", "/problems"),
    ("A problem", "/problems/forbidden"),
    ("A page that is not there", "/nowhere"),
    ("Open data, records", "/grants/air-open"),
    ("Open data, numbers", "/grants/river-open"),
    ("Sign in", "/sign-in"),
    ("Accessibility", "/accessibility"),
    ("The city in numbers", "/numbers"),
    ("Ask the city", "/ask"),
    ("Object to a deployment", "/ask?about=congestion&kind=objection"),
    ("What went wrong", "/incidents"),
];

/// The same in German, one of each kind.
const GERMAN: &[(&str, &str)] = &[
    ("All sensors, in German", "/de/"),
    ("What is near, in German", "/de/near?place=centre"),
    ("What is near, with a mistake, in German", "/de/near?lat=north&lon=16.6"),
    ("Search, in German", "/de/search?q=kamera"),
    ("What is new, in German", "/de/changes"),
    ("A deployment, in German", "/de/deployments/congestion"),
    ("A deployment under an order, in German", "/de/deployments/plate-search"),
    ("Places, in German", "/de/places"),
    ("A place, in German", "/de/places/centre"),
    ("Purposes, in German", "/de/purposes"),
    ("A purpose, in German", "/de/purposes/traffic-management"),
    ("Technologies, in German", "/de/technologies"),
    ("A technology, in German", "/de/technologies/wifi-counter"),
    ("Organisations, in German", "/de/organisations"),
    ("An organisation, in German", "/de/organisations/mobility"),
    ("Policies, in German", "/de/policies"),
    ("About, in German", "/de/about"),
    ("The register as data, in German", "/de/data"),
    ("Acts, in German", "/de/log/entries"),
    ("An act, in German", "/de/log/entries/40"),
    ("Problems, in German", "/de/problems"),
    ("A problem, in German", "/de/problems/forbidden"),
    ("A page that is not there, in German", "/de/nowhere"),
    ("Open data, in German", "/de/grants/river-open"),
    ("What went wrong, in German", "/de/incidents"),
    ("Accessibility, in German", "/de/accessibility"),
    ("The city in numbers, in German", "/de/numbers"),
    ("Object to a deployment, in German", "/de/ask?about=congestion&kind=objection"),
];

/// Pages of an officer in the city of the tests, and what becomes of what a resident asked there.
const OFFICE: &[(&str, &str)] = &[
    ("What became of an inquiry", "/asked/INQUIRY"),
    ("What residents asked", "/desk/inbox"),
    ("What a resident asked", "/desk/inbox/INQUIRY"),
    ("The office", "/office"),
    ("Deployments in the office", "/office/deployments"),
    ("A deployment in the office", "/office/deployments/congestion"),
    ("A step of a deployment", "/office/deployments/congestion/suspend"),
    ("An assessment is signed", "/office/deployments/congestion/assess"),
    ("An approval is renewed", "/office/deployments/congestion/approve"),
    ("A deployment is published", "/office/deployments/congestion/publish"),
    ("A deployment is switched on", "/office/deployments/congestion/activate"),
    ("A deployment is ended", "/office/deployments/congestion/end"),
    ("An emergency is stated", "/office/deployments/congestion/emergency"),
    ("A statement about a deployment", "/office/deployments/congestion/evidence"),
    ("The city in the office", "/office/city"),
    ("Agreements in the office", "/office/grants"),
    ("A new agreement", "/office/grants/new"),
    ("Requests for agreements", "/office/requests"),
    ("A new request", "/office/requests/new"),
    ("A new view", "/office/views/new"),
    ("Tokens", "/office/tokens"),
    ("A new sensor", "/office/tokens/devices/new"),
    ("Tokens for many sensors", "/office/tokens/sheet"),
    ("A proposal", "/office/propose/new"),
    ("Reports", "/office/reports"),
    ("The annual report", "/office/reports/annual"),
    ("The record of processing", "/office/reports/processing"),
    ("An extract of the register", "/office/reports/extract"),
    ("Spreadsheets", "/office/sheets"),
    ("Policies in the office", "/office/policies"),
    ("What a city allows", "/office/policies/permits"),
    ("Incidents in the office", "/office/incidents"),
    ("A new incident", "/office/incidents/new"),
    ("An incident in the office", "/office/incidents/leak"),
    ("What became known of an incident", "/office/incidents/leak/incident-update"),
    ("What was learnt of an incident", "/office/incidents/leak/incident-review"),
    ("An incident is over", "/office/incidents/leak/incident-closed"),
    ("Who was told of an incident", "/office/incidents/leak/breach-notified"),
    ("What went wrong, with an incident", "/incidents"),
    ("What went wrong, with an incident, in German", "/de/incidents"),
    ("Security", "/office/security"),
    ("Places, parties and classes", "/office/entered"),
    ("A new place", "/office/entered/places/new"),
    ("A new party", "/office/entered/parties/new"),
    ("A new class", "/office/entered/classes/new"),
    ("Assessments", "/office/deployments/congestion/assessments"),
    ("Answers to an instrument", "/office/deployments/congestion/assessments/pre-scan"),
    ("A section of an instrument", "/office/deployments/congestion/assessments/pre-scan/people"),
    ("Signing answers", "/office/deployments/congestion/assessments/pre-scan/sign"),
    ("The account of whoever has a token", "/account"),
    ("Accounts of a party", "/accounts"),
    ("A person is invited", "/accounts/new"),
    ("Roles of a person", "/accounts/CLERK/roles"),
    ("A link for a person", "/accounts/CLERK/reset"),
    ("An account is locked", "/accounts/CLERK/disable"),
    ("An account is unlocked", "/accounts/CLERK/enable"),
    ("A person is erased", "/accounts/CLERK/erase"),
    ("A draft", "/office/propose/1"),
    ("A page of a draft", "/office/propose/1/about"),
    ("A draft about people, with what is asked of it", "/office/propose/2"),
    ("A section that is asked of a draft", "/office/propose/2/pre-scan/people"),
    ("A statement is withdrawn", "/office/evidence/congestion-notice/withdraw"),
    ("A request", "/office/requests/wish"),
    ("Something else is offered", "/office/requests/wish/offer"),
    ("A request is refused", "/office/requests/wish/refuse"),
    ("An agreement in the office", "/office/grants/city-counts"),
    ("An agreement is withdrawn", "/office/grants/city-counts/withdraw"),
    ("A statement about the city", "/office/city/evidence"),
    ("A new token for a sensor", "/office/tokens/devices/sniffer-1/token"),
    ("A sensor is locked out", "/office/tokens/devices/sniffer-1/lock"),
    ("A new token for a party", "/office/tokens/parties/police"),
    ("A deployment that was refused", "/deployments/never"),
    ("A deployment that was refused, in German", "/de/deployments/never"),
    ("A deployment that was refused, in the office", "/office/deployments/never"),
    ("What became of an inquiry, in German", "/de/asked/INQUIRY"),
    ("More places than a page has", "/places"),
    ("More places, the next page", "/places?page=2"),
];

/// More places than a page has, so that a full page is weighed and somebody goes on to the next.
const PLACES: u32 = 120;

/// Pages on which nothing is yet, in a city that was founded just now, by its founder.
const EMPTY: &[(&str, &str)] = &[
    ("Nothing senses yet", "/"),
    ("Nothing senses yet, in German", "/de/"),
    ("Nothing is near", "/near"),
    ("Nothing is new", "/changes"),
    ("No places", "/places"),
    ("No place, in German", "/de/places"),
    ("No purpose is used", "/purposes"),
    ("A purpose that nothing has", "/purposes/traffic-management"),
    ("No technology is used", "/technologies"),
    ("A technology that nothing is", "/technologies/wifi-counter"),
    ("One organisation", "/organisations"),
    ("An organisation that answers for nothing", "/organisations/city"),
    ("Nothing went wrong", "/incidents"),
    ("No numbers", "/numbers"),
    ("No numbers, in German", "/de/numbers"),
    ("Few acts", "/log/entries"),
    ("No agreement of a party", "/desk"),
    ("Nobody asked", "/desk/inbox"),
    ("No tables to ask", "/sql"),
    ("Nothing waits", "/office"),
    ("No deployments in the office", "/office/deployments"),
    ("No agreements in the office", "/office/grants"),
    ("No requests", "/office/requests"),
    ("No sensors, one token", "/office/tokens"),
    ("No incidents in the office", "/office/incidents"),
    ("No drafts", "/office/propose"),
    ("Nothing was entered", "/office/entered"),
    ("No accounts", "/accounts"),
    ("A report of nothing", "/office/reports/annual"),
    ("A record of no processing", "/office/reports/processing"),
];

/// Pages of a person with an account.
const PERSON: [(&str, &str); 2] = [("An account", "/account"), ("A second factor", "/account/second")];
/// What the person of the tests signs in with.
const PERSON_KNOWN_BY: (&str, &str) = ("vera@brookhaven.example", "four words in a row");

/// Pages for parties that are signed in, and what lies over streets, in the city of the tests.
const SIGNED_IN: &[(&str, &str)] = &[
    ("The agreements of a party", "/desk"),
    ("What a party may have", "/grants/police-hits"),
    ("Ask in SQL", "/sql"),
    ("What is near, over streets", "/near?place=centre"),
    ("A deployment, over streets", "/deployments/pollution"),
];

/// What walks.
struct Walker {
    chromium: PathBuf,
    modules: PathBuf,
}

impl Walker {
    /// Where everything it needs is installed.
    fn found() -> Option<Self> {
        let modules = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("browser");
        let chromium = PathBuf::from(std::env::var("CHROMIUM").unwrap_or_else(|_| "/usr/bin/chromium".to_owned()));
        let ready = ["playwright-core", "axe-core", "html-validate"];
        let walker = Self { chromium, modules };
        let ready = ready.into_iter().all(|module| walker.has(module));
        (ready && walker.chromium.exists() && node_is_new_enough()).then_some(walker)
    }

    /// Whether a module is installed besides.
    fn has(&self, module: &str) -> bool {
        self.modules.join("node_modules").join(module).exists()
    }

    fn walk(&self, job: Value) -> Value {
        self.run("walk.mjs", job)
    }

    /// Runs one of the scripts beside this file.
    fn run(&self, script: &str, mut job: Value) -> Value {
        job["chromium"] = json!(self.chromium);
        job["modules"] = json!(self.modules);
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/browser").join(script);
        let walked = Command::new("node").arg(script).arg(job.to_string()).output().unwrap();
        assert!(walked.status.success(), "{}", String::from_utf8_lossy(&walked.stderr));
        serde_json::from_slice(&walked.stdout).unwrap()
    }
}

/// Whether Node is there, in a version that the checkers run on.
fn node_is_new_enough() -> bool {
    let said = Command::new("node").arg("--version").output().map(|output| output.stdout).unwrap_or_default();
    let version = String::from_utf8_lossy(&said);
    version.trim().trim_start_matches('v').split('.').next().and_then(|major| major.parse::<u32>().ok()) >= Some(20)
}

/// The demo, played for a day and up.
struct Demo {
    _running: Running,
    _folder: tempfile::TempDir,
    address: String,
}

impl Demo {
    fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("demo");
        let dir = dir.to_str().unwrap();
        let args = ["demo", "--days", "1", "--seed", "7", "--dir", dir, "--listen", "127.0.0.1:0", "--json"];
        let running = Running::start(ordinance().args(args));
        let whole = |said: &[u8]| serde_json::from_slice::<Value>(said).is_ok();
        assert!(running.says(whole), "{}", running.stderr.text());
        let summary: Value = serde_json::from_slice(&running.stdout.bytes()).unwrap();
        let address = summary["register"].as_str().unwrap().trim_end_matches('/').to_owned();
        Self { _running: running, _folder: folder, address }
    }
}

/// What the checker of HTML lets pass, each with its reason.
fn html_rules() -> Value {
    json!({
        "extends": ["html-validate:recommended"],
        "rules": {
            // Templates leave what they leave; a browser reads over it.
            "no-trailing-whitespace": "off",
            // HTML is no matter of capitals; the project writes it small.
            "doctype-style": "off",
            // An address within a page may hold what HTML lets it hold: norms are named with a slash.
            "valid-id": ["error", { "relaxed": true }],
            // Boxes to tick share a name: each that is ticked is sent.
            "form-dup-name": ["error", { "shared": ["radio", "checkbox", "submit"] }],
            // A title says what the page is and whose; both may be long.
            "long-title": "off",
        }
    })
}

fn spots(pages: &[(&str, &str)]) -> Value {
    pages.iter().map(|(name, path)| json!({ "name": name, "path": path })).collect()
}

/// A resident objects in a city that is not running, and an incident is reported; gives under which names the objection is found, and a
/// question, which may be answered later than that.
fn inquiries(city: &City) -> [String; 2] {
    let clock = Arc::new(testkit::FakeClock::at(instant()));
    let opened = flow::City::open(&city.dir(), clock as _, Arc::new(testkit::SeededBytes::new(9))).unwrap();
    let words = Some("I walk there every day and do not want to be counted.".to_owned());
    let inquiry = |kind| register::Inquiry {
        kind,
        about: model::Subject::Deployment { id: "congestion".parse().unwrap() },
        fields: model::Fields([("words".to_owned(), words.clone())].into()),
    };
    let incident = json!({ "by": "city", "command": { "do": "report-incident", "with": { "incident": { "severity": "serious",
        "statement": { "id": "leak", "about": { "what": "deployment", "id": "congestion" }, "kind": "breach", "on": instant() - model::Span::hours(1),
        "signed_by": "city", "summary": "Somebody read tags." } }, "details": { "details": "A password." } } } });
    opened.register().submit(serde_json::from_value(incident).unwrap()).unwrap();
    wished(&opened);
    let kinds = [model::inquiry::InquiryKind::Objection, model::inquiry::InquiryKind::Question];
    kinds.map(|kind| opened.register().receive(&inquiry(kind)).unwrap().to_string())
}

/// A company asks to see something, and something is proposed and refused.
fn wished(city: &flow::City) {
    let about = json!({ "what": "deployment", "id": "congestion" });
    let wish = json!({ "id": "wish", "about": about, "kind": "grant-request", "on": instant() - model::Span::hours(1),
        "until": instant() + model::Span::days(100), "signed_by": "advertiser",
        "summary": "The view wifi/counts for traffic-management: To plan where boards stand." });
    let mut never =
        serde_json::to_value(&city.register().state().deployments[&"pollution".parse().unwrap()].deployment).unwrap();
    (never["id"], never["streams"][0]["id"]) = (json!("never"), json!("never-air"));
    for (by, command) in [
        ("advertiser", json!({ "do": "file-evidence", "with": wish })),
        ("city", json!({ "do": "propose", "with": never })),
        ("council", json!({ "do": "end", "with": { "deployment": "never" } })),
    ] {
        let submission = json!({ "by": by, "reason": "The council voted.", "command": command });
        city.register().submit(serde_json::from_value(submission).unwrap()).unwrap();
    }
    let places = (0..PLACES).map(|number| {
        let geometry = json!({ "type": "Point", "coordinates": [16.6, 49.2] });
        let place =
            json!({ "id": format!("corner-{number}"), "name": format!("Corner {number}"), "geometry": geometry });
        json!({ "by": "city", "command": { "do": "register-place", "with": place } })
    });
    for place in places {
        city.register().submit(serde_json::from_value(place).unwrap()).unwrap();
    }
    let values = vec![("title".to_owned(), "Air at the square".to_owned())];
    let (drafts, party) = (flow::drafts::Drafts::of(city.root()), "city".parse().unwrap());
    drafts.begin(&party, "about", values, instant()).unwrap();
    let pages = days::pages();
    let values = |fields: &[(&'static str, String)]| {
        fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect::<Vec<_>>()
    };
    let number = drafts.begin(&party, pages[0].0, values(&pages[0].1), instant()).unwrap();
    for (page, fields) in &pages[1..] {
        drafts.keep(&party, number, page, values(fields), instant()).unwrap();
    }
}

/// Answers to an instrument that somebody began.
fn begun(city: &City) {
    let file = city.dir().with_file_name("answers.toml");
    let to = file.to_str().unwrap();
    tool::json(&[
        "instrument",
        "begin",
        &city.arg(),
        "--deployment",
        "congestion",
        "--instrument",
        "global-core/pre-scan",
        "--out",
        to,
    ]);
    let (deployment, instrument) = ("congestion".parse().unwrap(), "pre-scan".parse().unwrap());
    let answers = std::fs::read_to_string(file).unwrap();
    flow::answers::AnswerFiles::of(&city.dir()).keep(&deployment, &instrument, 0, answers).unwrap();
}

/// A city that was founded and has nothing in it; its node, and its founder's token.
fn bare(beside: &City) -> (Node, String) {
    let dir = beside.dir().with_file_name("bare");
    let dir = dir.to_str().unwrap();
    let founded = tool::json(&["init", dir, "--name", "Bare City", "--origin", "bare.example/log"]);
    let node = Node::try_start_in(dir, "127.0.0.1:0", &[]).unwrap();
    (node, founded["token"].as_str().unwrap().to_owned())
}

/// Somebody is invited at the command line; gives the path of the link, and the number of the account.
fn invited(city: &City, party: &str, login: &str, role: &str) -> (String, String) {
    let person = ["--party", party, "--login", login, "--name", "Vera Nowak", "--role", role];
    let added = tool::json(&[&["account", "add", &city.arg()][..], &person].concat());
    (added["path"].as_str().unwrap().to_owned(), added["account"].to_string())
}

/// Somebody comes in by a link.
fn come_in(node: &Node, path: &str) {
    let agent: ureq::Agent = ureq::Agent::config_builder().max_redirects(0).build().into();
    let mut page = agent.get(format!("{}{path}", node.address)).call().unwrap();
    let cookie = page.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    let text = page.body_mut().read_to_string().unwrap();
    let form = text.split_once("name=\"form\" value=\"").unwrap().1.split('"').next().unwrap();
    let (_, password) = PERSON_KNOWN_BY;
    let sent = [("form", form), ("password", password), ("again", password)];
    let came = agent.post(format!("{}{path}", node.address)).header("cookie", cookie).send_form(sent).unwrap();
    assert_eq!(came.headers()["location"], "/desk");
}

fn texts(list: &Value) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect()
}

/// Everything that is wrong with a page.
fn faults(page: &Value) -> Vec<String> {
    if let Some(lost) = page["lost"].as_str() {
        return vec![format!("{}, at {}: {lost}", page["name"], page["path"])];
    }
    let mut found = Vec::new();
    let mut note = |list: &Value, what: &str| {
        found.extend(texts(list).into_iter().map(|one| format!("{} {what}: {one}", page["path"])));
    };
    note(&page["axe"]["broken"], "breaks a rule");
    note(&page["legible"], "is not legible");
    note(&page["html"], "is not HTML");
    note(&page["keyboard"], "by keyboard");
    note(&page["narrow"], "at 320 pixels");
    note(&page["elsewhere"], "loads from elsewhere");
    let (bytes, requests) = (page["bytes"].as_u64().unwrap(), page["requests"].as_u64().unwrap());
    let facts = &page["facts"];
    let expected = match page["path"].as_str().unwrap() {
        _ if page["expected"].is_number() => page["expected"].as_u64().unwrap(),
        "/nowhere" | "/de/nowhere" => 404,
        path if path.contains("lat=north") => 400,
        _ => 200,
    };
    let lang = if page["path"].as_str().unwrap().starts_with("/de/") { "de" } else { "en" };
    let wrong = [
        (page["status"] != expected, format!("answers {}", page["status"])),
        (bytes > PAGE_BYTES_MAX || bytes == 0, format!("weighs {bytes} bytes")),
        (requests > REQUESTS_MAX || requests == 0, format!("takes {requests} requests")),
        (facts["lang"] != lang, format!("is in {}", facts["lang"])),
        (facts["scripts"] != 0, "has scripts".to_owned()),
        (facts["title"].as_str().unwrap().len() < 8, format!("is titled {}", facts["title"])),
        (page["axe"]["rules"].as_array().unwrap().len() < RULES_MIN, "was held against few rules".to_owned()),
    ];
    found.extend(wrong.into_iter().filter(|(is, _)| *is).map(|(_, words)| format!("{} {words}", page["path"])));
    found
}

/// The kinds of pages that are linked and were never opened, by the first part of their addresses.
fn unopened(pages: &[Value]) -> BTreeSet<String> {
    let first = |path: &str| format!("/{}", path.split(['/', '?']).nth(1).unwrap_or_default());
    let opened: BTreeSet<String> = pages.iter().map(|page| first(page["path"].as_str().unwrap())).collect();
    let linked: BTreeSet<String> = pages.iter().flat_map(|page| texts(&page["linked"])).collect();
    assert!(linked.len() > 10, "{linked:?}");
    linked.difference(&opened).cloned().collect()
}

/// Whose pages are opened, where, and which: in the demo, in a city that is filled for it, and in one with nothing in it.
fn sites(demo: &Demo, city: &City) -> (Node, Node, Value) {
    let streets = city.dir().with_file_name("town.geojson");
    std::fs::write(&streets, town(16.6, 49.2, 60)).unwrap();
    tool::json(&["basemap", "import", &city.arg(), streets.to_str().unwrap()]);
    let [objection, question] = inquiries(city);
    begun(city);
    let node = Node::start(city);
    let lines: String = [12.5, 40.0].map(|no2| format!("{{\"time\":\"{}\",\"no2\":{no2}}}\n", now())).concat();
    assert_eq!(node.lines(&city.air, &lines).1["admitted"], 2);
    let mut signed = json!({ "address": node.address, "token": city.police, "pages": spots(SIGNED_IN) });
    signed["pages"].as_array_mut().unwrap().extend(sent::desk());
    let mut office = json!({ "address": node.address, "token": city.officer, "pages": spots(OFFICE) });
    let (_, clerk) = invited(city, "city", "clerk@brookhaven.example", "reader");
    office["pages"].as_array_mut().unwrap().extend(sent::office());
    for page in office["pages"].as_array_mut().unwrap() {
        let path = page["path"].as_str().unwrap();
        page["path"] =
            json!(path.replace("INQUIRY", &objection).replace("QUESTION", &question).replace("CLERK", &clerk));
    }
    come_in(&node, &invited(city, "police", PERSON_KNOWN_BY.0, "reader").0);
    let (login, password) = PERSON_KNOWN_BY;
    let mut person = json!({ "address": node.address, "login": login, "password": password, "pages": spots(&PERSON) });
    person["pages"].as_array_mut().unwrap().extend(sent::person());
    let (link, _) = invited(city, "police", "somebody@brookhaven.example", "reader");
    let mut guest = json!({ "address": node.address, "pages": spots(&[("Come in", link.as_str())]) });
    guest["pages"].as_array_mut().unwrap().extend(sent::guest(&link, (login, password)));
    let mut public = json!({ "address": demo.address, "pages": spots(&[PUBLIC, GERMAN].concat()) });
    public["pages"].as_array_mut().unwrap().extend(sent::public());
    let (bare, founder) = bare(city);
    let empty = json!({ "address": bare.address, "token": founder, "pages": spots(EMPTY) });
    let sites = json!([public, signed, office, person, guest, empty]);
    (node, bare, sites)
}

#[test]
fn every_page_is_accessible_in_a_real_browser_with_a_keyboard_on_a_phone_and_without_scripts() {
    let Some(walker) = Walker::found() else {
        skipped(
            "pages in a real browser: Chromium or its checkers are not installed; ./test installs them where they can be had",
        );
        return;
    };
    let demo = Demo::start();
    let city = City::new();
    let (node, bare, sites) = sites(&demo, &city);
    let signed = sites[1].clone();
    let journeys = json!({ "address": demo.address, "signed": signed });
    let mut job = json!({ "sites": sites, "journeys": journeys, "html": html_rules(), "control": CONTROL });
    if written::wanted() {
        job["shots"] = written::shots(&demo.address, (&node.address, &city.officer));
    }
    let walked = walker.walk(job);
    for (check, expected) in [
        ("axe", "color-contrast"),
        ("axe", "html-has-lang"),
        ("legible", "“drawn” stands out by 1."),
        ("html", "close-order"),
        ("keyboard", "no outline"),
        ("keyboard", "not the way to the content"),
        ("narrow", "the page is 9"),
        ("narrow", "is only 9 by 9 px"),
    ] {
        let found = walked["control"][check].to_string();
        assert!(found.contains(expected), "{check} does not find {expected}: {found}");
    }
    let pages = walked["pages"].as_array().unwrap();
    let faults: Vec<String> = pages.iter().flat_map(faults).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    let unopened = unopened(pages);
    assert!(unopened.is_empty(), "pages that are linked and in no list of this test: {unopened:?}");
    let missing = [whole::unopened(pages), whole::unseen(pages)];
    assert_eq!(missing, [Vec::<String>::new(), Vec::new()], "routes and templates that no page of this walk is of");
    for (journey, end) in [
        ("what senses here, and the act behind it", "/log/entries/"),
        ("what is near a place", "Nearest first"),
        ("a search that finds nothing says so", "No deployments were found"),
        ("a wrong position is told beside its field", "This is not a latitude."),
        ("signed in, asked in SQL, signed out", "2, then: Sign in"),
    ] {
        let ended = walked["journeys"][journey].as_str().unwrap();
        assert!(ended.starts_with(end), "{journey}: {ended}");
    }
    drop(bare);
    written::statement(&walked);
}
