//! Places, parties and classes entered and changed by forms, and views by district over them.

use serde_json::{Value, json};

use super::{done, look, office, refused, size};
use crate::city::World;

const SQUARE: &str = "16.60 49.19\n16.62 49.19\n16.62 49.21\n16.60 49.21";

#[tokio::test]
async fn a_place_is_entered_as_an_outline_and_drawn_anew() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let fields = [("place", "market"), ("name", "Market square"), ("within", "centre"), ("outline", SQUARE)];
    let page = done(&world, &mut mobility, "/office/entered/places/new", &fields).await;
    assert!(page.text().contains("Change “Market square”"), "{}", page.text());
    let state = world.city.register().state();
    let place = serde_json::to_value(state.places[&"market".parse().unwrap()].as_ref()).unwrap();
    assert_eq!((&place["within"], &place["geometry"]["type"]), (&Value::from("centre"), &Value::from("Polygon")));
    let form = mobility.get("/office/entered/places/market").await;
    assert!(form.text().contains("16.6 49.19\n16.62 49.19"), "it stands there as it is: {}", form.text());
    let moved = [("name", "The market"), ("outline", "16.61 49.2")];
    done(&world, &mut mobility, "/office/entered/places/market", &moved).await;
    let state = world.city.register().state();
    let place = serde_json::to_value(state.places[&"market".parse().unwrap()].as_ref()).unwrap();
    assert_eq!(
        place,
        json!({ "id": "market", "name": "The market", "geometry": { "type": "Point", "coordinates": [16.61, 49.2] } })
    );
    for (field, value, status) in
        [("place", "Not A Name", 422), ("name", "", 422), ("outline", "somewhere", 422), ("outline", "1 2\n3 4", 422)]
    {
        let mut fields: Vec<(&str, &str)> = fields.iter().copied().filter(|(name, _)| *name != field).collect();
        fields.push((field, value));
        let text = refused(&world, &mut mobility, "/office/entered/places/new", &fields, status).await;
        assert!(text.contains(&format!("id=\"wrong-{field}\"")), "{field}: {text}");
    }
    let mut police = office(&world, "police").await;
    refused(
        &world,
        &mut police,
        "/office/entered/places/new",
        &[("place", "p"), ("name", "P"), ("outline", "1 2")],
        403,
    )
    .await;
    assert_eq!(police.get("/office/entered/places/nowhere").await.status, 404);
}

#[tokio::test]
async fn a_party_is_entered_and_its_contact_is_in_no_public_byte() {
    let world = World::new();
    let mut city = office(&world, "city").await;
    let mail = "someone.secret@example.org";
    let fields = [("party", "sensors"), ("name", "Sensors Ltd"), ("kind", "vendor"), ("contact-mail", mail)];
    let page = done(&world, &mut city, "/office/entered/parties/new", &fields).await;
    assert!(page.text().contains("Sensors Ltd was entered in the register"), "{}", page.text());
    for page in ["/organisations/sensors", &format!("/log/entries/{}", size(&world) - 1), "/api/v1/register"] {
        assert!(!world.browse(page).await.text().contains(mail), "{page}");
    }
    let officer = [("party", "second"), ("name", "Second officer"), ("kind", "officer")];
    let mut mobility = office(&world, "mobility").await;
    refused(&world, &mut mobility, "/office/entered/parties/new", &officer, 403).await;
    let answer =
        look(&mut city, "/office/entered/parties/new", &[("party", "x"), ("name", "X"), ("kind", "king")]).await;
    assert!(answer.status == 422 && answer.text().contains("id=\"wrong-kind\""), "{}", answer.text());
    let other = [("party", "sensors"), ("name", "Others Ltd"), ("kind", "vendor")];
    refused(&world, &mut city, "/office/entered/parties/new", &other, 409).await;
}

#[tokio::test]
async fn officers_approve_classes_and_renew_them_and_nobody_else_does() {
    let world = World::new();
    let fields = [
        ("class", "air"),
        ("technology", "air-quality-station"),
        ("purpose", "air-quality"),
        ("tier", "file-and-go"),
        ("until", "2027-06-01"),
        ("reason", "Stations that keep nothing about anybody."),
    ];
    let mut mobility = office(&world, "mobility").await;
    assert_eq!(look(&mut mobility, "/office/entered/classes/new", &fields).await.status, 403);
    let mut council = office(&world, "council").await;
    let page = done(&world, &mut council, "/office/entered/classes/new", &fields).await;
    assert!(page.text().contains("Renew “air”") && page.text().contains("until 1 June 2027"), "{}", page.text());
    let page = done(
        &world,
        &mut council,
        "/office/entered/classes/air",
        &[("until", "2027-09-01"), ("reason", "Nothing changed.")],
    )
    .await;
    assert!(page.text().contains("until 1 September 2027"), "{}", page.text());
    let early = [("until", "2026-01-01"), ("reason", "Too early.")];
    let text = refused(&world, &mut council, "/office/entered/classes/air", &early, 422).await;
    assert!(text.contains("id=\"wrong-until\""), "{text}");
    let text = refused(&world, &mut council, "/office/entered/classes/air", &[("until", "2027-10-01")], 422).await;
    assert!(text.contains("id=\"wrong-reason\""), "{text}");
    assert_eq!(council.get("/office/entered/classes/none").await.status, 404);
}

#[tokio::test]
async fn a_view_by_district_is_declared_over_places_that_have_an_outline() {
    let world = World::new();
    let mut mobility = office(&world, "mobility").await;
    let fields = [("place", "market"), ("name", "Market square"), ("outline", SQUARE)];
    done(&world, &mut mobility, "/office/entered/places/new", &fields).await;
    let view = [
        ("stream", "station-wifi-counts"),
        ("name", "by-district"),
        ("title", "Phones by district"),
        ("shape", "distinct"),
        ("bin", "1h"),
        ("space", "district"),
        ("districts", "market"),
        ("unit", "mac"),
        ("identifiers", "none"),
        ("minimum", "20"),
        ("bound", "1"),
        ("delay", "0s"),
        ("depth", "30d"),
    ];
    let page = done(&world, &mut mobility, "/office/views/new", &view).await;
    assert!(page.status == 200);
    let state = world.city.register().state();
    let declared = state.views.values().find(|view| view.id.as_str() == "by-district").unwrap();
    let json = serde_json::to_value(declared.as_ref()).unwrap();
    assert_eq!(json["exposure"]["space"], json!({ "by": "district", "of": ["market"] }));
    let without: Vec<(&str, &str)> = view.iter().copied().filter(|(name, _)| *name != "districts").collect();
    let text = look(&mut mobility, "/office/views/new", &without).await;
    assert!(text.status == 422 && text.text().contains("id=\"wrong-districts\""), "{}", text.text());
}
