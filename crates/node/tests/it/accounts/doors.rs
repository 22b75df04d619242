//! Every door that takes something, by the table of doors: it takes it from its own session and from our own pages alone.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use axum::http::Method;
use node::accounts::Role;
use node::accounts::roles::DOORS;

use super::person;
use super::roles::concrete;
use crate::city::{Answer, World};
use crate::office::escaped;
use crate::office::forms::CORPUS;

/// The doors that take a file.
const FILES: [&str; 2] = ["/office/sheets", "/office/tokens/sheet"];

/// Every file of a city, but those in which the databases hold back what they write anyway.
fn files(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            files(&path, found);
        } else if !name.ends_with("-wal") && !name.ends_with("-shm") {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
}

pub(super) fn kept(world: &World) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    files(world.city.root(), &mut found);
    found
}

#[tokio::test]
async fn every_door_takes_a_form_from_its_own_session_and_our_own_pages_alone() {
    let world = World::new();
    let mut own = person(&world, "mobility", "own@city.example", &Role::ALL).await;
    let mut other = person(&world, "mobility", "other@city.example", &Role::ALL).await;
    let (form, foreign) = (own.form("/account").await, other.form("/account").await);
    let (size, before, cookie) = (crate::office::size(&world), kept(&world), own.cookie.clone());
    let mut tried = 0;
    for door in DOORS.iter().filter(|door| door.post.is_some()) {
        let address = concrete(door.path);
        for (word, site) in [
            (foreign.as_str(), "same-origin"),
            ("", "same-origin"),
            (form.as_str(), "cross-site"),
            (form.as_str(), "same-site"),
        ] {
            let answer = if FILES.contains(&door.path) {
                own.upload_with(word, &address, "places.csv", b"id,name\na,b\n", site).await
            } else {
                let mut fields = vec![("form", word)];
                fields.extend(taken(door.path).iter().map(|name| (*name, "x")));
                own.send(Method::POST, &address, Some(&fields), Some(site)).await
            };
            assert_eq!(answer.status, 403, "{} from {site}: {}", door.path, answer.text());
            let elsewhere = if site == "same-origin" {
                "does not come from a page of your session"
            } else {
                "another site sent this form"
            };
            assert!(answer.text().contains(elsewhere), "{}", answer.text());
            tried += 1;
        }
    }
    assert!(tried > 150, "{tried}");
    assert_eq!(crate::office::size(&world), size, "nothing is in the log");
    let after = kept(&world);
    let changed: Vec<_> =
        after.iter().filter(|(path, bytes)| before.get(*path) != Some(bytes)).map(|(path, _)| path).collect();
    assert_eq!((changed, after.len()), (Vec::<&PathBuf>::new(), before.len()), "nothing is in any file");
    assert_eq!(own.cookie, cookie);
    assert_eq!(own.get("/account").await.status, 200, "and nobody is signed out");
}

/// The fields that a door takes besides the word of its session; a form that lacks one is not read as far as that.
fn taken(path: &str) -> &'static [&'static str] {
    match path {
        "/desk/inbox/{id}/answer" | "/desk/inbox/{id}/extend" | "/desk/inbox/{id}/erase" => &["text"],
        "/sql" | "/sql/save" => &["purpose", "question", "name"],
        "/sql/delete" => &["name"],
        "/office/sheets/import" => &["rows", "reason"],
        "/office/tokens/sheet/issue" => &["sensors", "reason"],
        "/account/password" => &["old", "password", "again"],
        "/account/sign-out-everywhere" => &[],
        "/account/second" | "/account/codes" => &["code"],
        _ => &["go", "reason", "summary", "login", "name", "role"],
    }
}

#[tokio::test]
async fn no_name_or_login_becomes_part_of_a_page_of_accounts() {
    let world = World::new();
    let mut admin = person(&world, "mobility", "admin@city.example", &[Role::Administrator]).await;
    for (number, text) in CORPUS.into_iter().enumerate() {
        let shown = |answer: &Answer| answer.text().contains(&escaped(text)) && !answer.text().contains(text);
        let refused = admin.post("/accounts/new", "/accounts/new", &[("name", text), ("login", text)]).await;
        assert!(refused.status == 422 && shown(&refused), "without a role: {}", refused.text());
        let login = format!("person-{number}@city.example");
        let fields = [("name", text), ("login", login.as_str()), ("role", "reader")];
        let made = admin.post("/accounts/new", "/accounts/new", &fields).await;
        assert!(made.status == 200 && !made.text().contains(text), "{}", made.text());
        assert!(shown(&admin.get("/accounts").await), "{text}");
        assert!(shown(&admin.get(&format!("/accounts/{}/roles", number + 2)).await), "{text}");
        // Words in the place of a role are none.
        let odd = [("name", "Ida"), ("login", "ida@city.example"), ("role", text)];
        let odd = admin.post("/accounts/new", "/accounts/new", &odd).await;
        assert!(odd.status == 422 && !odd.text().contains(text), "{}", odd.text());
    }
}
