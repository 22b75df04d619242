//! Pages that answer to a form: what somebody sees who looks at a step before it is done, who forgot a field, or who asked.
//!
//! Each is sent twice, once for each of the walker's screens, so that it is nothing that can be done only once.

use serde_json::{Value, json};

use super::life::{agreed, day};

/// A view that shows fewer people together than a norm lets pass.
const FEW: [(&str, &str); 12] = [
    ("stream", "wifi"),
    ("name", "few"),
    ("title", "How many phones, even if few"),
    ("shape", "distinct"),
    ("bin", "15m"),
    ("space", "sensor"),
    ("unit", "mac"),
    ("identifiers", "none"),
    ("minimum", "3"),
    ("bound", "4"),
    ("delay", "0s"),
    ("depth", "400d"),
];

/// A page behind a form: what it is, where the form is, what is filled in and pressed, and how it answers.
fn sent(name: &str, path: &str, fill: &[(&str, &str)], press: &[&str], status: u16) -> Value {
    json!({ "name": name, "path": path, "fill": fill, "press": press, "status": status })
}

/// The same, done once: what it leaves is looked at where it was done.
fn once(name: &str, path: &str, fill: &[(&str, &str)], press: &[&str], status: u16) -> Value {
    let mut once = sent(name, path, fill, press, status);
    once["once"] = json!(true);
    once
}

/// What somebody gets to see that may not, or asks for something that is not there.
fn refused(name: &str, path: &str, status: u16) -> Value {
    json!({ "name": name, "path": path, "status": status })
}

/// What residents send.
pub(super) fn public() -> Vec<Value> {
    vec![
        sent("A question without words", "/ask", &[], &["Send"], 422),
        sent("A question without words, in German", "/de/ask", &[], &["Abschicken"], 422),
        refused("An agreement that is nobody's", "/grants/nothing", 404),
        refused("An address with a mistake", "/search?page=two", 400),
    ]
}

/// An officer's.
pub(super) fn office() -> Vec<Value> {
    let mut pages = looked_at();
    pages.extend(lacking());
    pages.extend([
        refused("No emergency to review", "/office/deployments/congestion/emergency-review", 404),
        refused("Something that is not there in the office", "/office/deployments/nothing", 404),
        once("Signed out", "/account", &[], &["Sign out"], 200),
    ]);
    pages
}

/// Forms that are looked at, and those that leave something harmless.
fn looked_at() -> Vec<Value> {
    let suspend = "/office/deployments/congestion/suspend";
    let approve = [("until", &*day(100)), ("reason", "We like it.")];
    let maker = "id,name,kind\nmaker,A maker,vendor\n";
    let notice = [("other-kind", "notice"), ("summary", "Told on the square."), ("on", &*day(0))];
    let permits = norms::city_permits_default().replace("Whoever was granted", "Whoever is granted");
    let policy = [("permits", permits.as_str()), ("reason", "The council voted.")];
    let sensor = [("device", "sniffer-9"), ("stream", "wifi"), ("longitude", "16.6"), ("latitude", "49.2")];
    let place = [("place", "market"), ("name", "Market square"), ("outline", "16.6 49.2")];
    let party = [("party", "library"), ("name", "Library"), ("kind", "city-department")];
    let known = [("on", &*day(0)), ("summary", "Nobody else read it.")];
    let why = [("reason", "Enough.")];
    let offer = [("view", "wifi/counts"), ("summary", "For a shorter time.")];
    vec![
        sent("A step that is looked at", suspend, &[("reason", "Somebody complained.")], &["look"], 200),
        sent("A step that is refused", "/office/deployments/congestion/approve", &approve, &["look"], 403),
        sent("An agreement that is looked at", "/office/grants/new", &agreed(&day(100)), &["look"], 200),
        sent("The end of an agreement that is looked at", "/office/grants/city-counts/withdraw", &why, &["look"], 200),
        sent("A statement that is looked at", "/office/deployments/congestion/evidence", &notice, &["look"], 200),
        sent("A statement about the city that is looked at", "/office/city/evidence", &notice, &["look"], 200),
        sent("A withdrawal that is looked at", "/office/evidence/congestion-notice/withdraw", &why, &["look"], 200),
        sent("An offer that is looked at", "/office/requests/wish/offer", &offer, &["look"], 200),
        sent(
            "A refusal that is looked at",
            "/office/requests/wish/refuse",
            &[("summary", "No boards.")],
            &["look"],
            200,
        ),
        sent("A view that is refused, with others that would do", "/office/views/new", &FEW, &["look"], 403),
        once("A statement that was made", "/office/city/evidence", &notice, &["look", "do"], 200),
        sent("Policies that are looked at", "/office/policies/permits", &policy, &["look"], 200),
        sent("A sensor that is looked at", "/office/tokens/devices/new", &sensor, &["look"], 200),
        sent("A token that is shown", "/office/tokens/devices/sniffer-1/token", &[], &["look", "do"], 200),
        sent("A party's token that is looked at", "/office/tokens/parties/police", &[], &["look"], 200),
        sent("A place that is looked at", "/office/entered/places/new", &place, &["look"], 200),
        sent("A party that is looked at", "/office/entered/parties/new", &party, &["look"], 200),
        sent(
            "News of an incident that are looked at",
            "/office/incidents/leak/incident-update",
            &known,
            &["look"],
            200,
        ),
        sent("A link to hand over", "/accounts/CLERK/reset", &[], &["Let somebody begin anew"], 200),
        sent("Drafts of proposals", "/office/propose", &[], &[], 200),
        sent("A spreadsheet that is looked at", "/office/sheets", &[("file", maker)], &["Look at it"], 200),
        once(
            "A spreadsheet that was written",
            "/office/sheets",
            &[("file", maker)],
            &["Look at it", "Write 1 row"],
            200,
        ),
        sent("A table that cannot be read", "/office/sheets", &[("file", "nothing,here\n1,2\n")], &["Look at it"], 200),
        sent(
            "Tokens from a sheet",
            "/office/tokens/sheet",
            &[("file", "sensor\nsniffer-1\nnobody\n")],
            &["Look at it"],
            200,
        ),
    ]
}

/// Forms in which something is missing.
fn lacking() -> Vec<Value> {
    let scan = "/office/deployments/congestion/assessments/pre-scan";
    let (inbox, question) = ("/desk/inbox/INQUIRY", "/desk/inbox/QUESTION");
    let lacks = |name: &str, path: &str, press: &str| sent(name, path, &[], &[press], 422);
    vec![
        lacks("A step without its reason", "/office/deployments/congestion/suspend", "look"),
        lacks("An agreement without anything", "/office/grants/new", "look"),
        lacks("A request without anything", "/office/requests/new", "look"),
        lacks("A view without anything", "/office/views/new", "look"),
        lacks("A class without anything", "/office/entered/classes/new", "look"),
        lacks("An incident without anything", "/office/incidents/new", "look"),
        lacks("A proposal without a name", "/office/propose/new", "keep"),
        lacks("A page of a draft without anything", "/office/propose/1/purposes", "keep"),
        lacks("A draft that is not whole", "/office/propose/1", "look"),
        lacks("A draft of which something is asked still", "/office/propose/2", "look"),
        sent(
            "Answers about a draft that do not fit",
            "/office/propose/2/pre-scan/what",
            &[("description", "Short")],
            &["keep"],
            422,
        ),
        lacks("A remark without words", scan, "remark"),
        lacks("Answers that are not whole", &format!("{scan}/sign"), "look"),
        sent("Answers that do not fit", &format!("{scan}/what"), &[("description", "Short")], &["keep"], 422),
        lacks("An answer to a resident without words", inbox, "Answer in public"),
        lacks("More time without a reason", question, "Take more time"),
        lacks("An erasure without a reason", inbox, "Erase words and contact for good"),
        lacks("An invitation without anything", "/accounts/new", "Invite"),
    ]
}

/// What a person does with the own account; the last of it signs out.
pub(super) fn person() -> Vec<Value> {
    let wrong = [("old", "five words in a row"), ("password", "six words in a row"), ("again", "six words in a row")];
    vec![
        refused("Something that the role does not take", "/office/grants/new", 403),
        sent("A password that is wrong", "/account", &wrong, &["Change the password"], 422),
        sent("A code that is wrong", "/account/second", &[("code", "1")], &["Confirm"], 422),
        once("Codes on paper", "/account/second", &[("code", "{code}")], &["Confirm"], 200),
        once("Fresh codes for a wrong one", "/account", &[("code", "1")], &["Get fresh codes"], 422),
        once("Signed out everywhere", "/account", &[], &["Sign out everywhere"], 200),
    ]
}

/// Whoever is not signed in yet: by a link, and by a password and a code.
pub(super) fn guest(link: &str, (login, password): (&str, &str)) -> Vec<Value> {
    let known = [("login", login), ("password", password)];
    let unlike = [("password", "four words in a row"), ("again", "five words in a row")];
    let mut back = json!({ "name": "Back from the identity provider", "path": "/sign-in/back?code=a&state=b" });
    back["stays"] = json!("/sign-in/back/done");
    vec![
        sent("A token that is wrong", "/sign-in", &[("token", "nobody")], &["Sign in"], 401),
        sent("A login that is wrong", "/sign-in", &[("login", "nobody"), ("password", "nobody")], &["Go on"], 401),
        sent("Passwords that are not alike", link, &unlike, &["Come in"], 422),
        sent("A code is asked for", "/sign-in", &known, &["Go on"], 200),
        sent("A code that is missing", "/sign-in", &known, &["Go on", "Go on"], 401),
        refused("A link that leads nowhere", "/join/nothing", 404),
        back,
    ]
}

/// A recipient's.
pub(super) fn desk() -> Vec<Value> {
    let question = "SELECT sensor, count(*) AS n FROM air.measurements GROUP BY sensor";
    let asked = |question| [("question", question), ("purpose", "air-quality")];
    let saved = [("question", question), ("purpose", "air-quality"), ("name", "By sensor")];
    vec![
        sent("An answer in SQL", "/sql", &asked(question), &["Ask"], 200),
        sent(
            "A question in SQL that does not fit",
            "/sql",
            &asked("SELECT nothing FROM air.measurements"),
            &["Ask"],
            422,
        ),
        sent("A question in SQL that is kept", "/sql", &saved, &["Save"], 200),
        sent("A question in SQL that is deleted", "/sql", &saved, &["Save", "Delete “By sensor”"], 200),
    ]
}
