//! Charging from many threads at once, and after the disk failed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use model::{Stream, Timestamp, View, Window};
use privacy::Unpaid;

use super::open;

fn stream() -> Stream {
    serde_json::from_str(
        r#"{"id":"wifi","time":{"do":"keep"},"retention":"48h","budget":"0.5","properties":{
        "mac":{"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"24h"}}}}"#,
    )
    .unwrap()
}

fn view(id: usize) -> View {
    let json = format!(
        r#"{{"id":"view-{id}","version":1,"stream":"wifi","title":"t","exposure":{{"as":"windows","bin":"15m","space":{{"by":"sensor"}},
        "measure":{{"of":"distinct","property":"mac"}}}},"identifiers":"none","minimum":10,"bound":1,
        "noise":{{"gaussian":{{"rho":"0.03"}}}},"delay":"0s","depth":"1d"}}"#
    );
    serde_json::from_str(&json).unwrap()
}

fn window(number: i64) -> Window {
    Window { start: Timestamp::from_millis(number * 900_000), end: Timestamp::from_millis((number + 1) * 900_000) }
}

#[test]
fn many_at_once_spend_no_more_than_there_is_and_charge_no_window_twice() {
    let folder = tempfile::tempdir().unwrap();
    let lake = open(folder.path());
    let (charged, exhausted) = (AtomicU64::new(0), AtomicU64::new(0));
    thread::scope(|scope| {
        // Two threads a view, so that each window is asked for twice.
        for thread in 0..8 {
            let (lake, charged, exhausted) = (&lake, &charged, &exhausted);
            scope.spawn(move || {
                let (view, stream) = (view(thread / 2), stream());
                for number in 0..12 {
                    match lake.charge(&view, &stream, window(number)).unwrap() {
                        Ok(_) => charged.fetch_add(1, Ordering::Relaxed),
                        Err(Unpaid::Exhausted { .. }) => exhausted.fetch_add(1, Ordering::Relaxed),
                        Err(Unpaid::Already { .. }) => 0,
                        Err(other) => panic!("{other}"),
                    };
                }
            });
        }
    });
    let (charged, exhausted) = (charged.into_inner(), exhausted.into_inner());
    // Half a unit pays for sixteen windows at 0.03, of 48 in four views.
    assert_eq!(charged, 16);
    assert!(exhausted <= 32, "a window is asked for twice and charged or refused once: {exhausted}");
    let spent = |lake: &crate::Lake| lake.ledger(&"wifi".parse().unwrap()).unwrap().spent(Timestamp::UNIX_EPOCH);
    assert_eq!(spent(&lake), 480_000);
    drop(lake);
    let lake = open(folder.path());
    assert_eq!(spent(&lake), 480_000, "and it is on the disk");
    assert!(lake.check().unwrap().is_empty());
    std::fs::write(folder.path().join("ledgers/wifi.json"), "{").unwrap();
    assert_eq!(lake.check().unwrap().len(), 1);
}
