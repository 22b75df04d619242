//! Names in addresses are names: none leads to a file that is not meant, however it is written.

use crate::browser::Browser;
use crate::city::World;

/// Addresses with a place for a name.
const PLACES: [&str; 43] = [
    "/deployments/{}",
    "/deployments/{}/sign.svg",
    "/deployments/{}/sign.pdf",
    "/grants/{}",
    "/grants/{}/odrl.json",
    "/places/{}",
    "/places/{}/feed.atom",
    "/purposes/{}",
    "/technologies/{}",
    "/organisations/{}",
    "/asked/{}",
    "/problems/{}",
    "/log/entries/{}",
    "/log/tile/{}",
    "/log/proof/{}",
    "/open/{}/measurements.csv",
    "/open/air/{}",
    "/api/v1/deployments/{}",
    "/api/v1/exports/{}/{}",
    "/office/deployments/{}",
    "/office/deployments/{}/{}",
    "/office/deployments/{}/evidence",
    "/office/deployments/{}/assessments",
    "/office/deployments/{}/assessments/{}",
    "/office/deployments/wifi/assessments/{}",
    "/office/deployments/wifi/assessments/{}/{}",
    "/office/deployments/wifi/assessments/pre-scan/{}",
    "/office/evidence/{}/withdraw",
    "/office/sheets/{}",
    "/office/incidents/{}",
    "/office/incidents/{}/incident-update",
    "/office/grants/{}",
    "/office/grants/{}/withdraw",
    "/office/grants/new?request={}",
    "/office/requests/{}",
    "/office/requests/new?offer={}",
    "/office/reports/extract?deployment={}",
    "/join/{}",
    "/accounts/{}/roles",
    "/office/propose/{}",
    "/office/propose/{}/about",
    "/office/tokens/devices/{}/token",
    "/desk/inbox/{}",
];

/// Names that would lead elsewhere if anything joined them to a folder.
const NAMES: [&str; 10] = [
    "..",
    "%2e%2e",
    "..%2f..%2fkeys%2flog.key",
    "%2e%2e%2f%2e%2e%2fkeys%2flog.key",
    "..%5c..%5ckeys%5clog.key",
    "%2fetc%2fpasswd",
    "....%2f%2f....%2f%2fjournal.db",
    "..%252f..%252fkeys%252flog.key",
    "log.key%00.csv",
    "%c0%ae%c0%ae%c0%afjournal.db",
];

/// Whether an answer holds what begins any file that must not leave.
fn leaks(bytes: &[u8]) -> bool {
    let within = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
    within(b"SQLite format 3") || within(b"root:x:0:0") || within(b"PRIVATE+KEY")
}

#[tokio::test]
async fn no_name_in_an_address_leads_out_of_its_folder() {
    let world = World::new();
    let key = std::fs::read_to_string(world.city.root().join("keys/log.key")).unwrap();
    assert!(leaks(key.as_bytes()), "a control: the key is what is looked for");
    let mut council = Browser::signed_in(&world, "token-of-city").await;
    for place in PLACES {
        for name in NAMES {
            let address = place.replace("{}", name);
            let answer = council.get(&address).await;
            assert!([400, 401, 403, 404].contains(&answer.status.as_u16()), "{address}: {}", answer.status);
            assert!(!leaks(&answer.bytes), "{address}");
        }
    }
}
