//! No order of windows, views and crashes spends more than there is, or charges a window twice.

use model::TimeBin;
use proptest::prelude::*;

use super::*;

const HOUR: i64 = 3_600_000;

fn stream(budget: &str) -> Stream {
    let json = format!(
        r#"{{"id":"wifi","time":{{"do":"keep"}},"retention":"48h","budget":"{budget}","properties":{{
        "mac":{{"category":"mac-address","value":"text","treatment":{{"do":"pseudonymise","epoch":"24h"}}}}}}}}"#
    );
    serde_json::from_str(&json).unwrap()
}

fn view(id: &str, version: u32, bin: &str, rho: &str) -> View {
    let json = format!(
        r#"{{"id":"{id}","version":{version},"stream":"wifi","title":"t","exposure":{{"as":"windows","bin":"{bin}","space":{{"by":"sensor"}},
        "measure":{{"of":"distinct","property":"mac"}}}},"identifiers":"none","minimum":10,"bound":1,
        "noise":{{"gaussian":{{"rho":"{rho}"}}}},"delay":"0s","depth":"1d"}}"#
    );
    serde_json::from_str(&json).unwrap()
}

fn window(view: &View, number: i64) -> Window {
    let bin: TimeBin = view.bin().unwrap();
    bin.window(Timestamp::from_millis(number * bin.span().millis()))
}

#[test]
fn a_budget_is_spent_window_by_window_and_full_again_with_the_next_epoch() {
    let (stream, view) = (stream("0.5"), view("counts", 1, "1h", "0.2"));
    let mut ledger = Ledger::default();
    assert!(ledger.charge(&view, &stream, window(&view, 0)).unwrap().pays(&view, window(&view, 0)));
    assert!(ledger.charge(&view, &stream, window(&view, 1)).is_ok());
    assert_eq!(
        ledger.charge(&view, &stream, window(&view, 2)),
        Err(Unpaid::Exhausted {
            stream: stream.id.clone(),
            view: view.id.clone(),
            epoch: Timestamp::UNIX_EPOCH,
            spent: 400_000,
            budget: 500_000,
            cost: 200_000
        })
    );
    assert!(ledger.charge(&view, &stream, window(&view, 24)).is_ok(), "another day, other keys");
    assert_eq!(ledger.epochs().map(|(_, spent)| spent).collect::<Vec<_>>(), [400_000, 200_000]);
    assert_eq!(ledger.unpaid(), 1);
}

#[test]
fn one_that_could_not_pay_does_not_stop_another_that_can() {
    let stream = stream("0.5");
    let (large, small) = (view("large", 1, "1h", "0.6"), view("small", 1, "1h", "0.1"));
    let mut ledger = Ledger::default();
    assert!(ledger.charge(&large, &stream, window(&large, 0)).is_err());
    assert!(ledger.charge(&small, &stream, window(&small, 0)).is_ok());
}

#[test]
fn a_window_is_charged_once_under_a_version_and_anew_under_the_next() {
    let (stream, one, two) = (stream("10"), view("counts", 1, "1h", "0.2"), view("counts", 2, "1h", "0.2"));
    let mut ledger = Ledger::default();
    ledger.charge(&one, &stream, window(&one, 3)).unwrap();
    for again in [window(&one, 3), window(&one, 2)] {
        assert!(matches!(ledger.charge(&one, &stream, again), Err(Unpaid::Already { .. })));
    }
    assert!(ledger.charge(&two, &stream, window(&two, 3)).is_ok());
    assert_eq!(ledger.spent(Timestamp::UNIX_EPOCH), 400_000, "a new version is a new charge");
}

#[test]
fn a_charge_pays_for_nothing_else() {
    let (stream, counts) = (stream("10"), view("counts", 1, "1h", "0.2"));
    let charged = Ledger::default().charge(&counts, &stream, window(&counts, 3)).unwrap();
    assert!(!charged.pays(&counts, window(&counts, 4)));
    assert!(!charged.pays(&view("counts", 2, "1h", "0.2"), window(&counts, 3)));
    assert!(!charged.pays(&view("other", 1, "1h", "0.2"), window(&counts, 3)));
    assert!(!charged.pays(&view("counts", 1, "1h", "0.3"), window(&counts, 3)));
}

#[test]
fn only_the_newest_epochs_are_kept() {
    let (stream, view) = (stream("1"), view("counts", 1, "24h", "0.2"));
    let mut ledger = Ledger::default();
    (0..500).for_each(|day| drop(ledger.charge(&view, &stream, window(&view, day)).unwrap()));
    assert_eq!(ledger.epochs().count(), EPOCHS_KEPT);
    assert_eq!(ledger.epochs().next(), Some((Timestamp::from_millis(100 * 24 * HOUR), 200_000)));
    // What is forgotten is spent.
    let late = self::view("late", 1, "24h", "0.2");
    assert!(matches!(ledger.charge(&late, &stream, window(&late, 99)), Err(Unpaid::Exhausted { .. })));
    assert!(ledger.charge(&late, &stream, window(&late, 100)).is_ok());
}

proptest! {
    #[test]
    fn nothing_spends_more_than_the_budget_whatever_is_asked_in_whatever_order(
        budget in 1_u32..2_000_000,
        asked in proptest::collection::vec((0_usize..4, 0_i64..100), 0..300),
    ) {
        let mut stream = stream("1");
        stream.budget = Some(Rho::from_micro(budget).unwrap());
        let views =
            [view("a", 1, "1h", "0.05"), view("a", 2, "1h", "0.05"), view("b", 1, "15m", "0.01"), view("c", 1, "24h", "0.7")];
        let mut ledger = Ledger::default();
        let mut paid = Vec::new();
        for (which, number) in asked {
            let (view, window) = (&views[which], window(&views[which], number));
            // The ledger is what was written: it says the same after a crash.
            let text = serde_json::to_string(&ledger).unwrap();
            prop_assert_eq!(serde_json::from_str::<Ledger>(&text).unwrap(), ledger.clone());
            let before = ledger.epochs().map(|(_, spent)| spent).sum::<u64>();
            let charged = ledger.charge(view, &stream, window).is_ok();
            let after = ledger.epochs().map(|(_, spent)| spent).sum::<u64>();
            let cost = u64::from(view.noise.rho().unwrap().micro());
            prop_assert_eq!(after - before, if charged { cost } else { 0 });
            if charged {
                let this = (view.id.clone(), view.version, window);
                prop_assert!(!paid.contains(&this), "twice");
                paid.push(this);
            }
        }
        prop_assert!(ledger.epochs().all(|(_, spent)| spent <= u64::from(budget)));
    }
}
