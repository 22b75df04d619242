//! What each role sees of the office: no link and no form that it would be refused, and every one that it would not.

use std::collections::BTreeSet;

use node::accounts::Role;

use super::person;
use super::roles::{EXPECTED, LETTERS, REFUSED, concrete};
use crate::browser::Browser;
use crate::city::World;
use crate::inquiries::{ask, asked};
use crate::office::office;
use crate::office::propose::{SQUARE, drafted};

/// Something that a page offers: whether it sends something, and where it leads.
type Offer = (bool, String);

/// What a page offers behind the doors: links and forms.
fn offers(page: &str) -> BTreeSet<Offer> {
    let mut offers = BTreeSet::new();
    let address = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!("{name}=\""))?;
        Some(rest.split('"').next()?.split(['?', '#']).next()?.to_owned())
    };
    for tag in page.split('<').filter_map(|rest| rest.split('>').next()) {
        let found = match tag.split(' ').next() {
            Some("a") => address(tag, "href").map(|path| (false, path)),
            Some("form") => address(tag, "action").map(|path| (tag.contains("method=\"post\""), path)),
            Some("button" | "input") => address(tag, "formaction").map(|path| (true, path)),
            _ => None,
        };
        offers.extend(found.filter(|(_, path)| letters(path, false).is_some()));
    }
    offers
}

/// Who may go where, as the list of expectations has it; none for what is not behind a door.
fn letters(path: &str, sends: bool) -> Option<&'static str> {
    let fits = |pattern: &str| {
        let (pattern, path): (Vec<_>, Vec<_>) = (pattern.split('/').collect(), path.split('/').collect());
        pattern.len() == path.len() && pattern.iter().zip(&path).all(|(one, own)| one == own || one.starts_with('{'))
    };
    EXPECTED.iter().find(|(pattern, ..)| fits(pattern)).map(|(_, get, post)| if sends { *post } else { *get })
}

/// A city in which every page has something to offer.
async fn busy() -> World {
    let world = World::new();
    asked(&ask(&world, "wifi", "question", "Why?", ("", "")).await);
    let mut mobility = office(&world, "mobility").await;
    drafted(&mut mobility, SQUARE).await;
    let questions = "/office/deployments/wifi/assessments";
    assert_eq!(mobility.get(questions).await.status, 200);
    world
}

/// The pages of the office that can be asked for, in this city.
fn pages() -> Vec<String> {
    let own = |path: &&str| path.starts_with("/office") || path.starts_with("/desk") || path.starts_with("/sql");
    let asked = EXPECTED.iter().filter(|(_, get, _)| *get != "-").map(|(path, ..)| *path).filter(own);
    let files = |path: &String| [".csv", ".pdf", ".xlsx"].iter().any(|end| path.ends_with(end));
    asked.map(concrete).filter(|path| !files(path)).collect()
}

#[tokio::test]
async fn every_role_sees_the_doors_that_it_may_open_and_no_other_on_every_page() {
    let world = busy().await;
    for party in ["mobility", "council"] {
        let mut whole: Vec<(String, u16, BTreeSet<Offer>)> = Vec::new();
        let mut bearer = office(&world, party).await;
        for path in pages() {
            let page = bearer.get(&path).await;
            whole.push((path, page.status.as_u16(), offers(page.text())));
        }
        let hidden: usize = whole.iter().map(|(.., offers)| offers.len()).sum();
        assert!(hidden > 300, "the pages offer something: {hidden}");
        for (role, letter) in LETTERS {
            let mut browser = person(&world, party, &format!("shown-{party}-{letter}@city.example"), &[role]).await;
            for (path, status, all) in &whole {
                if !letters(path, false).unwrap().contains(letter) {
                    continue;
                }
                let page = browser.get(path).await;
                assert_eq!(page.status.as_u16(), *status, "{letter} {path}");
                let allowed = |(sends, path): &&Offer| letters(path, *sends).unwrap().contains(letter);
                let expected: BTreeSet<Offer> = all.iter().filter(allowed).cloned().collect();
                assert_eq!(offers(page.text()), expected, "{party} {letter} {path}\n{}", page.text());
            }
        }
    }
}

#[tokio::test]
async fn no_link_that_a_role_is_shown_leads_to_a_refusal() {
    let world = busy().await;
    for (role, letter) in LETTERS {
        let mut browser = person(&world, "mobility", &format!("walks-{letter}@city.example"), &[role]).await;
        let (mut next, mut seen) =
            (vec!["/office".to_owned(), "/desk".to_owned(), "/account".to_owned()], BTreeSet::new());
        while let Some(path) = next.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            let page = browser.get(&path).await;
            let Ok(text) = std::str::from_utf8(&page.bytes) else { continue };
            assert!(!text.contains(REFUSED), "{letter} is led to {path}");
            let links = offers(text).into_iter().filter(|(sends, _)| !sends);
            next.extend(links.map(|(_, path)| path));
        }
        assert!(seen.len() > 15, "{letter} {seen:?}");
        assert_eq!(seen.contains("/accounts"), letter == 'a');
        assert_eq!(seen.contains("/sql"), "pdr".contains(letter));
    }
}

#[tokio::test]
async fn what_is_left_of_a_page_stays_readable() {
    let world = busy().await;
    let mut reader = person(&world, "mobility", "reads@city.example", &[Role::Reader]).await;
    let deployment = reader.get("/office/deployments/station-wifi").await;
    assert!(
        deployment.text().contains("<h3>Take the proposal back</h3>"),
        "what could be done next is told: {}",
        deployment.text()
    );
    let office = reader.get("/office").await;
    assert!(
        !office.text().contains("Agree that somebody may see something")
            && office.text().contains("Read the annual report")
    );
    let tokens = reader.get("/office/tokens").await;
    assert!(
        tokens.text().contains("<strong>Mobility department</strong>") && !tokens.text().contains("Issue a token to")
    );
    let drafts = reader.get("/office/propose").await;
    assert!(
        drafts.text().contains("How busy is the square?") && !drafts.text().contains("/office/propose/1"),
        "{}",
        drafts.text()
    );
    // Whoever has a token sees all that the party may.
    let mut bearer = Browser::signed_in(&world, "token-of-mobility").await;
    assert!(bearer.get("/office").await.text().contains("Agree that somebody may see something"));
}
