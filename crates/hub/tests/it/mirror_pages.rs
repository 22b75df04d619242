//! Mirrors as pages: how each log stands, evidence byte by byte, and a kept history that anyone verifies from the hub.

use axum::body::to_bytes;
use axum::http::StatusCode;
use hub::command::Command;
use hub::looking::{LastLook, LookError, look};
use hub::member::MemberKind;
use hub::mirror::{City, Looked, Mirror, Profile, Reach};
use hub::routes;
use hub::simulate::GeneratedLog;
use hub::watch::{Evidence, Proves};
use tlog::audit::{Auditor, LogSource, SourceError};

use crate::benchmark_pages::mirroring;
use crate::logs::{at, key, name, plain};
use crate::pages::{get, sound, text};
use crate::world::{World, listed, reasons};

/// A hub that mirrors one log of so many entries.
fn with(log: &GeneratedLog) -> (World, Mirror) {
    let world = World::new();
    let mut mirror = Mirror::open(&world.dir().join("mirror")).unwrap();
    mirror.add(&name(), &key().vkey().to_string(), "http://city.example", Profile::default()).unwrap();
    assert!(matches!(mirror.look(&name(), log, at(1)).unwrap(), Looked::Grown { .. }));
    (world, mirror)
}

/// What a hub serves below an address, as a log.
struct Below<'a>(&'a axum::Router, &'a tokio::runtime::Runtime, &'a str);

impl LogSource for Below<'_> {
    fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
        let request =
            axum::http::Request::get(format!("{}/log/{path}", self.2)).body(axum::body::Body::empty()).unwrap();
        let asked = async {
            let response = tower::ServiceExt::oneshot(self.0.clone(), request).await.unwrap();
            (response.status(), to_bytes(response.into_body(), 64 << 20).await.unwrap())
        };
        match self.1.block_on(asked) {
            (StatusCode::OK, bytes) => Ok(bytes.to_vec()),
            _ => Err(SourceError::NotFound(path.to_owned())),
        }
    }
}

#[test]
fn a_kept_history_is_verified_from_the_hub_to_its_last_hash_also_when_its_city_is_gone() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let log = plain(700, u64::MAX);
    let (world, mut mirror) = with(&log);
    // It grew in portions, so that the pieces that are kept are not those of the log's files.
    for size in [701, 930, 931, 66_000] {
        mirror.look(&name(), &plain(size, u64::MAX), at(2)).unwrap();
    }
    while matches!(mirror.look(&name(), &plain(66_000, u64::MAX), at(2)).unwrap(), Looked::Grown { .. }) {}
    world.by(
        "secretariat",
        Command::AdmitMembers { members: vec![listed("city", MemberKind::City)], reasons: reasons() },
    );
    let ended = world.by("secretariat", Command::EndMembership { member: "city".parse().unwrap(), reasons: reasons() });
    let app = routes(world.hub.clone());
    let mut visited = 0;
    let report = Auditor::new(key().vkey())
        .run(&Below(&app, &runtime, "/mirrors/city"), |index, entry| {
            assert_eq!(entry, format!("entry {index}").as_bytes());
            visited += 1;
        })
        .unwrap();
    assert_eq!((report.size, visited), (66_000, 66_000));
    assert!(report.tiles > 258, "tiles of hashes above the lowest are served, too");
    let page = runtime.block_on(sound(&world, "/mirrors/city"));
    assert!(page.contains(&format!("by <a href=\"/log/entries/{ended}\">entry {ended}</a>; its history stays")));
    let missing = [
        "/mirrors/city/log/x",
        "/mirrors/city/log/tile/0/999",
        "/mirrors/city/log/tile/entries/999",
        "/mirrors/city/log/tile/3/000",
        "/mirrors/city/log/tile/0/257.p/250",
        "/mirrors/nobody",
        "/mirrors/nobody/log/checkpoint",
        "/mirrors/../log",
    ];
    for path in missing {
        assert_eq!(runtime.block_on(get(&world, path)).status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn evidence_is_given_byte_by_byte_on_pages_and_in_a_feed() {
    let (world, mut mirror) = with(&plain(40, u64::MAX));
    assert!(sound(&world, "/mirrors").await.contains("No log was found to contradict itself."));
    assert!(sound(&world, "/evidence").await.contains("There is none."));
    assert!(matches!(mirror.look(&name(), &plain(40, 7), at(3)).unwrap(), Looked::Contradicts(_)));
    let kept = mirror.evidence().unwrap().remove(0);
    let file = format!("/evidence/{}.json", kept.digest);
    for path in ["/mirrors/city", "/evidence"] {
        let page = sound(&world, path).await;
        assert!(page.contains(&file) && page.contains("signed two histories"), "{path}");
    }
    let frozen = sound(&world, "/mirrors?standing=frozen").await;
    assert!(frozen.contains("/mirrors/city") && frozen.contains("contradicts itself (1)"));
    assert!(sound(&world, "/mirrors?standing=held").await.contains("No city fits."));
    let bytes = to_bytes(get(&world, &file).await.into_body(), 1 << 20).await.unwrap();
    assert_eq!(bytes, kept.bytes);
    let evidence = Evidence::read(&bytes).unwrap();
    assert_eq!(evidence.check(Some(&key().vkey().to_string())).unwrap(), Proves::TwoHistories);
    let feed = text(get(&world, "/evidence/feed.atom").await).await;
    assert!(feed.starts_with("<?xml") && feed.contains(&kept.digest.to_string()) && feed.contains("/mirrors/city"));
    for path in [
        "/evidence/00.json",
        "/evidence/../hub.json",
        &format!("/evidence/{}.json", "0".repeat(64)),
        "/evidence/feed.json",
    ] {
        assert_eq!(get(&world, path).await.status(), StatusCode::NOT_FOUND, "{path}");
    }
    // What was kept before is verified still.
    assert_eq!(get(&world, "/mirrors/city/log/checkpoint").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn mirrors_come_page_by_page_with_the_last_look_and_each_citys_numbers() {
    let world = mirroring(60);
    let page = sound(&world, "/mirrors").await;
    assert!(page.contains("Nobody has looked at all of them yet.") && page.contains("60 cities by name, page 1 of 2"));
    assert_eq!(page.matches("<th scope=\"row\"><a href=\"/mirrors/city-").count(), 50);
    struct Nowhere;
    impl LogSource for Nowhere {
        fn get(&self, path: &str) -> Result<Vec<u8>, SourceError> {
            Err(SourceError::Failed { path: path.to_owned(), message: "<b>no</b>".to_owned() })
        }
    }
    struct Nobody;
    impl Reach for Nobody {
        fn reach(&self, _: &City) -> Box<dyn LogSource> {
            Box::new(Nowhere)
        }
    }
    let mirrors = world.hub.mirrors();
    let looked = look(&mirrors, &world.hub.state(), &Nobody, 2, world.clock.as_ref()).unwrap();
    assert_eq!((looked.found.cities, looked.found.failed), (60, 60));
    assert_eq!(LastLook::noted(&mirrors), Some(looked));
    let page = sound(&world, "/mirrors?page=2").await;
    assert!(page.contains("60 cities were looked at") && page.contains("60 could not be read"));
    let city = sound(&world, "/mirrors/city-000007").await;
    assert!(city.contains("Its log was not reached") && !city.contains("<b>no"), "{city}");
    assert_eq!(city.matches("<th scope=\"row\"><a href=\"/benchmarks/").count(), 9);
    // Whoever comes second is told at once.
    let held = journal::files::lock(&mirrors).unwrap().unwrap();
    assert!(matches!(look(&mirrors, &world.hub.state(), &Nobody, 1, world.clock.as_ref()), Err(LookError::Busy)));
    drop(held);
    std::fs::write(mirrors.join("last-look.json"), "{").unwrap();
    assert_eq!(LastLook::noted(&mirrors), None);
    sound(&world, "/mirrors").await;
}
