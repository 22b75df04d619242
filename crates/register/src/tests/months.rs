//! Months in orders of magnitude: of streams of which no number may be told, once, and of no others.

use model::{Act, Counted, Estimated, Magnitude, ObservationsCounted, ObservationsEstimated, Span, What};

use super::City;
use crate::state::{About, ApplyError};
use crate::{Fact, State};

/// A city with phones, with the air, and with a light barrier that counts people.
pub(super) fn city() -> City {
    let city = City::declared();
    let propose = r#"{"do":"propose","with":{"id":"air","title":"Air","description":"Air.","accountable":"city","place":"centre",
        "technology":"air-quality-station","purposes":["air-quality"],"legal_basis":"not-personal",
        "starts":"2026-06-01T00:00:00Z","ends":"2028-06-01T00:00:00Z","streams":[{"id":"no2","time":{"do":"keep"},
        "retention":"30d","properties":{"no2":{"category":"air-quality","value":"number","treatment":{"do":"keep"}}}},{"id":"barrier","time":{"do":"keep"},
        "retention":"30d","properties":{"people":{"category":"people-count","value":"integer","treatment":{"do":"keep"}}}}]}}"#;
    city.register.submit(City::submission("city", None, propose)).unwrap();
    city
}

fn roughly(month: &str, streams: &[(&str, u8)]) -> ObservationsEstimated {
    let of = |(stream, exponent): &(&str, u8)| {
        let admitted = Magnitude::try_from(*exponent).unwrap();
        Estimated { stream: stream.parse().unwrap(), admitted, refused: Magnitude::FLOOR }
    };
    ObservationsEstimated { month: month.parse().unwrap(), streams: streams.iter().map(of).collect() }
}

fn exactly(month: &str, stream: &str) -> ObservationsCounted {
    let counted = Counted { stream: stream.parse().unwrap(), admitted: 9, refused: [].into() };
    ObservationsCounted { month: month.parse().unwrap(), streams: vec![counted] }
}

/// What becomes of an act that somebody wrote into the log whatever the register would have said.
fn folded(city: &City, acts: impl IntoIterator<Item = What>) -> Result<State, ApplyError> {
    let mut state = State::clone(&city.register.state());
    for what in acts {
        let act = state.act_of(&"city".parse().unwrap(), city.register.now(), None, what);
        state.apply(&act)?;
    }
    Ok(state)
}

#[test]
fn a_month_of_people_is_told_once_in_orders_of_magnitude_and_never_of_a_stream_that_is_counted() {
    let city = city();
    let told = |month: &str, streams: &[(&str, u8)]| {
        city.register.record(Fact::ObservationsEstimated(roughly(month, streams))).map(|told| told.entries.len())
    };
    assert!(told("2026-06", &[("wifi", 15)]).is_err(), "June is not over");
    city.clock.advance(Span::days(32));
    assert_eq!(told("2026-06", &[("no2", 15), ("nowhere", 15)]).unwrap(), 0);
    assert_eq!(told("2026-06", &[("wifi", 15), ("no2", 15), ("nowhere", 13), ("barrier", 14)]).unwrap(), 1);
    assert_eq!(told("2026-06", &[("wifi", 16)]).unwrap() + told("2026-05", &[("wifi", 16)]).unwrap(), 0);
    assert_eq!(city.register.record(Fact::ObservationsCounted(exactly("2026-06", "no2"))).unwrap().entries.len(), 1);
    let state = city.register.state();
    let month = &state.monthly[&"2026-06".parse().unwrap()];
    assert_eq!(month.about, Some(About { streams: 2, admitted: 24_576 + 8_192, refused: 0 }));
    assert_eq!(month.came.as_ref().map(|came| (came.streams, came.admitted)), Some((1, 9)), "nothing is added to it");
    assert_eq!(city.reopen().unwrap().state().monthly, state.monthly);
    city.clock.advance(Span::days(31));
    assert_eq!(told("2026-07", &[("wifi", 13)]).unwrap(), 1, "that it is below the floor is told, too");
}

#[test]
fn no_log_folds_that_tells_roughly_of_what_is_counted_or_twice_or_too_soon_or_of_nothing_known() {
    let city = city();
    city.clock.advance(Span::days(32));
    let estimated = |month: &str, stream: &str| What::ObservationsEstimated(roughly(month, &[(stream, 15)]));
    assert!(folded(&city, [estimated("2026-06", "wifi"), estimated("2026-06", "barrier")]).is_ok());
    let fails = |acts: Vec<What>| folded(&city, acts).map(|_| ()).unwrap_err();
    let error = fails(vec![estimated("2026-06", "no2")]);
    assert!(matches!(&error, ApplyError::CountedExactly { stream, .. } if stream.as_str() == "no2"), "{error}");
    let error = fails(vec![estimated("2026-07", "wifi")]);
    assert!(matches!(error, ApplyError::MonthNotOver { .. }), "{error}");
    let error = fails(vec![What::ObservationsEstimated(roughly("2026-07", &[]))]);
    assert!(matches!(error, ApplyError::MonthNotOver { .. }), "{error}");
    let error = fails(vec![estimated("2026-06", "nowhere")]);
    assert!(matches!(error, ApplyError::Unknown { kind: "stream", .. }), "{error}");
    for again in ["2026-06", "2026-05"] {
        let error = fails(vec![estimated("2026-06", "wifi"), estimated(again, "wifi")]);
        assert!(matches!(error, ApplyError::Twice { .. }), "{error}");
    }
    let error = fails(vec![What::ObservationsEstimated(roughly("2026-06", &[("wifi", 15), ("wifi", 15)]))]);
    assert!(matches!(error, ApplyError::Twice { .. }), "{error}");
    for stream in ["wifi", "barrier"] {
        let error = fails(vec![What::ObservationsCounted(exactly("2026-06", stream))]);
        assert!(matches!(error, ApplyError::CountsPeople { .. }), "exact numbers stay what no log tells: {error}");
    }
}

#[test]
fn an_exponent_below_the_floor_or_beyond_what_there_is_is_no_act() {
    let city = city();
    city.clock.advance(Span::days(32));
    let what = What::ObservationsEstimated(roughly("2026-06", &[("wifi", 15)]));
    let act = city.register.state().act_of(&"city".parse().unwrap(), city.register.now(), None, what);
    let bytes = String::from_utf8(act.to_bytes().unwrap()).unwrap();
    assert!(bytes.contains("\"admitted\":15"), "{bytes}");
    for exponent in ["0", "12", "64", "255", "15.5", "-15", "\"15\"", "null"] {
        let other = bytes.replace("\"admitted\":15", &format!("\"admitted\":{exponent}"));
        assert!(Act::from_bytes(other.as_bytes()).is_err(), "{exponent}");
    }
    for exponent in ["13", "63"] {
        let other = bytes.replace("\"admitted\":15", &format!("\"admitted\":{exponent}"));
        assert!(Act::from_bytes(other.as_bytes()).is_ok(), "{exponent}");
    }
}
