//! Hostile texts in every field of every form, found by walking through the pages as each of those who see them, and looked for
//! afterwards in everything that the city shows: pages, feeds, signs, tables and papers.

mod corpus;
mod judge;
mod opened;
mod page;
mod walk;
mod whole;

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;

use node::Desk;
use node::accounts::Role;
use serde_json::{Value, json};

use self::corpus::{CORPUS, MARK, apart, marked, marker, together};
use self::judge::{Vocabulary, faults, formulas};
use self::page::{Field, Form, Kind};
use self::walk::{Typing, Walk, is_table};
use crate::accounts::{invited, person, sign_in};
use crate::asked::Answering;
use crate::browser::Browser;
use crate::city::World;
use crate::inquiries::ask;
use crate::office::propose::{SQUARE, drafted};
use crate::office::{escaped, office};

/// What is behind a door; everything else is for everybody.
const CLOSED: [&str; 6] = ["/account", "/desk", "/office", "/sql", "/sign-", "/join"];
/// Forms of templates that nobody sends here, each with its reason.
const NOT_DRAWN: [(&str, &str); 1] = [(
    "office_assessment.html: … “Carry the answers over to this edition”",
    "answers to another edition of an instrument, which no city of these tests has; its form takes nothing but the press of a button",
)];
/// Routes that nobody sends anything to here, each with its reason.
const NOT_SENT: [(&str, &str); 1] = [(
    "/office/deployments/{id}/assessments/{instrument}/besides",
    "three parties have signed before; the test of every role's deeds does it. Nothing is filled in there",
)];
/// Ends of addresses whose forms are refused without what was typed, each with its reason.
const NOT_ECHOED: [(&str, &str); 0] = [];
const PASSWORD: &str = "four words in a row";

fn is_closed(address: &str) -> bool {
    CLOSED.iter().any(|begin| address.starts_with(begin))
}

/// A city with a desk, and something that each form is about.
async fn world() -> World {
    let mut world = World::new();
    let desk = Arc::new(Answering::default());
    world.router = node::router(Arc::clone(&world.city), Some(desk as Arc<dyn Desk>));
    let about = json!({ "what": "deployment", "id": "wifi" });
    let said = json!({ "id": "said", "about": about, "kind": "notice", "on": "2026-11-20T00:00:00Z", "signed_by": "mobility", "summary": "Told." });
    let leak = json!({ "statement": { "id": "leak", "about": about, "kind": "incident", "on": "2026-11-20T00:00:00Z", "signed_by": "mobility",
        "summary": "It fell down." }, "severity": "minor", "devices": [], "data": [] });
    world.submit(json!({ "by": "mobility", "command": { "do": "file-evidence", "with": said } })).unwrap();
    let report = json!({ "do": "report-incident", "with": { "incident": leak, "details": { "details": null } } });
    world.submit(json!({ "by": "mobility", "command": report })).unwrap();
    for id in ["asked", "again"] {
        let wish = json!({ "id": id, "about": about, "kind": "grant-request", "on": "2026-11-20T00:00:00Z",
            "until": "2027-04-01T00:00:00Z", "signed_by": "advertiser",
            "summary": "The view wifi-counts/counts for traffic-management: To plan." });
        world.submit(json!({ "by": "advertiser", "command": { "do": "file-evidence", "with": wish } })).unwrap();
    }
    // What came by other ways than a form: from programs and spreadsheets.
    for number in 0..3 {
        let id = format!("hostile-{number}");
        let deployment = json!({ "id": id, "title": together(number, 90), "description": together(number, 700), "accountable": "mobility",
            "place": "station", "technology": "air-quality-station", "purposes": ["air-quality"], "legal_basis": "not-personal",
            "privacy_statement": together(number, 90), "starts": "2026-11-01T00:00:00Z", "ends": "2027-11-01T00:00:00Z",
            "streams": [{ "id": format!("{id}-air"), "retention": "24h", "time": { "do": "keep" }, "properties": {
                "no2": { "category": "air-quality", "value": "number", "treatment": { "do": "keep" } } } }] });
        let propose = json!({ "do": "propose", "with": deployment });
        world.submit(json!({ "by": "mobility", "reason": together(number, 400), "command": propose })).unwrap();
    }
    for kind in ["question", "objection"] {
        ask(&world, "wifi", kind, "Why?", ("", "")).await;
    }
    let mut mobility = office(&world, "mobility").await;
    drafted(&mut mobility, SQUARE).await;
    let saved = [("question", "SELECT 1"), ("purpose", "traffic-management"), ("name", "Rush hour")];
    assert_eq!(mobility.post("/sql", "/sql/save", &saved).await.status, 200);
    world
}

/// Somebody who walks: where it begins, and whether it goes on to an address.
struct Walker<'w> {
    browser: Browser<'w>,
    starts: Vec<String>,
    within: fn(&str) -> bool,
}

/// Whether somebody sees what residents do not.
fn is_signed_in(walker: &Walker<'_>) -> bool {
    walker.starts.iter().all(|start| is_closed(start))
}

/// Everybody who sees a form: a resident, somebody at each step of coming in, and parties that see what others do not.
async fn walkers<'w>(world: &'w World, sweep: &str) -> Vec<Walker<'w>> {
    let (_, link) = invited(world, "mobility", &format!("{sweep}-new@city.example"), &[Role::Reader]);
    let login = format!("{sweep}-all@city.example");
    let all = person(world, "mobility", &login, &Role::ALL).await;
    let mut waits = Browser::new(world);
    assert_eq!(sign_in(&mut waits, &login, PASSWORD).await.header("location"), "/sign-in/code");
    let starts = |starts: &[&str]| starts.iter().map(|start| (*start).to_owned()).collect::<Vec<_>>();
    let mut walkers = vec![
        Walker {
            browser: Browser::new(world),
            starts: starts(&["/", "/de/", "/ask?about=wifi"]),
            within: |address| !is_closed(address),
        },
        Walker { browser: Browser::new(world), starts: starts(&["/sign-in"]), within: |_| false },
        Walker { browser: Browser::new(world), starts: starts(&[&link]), within: |_| false },
        Walker { browser: waits, starts: starts(&["/sign-in/code"]), within: |_| false },
        Walker {
            browser: all,
            starts: starts(&["/account"]),
            within: |address| address == "/account" || address.starts_with("/account/"),
        },
    ];
    for party in ["mobility", "city", "council", "privacy-office"] {
        let browser = office(world, party).await;
        let starts = starts(&["/desk", "/desk/inbox", "/office", "/sql"]);
        walkers.push(Walker {
            browser,
            starts,
            within: |address| is_closed(address) || address.starts_with("/grants/"),
        });
    }
    for walker in &mut walkers {
        // This machine's own, on which nobody is taken for a stranger who tries too often.
        walker.browser.address = Some(IpAddr::V4(Ipv4Addr::LOCALHOST));
    }
    walkers
}

/// Tables that are sent as files or pasted.
fn table(at: usize, tries: usize) -> Option<String> {
    let cell = together(at, 150).replace('"', "\"\"");
    let tables = [
        format!("id,name,kind\nhostile-maker,\"{cell}\",vendor\n\"{cell}\",A,vendor\n"),
        format!("id,renew\nwifi-1,yes\n\"{cell}\",no\n"),
    ];
    tables.get(tries).cloned()
}

/// Hostile texts first, then what a field may ask for.
fn hostile(at: usize, field: &Field, tries: usize) -> Option<String> {
    if field.kind == Kind::Secret {
        return (tries == 0).then(|| format!("{MARK} and some words in a row"));
    }
    if is_table(field) {
        return table(at, tries);
    }
    let mark = marker(at);
    let mut all = vec![together(at, field.most), marked("\"><img src=x onerror=zqz>", at)];
    if !field.value.is_empty() {
        all.extend([format!("{}\n// {}", field.value, together(at, 300)), field.value.clone()]);
    }
    all.extend([format!("https://x.example/{mark}?\"'><svg>"), format!("https://x.example/{mark}"), mark]);
    let plain = ["2027-03-01", "2026-11-20", "06:30", "16.6", "16.6 49.2", "20", "24h", "9", ""];
    all.extend(plain.map(str::to_owned));
    all.insert(all.len() - 1, "1".repeat(64));
    all.get(tries).cloned()
}

/// Somebody's forms, each filled in with some texts, and then done, but for what takes away what others are about.
async fn through(
    walk: &mut Walk<'_>,
    walker: &mut Walker<'_>,
    typing: Typing<'_>,
    texts: &[Box<dyn Fn(usize) -> String>],
) {
    let starts: Vec<&str> = walker.starts.iter().map(String::as_str).collect();
    let found = walk.pages(&mut walker.browser, &starts, walker.within).await;
    let done = |walk: &Walk<'_>, form: &Form| walk.tried.get(&form.key()).is_some_and(|tried| tried.done);
    let open: Vec<Form> = found.into_iter().filter(|form| !done(walk, form)).collect();
    for form in open.iter().filter(|form| !form.is_bare()) {
        if walk.tried.contains_key(&form.key()) {
            continue;
        }
        for text in texts {
            walk.fill(&mut walker.browser, form, text).await;
        }
        walk.tamper(&mut walker.browser, form, &texts[0]).await;
    }
    walk.all(&mut walker.browser, &open, typing, false).await;
}

/// Everybody, before the city is under the core and after it, and in the end what takes something away.
async fn everybody(world: &World, walk: &mut Walk<'_>, typing: Typing<'_>, texts: &[Box<dyn Fn(usize) -> String>]) {
    for walker in &mut walkers(world, "first").await {
        through(walk, walker, typing, texts).await;
    }
    world.submit(crate::pages::under_the_core(world, |_| ())).unwrap();
    let mut mobility = office(world, "mobility").await;
    for (instrument, on) in [("pre-scan", "station-wifi"), ("privacy-impact", "wifi")] {
        let page = format!("/office/deployments/{on}/assessments/{instrument}");
        let begun = mobility.post(&page, &page, &[("go", "begin"), ("revision", "0")]).await;
        assert_eq!(begun.status, 303, "{}", begun.text());
    }
    // What the register says changed since.
    let withdraw = json!({ "do": "withdraw-grant", "with": { "grant": "own" } });
    world.submit(json!({ "by": "mobility", "reason": "Not needed.", "command": withdraw })).unwrap();
    drafted(&mut mobility, SQUARE).await;
    // What was changed on a form is seen by whoever comes after.
    for walker in walkers(world, "second").await.iter_mut().filter(|walker| is_signed_in(walker)) {
        through(walk, walker, typing, texts).await;
    }
    for walker in walkers(world, "third").await.iter_mut().filter(|walker| is_signed_in(walker)) {
        let starts: Vec<&str> = walker.starts.iter().map(String::as_str).collect();
        let mut found = walk.pages(&mut walker.browser, &starts, walker.within).await;
        // Nobody does anything after signing out.
        found.sort_by_key(|form| (form.action == "/sign-out", form.action.ends_with("everywhere")));
        walk.all(&mut walker.browser, &found, typing, true).await;
    }
}

/// Everything that a stranger can ask for without knowing a name, besides what pages lead to.
fn asked_for() -> Vec<String> {
    let routes = testkit::routed(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let routes = routes.into_iter().filter(|route| route.get).map(|route| route.address);
    let described: Value = serde_json::from_str(include_str!("../../../../docs/openapi.json")).unwrap();
    let machines = described["paths"].as_object().unwrap().iter().filter(|(_, item)| item.get("get").is_some());
    let all = routes.chain(machines.map(|(path, _)| path.clone()));
    all.filter(|path| !path.contains('{') && !is_closed(path)).collect()
}

/// Every form was sent by somebody, as far as it goes: done, or refused with what was typed still there.
fn is_whole(walk: &Walk<'_>) {
    let asks = |form: &Form| form.fields.iter().any(|field| matches!(field.kind, Kind::Typed | Kind::Secret));
    let counted = walk.tried.values().filter(|tried| tried.done || asks(&tried.form));
    let tried: Vec<&Form> = counted.map(|tried| &tried.form).collect();
    let missing = whole::missing(&whole::drawn(), &tried);
    let known: Vec<&str> = NOT_DRAWN.iter().map(|(name, _)| *name).collect();
    assert_eq!(missing, known, "forms of templates that nobody sent");
    let unsent = whole::unsent(walk.sent.iter().map(String::as_str));
    let known: Vec<&str> = NOT_SENT.iter().map(|(path, _)| *path).collect();
    assert_eq!(unsent, known, "routes that nobody sent anything to");
    let mut open = Vec::new();
    for tried in walk.tried.values().filter(|tried| !tried.done) {
        let lost = tried.form.typed().map(|(_, field)| &field.name).filter(|name| !tried.echoed.contains(*name));
        let lost: Vec<&String> = lost.collect();
        let known = NOT_ECHOED.iter().any(|(action, _)| tried.form.action.ends_with(action));
        if !lost.is_empty() && !known {
            open.push(format!("{} of {}: {:?} loses {lost:?}", tried.form.action, tried.form.page, tried.refused));
        }
    }
    assert_eq!(open, Vec::<String>::new(), "forms that were neither done nor came back with what was typed");
}

#[tokio::test]
async fn no_text_in_any_field_becomes_part_of_a_page_a_feed_a_sign_or_a_table() {
    let world = world().await;
    let mut walk = Walk::of(&world);
    let texts =
        apart().into_iter().map(|text| Box::new(move |at: usize| marked(&text, at)) as Box<dyn Fn(usize) -> String>);
    let texts: Vec<_> = texts.collect();
    everybody(&world, &mut walk, &hostile, &texts).await;
    is_whole(&walk);
    // What was written is shown in every form that the city has.
    world.city.tick().unwrap();
    walk.marked.clear();
    let mut stranger = Browser::new(&world);
    let mut starts = asked_for();
    for id in world.city.register().state().deployments.keys() {
        for form in ["svg", "pdf"] {
            let sign = format!("/deployments/{id}/sign.{form}");
            starts.extend(["?size=a6&lang=en", "?size=a4&lang=de"].map(|query| format!("{sign}{query}")));
        }
    }
    let starts: Vec<&str> = starts.iter().map(String::as_str).collect();
    walk.pages(&mut stranger, &starts, |address| !is_closed(address)).await;
    let kinds: BTreeSet<&str> = walk.marked.iter().map(|(kind, _)| kind.as_str()).collect();
    for kind in
        ["text/html", "text/csv", "image/svg+xml", "application/atom+xml", "application/json", "application/ld+json"]
    {
        assert!(kinds.contains(kind), "no {kind} has anything of what was typed: {kinds:?}");
    }
    assert!(walk.marked.len() > 100, "{}", walk.marked.len());
    for walker in &mut walkers(&world, "fourth").await {
        let starts: Vec<&str> = walker.starts.iter().map(String::as_str).collect();
        walk.pages(&mut walker.browser, &starts, walker.within).await;
    }
    assert!(walk.faults.is_empty() && walk.failed.is_empty(), "{:#?} {:#?}", walk.faults, walk.failed);
}

#[test]
fn whatever_breaks_out_of_a_page_is_found() {
    let vocabulary = Vocabulary::of_templates();
    let page =
        |within: &str| format!("<!doctype html>\n<html lang=\"en\"><body><main><p>{within}</p></main></body></html>");
    let found = |within: &str| faults(&page(within), &vocabulary);
    let fine = "What <strong>somebody</strong> wrote: <a href=\"/places\">&#60;b&#62; {{ 7*7 }} zqz1x</a> <a href=\"https://x.example/\">x</a>";
    assert_eq!(found(fine), Vec::<String>::new());
    for text in CORPUS {
        let (text, escaped) = (marked(text, 1), escaped(&marked(text, 1)));
        if text.contains(['<', '"', '\'']) {
            assert_ne!(found(&text), Vec::<String>::new(), "{text}");
            assert_ne!(found(&format!("<a href=\"/\" title=\"{text}\">x</a>")), Vec::<String>::new(), "{text}");
            assert_ne!(found(&format!("<a href=\"/\" title='{text}'>x</a>")), Vec::<String>::new(), "{text}");
        }
        if !text.contains('\0') {
            assert_eq!(found(&escaped), Vec::<String>::new(), "{escaped}");
        }
    }
    for within in [
        "<a href=\"javascript:alert(1)\">x</a>",
        "<a href=\" \tjava\tscript:alert(1)\">x</a>",
        "<a href=\"&#106;avascript:alert(1)\">x</a>",
        "<a href=\"data:text/html,x\">x</a>",
        "<a href=\"//elsewhere.example/\">x</a>",
        "<a href=/ zqz1x=1>x</a>",
        "<a href=\"/\"onfocus=\"alert(1)\">x</a>",
        "<form action=\"http://elsewhere.example/\"></form>",
        "<button formaction=\"javascript:x\">x</button>",
        "<zqz1x>",
        "<iframe></iframe>",
        "<!-- zqz1x -->",
    ] {
        assert_ne!(found(within), Vec::<String>::new(), "{within}");
    }
    for (table, formula) in [
        ("id,name\na,=zqz1x\n", true),
        ("id,name\na,\"=zqz1x\"\n", true),
        ("id,name\n@zqz1x,b\n", true),
        ("id,name\na,'=zqz1x\n", false),
        ("id,name\na,\"b\"\"=zqz1x\"\n", false),
    ] {
        assert_eq!(!formulas(table).is_empty(), formula, "{table}");
    }
}

#[test]
fn a_form_that_nobody_sends_is_missed() {
    let drawn = whole::drawn();
    assert!(drawn.len() > 38, "{}", drawn.len());
    let missing = whole::missing(&drawn, &[]);
    assert_eq!(missing.len(), drawn.len());
    assert!(missing.iter().any(|name| name.contains("office_check.html")), "{missing:?}");
    assert!(whole::unsent(["/sql", "/office/deployments/wifi/approve"].into_iter()).len() > 35);
    let html = "<form method=\"post\" action=\"/sql/delete\"><input type=\"hidden\" name=\"form\" value=\"x\">\
        <input type=\"hidden\" name=\"name\" value=\"y\"><button type=\"submit\" class=\"quiet\">Delete</button></form>";
    let form = page::forms("/sql", &page::read(html));
    let left = whole::missing(&drawn, &[&form[0]]);
    assert_eq!(left.len(), drawn.len() - 1);
    assert!(!left.iter().any(|name| name.contains("/sql/delete")), "{left:?}");
}
