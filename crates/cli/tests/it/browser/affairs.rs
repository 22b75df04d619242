//! What comes between: residents who ask and object, an emergency, an incident, what is refused, policies that are changed, a sensor
//! that is locked out, a supplier, papers and spreadsheets; in a real browser, from its first form to what residents read of it.

use std::time::Duration;

use serde_json::{Value, json};

use super::Walker;
use super::days::{Faked, passed, reads, reason};
use super::life::{day, done, named, proposal, read, settled, step, text, tokens};
use crate::tool::{self, City, skipped};

const AIR: &str = "/office/deployments/square-air";
const PLATES: &str = "/office/deployments/plate-search";
const DETAILS: &str = "The default password was still set.";
/// How long somebody writes before a form is sent: what comes quicker is taken for a program's.
const WRITING: Duration = Duration::from_millis(3_500);
/// What is read before and after.
const PAGES: [&str; 6] = [
    "/deployments/square-air",
    "/deployments/plate-search",
    "/deployments/congestion",
    "/incidents",
    "/log/entries",
    "/api/v1/register",
];

/// The step, and what its page has to say.
pub(super) fn says(mut step: Value, words: &[&str]) -> Value {
    step["says"] = json!(words);
    step
}

/// Something that is not looked at first.
pub(super) fn sent(party: &str, open: &str, fill: &[(&str, &str)], button: &str, words: &[&str]) -> Value {
    says(step(party, open, fill, &[button]), words)
}

/// Residents send each kind of form; the office answers, takes more time, and erases what somebody wrote.
fn asked() -> Vec<Value> {
    let form = "/ask?about=congestion";
    let wrote = |kind: &'static str, words: &'static str| {
        let fill = [("kind", kind), ("words", words), ("name", "Jana Novak"), ("mail", "jana@example.org")];
        let mut wrote = sent("nobody", form, &fill, "Send", &["keep the address of this page"]);
        wrote["writes"] = json!(WRITING.as_millis());
        named(kind, wrote)
    };
    let upheld = [("outcome", "upheld"), ("text", "You are right. It is switched off at night.")];
    let why = [("#why", "The maker of the sensor has to be asked.")];
    vec![
        wrote("objection", "I do not want to be counted on my way home."),
        wrote("correction", "The sign hangs on the other side of the street."),
        wrote("own-data", "I want to know what you hold about my phone."),
        wrote("question", "How long do you keep it?"),
        sent("city", "/desk/inbox/{objection.id}", &upheld, "Answer in public", &["It is switched off at night."]),
        sent("city", "/desk/inbox/{correction.id}", &[("text", "It hangs right now.")], "Answer in public", &[]),
        sent(
            "city",
            "/desk/inbox/{own-data.id}",
            &why,
            "Take more time",
            &["The maker of the sensor has to be asked."],
        ),
        sent(
            "city",
            "/desk/inbox/{objection.id}",
            &[("#reason", "She asked for it.")],
            "Erase words and contact for good",
            &["What was written was erased"],
        ),
        says(step("nobody", "{objection}", &[], &[]), &["It is switched off at night.", "and was erased"]),
        says(step("nobody", "{correction}", &[], &[]), &["It hangs right now."]),
        says(step("nobody", "{own-data}", &[], &[]), &["The maker of the sensor has to be asked."]),
    ]
}

/// A remark on an answer is settled; then the proposal is refused. What a recipient asks for is refused, too.
fn refused() -> Vec<Value> {
    let scan = format!("{AIR}/assessments/pre-scan");
    let wish = [
        ("view", "air/measurements"),
        ("purpose", "air-quality"),
        ("until", &day(100)),
        ("summary", "We want to know where cars stand."),
    ];
    let request = "/office/requests/request-police-measurements";
    let mut steps = proposal();
    steps.extend([
        step("city", &scan, &[], &["begin"]),
        sent(
            "privacy-office",
            &scan,
            &[("question", "description"), ("text", "Say for how long.")],
            "remark",
            &["Say for how long."],
        ),
        sent("city", &scan, &[], "settle", &["Settled, says"]),
        says(done("council", &format!("{AIR}/end"), &reason("We have air gauges enough.")), &["Done."]),
        reads("/deployments/square-air", "We have air gauges enough."),
        says(done("police", "/office/requests/new", &wish), &["Done."]),
        says(done("city", &format!("{request}/refuse"), &[("summary", "Air does not say that.")]), &["Done."]),
        says(step("police", request, &[], &[]), &["It was refused on", "Air does not say that."]),
    ]);
    steps
}

/// An incident from its report to what was learnt; what is sealed of it is read by those alone who answer for it.
fn breached() -> Vec<Value> {
    let today = day(0);
    let report = [
        ("about", "of/congestion"),
        ("kind", "breach"),
        ("severity", "serious"),
        ("on", today.as_str()),
        ("devices", "sniffer-1"),
        ("data", "mac-address"),
        ("summary", "Somebody read tags of the centre."),
        ("details", DETAILS),
    ];
    let incident = "/office/incidents/breach-congestion";
    let follows = |kind: &str, fill: &[(&str, &str)]| {
        let on = ("on", today.as_str());
        says(done("city", &format!("{incident}/{kind}"), &[&[on], fill].concat()), &["Done."])
    };
    vec![
        says(done("city", "/office/incidents/new", &report), &["Done.", "To be stated by", DETAILS]),
        reads("/incidents", "Somebody read tags of the centre."),
        follows("breach-notified", &[("told", "The data protection authority"), ("summary", "By its form.")]),
        follows("incident-update", &[("summary", "Tags of two days.")]),
        follows("incident-review", &[("summary", "No sensor keeps the password that it came with.")]),
        follows("incident-closed", &[("summary", "Every sensor has a password of its own.")]),
        says(
            step("nobody", "/incidents", &[], &[]),
            &[
                "Over since",
                "The data protection authority",
                "Tags of two days.",
                "No sensor keeps the password that it came with.",
            ],
        ),
    ]
}

/// A sensor that was stolen is locked out, and takes no part until it has a new token.
fn locked(token: &str) -> Vec<Value> {
    let sends = |token: &str| json!({ "send": token, "ago": 0, "lines": [{ "mac": "a4:11:3c:00:00:01" }] });
    let mut anew = step("city", "/office/tokens/devices/sniffer-1/token", &[], &["look", "do"]);
    anew["token"] = json!("anew");
    vec![
        sends(token),
        says(done("city", "/office/tokens/devices/sniffer-1/lock", &reason("It was stolen.")), &["Done."]),
        sends(token),
        anew,
        sends("{anew}"),
    ]
}

/// A supplier gets a token, signs in with it, and states what is its own; nothing else is there for it.
fn supplied() -> Vec<Value> {
    let mut token = step("city", "/office/tokens/parties/supplier", &[], &["look", "do"]);
    token["token"] = json!("supplier");
    let statement =
        [("other-kind", "maintenance"), ("summary", "Its lid was changed."), ("on", &day(0)), ("about", "air-7")];
    vec![
        token,
        sent("supplier", "/sign-in", &[("token", "{supplier}")], "Sign in", &[]),
        says(
            done("supplier", "/office/deployments/pollution/evidence", &statement),
            &["Done.", "Its lid was changed."],
        ),
        says(step("supplier", "/office/deployments/congestion", &[], &[]), &["no deployment of this name concerns"]),
        reads("/deployments/pollution", "Its lid was changed."),
    ]
}

/// Papers are taken away; the spreadsheet that was taken away changes nothing when it comes back, and one with a row more writes that.
fn papers(folder: &str) -> Vec<Value> {
    let saves = |open: &str, save: &str, name: &str| json!({ "as": "city", "open": open, "save": save, "into": format!("{folder}/{name}") });
    let sheets = |file: &str, press: &[&str], words: &[&str]| {
        says(step("city", "/office/sheets", &[("file", &format!("{folder}/{file}"))], press), words)
    };
    vec![
        saves("/office/reports/annual", "/office/reports/annual.pdf", "annual.pdf"),
        saves("/office/reports/annual", "/office/reports/annual.csv", "annual.csv"),
        saves("/office/reports/processing", "/office/reports/processing.pdf", "processing.pdf"),
        saves("/office/sheets", "/office/sheets/template.xlsx", "template.xlsx"),
        saves("/office/sheets", "/office/sheets/register.xlsx", "register.xlsx"),
        sheets("register.xlsx", &["Look at it"], &["There is nothing to write."]),
        sheets("more.xlsx", &["Look at it", "Write 1 row"], &["Done.", "1 act"]),
        reads("/organisations", "A maker of boards"),
    ]
}

/// An emergency is stated, and reviewed by somebody else once it is over.
fn emergency() -> Vec<Value> {
    let page = "/deployments/plate-search";
    vec![
        says(
            done(
                "privacy-office",
                &format!("{PLATES}/emergency"),
                &[("summary", "A child is missing."), ("hours", "48")],
            ),
            &["Done.", "stated an emergency until"],
        ),
        reads(page, "An emergency, until"),
        passed(2.1),
        reads(page, "An emergency that is not reviewed yet"),
        says(
            done("council", &format!("{PLATES}/emergency-review"), &[("summary", "It was one. She was found.")]),
            &["Done."],
        ),
        reads(page, "It was one. She was found."),
    ]
}

/// Policies are written, looked at, proved and adopted.
fn adopted() -> Vec<Value> {
    let permits = norms::city_permits_default();
    let (old, new) = ("when { resource.granted }", "when { resource.granted && resource.minimum > 11 }");
    let (was, is) =
        ("Whoever was granted a view may have it.", "Whoever was granted a view of twelve or more may have it.");
    assert!(permits.contains(old) && permits.contains(was), "{permits}");
    let fill = [
        ("permits", permits.replace(old, new).replace(was, is)),
        ("reason", "The council voted for fewer.".to_owned()),
    ];
    let fill = fill.each_ref().map(|(name, value)| (*name, value.as_str()));
    let open = "/office/policies/permits";
    let looked = step("council", open, &fill, &["look", "prove"]);
    let adopts = step("council", open, &fill, &["look", "do"]);
    vec![
        says(
            looked,
            &[
                "Would stop",
                "Proved: whatever is asked, nothing that this would allow is forbidden by a layer above the city.",
                "Newly refused, each with an example",
            ],
        ),
        says(adopts, &["Done."]),
        reads("/policies", is),
    ]
}

/// A city with a supplier that has a sensor, and a spreadsheet of it with one row more.
fn city() -> City {
    let city = City::new();
    let apply = |dir: &str, name: &str, rows: &str| {
        let manifest = city.dir().with_file_name(name);
        std::fs::write(&manifest, rows).unwrap();
        tool::json(&["apply", dir, manifest.to_str().unwrap()]);
    };
    let party = |id: &str, name: &str| {
        format!("[[party]]\nby = \"city\"\nparty = {{ id = \"{id}\", name = \"{name}\", kind = \"vendor\" }}\n")
    };
    let device = "[[device]]\nby = \"supplier\"\ndevice = { id = \"air-7\", deployment = \"pollution\", stream = \"air\", \
                  position = [16.6, 49.2] }\n";
    apply(&city.arg(), "supplier.toml", &format!("{}\n{device}", party("supplier", "Sensors Ltd")));
    let twin = city.dir().with_file_name("twin");
    let copied = std::process::Command::new("cp").arg("-r").args([city.dir(), twin.clone()]).status().unwrap();
    assert!(copied.success());
    apply(twin.to_str().unwrap(), "maker.toml", &party("maker", "A maker of boards"));
    let more = city.dir().with_file_name("more.xlsx");
    tool::json(&["sheet", "export", twin.to_str().unwrap(), "--out", more.to_str().unwrap()]);
    city
}

/// The headings of a hub's pages that refuse something.
const REFUSALS: [&str; 4] = ["Not allowed", "It cannot be done as it stands", "Something does not fit", "Not now"];

/// What every step has to say was said, and nothing was refused.
pub(super) fn held(steps: &[Value], told: &[Value]) {
    assert_eq!(steps.len(), told.len());
    for (step, told) in steps.iter().zip(told) {
        let said = told["said"].as_str().unwrap();
        let heading = told["heading"].as_str().unwrap_or_default();
        assert!(!REFUSALS.contains(&heading), "{step}\n{said}");
        if said.contains("the solver found no answer in time") && tool::busy() {
            skipped("what a solver proves of policies in a browser: others keep this machine busy");
            continue;
        }
        for words in step["says"].as_array().into_iter().flatten() {
            assert!(said.contains(words.as_str().unwrap()), "{words}\n{step}\n{said}");
        }
        assert!(!said.contains("It is refused"), "{step}\n{said}");
    }
}

/// Files are what they are called, and the sensor was taken in before it was locked and with its new token alone.
fn kept(steps: &[Value], told: &[Value]) {
    let both = || steps.iter().zip(told);
    let sent: Vec<bool> =
        both().filter(|(step, _)| !step["send"].is_null()).map(|(_, told)| told["status"] == 200).collect();
    assert_eq!(sent, [true, false, true], "{told:#?}");
    let files: Vec<_> = both().filter(|(step, _)| !step["save"].is_null()).map(|(_, told)| told).collect();
    assert_eq!(files.len(), 5);
    for file in files {
        let name = file["file"].as_str().unwrap();
        let begins = match name.rsplit('.').next().unwrap() {
            "pdf" => "%PDF-",
            "xlsx" => "PK\u{3}\u{4}",
            _ => "deplo",
        };
        assert!(file["begins"].as_str().unwrap().starts_with(begins) && file["bytes"].as_u64() > Some(500), "{file}");
    }
}

#[test]
fn what_comes_between_is_done_in_a_browser_by_whoever_it_is_for_and_the_log_says_the_same() {
    let Some(walker) = Walker::found() else {
        skipped("what comes between in a real browser: Chromium or its checkers are not installed");
        return;
    };
    let city = city();
    let Some(clock) = Faked::found(&city) else {
        skipped("what comes between in a real browser: faketime is not installed");
        return;
    };
    let tokens = tokens(&city, &["privacy-office", "council", "police"]);
    let node = clock.node(&city);
    let folder = city.dir().parent().unwrap().to_str().unwrap().to_owned();
    let affairs =
        [asked(), refused(), breached(), locked(&city.wifi), supplied(), papers(&folder), emergency(), adopted()];
    let steps = affairs.concat();
    let job = json!({ "address": node.address, "tokens": tokens, "steps": steps, "clock": clock.file });
    let walked = walker.run("life.mjs", job);
    let told = walked["told"].as_array().unwrap();
    held(&steps, told);
    kept(&steps, told);
    let public = ["/incidents", "/deployments/congestion", "/changes", "/log/entries", "/api/v1/register"];
    for page in public.map(|page| text(&node, page)) {
        assert!(!page.contains(DETAILS) && !page.contains("Jana Novak") && !page.contains("on my way home"), "{page}");
    }
    let before = settled(&node, &PAGES);
    drop(node);
    let verified = clock.command().args(["verify", &city.arg()]).output().unwrap();
    assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    let again = clock.node(&city);
    assert_eq!(read(&again, &PAGES), before, "read anew, every page is the same");
}
