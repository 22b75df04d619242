//! The page that asks in SQL, over a desk that answers as it is told: every value is shown as text, errors stand beside the
//! editor, and questions are saved for their party alone.

use std::sync::{Arc, Mutex};

use axum::http::Method;
use node::Desk;
use node::accounts::Role;
use node::desk::{Answered, Column, HandedOver, Kind, Listed, Question, Unanswered};
use serde_json::json;

use crate::accounts::person;
use crate::browser::Browser;
use crate::city::{HOSTILE, World};

/// Texts that would do something on a page that does not escape them.
const CORPUS: [&str; 8] = [
    HOSTILE,
    "\"><svg onload=alert(1)>",
    "'-alert(1)-'",
    "</textarea><script>alert(1)</script>",
    "</desc></svg><script>alert(1)</script>",
    "{{ 7*7 }}{% raw %}",
    "javascript:alert(1)",
    "\u{202e}\u{0000}&lt;b&gt;",
];

/// A desk that answers with hostile texts, and keeps what it was asked.
#[derive(Default)]
pub(crate) struct Answering(Mutex<Vec<Question>>);

impl Desk for Answering {
    fn tables(&self, party: &model::PartyId) -> Vec<Listed> {
        vec![Listed { name: format!("\"of-{party}\".\"{HOSTILE}\""), columns: CORPUS.map(str::to_owned).into() }]
    }

    fn ask(&self, question: &Question) -> Result<Answered, Unanswered> {
        self.0.lock().unwrap().push(question.clone());
        match question.sql.as_str() {
            "refused" => return Err(Unanswered::Norm(format!("core-1 does not allow it {HOSTILE}"))),
            "busy" => return Err(Unanswered::Limit("as many questions are asked as can be".to_owned())),
            "away" => return Err(Unanswered::Unavailable("ask again later".to_owned())),
            "wrong" => return Err(Unanswered::Question("this question does not fit its tables".to_owned())),
            _ => {}
        }
        let columns = [("<b>name</b>", Kind::Text), ("n", Kind::Number)];
        Ok(Answered {
            columns: columns.map(|(name, kind)| Column { name: name.to_owned(), kind }).into(),
            rows: CORPUS.iter().zip(1..).map(|(text, n)| vec![json!(text), json!(n)]).collect(),
            csv: "name,n\nx,1\n".to_owned(),
            handed_over: vec![HandedOver {
                table: "\"a\".\"b\"".to_owned(),
                number: 7,
                rows: 3,
                withheld: 2,
                receipt: format!("receipt {HOSTILE}"),
            }],
        })
    }
}

fn world() -> (World, Arc<Answering>) {
    let mut world = World::new();
    let desk = Arc::new(Answering::default());
    world.router = node::router(Arc::clone(&world.city), Some(Arc::clone(&desk) as Arc<dyn Desk>));
    (world, desk)
}

fn question(sql: &str) -> [(&str, &str); 3] {
    [("question", sql), ("purpose", "traffic-management"), ("name", "")]
}

#[tokio::test]
async fn hostile_questions_names_and_values_are_shown_as_text() {
    let (world, _) = world();
    let mut browser = Browser::signed_in(&world, "token-of-mobility").await;
    for text in CORPUS {
        // Each page is looked at by the browser: one script, handler or unescaped sign fails the test.
        let answer = browser.post("/sql", "/sql", &question(text)).await;
        assert_eq!(answer.status, 200, "{text}");
        for bad in ["<script>", "<svg onload", "<b>name", "</textarea><script"] {
            assert!(!answer.text().contains(bad), "{bad}: {text}");
        }
        assert!(!text.contains("7*7") || answer.text().contains("{{ 7*7 }}"), "nothing of a text is worked out");
        let saved = browser
            .post("/sql", "/sql/save", &[("question", text), ("purpose", "traffic-management"), ("name", text)])
            .await;
        assert!(saved.status == 200 || (saved.status == 422 && text.contains('\0')), "{text}: {}", saved.text());
    }
    let refused = browser.post("/sql", "/sql", &question("refused")).await;
    assert!(refused.status == 403 && refused.text().contains("Core-1 does not allow it &#60;/title&#62;"));
    let page = browser.get("/sql").await;
    assert!(page.text().contains("Saved questions") && !page.text().contains("<script>"));
    // A question that begins with a line break keeps it, because a textarea drops its first.
    let answer = browser.post("/sql", "/sql", &question("\n\nSELECT 1")).await;
    assert!(answer.text().contains(">\n\n\nSELECT 1</textarea>"), "{}", answer.text());
}

#[tokio::test]
async fn an_answer_has_its_rows_a_drawing_and_the_receipts() {
    let (world, desk) = world();
    let mut browser = Browser::signed_in(&world, "token-of-mobility").await;
    let answer = browser.post("/sql", "/sql", &question("SELECT 1")).await;
    let text = answer.text();
    for part in [
        "8 rows.",
        "class=\"bar\"",
        "role=\"img\" aria-labelledby=\"drawing-title drawing-words\"",
        "Disclosure 7: 3 rows of",
        "2 cells withheld",
        "receipt &#60;/title&#62;",
        "SELECT 1</textarea>",
        "value=\"traffic-management\" selected",
        "of-mobility",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    assert_eq!(answer.header("cache-control"), "no-store");
    let file = browser.post("/sql", "/sql", &[&question("SELECT 1")[..], &[("as", "csv")]].concat()).await;
    assert_eq!((file.status.as_u16(), file.text()), (200, "name,n\nx,1\n"));
    assert_eq!((file.header("ordinance-disclosure"), file.header("cache-control")), ("7", "no-store"));
    assert!(file.header("content-disposition").contains("attachment"));
    let asked = desk.0.lock().unwrap().clone();
    assert!(asked.len() == 2, "a file is a question of its own");
    assert!(asked.iter().all(|one| one.party.as_str() == "mobility" && one.purpose.code() == "traffic-management"));
}

#[tokio::test]
async fn what_is_not_answered_says_why_beside_the_editor_and_keeps_the_question() {
    let (world, desk) = world();
    let mut browser = Browser::signed_in(&world, "token-of-mobility").await;
    for (sql, status, said) in [
        ("refused", 403, "Core-1 does not allow it"),
        ("busy", 429, "As many questions"),
        ("away", 503, "Ask again later"),
        ("wrong", 422, "This question does not fit its tables"),
    ] {
        let answer = browser.post("/sql", "/sql", &question(sql)).await;
        let text = answer.text();
        assert!(answer.status == status && text.contains(said), "{sql}: {} {text}", answer.status);
        assert!(text.contains("aria-describedby=\"wrong\"") && text.contains(&format!("{sql}</textarea>")));
    }
    let asked = desk.0.lock().unwrap().len();
    for fields in [
        [("question", "SELECT 1"), ("purpose", ""), ("name", "")],
        [("question", "SELECT 1"), ("purpose", "safety"), ("name", "")],
        [("question", " \n"), ("purpose", "traffic-management"), ("name", "")],
        [("question", &"x".repeat(33 << 10)), ("purpose", "traffic-management"), ("name", "")],
    ] {
        assert_eq!(browser.post("/sql", "/sql", &fields).await.status, 422);
    }
    assert_eq!(desk.0.lock().unwrap().len(), asked, "none of these was asked");
    let unknown = browser.post("/sql", "/sql", &[&question("SELECT 1")[..], &[("more", "x")]].concat()).await;
    assert_eq!(unknown.status, 400);
    let mut nobody = Browser::new(&world);
    assert_eq!(nobody.post("/sign-in", "/sql", &question("SELECT 1")).await.header("location"), "/sign-in");
}

#[tokio::test]
async fn questions_are_saved_listed_opened_asked_and_deleted_by_their_party_alone() {
    let (world, desk) = world();
    let mut mobility = Browser::signed_in(&world, "token-of-mobility").await;
    let save = |sql: &'static str| [("question", sql), ("purpose", "traffic-management"), ("name", "Rush & hour")];
    assert!(mobility.post("/sql", "/sql/save", &save("SELECT 1")).await.text().contains("version 1."));
    assert!(mobility.post("/sql", "/sql/save", &save("SELECT 2")).await.text().contains("version 2."));
    let page = mobility.get("/sql").await;
    assert!(page.text().contains("href=\"/sql?question=Rush%20%26%20hour\"") && page.text().contains("Version 2"));
    let opened = mobility.get("/sql?question=Rush%20%26%20hour").await;
    assert!(opened.text().contains("SELECT 2</textarea>") && opened.text().contains("value=\"Rush &#38; hour\""));
    assert!(desk.0.lock().unwrap().is_empty(), "to open a question is not to ask it");
    let mut police = Browser::signed_in(&world, "token-of-police").await;
    assert!(!police.get("/sql").await.text().contains("Rush"));
    assert_eq!(police.get("/sql?question=Rush%20%26%20hour").await.status, 404);
    assert_eq!(police.post("/sql", "/sql/delete", &[("name", "Rush & hour")]).await.status, 404);
    for name in ["", "a\nb", &"a".repeat(81)] {
        let fields = [("question", "SELECT 1"), ("purpose", "traffic-management"), ("name", name)];
        assert_eq!(mobility.post("/sql", "/sql/save", &fields).await.status, 422, "{name:?}");
    }
    let deleted = mobility.post("/sql", "/sql/delete", &[("name", "Rush & hour")]).await;
    assert_eq!((deleted.status.as_u16(), deleted.header("location")), (303, "/sql#saved"));
    assert!(!mobility.get("/sql").await.text().contains("Rush"));
}

#[tokio::test]
async fn a_node_without_a_desk_says_so() {
    let world = World::new();
    let mut browser = Browser::signed_in(&world, "token-of-mobility").await;
    let page = browser.get("/sql").await;
    assert!(page.status == 200 && page.text().contains("answers no SQL") && !page.text().contains("<textarea"));
    let form = browser.form("/sql").await;
    let fields = [("form", form.as_str()), ("question", "SELECT 1"), ("purpose", "traffic-management")];
    assert_eq!(browser.send(Method::POST, "/sql", Some(&fields), None).await.status, 404);
}

#[tokio::test]
async fn what_is_filled_in_to_save_a_question_is_shown_to_those_who_may_save_one() {
    let (world, _) = world();
    for (role, saves) in [(Role::Reader, false), (Role::Approver, false), (Role::Drafter, true)] {
        let mut browser = person(&world, "mobility", &format!("{}@city.example", role.code()), &[role]).await;
        let page = browser.get("/sql").await;
        for part in ["name=\"name\"", "Name, to save it", "/sql/save", "saved anew"] {
            assert_eq!(page.text().contains(part), saves, "{role:?} {part}: {}", page.text());
        }
        // Asking needs no name.
        let answer = browser.post("/sql", "/sql", &[("question", "SELECT 1"), ("purpose", "traffic-management")]).await;
        assert_eq!(answer.status, 200, "{role:?}: {}", answer.text());
    }
}
