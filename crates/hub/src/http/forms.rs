//! Forms as commands: every plain form of the pages is sent here, and becomes one command, decided like any other.

use std::collections::HashMap;

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use web::own_form;

use super::pages::{Reader, elsewhere};
use super::problem::Problem;
use super::router::Node;
use crate::act::{Answer, Entry, Outcome, Stance};
use crate::case::CaseOutcome;
use crate::command::{Beginning, Command};
use crate::words::{WordError, of_code};

/// What a form sent.
struct Sent(HashMap<String, String>);

impl Sent {
    fn text(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    /// A field as a word of its kind.
    fn word<T: std::str::FromStr<Err = WordError>>(&self, name: &str) -> Result<T, Problem> {
        self.text(name).parse().map_err(|error| unfit(name, &error))
    }

    /// The number of an entry.
    fn entry(&self, name: &str) -> Result<Entry, Problem> {
        self.text(name).parse().map_err(|_| unfit(name, &"it is the number of an entry"))
    }

    /// An instant: RFC 3339, or what a browser's field gives, which is taken as UTC.
    fn instant(&self, name: &str) -> Result<model::Timestamp, Problem> {
        let text = self.text(name);
        let parsed = text.parse().or_else(|_| format!("{text}:00Z").parse());
        parsed.map_err(|_| unfit(name, &"it is an instant in UTC, such as 2026-11-24T08:00"))
    }
}

fn unfit(name: &str, why: &dyn std::fmt::Display) -> Problem {
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, format!("The field “{name}” does not fit: {why}."))
}

/// `POST /acts`
pub(super) async fn acts(
    State(node): State<Node>,
    headers: HeaderMap,
    Form(fields): Form<HashMap<String, String>>,
) -> Result<Response, Problem> {
    let sent = Sent(fields);
    own_form(&headers, sent.text("form")).map_err(|error| Problem::new(StatusCode::FORBIDDEN, error.to_string()))?;
    let reader = Reader::of(&node, &headers);
    let signed =
        reader.signed.ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, "You are not signed in any more."))?;
    let (command, back) = command(&sent)?;
    node.submit(signed.person, command).await?;
    elsewhere(&back)
}

/// The command of a form, and the page to go back to.
fn command(sent: &Sent) -> Result<(Command, String), Problem> {
    let amendment = || sent.entry("amendment").map(|entry| (entry, format!("/amendments/{entry}")));
    Ok(match sent.text("do") {
        "argue" => {
            let (amendment, back) = amendment()?;
            let stance = if sent.text("stance") == "against" { Stance::Against } else { Stance::For };
            (Command::Argue { amendment, stance, words: sent.word("words")? }, back)
        }
        "endorse" => {
            let (amendment, back) = amendment()?;
            let (for_member, endorsed) = (sent.text("for") == "member", sent.text("endorsed") != "no");
            (Command::Endorse { amendment, for_member, endorsed }, back)
        }
        "withdraw-amendment" => {
            let (amendment, back) = amendment()?;
            (Command::WithdrawAmendment { amendment }, back)
        }
        "decide" => {
            let (amendment, back) = amendment()?;
            let outcome = match sent.text("outcome") {
                "accepted" => Outcome::Accepted,
                "rejected" => Outcome::Rejected,
                _ => return Err(unfit("outcome", &"choose accepted or rejected")),
            };
            (Command::DecideAmendment { amendment, outcome, reasons: sent.word("reasons")? }, back)
        }
        "state" => {
            let draft: crate::words::DraftId = sent.word("draft")?;
            let back = format!("/drafts/{draft}/statements");
            (Command::State { draft, words: sent.word("words")? }, back)
        }
        "answer" => {
            let answer = match sent.text("answer") {
                "agree" => Answer::Agree,
                "disagree" => Answer::Disagree,
                "pass" => Answer::Pass,
                _ => return Err(unfit("answer", &"choose agree, disagree or pass")),
            };
            let draft: crate::words::DraftId = sent.word("draft")?;
            (Command::Answer { statement: sent.entry("statement")?, answer }, format!("/drafts/{draft}/statements"))
        }
        _ => return kept(sent),
    })
}

/// What editors and the secretariat send.
fn kept(sent: &Sent) -> Result<(Command, String), Problem> {
    let draft = || sent.word::<crate::words::DraftId>("draft").map(|draft| (format!("/drafts/{draft}"), draft));
    let version = || sent.entry("version").map(|version| (version, format!("/versions/{version}")));
    let reasons = || sent.word("reasons");
    Ok(match sent.text("do") {
        "open-draft" => {
            let (back, draft) = draft()?;
            let (title, pack) = (sent.word("title")?, sent.text("pack").to_owned());
            (Command::OpenDraft { draft, title, pack, reasons: reasons()? }, back)
        }
        "begin-draft" => {
            let (back, draft) = draft()?;
            let layer = of_code(sent.text("layer")).ok_or_else(|| unfit("layer", &"choose how wide it is"))?;
            let on = Some(sent.text("on").to_owned()).filter(|on| !on.is_empty()).into_iter().collect();
            let beginning = Beginning { layer, jurisdiction: sent.word("jurisdiction")?, on };
            (Command::BeginDraft { draft, title: sent.word("title")?, beginning, reasons: reasons()? }, back)
        }
        "begin-consolidation" => {
            let (back, draft) = draft()?;
            (Command::BeginConsolidation { draft, reasons: reasons()? }, back)
        }
        "consolidate" => {
            let (back, draft) = draft()?;
            (Command::Consolidate { draft, version: sent.text("version").to_owned(), reasons: reasons()? }, back)
        }
        "release" => {
            let (_, draft) = draft()?;
            (Command::Release { draft, reasons: reasons()? }, "/versions".to_owned())
        }
        "withdraw-version" => {
            let (version, back) = version()?;
            (Command::WithdrawVersion { version, reasons: reasons()? }, back)
        }
        "correct-version" => {
            let (version, back) = version()?;
            (Command::CorrectVersion { version, by: sent.entry("by")?, reasons: reasons()? }, back)
        }
        "announce-workshop" => {
            let (_, draft) = draft()?;
            let (title, place) = (sent.word("title")?, sent.word("place")?);
            let (begins, ends) = (sent.instant("begins")?, sent.instant("ends")?);
            (Command::AnnounceWorkshop { draft, title, place, begins, ends }, "/workshops".to_owned())
        }
        "file-minutes" => {
            let (workshop, minutes) = (sent.entry("workshop")?, sent.word("minutes")?);
            (Command::FileMinutes { workshop, minutes }, "/workshops".to_owned())
        }
        "publish-moderation-policy" => {
            let text = sent.word("text")?;
            (Command::PublishModerationPolicy { text, reasons: reasons()? }, "/moderation".to_owned())
        }
        "moderate" => {
            let (entry, reasons) = (sent.entry("entry")?, reasons()?);
            let command = match sent.text("how") {
                "hide" => Command::Hide { entry, reasons },
                "restore" => Command::Restore { entry, reasons },
                "erase" => Command::Erase { entry, reasons },
                _ => return Err(unfit("how", &"choose hide, restore or erase")),
            };
            (command, "/moderation".to_owned())
        }
        _ => return case(sent),
    })
}

/// What people of a city send about a case of theirs, or a pilot on its log.
fn case(sent: &Sent) -> Result<(Command, String), Problem> {
    let draft = || sent.word::<crate::words::DraftId>("draft").map(|draft| (format!("/drafts/{draft}/pilots"), draft));
    let case = || sent.entry("case").map(|case| (case, format!("/cases/{case}")));
    Ok(match sent.text("do") {
        "continue-case" => {
            let (case, back) = case()?;
            let outcome =
                CaseOutcome::of(sent.text("outcome")).ok_or_else(|| unfit("outcome", &"choose how it stands"))?;
            (Command::ContinueCase { case, outcome, words: sent.word("words")? }, back)
        }
        "agree-to-pilot" => {
            let (back, draft) = draft()?;
            (Command::AgreeToPilot { draft, reasons: sent.word("reasons")? }, back)
        }
        "end-pilot" => {
            let (back, draft) = draft()?;
            (Command::EndPilot { draft, reasons: sent.word("reasons")? }, back)
        }
        "withdraw-case" => {
            let (case, back) = case()?;
            (Command::WithdrawCase { case, reasons: sent.word("reasons")? }, back)
        }
        _ => return Err(unfit("do", &"no form of this hub sends it")),
    })
}
