//! A walk through every page that somebody sees, which fills in and sends each form that it finds, as often as it takes.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::Method;
use model::Span;

use super::corpus::MARK;
use super::judge::{Vocabulary, wrong};
use super::page::{Button, Field, Form, Kind, forms, links, read, shown};
use crate::browser::Browser;
use crate::city::{Answer, World};

/// The most pages that are opened at once.
const PAGES_MAX: usize = 5_000;
/// How often a form is filled in anew because a field does not fit.
const ROUNDS_MAX: usize = 20;
/// What is pressed last, because it takes away what others are about.
const LAST: [&str; 13] = [
    "sign-out",
    "sign-out-everywhere",
    "erase",
    "end",
    "withdraw",
    "refuse",
    "suspend",
    "lock",
    "delete",
    "disable",
    "out",
    "reset",
    "token",
];

/// What became of a form.
#[derive(Debug, Clone)]
pub(super) struct Tried {
    pub(super) form: Form,
    /// Whether what it asks for was done.
    pub(super) done: bool,
    /// Fields whose text the answer showed again.
    pub(super) echoed: BTreeSet<String>,
    /// How it was refused last.
    pub(super) refused: Option<u16>,
}

/// What is typed into the field at a place; the number counts how often the last one did not fit. None if there is nothing more.
pub(super) type Typing<'t> = &'t dyn Fn(usize, &Field, usize) -> Option<String>;

pub(super) struct Walk<'w> {
    world: &'w World,
    pub(super) vocabulary: Vocabulary,
    /// By what tells a form from others.
    pub(super) tried: BTreeMap<String, Tried>,
    /// Every address that something was sent to.
    pub(super) sent: BTreeSet<String>,
    pub(super) faults: BTreeSet<String>,
    /// What the server could not answer.
    pub(super) failed: BTreeSet<String>,
    /// What was pressed to do what it says, and on which form.
    pressed: BTreeSet<(String, Button)>,
    /// Addresses of answers in which a marker stood, by kind of answer.
    pub(super) marked: BTreeSet<(String, String)>,
}

/// How fields are filled in once.
type Values = Vec<Option<String>>;

impl<'w> Walk<'w> {
    pub(super) fn of(world: &'w World) -> Self {
        Self {
            world,
            vocabulary: Vocabulary::of_templates(),
            tried: BTreeMap::new(),
            sent: BTreeSet::new(),
            faults: BTreeSet::new(),
            failed: BTreeSet::new(),
            pressed: BTreeSet::new(),
            marked: BTreeSet::new(),
        }
    }

    /// Looks at an answer, whatever it is.
    fn judged(&mut self, what: &str, answer: &Answer) {
        for fault in wrong(answer, &self.vocabulary) {
            self.faults.insert(format!("{what} ({}): {fault}", answer.status));
        }
        if answer.status.is_server_error() {
            self.failed.insert(format!("{what}: {}", answer.status));
        }
        if answer.bytes.windows(MARK.len()).any(|part| part == MARK.as_bytes()) {
            let kind = answer.header("content-type").split(';').next().unwrap_or_default().to_owned();
            self.marked.insert((kind, what.to_owned()));
        }
    }

    /// Opens every page that can be reached from some, and gives the forms on them, each kind once.
    pub(super) async fn pages(
        &mut self,
        browser: &mut Browser<'_>,
        starts: &[&str],
        within: impl Fn(&str) -> bool,
    ) -> Vec<Form> {
        let mut waiting: Vec<String> = starts.iter().map(|start| (*start).to_owned()).collect();
        let (mut seen, mut found) = (BTreeSet::new(), BTreeMap::new());
        while let Some(address) = waiting.pop() {
            let address = address.split('#').next().unwrap().to_owned();
            if address.is_empty() || !seen.insert(address.clone()) {
                continue;
            }
            assert!(seen.len() < PAGES_MAX, "the walk does not end");
            let answer = browser.get(&address).await;
            self.judged(&address, &answer);
            if !answer.header("content-type").starts_with("text/html") {
                continue;
            }
            let pieces = read(answer.text());
            for form in forms(&address, &pieces) {
                found.entry(form.key()).or_insert(form);
            }
            let own = links(&pieces).into_iter().filter(|href| href.starts_with('/') && within(href));
            waiting.extend(own.filter(|href| !seen.contains(href)));
        }
        found.into_values().collect()
    }

    /// The form as its page has it now; where it carries what counts once, or what changes.
    async fn fresh(&mut self, browser: &mut Browser<'_>, form: &Form) -> Option<Form> {
        let is_of_now = |field: &Field| ["mark", "revision", "basis"].contains(&field.name.as_str());
        // Before somebody is signed in, each answer may begin another session.
        let is_strangers = form.action.starts_with("/sign-in") || form.action.starts_with("/join");
        if form.page.is_empty() || !(is_strangers || form.fields.iter().any(is_of_now)) {
            return Some(form.clone());
        }
        let answer = browser.get(&form.page).await;
        if form.fields.iter().any(|field| field.name == "mark") {
            // Somebody who writes to the city needs some seconds for it.
            self.world.clock.advance(Span::seconds(4));
        }
        let html = answer.header("content-type").starts_with("text/html").then(|| answer.text())?;
        forms(&form.page, &read(html)).into_iter().find(|found| found.key() == form.key())
    }

    /// Sends a form with a button pressed; follows where the answer leads.
    pub(super) async fn press(
        &mut self,
        browser: &mut Browser<'_>,
        form: &Form,
        values: &Values,
        button: &Button,
    ) -> Answer {
        let action = button.action.clone().unwrap_or_else(|| form.action.clone());
        self.sent.insert(action.clone());
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for (field, value) in form.fields.iter().zip(values) {
            pairs.extend(value.as_ref().map(|value| (field.name.as_str(), value.as_str())));
        }
        if !button.name.is_empty() {
            pairs.push((&button.name, &button.value));
        }
        let answer = if form.multipart {
            let of = |name: &str| pairs.iter().find(|(known, _)| *known == name).map_or("", |(_, value)| value);
            // Browsers write a quote in a file's name so.
            let name = format!("{MARK}<img src=x onerror=alert(1)>%22.csv");
            browser.upload_with(of("form"), &action, &name, of("file").as_bytes(), "same-origin").await
        } else if form.get {
            let query: Vec<String> =
                pairs.iter().map(|(name, value)| format!("{}={}", percent(name), percent(value))).collect();
            browser.send(Method::GET, &format!("{action}?{}", query.join("&")), None, Some("same-origin")).await
        } else {
            browser.send(Method::POST, &action, Some(&pairs), Some("same-origin")).await
        };
        self.judged(&format!("what answers to {action}"), &answer);
        if answer.status == 303 {
            let to = answer.header("location").to_owned();
            let page = browser.get(&to).await;
            self.judged(&to, &page);
        }
        answer
    }

    fn note(&mut self, form: &Form) -> &mut Tried {
        let new = || Tried { form: form.clone(), done: false, echoed: BTreeSet::new(), refused: None };
        self.tried.entry(form.key()).or_insert_with(new)
    }

    /// Notes which fields an answer shows again.
    fn echoed(&mut self, form: &Form, values: &Values, answer: &Answer) {
        let is_page = answer.header("content-type").starts_with("text/html");
        let read = if is_page { shown(&read(answer.text())) } else { String::new() };
        let status = answer.status.as_u16();
        let tried = self.note(form);
        for (field, value) in form.fields.iter().zip(values).filter(|(field, _)| field.kind == Kind::Typed) {
            let start: String = value.as_deref().unwrap_or_default().trim().chars().take(12).collect();
            if !start.is_empty() && read.contains(&start) {
                tried.echoed.insert(field.name.clone());
            }
        }
        tried.refused = Some(status).filter(|status| *status >= 400).or(tried.refused);
    }

    /// Puts one text into every field of a form that takes any, and presses each button that leaves the form to be filled in again.
    pub(super) async fn fill(&mut self, browser: &mut Browser<'_>, form: &Form, text: impl Fn(usize) -> String) {
        for button in form.buttons.iter().filter(|button| button.value == "look" || !takes(form, button)) {
            let Some(form) = self.fresh(browser, form).await else { return };
            let values = filled(&form, |at, _| text(at));
            let answer = self.press(browser, &form, &values, button).await;
            self.echoed(&form, &values, &answer);
        }
    }

    /// The same with what nobody sees, but for the word of the session.
    pub(super) async fn tamper(&mut self, browser: &mut Browser<'_>, form: &Form, text: impl Fn(usize) -> String) {
        let of_session = |field: &Field| ["form", "mark"].contains(&field.name.as_str());
        for button in form.buttons.iter().filter(|button| !is_last(form, button)) {
            let Some(form) = self.fresh(browser, form).await else { return };
            let own = form.fields.iter().enumerate();
            let values = own.map(|(at, field)| Some(if of_session(field) { field.value.clone() } else { text(at) }));
            let values: Values = values.collect();
            let button = Button { value: text(form.fields.len()), ..button.clone() };
            self.press(browser, &form, &values, &button).await;
        }
    }

    /// Fills a form in until it is done, or is refused for another reason than a field.
    async fn finish(
        &mut self,
        browser: &mut Browser<'_>,
        form: &Form,
        button: &Button,
        (typing, first): (Typing<'_>, usize),
    ) {
        let mut tries = vec![first; form.fields.len()];
        for _ in 0..ROUNDS_MAX {
            let Some(form) = self.fresh(browser, form).await else { return };
            if form.fields.len() != tries.len() {
                return;
            }
            let values = filled(&form, |at, field| typing(at, field, tries[at]).unwrap_or_default());
            let answer = self.press(browser, &form, &values, button).await;
            self.echoed(&form, &values, &answer);
            if answer.status == 303 {
                // Whoever is not signed in any more did nothing.
                self.note(&form).done |= form.action.contains("sign-out") || answer.header("location") != "/sign-in";
                return;
            }
            let is_page = answer.header("content-type").starts_with("text/html");
            let found = if is_page { forms("", &read(answer.text())) } else { Vec::new() };
            let next = found.iter().find(|found| is_confirmed(found));
            if let Some(next) = next {
                self.confirm(browser, &form, next).await;
                return;
            }
            let same = found.into_iter().find(|found| found.key() == form.key());
            let told = same.iter().flat_map(|same| &same.fields).any(|field| field.wrong && field.kind != Kind::Hidden);
            let mut again = false;
            for (at, field) in form.fields.iter().enumerate() {
                // What is said of no field may be about any of them.
                let of_any = !told && [400, 422].contains(&answer.status.as_u16());
                let wrong = of_any || same.as_ref().is_some_and(|same| same.fields[at].wrong);
                if wrong && matches!(field.kind, Kind::Typed | Kind::Secret) {
                    tries[at] += 1;
                    again |= typing(at, field, tries[at]).is_some();
                }
            }
            if !again {
                // A form that comes again with a complaint was not done, whatever its status.
                self.note(&form).done |= answer.status.is_success() && !told;
                return;
            }
        }
    }

    /// A page that asks whether to do it: looked at in every way that it offers, and then done.
    async fn confirm(&mut self, browser: &mut Browser<'_>, asked: &Form, form: &Form) {
        let values = filled(form, |at, _| super::corpus::together(at, 200));
        for button in form.buttons.iter().filter(|button| ["change", "prove"].contains(&button.value.as_str())) {
            self.press(browser, form, &values, button).await;
        }
        let does = |button: &&Button| button.name.is_empty() || button.value == "do";
        let answer = match form.buttons.iter().find(does) {
            Some(button) => self.press(browser, form, &values, button).await,
            None => return,
        };
        self.echoed(form, &values, &answer);
        if answer.status == 303 || answer.status.is_success() {
            self.note(form).done = true;
            self.note(asked).done = true;
        }
    }

    /// Everything that can be done with some forms: what takes nothing away first.
    pub(super) async fn all(&mut self, browser: &mut Browser<'_>, found: &[Form], typing: Typing<'_>, last: bool) {
        // What is filled in first, and then what sends all of it.
        let (filled, sent): (Vec<&Form>, Vec<&Form>) = found.iter().partition(|form| !form.is_bare());
        for form in filled.into_iter().chain(sent) {
            // What comes first is what most do: it is done last, over what other buttons leave.
            for button in form.buttons.iter().rev().filter(|button| is_last(form, button) == last) {
                let done = self.tried.get(&form.key()).is_some_and(|tried| tried.done);
                if self.pressed.insert((form.key(), button.clone())) || !done {
                    // What comes in a table is no field that could be told to be wrong.
                    let tables = if form.fields.iter().any(is_table) { 2 } else { 1 };
                    for first in 0..tables {
                        self.finish(browser, form, button, (typing, first)).await;
                    }
                }
            }
        }
    }
}

/// Whether a button does something that the form cannot be filled in for again.
fn takes(form: &Form, button: &Button) -> bool {
    is_last(form, button) || button.value == "do"
}

/// Whether a form takes something away that others are about.
fn is_last(form: &Form, button: &Button) -> bool {
    let action = button.action.as_ref().unwrap_or(&form.action);
    let end = action.rsplit('/').next().unwrap_or_default();
    LAST.contains(&end) || LAST.contains(&button.value.as_str())
}

/// Whether a whole table goes into a field.
pub(super) fn is_table(field: &Field) -> bool {
    field.kind == Kind::File || field.name == "table"
}

/// Whether a form does what was looked at before.
fn is_confirmed(form: &Form) -> bool {
    let end = form.action.rsplit('/').next().unwrap_or_default();
    ["import", "issue"].contains(&end) || form.buttons.iter().any(|button| button.value == "do")
}

/// The fields of a form as somebody sends it who types some texts, and takes of what is offered the first.
pub(super) fn filled(form: &Form, typed: impl Fn(usize, &Field) -> String) -> Values {
    let mut ticked = BTreeSet::new();
    let fill = |(at, field): (usize, &Field)| match field.kind {
        Kind::Hidden => Some(field.value.clone()),
        Kind::Typed | Kind::Secret | Kind::File => Some(typed(at, field)),
        Kind::Choice if !field.value.is_empty() => Some(field.value.clone()),
        Kind::Choice => field.options.iter().find(|option| !option.is_empty()).or(field.options.first()).cloned(),
        Kind::Tick => ticked.insert(field.name.clone()).then(|| field.value.clone()),
        Kind::Trap => Some(String::new()),
    };
    form.fields.iter().enumerate().map(fill).collect()
}

fn percent(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}
