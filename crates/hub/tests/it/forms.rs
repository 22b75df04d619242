//! What editors, the secretariat and groups of people do with plain forms alone, and what the pages then say of it.

use axum::body::Body;
use axum::http::{Request, Response, StatusCode, header};
use hub::act::{Answer, Outcome, Stance};
use hub::command::Command;
use hub::member::{MemberKind, Role};
use tower::ServiceExt;

use crate::html;
use crate::pages::{asked, mark, posted, signed_in, sound, text};
use crate::world::{World, clause, credited, listed, person, personal, reasons, text_change};

/// Somebody who is signed in, with a browser that has no script.
struct Visitor {
    app: axum::Router,
    cookie: String,
}

impl Visitor {
    async fn of(world: &World, who: &str) -> Self {
        let (app, token) = (hub::routes(world.hub.clone()), format!("the-token-of-{who}"));
        credited(world, who, &token);
        let cookie = signed_in(&app, &token).await;
        Self { app, cookie }
    }

    async fn send(&self, request: Request<Body>) -> Response<Body> {
        self.app.clone().oneshot(request).await.unwrap()
    }

    async fn sees(&self, path: &str) -> String {
        let page = text(self.send(asked(path, &self.cookie)).await).await;
        html::check(&page);
        page
    }

    /// Sends a form that stands on a page, with what it carries unseen and what is typed into it.
    async fn fills(&self, path: &str, what: &str, typed: &str) -> Response<Body> {
        let page = self.sees(path).await;
        let unseen = hidden(&page, what).unwrap_or_else(|| panic!("{path} has no form that sends {what}"));
        self.send(posted("/acts", &self.cookie, &format!("{unseen}&{typed}"))).await
    }

    /// The same, which is taken; gives where it leads.
    async fn does(&self, path: &str, what: &str, typed: &str) -> String {
        let response = self.fills(path, what, typed).await;
        assert_eq!(response.status(), StatusCode::SEE_OTHER, "{what}: {typed}");
        response.headers()[header::LOCATION].to_str().unwrap().to_owned()
    }
}

/// What the form that sends a command carries unseen.
fn hidden(page: &str, what: &str) -> Option<String> {
    let sends = format!("name=\"do\" value=\"{what}\"");
    let form = page.split("<form ").skip(1).map(|rest| rest.split("</form>").next().unwrap_or(rest));
    let form = form.into_iter().find(|form| form.contains(&sends))?;
    let fields = form.split("<input type=\"hidden\" name=\"").skip(1).map(|field| {
        let (name, rest) = field.split_once("\" value=\"").unwrap();
        format!("{name}={}", rest.split('"').next().unwrap())
    });
    Some(fields.collect::<Vec<_>>().join("&"))
}

#[tokio::test]
async fn a_workshop_is_announced_and_its_minutes_are_filed_by_form_and_everybody_reads_both() {
    let world = World::new();
    let editor = Visitor::of(&world, "editor").await;
    let dates = "begins=2026-12-01T08%3A00&ends=2026-12-01T09%3A30";
    let about = "title=What+a+sign+says&place=Town+hall%2C+room+3";
    for (wrong, status, why) in [
        ("begins=soon&ends=2026-12-01T09%3A30", StatusCode::UNPROCESSABLE_ENTITY, "it is an instant in UTC"),
        ("begins=2026-12-01T08%3A00&ends=2026-12-01T07%3A00", StatusCode::CONFLICT, "A workshop ends after it begins"),
    ] {
        let refused = editor.fills("/drafts/core", "announce-workshop", &format!("{about}&{wrong}")).await;
        assert_eq!(refused.status(), status, "{wrong}");
        let page = text(refused).await;
        html::check(&page);
        assert!(page.contains(why), "{why}: {page}");
    }
    assert!(sound(&world, "/workshops").await.contains("None were announced."));
    assert_eq!(editor.does("/drafts/core", "announce-workshop", &format!("{about}&{dates}")).await, "/workshops");
    let page = sound(&world, "/workshops").await;
    for said in ["What a sign says", "Town hall, room 3", "2026-12-01 08:00 UTC to 2026-12-01 09:30 UTC"] {
        assert!(page.contains(said), "{said}: {page}");
    }
    assert!(!page.contains("Minutes") && hidden(&page, "file-minutes").is_none(), "a reader files none");
    editor.does("/workshops", "file-minutes", "minutes=Seven+came.+They+asked+for+larger+letters.").await;
    let page = sound(&world, "/workshops").await;
    assert!(page.contains("Seven came. They asked for larger letters.") && page.contains("Filed by"), "{page}");
    // An observer sees no such form, and what one sends as if there were one is refused.
    let observer = Visitor::of(&world, "observer").await;
    let (here, page) = ("/workshops", observer.sees("/drafts/core/statements").await);
    assert!(hidden(&observer.sees(here).await, "file-minutes").is_none());
    let body = format!("form={}&do=announce-workshop&draft=core&{about}&{dates}", mark(&page));
    assert_eq!(observer.send(posted("/acts", &observer.cookie, &body)).await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn words_are_hidden_shown_again_and_erased_by_form_under_rules_that_were_published_by_one() {
    let world = World::new();
    let amendment = world.amend("member", text_change("Approvals end."));
    let words = "Never to be seen again".parse().unwrap();
    let entry = world.by("neighbour", Command::Argue { amendment, stance: Stance::For, words });
    let (secretariat, here) = (Visitor::of(&world, "secretariat").await, format!("/amendments/{amendment}"));
    let seen = async || sound(&world, &here).await.contains("Never to be seen again");
    let how = |how: &str| format!("entry={entry}&how={how}&reasons=Rule+1%3A+it+names+a+neighbour.");
    // Without rules nothing is moderated.
    let early = secretariat.fills("/moderation", "moderate", &how("hide")).await;
    assert_eq!(early.status(), StatusCode::CONFLICT, "{}", text(early).await);
    assert!(seen().await);
    let rules = "text=1.+Name+no+private+person.&reasons=The+assembly+wrote+them.";
    assert_eq!(secretariat.does("/moderation", "publish-moderation-policy", rules).await, "/moderation");
    let page = sound(&world, "/moderation").await;
    assert!(page.contains("1. Name no private person.") && page.contains("The assembly wrote them."), "{page}");
    let unchosen = secretariat.fills(&here, "moderate", &how("burn")).await;
    assert_eq!(unchosen.status(), StatusCode::UNPROCESSABLE_ENTITY);
    for (done, said, shown) in [("hide", "hidden", false), ("restore", "shown again", true), ("erase", "erased", false)]
    {
        secretariat.does(&here, "moderate", &how(done)).await;
        assert_eq!(seen().await, shown, "{done}");
        let log = sound(&world, "/moderation").await;
        let line = log.split("<li>").find(|line| line.contains(&format!("The words of entry {entry} were {said}")));
        assert!(line.is_some_and(|line| line.contains("Rule 1: it names a neighbour.")), "{said}: {log}");
    }
    assert_ne!(secretariat.fills(&here, "moderate", &how("restore")).await.status(), StatusCode::SEE_OTHER);
    // A member is shown no such form.
    let member = Visitor::of(&world, "member").await;
    assert!(hidden(&member.sees("/moderation").await, "moderate").is_none());
    assert!(hidden(&member.sees(&here).await, "moderate").is_none());
}

/// A version of the draft with one amendment more.
fn version(world: &World, text: &str, number: &str) -> u64 {
    let draft: hub::words::DraftId = "core".parse().unwrap();
    let amendment = world.amend("member", text_change(text));
    world.by("editor", Command::BeginConsolidation { draft: draft.clone(), reasons: reasons() });
    world.by("editor", Command::DecideAmendment { amendment, outcome: Outcome::Accepted, reasons: reasons() });
    let version = number.to_owned();
    world.by("editor", Command::Consolidate { draft: draft.clone(), version, reasons: reasons() });
    world.by("secretariat", Command::Release { draft, reasons: reasons() })
}

#[tokio::test]
async fn a_version_is_corrected_by_a_later_one_or_withdrawn_by_form_and_its_page_says_why_and_what_instead() {
    let world = World::new();
    let secretariat = Visitor::of(&world, "secretariat").await;
    let first = version(&world, "Approvals end within a year.", "0.2.0");
    let at = |version: u64| format!("/versions/{version}");
    let alone = secretariat.sees(&at(first)).await;
    assert!(hidden(&alone, "correct-version").is_none(), "there is none that could take its place");
    let second = version(&world, "Approvals end within two years.", "0.3.0");
    let because = format!("by={second}&reasons=One+year+was+a+slip.");
    assert_eq!(secretariat.does(&at(first), "correct-version", &because).await, at(first));
    let page = sound(&world, &at(first)).await;
    let instead = format!("<a href=\"{}\">Adopt this one instead</a>", at(second));
    assert!(page.contains("One year was a slip.") && page.contains(&instead), "{page}");
    assert!(sound(&world, "/versions").await.contains(&at(second)));
    let nothing = secretariat.fills(&at(second), "withdraw-version", "reasons=").await;
    assert_eq!(nothing.status(), StatusCode::UNPROCESSABLE_ENTITY);
    secretariat.does(&at(second), "withdraw-version", "reasons=A+court+forbade+it.").await;
    let page = sound(&world, &at(second)).await;
    assert!(page.contains("A court forbade it.") && !page.contains("Adopt this one instead"), "{page}");
    let twice = Visitor::of(&world, "editor").await;
    assert!(hidden(&twice.sees(&at(second)).await, "withdraw-version").is_none(), "an editor withdraws none");
}

#[tokio::test]
async fn a_draft_is_begun_and_an_amendment_taken_back_by_form() {
    let world = World::new();
    let (editor, member) = (Visitor::of(&world, "editor").await, Visitor::of(&world, "member").await);
    let typed = "draft=signs&title=Signs+in+streets&layer=city&jurisdiction=NL&on=&reasons=Many+asked.";
    assert_eq!(editor.does("/drafts", "begin-draft", typed).await, "/drafts/signs");
    assert!(sound(&world, "/drafts/signs").await.contains("Signs in streets"));
    let amendment = world.amend("member", text_change("Approvals end."));
    let here = format!("/amendments/{amendment}");
    assert!(hidden(&editor.sees(&here).await, "withdraw-amendment").is_none(), "it is another's");
    assert_eq!(member.does(&here, "withdraw-amendment", "").await, here);
    assert!(hidden(&member.sees(&here).await, "withdraw-amendment").is_none());
    assert!(sound(&world, &here).await.contains("<p class=\"badge wait\">taken back</p>"));
}

/// How many in a hundred of three groups agree, as the page of statements says it.
#[tokio::test]
async fn where_groups_agree_is_what_the_group_that_agrees_least_says_and_a_large_one_outvotes_nobody() {
    let world = World::new();
    let draft: hub::words::DraftId = "core".parse().unwrap();
    let say = |words: &str| world.by("member", Command::State { draft: draft.clone(), words: words.parse().unwrap() });
    let (liked, loved) = (say("Signs should be larger."), say("Cameras should be everywhere."));
    let groups =
        [("town", MemberKind::City, 12), ("resident", MemberKind::Resident, 3), ("lab", MemberKind::Institute, 2)];
    for (name, kind, size) in groups {
        for number in 10..10 + size {
            let id = format!("{name}-{number}");
            let member = listed(&id, kind);
            let of = member.id.clone();
            world.by("secretariat", Command::AdmitMembers { members: vec![member], reasons: reasons() });
            let (id, role, who) = (person(&id), Role::Member, personal("A. Name"));
            world.by(
                "secretariat",
                Command::NamePerson { person: id.clone(), member: of, role, who, reasons: reasons() },
            );
            let resident = kind == MemberKind::Resident;
            let liked_by = if resident && number == 10 { Answer::Disagree } else { Answer::Agree };
            let loved_by = if kind == MemberKind::City { Answer::Agree } else { Answer::Disagree };
            for (statement, answer) in [(liked, liked_by), (loved, loved_by)] {
                world.by(id.as_str(), Command::Answer { statement, answer });
            }
        }
    }
    let page = sound(&world, "/drafts/core/statements").await;
    let (liked_at, loved_at) =
        (page.find(&format!("id=\"entry-{liked}\"")), page.find(&format!("id=\"entry-{loved}\"")));
    assert!(liked_at < loved_at, "twelve cities outvote nobody");
    let (first, second) = page.split_at(loved_at.unwrap());
    assert!(first.contains("Every group agrees by at least 66 in 100."), "{first}");
    assert!(second.contains("Every group agrees by at least 0 in 100."), "{second}");
    for row in ["2</td><td class=\"number\">1</td>", "too few"] {
        assert!(first.contains(row), "{row}: {first}");
    }
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "what was not there is named")]
async fn what_an_amendment_does_is_told_on_the_form_and_on_its_page_with_an_example() {
    let world = World::new();
    let member = Visitor::of(&world, "member").await;
    let path = format!("/drafts/core/clauses/{}/propose", clause());
    let form = mark(&member.sees(&path).await);
    let norm = |condition: &str| {
        let cedar = format!(
            "@id(\"approval-expires\")\n@requirement(\"core-04\")\nforbid (principal, action == Action::\"approve\", resource)\n\
             unless {{ {condition} }};"
        );
        format!("norm_id=approval-expires&norm={}", crate::cases::form_value(&cedar))
    };
    let value = |value: &str| format!("parameter=approval-validity&value={}", crate::cases::form_value(value));
    let both = norm("context.spanDays <= 1000 || context.spanDays == 4000");
    for (typed, effect, examples) in [
        (value("\"365d\""), "Stricter: it refuses more and allows nothing new. Proved.", &["Newly refused"][..]),
        (value("\"3650d\""), "Looser: it allows more and refuses nothing new. Proved.", &["Newly allowed"]),
        (both, "Incomparable: it allows some things that were refused", &["Newly allowed", "Newly refused"]),
    ] {
        let typed = format!("form={form}&{typed}&why=To+see.");
        let looked = text(member.send(posted(&path, &member.cookie, &format!("{typed}&step=look"))).await).await;
        html::check(&looked);
        if looked.contains("no solver") {
            return println!("skipped: there is no solver");
        }
        let proposed = member.send(posted(&path, &member.cookie, &format!("{typed}&step=propose"))).await;
        assert_eq!(proposed.status(), StatusCode::SEE_OTHER, "{typed}");
        let at = proposed.headers()[header::LOCATION].to_str().unwrap().to_owned();
        for page in [looked, sound(&world, &at).await] {
            assert!(page.contains(effect), "{effect}: {page}");
            for example in examples {
                assert!(page.contains(example) && page.contains("for example"), "{example}: {page}");
            }
        }
    }
}
