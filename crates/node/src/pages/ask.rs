//! Asking the city: a question, an error, an objection, one's own data, a comment; without an account, a cookie or a script.

use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::extract::{Extension, Form, Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use model::inquiry::InquiryKind;
use model::{DeploymentId, Fields, Subject};
use register::register::{INQUIRIES_DAY_MAX, WORDS_CHARS_MAX};
use register::{Inquiry, InquiryError, State as Register};
use serde::Deserialize;
use std::sync::Arc;
use web::Peer;

use super::signed::{elsewhere, private};
use super::{Link, Site};
use crate::asking::NotTaken;
use crate::jobs::Lane;
use crate::lang::{Here, Lang};
use crate::problem::{Kind, Problem};
use crate::router::Node;

/// The longest name or address of somebody, in characters.
const CONTACT_CHARS_MAX: usize = 200;

#[derive(Template)]
#[template(path = "ask.html")]
struct Page {
    site: Site,
    mark: String,
    /// The deployment that it is about; none for the city.
    about: Option<Link>,
    about_id: String,
    kinds: Vec<Choice>,
    sent: Sent,
    wrong: Option<Wrong>,
    words_max: usize,
    contact_max: usize,
}

/// A kind of inquiry to choose.
struct Choice {
    code: &'static str,
    label: &'static str,
    hint: &'static str,
    chosen: bool,
}

/// What is wrong, and at which field.
struct Wrong {
    field: &'static str,
    words: String,
}

/// What it is about.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct About {
    about: Option<String>,
    kind: Option<String>,
}

/// A form as it comes back.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
    mark: String,
    about: String,
    #[serde(default)]
    kind: String,
    words: String,
    name: String,
    mail: String,
    /// People do not see it; machines fill it in.
    website: String,
}

/// A kind, in a resident’s words.
const fn told(lang: Lang, kind: InquiryKind) -> (&'static str, &'static str) {
    match kind {
        InquiryKind::Question => (
            lang.of("Ask a question", "Eine Frage stellen"),
            lang.of("Anything about sensors, data and rules.", "Alles über Sensoren, Daten und Regeln."),
        ),
        InquiryKind::Correction => (
            lang.of("Report an error", "Einen Fehler melden"),
            lang.of(
                "Something here is wrong, or a sensor is missing in the register. Say where it is.",
                "Hier stimmt etwas nicht, oder ein Sensor fehlt im Register. Schreiben Sie, wo er steht.",
            ),
        ),
        InquiryKind::Objection => (
            lang.of("Object", "Widersprechen"),
            lang.of(
                "You do not agree that this is done. The city has to decide and say why.",
                "Sie sind nicht einverstanden. Die Stadt muss entscheiden und sagen, warum.",
            ),
        ),
        InquiryKind::OwnData => (
            lang.of("Ask for your own data", "Nach den eigenen Daten fragen"),
            lang.of(
                "To see it or to have it deleted. Leave an address, or the city cannot answer you.",
                "Um sie zu sehen oder löschen zu lassen. Geben Sie eine Adresse an, sonst kann die Stadt Ihnen nicht antworten.",
            ),
        ),
        InquiryKind::Comment => (
            lang.of("Comment", "Ihre Meinung sagen"),
            lang.of("Say what you think of it.", "Schreiben Sie, was Sie davon halten."),
        ),
    }
}

/// Why a form is not taken.
fn not_taken(lang: Lang, error: NotTaken) -> String {
    match lang {
        Lang::En => error.to_string(),
        Lang::De => match error {
            NotTaken::Stale => {
                "Die Seite war zu lange offen oder wurde schon einmal abgeschickt. Was Sie geschrieben haben, steht noch da: Bitte \
                 schicken Sie es noch einmal ab."
            }
            NotTaken::TooFast => "Das ging sehr schnell. Bitte lesen Sie Ihren Text noch einmal und schicken Sie ihn dann ab.",
            NotTaken::TooMany => {
                "Aus Ihrem Netz wurde zu viel geschickt. Bitte warten Sie ein wenig oder bis morgen und schicken Sie es dann noch \
                 einmal ab."
            }
        }
        .to_owned(),
    }
}

/// The deployment that an address names; none for the city as a whole.
fn subject(state: &Register, about: &str) -> Result<Option<DeploymentId>, Problem> {
    if about.is_empty() {
        return Ok(None);
    }
    let known = about.parse().ok().filter(|id| state.deployments.contains_key(id));
    known.map(Some).ok_or_else(|| Problem::new(Kind::NotFound).detail("there is no such deployment in the register"))
}

fn shown(node: &Node, here: &Here, status: StatusCode, sent: Sent, wrong: Option<Wrong>) -> Result<Response, Problem> {
    let register = node.city.register();
    let state = register.state();
    let about = subject(&state, &sent.about)?;
    let mark = node.asking.mark(register.entropy(), register.now()).map_err(|_| Problem::new(Kind::Internal))?;
    let choice = |kind: InquiryKind| {
        let (label, hint) = told(here.lang, kind);
        Choice { code: kind.code(), label, hint, chosen: sent.kind == kind.code() }
    };
    let page = Page {
        site: Site::at(&state, here),
        mark,
        about: about.as_ref().and_then(|id| Link::deployment(here.lang, &state, id)),
        about_id: about.map(|id| id.to_string()).unwrap_or_default(),
        kinds: InquiryKind::ALL.map(choice).into(),
        sent,
        wrong,
        words_max: WORDS_CHARS_MAX,
        contact_max: CONTACT_CHARS_MAX,
    };
    private(status, &page)
}

/// `GET /ask`
pub(crate) async fn form(
    State(node): State<Node>,
    here: Here,
    about: Result<Query<About>, QueryRejection>,
) -> Result<Response, Problem> {
    let About { about, kind } = about?.0;
    let sent = Sent { about: about.unwrap_or_default(), kind: kind.unwrap_or_default(), ..Sent::default() };
    shown(&node, &here, StatusCode::OK, sent, None)
}

/// What a form asks, or what is wrong with it.
fn read(lang: Lang, state: &Register, sent: &Sent) -> Result<Inquiry, Wrong> {
    let wrong = |field, words: String| Wrong { field, words };
    let kind = InquiryKind::with_code(&sent.kind);
    let kind = kind.ok_or_else(|| {
        wrong(
            "kind-question",
            lang.of("Choose what you want to do.", "Wählen Sie aus, was Sie tun möchten.").to_owned(),
        )
    })?;
    for (field, text) in [("name", &sent.name), ("mail", &sent.mail)] {
        if text.chars().count() > CONTACT_CHARS_MAX {
            let said = match lang {
                Lang::En => format!("Write at most {CONTACT_CHARS_MAX} characters here."),
                Lang::De => format!("Schreiben Sie hier höchstens {CONTACT_CHARS_MAX} Zeichen."),
            };
            return Err(wrong(field, said));
        }
    }
    if kind == InquiryKind::OwnData && sent.mail.trim().is_empty() {
        let said = lang.of(
            "Leave an address, or the city cannot answer you.",
            "Geben Sie eine Adresse an, sonst kann die Stadt Ihnen nicht antworten.",
        );
        return Err(wrong("mail", said.to_owned()));
    }
    let field =
        |name: &str, text: &str| (name.to_owned(), Some(text.trim().to_owned()).filter(|text| !text.is_empty()));
    let fields = [field("words", &sent.words), field("contact-name", &sent.name), field("contact-mail", &sent.mail)];
    let about = sent.about.parse().ok().filter(|id| state.deployments.contains_key(id));
    let about = about.map_or(Subject::City, |id| Subject::Deployment { id });
    Ok(Inquiry { kind, about, fields: Fields(fields.into()) })
}

/// `POST /ask`
pub(crate) async fn ask(
    State(node): State<Node>,
    here: Here,
    peer: Option<Extension<Peer>>,
    sent: Result<Form<Sent>, FormRejection>,
) -> Result<Response, Problem> {
    let (mut sent, register) = (sent?.0, node.city.register());
    let (state, now) = (register.state(), register.now());
    // A browser sends the ends of lines as two characters each.
    sent.words = sent.words.replace("\r\n", "\n");
    subject(&state, &sent.about)?;
    let inquiry = match read(here.lang, &state, &sent) {
        Ok(inquiry) => inquiry,
        Err(wrong) => return shown(&node, &here, StatusCode::UNPROCESSABLE_ENTITY, sent, Some(wrong)),
    };
    let peer = peer.map(|peer| peer.0).unwrap_or_default();
    let trap = if sent.website.is_empty() { Ok(()) } else { Err(NotTaken::Stale) };
    if let Err(error) = trap.and_then(|()| node.asking.take(&sent.mark, peer, now)) {
        let status =
            if error == NotTaken::TooMany { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::UNPROCESSABLE_ENTITY };
        return shown(&node, &here, status, sent, Some(Wrong { field: "words", words: not_taken(here.lang, error) }));
    }
    let city = Arc::clone(&node.city);
    let received = node.jobs.run(Lane::Open, move || {
        let received = city.register().receive(&inquiry);
        // It is safe; if this fails, the next tick publishes it.
        drop(city.register().publish());
        received
    });
    match received.await? {
        Ok(id) => elsewhere(&format!("{}/asked/{id}", here.lang.root())),
        Err(error) => refused(&node, &here, sent, error),
    }
}

fn refused(node: &Node, here: &Here, sent: Sent, error: InquiryError) -> Result<Response, Problem> {
    let (status, said) = match error {
        InquiryError::Words => {
            let most = here.lang.number(WORDS_CHARS_MAX as u64);
            let said = match here.lang {
                Lang::En => format!("Write at least a few words, and no more than {most} characters."),
                Lang::De => format!("Schreiben Sie mindestens ein paar Wörter und höchstens {most} Zeichen."),
            };
            (StatusCode::UNPROCESSABLE_ENTITY, said)
        }
        InquiryError::TooMany => {
            let said = match here.lang {
                Lang::En => format!(
                    "The city takes {INQUIRIES_DAY_MAX} inquiries in 24 hours, and has taken them. Please come again tomorrow."
                ),
                Lang::De => format!(
                    "Die Stadt nimmt in 24 Stunden {INQUIRIES_DAY_MAX} Anfragen an, und so viele hat sie schon. Bitte kommen Sie \
                     morgen wieder."
                ),
            };
            (StatusCode::TOO_MANY_REQUESTS, said)
        }
        InquiryError::Submit(error) => return Err(Problem::from(error)),
        InquiryError::Unknown => return Err(Problem::new(Kind::NotFound)),
        InquiryError::Seal(_) | InquiryError::NoEntropy(_) => return Err(Problem::new(Kind::Internal)),
    };
    shown(node, here, status, sent, Some(Wrong { field: "words", words: said }))
}
