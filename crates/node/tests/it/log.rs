//! The log's endpoints, read as an outsider reads them.

use std::fs;

use tlog::checkpoint::parse_unverified;
use tlog::tile::{BundleCoords, TileCoords, TilePath, decode_bundle, decode_tile};
use tlog::{Receipt, Vkey, leaf_hash};

use crate::city::World;

fn key(world: &World) -> Vkey {
    world.city.register().state().city.as_ref().unwrap().log_key.parse().unwrap()
}

#[tokio::test]
async fn an_outsider_can_read_and_check_the_log() {
    let world = World::new();
    let checkpoint = world.get("/log/checkpoint").await;
    assert_eq!(
        (checkpoint.header("content-type"), checkpoint.header("cache-control")),
        ("text/plain; charset=utf-8", "no-cache")
    );
    let head = tlog::checkpoint::verify(checkpoint.text(), &key(&world)).unwrap();
    assert_eq!(head.size, world.city.register().state().size);
    let tile = TileCoords::in_tree(0, 0, head.size).unwrap();
    let bundle = BundleCoords::in_tree(0, head.size).unwrap();
    let hashes = world.get(&format!("/log/{}", TilePath::from(tile))).await;
    let entries = world.get(&format!("/log/{}", TilePath::from(bundle))).await;
    for answer in [&hashes, &entries] {
        assert_eq!(answer.header("content-type"), "application/octet-stream");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(answer.header("access-control-allow-origin"), "*");
    }
    let hashes = decode_tile(&hashes.bytes, tile.width()).unwrap();
    let entries = decode_bundle(&entries.bytes, bundle.width()).unwrap();
    assert!(entries.iter().zip(&hashes).all(|(entry, hash)| leaf_hash(entry.bytes) == *hash));
    assert_eq!(tlog::merkle_root(hashes.into_iter()), head.root);
    for (index, entry) in entries.iter().enumerate() {
        let receipt = world.get(&format!("/log/proof/{index}")).await;
        Receipt::parse(receipt.text()).unwrap().verify(entry.bytes, &key(&world)).unwrap();
    }
}

#[tokio::test]
async fn an_older_checkpoint_can_still_be_followed() {
    let world = World::founded();
    let older = parse_unverified(world.get("/log/checkpoint").await.text()).unwrap();
    let place = r#"{"by":"city","command":{"do":"register-place","with":{"id":"p-1","name":"P","geometry":{"type":"Point","coordinates":[1,2]}}}}"#;
    for number in 0..300 {
        let place = place.replace("p-1", &format!("p-{number}"));
        world.submit(serde_json::from_str(&place).unwrap()).unwrap();
    }
    world.city.register().publish().unwrap();
    let newer = parse_unverified(world.get("/log/checkpoint").await.text()).unwrap();
    assert!(newer.size > 256);
    for path in [
        TilePath::from(TileCoords::in_tree(0, 0, older.size).unwrap()),
        TilePath::from(BundleCoords::in_tree(0, older.size).unwrap()),
        TilePath::from(TileCoords::in_tree(0, 0, newer.size).unwrap()),
        TilePath::from(TileCoords::in_tree(0, 1, newer.size).unwrap()),
        TilePath::from(TileCoords::in_tree(1, 0, newer.size).unwrap()),
        TilePath::from(BundleCoords::in_tree(1, newer.size).unwrap()),
    ] {
        assert_eq!(world.get(&format!("/log/{path}")).await.status, 200, "{path}");
    }
    let prefix = world.get(&format!("/log/tile/0/000.p/{}", older.size)).await;
    assert_eq!(prefix.bytes.len() as u64, older.size * 32);
    assert_eq!(
        tlog::merkle_root(decode_tile(&prefix.bytes, u16::try_from(older.size).unwrap()).unwrap().into_iter()),
        older.root
    );
}

#[tokio::test]
async fn nothing_but_tiles_can_be_read() {
    let world = World::new();
    fs::write(world.folder.path().join("city/log/tile/secret"), "secret").unwrap();
    for path in [
        "/log/tile/secret",
        "/log/tile/../checkpoint",
        "/log/tile/0/../../../keys/log.key",
        "/log/tile/..%2f..%2fkeys%2flog.key",
        "/log/tile/%2e%2e/%2e%2e/keys/log.key",
        "/log/tile/0//000",
        "/log/tile/0/000/",
        "/log/tile/0/00%30",
        "/log/tile/0/x000/000",
        "/log/tile/00/000",
        "/log/tile/64/000",
        "/log/tile/0/000.p/0",
        "/log/tile/0/000.p/256",
        "/log/tile/0/000.p/9.tmp",
        "/log/tile/entries/000.p/-1",
        "/log/tile/0/000",
        "/log/tile/7/999",
        "/log/tile/",
        "/log/journal.db",
        "/log/",
        "/log/proof/01",
        "/log/proof/99999",
        "/log/proof/-1",
    ] {
        world.get(path).await.problem(404);
    }
}

#[tokio::test]
async fn an_act_that_is_not_published_is_told_apart() {
    let world = World::new();
    let suspend = r#"{"by":"mobility","reason":"works","command":{"do":"suspend","with":{"deployment":"wifi"}}}"#;
    let index = world.submit(serde_json::from_str(suspend).unwrap()).unwrap().entries[0];
    let problem = world.get(&format!("/log/entries/{index}")).await.problem(404);
    assert!(problem["detail"].as_str().unwrap().contains("is not published"));
    // The page is drawn from the register, and its acts from what is published.
    assert_eq!(world.get("/deployments/wifi").await.status, 200);
    world.city.register().publish().unwrap();
    assert_eq!(world.get(&format!("/log/entries/{index}")).await.status, 200);
}

#[tokio::test]
async fn a_log_whose_files_are_gone_is_unwell() {
    let world = World::new();
    assert_eq!(world.get("/healthz").await.status, 200);
    fs::remove_file(world.folder.path().join("city/log/checkpoint")).unwrap();
    let problem = world.get("/healthz").await.problem(503);
    assert!(!problem.to_string().contains(&world.folder.path().display().to_string()));
    world.get("/log/checkpoint").await.problem(503);
}
