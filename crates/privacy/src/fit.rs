//! Whether a windowed view fits its stream: what its minimum counts must be people where the stream is about people, and
//! its windows must be whole ones.
//!
//! Ten observations may be one phone that was heard ten times, so that a minimum over observations protects nobody. Only
//! distinct tags of an identifier are counted as people, and only within one epoch: the same phone has another tag in the
//! next. A distinct count needs no further bound within a cell: each tag counts once in it. What this does not stop: a
//! phone that changes its address by itself is several units (see the documentation of tags).

use std::num::NonZeroU32;

use model::{
    Bound, Category, EpochLength, Exposure, Identifies, Measure, Noise, PropertyName, Space, Span, Stream, StreamId,
    TimeBin, TimeTreatment, Treatment, View, ViewId,
};

use crate::memory::{DURATION, Work};

/// How much longer than a window its observations must be kept, if the window is not shorter itself: it closes a little
/// after its end, and what is deleted by then cannot be counted.
pub const RELEASE_SLACK_MAX: Span = Span::hours(1);

/// Why a windowed view does not fit its stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// It does not count people.
    #[error(
        "view `{view}` measures {measure}, and stream `{stream}` is about people: its minimum would not count people, as \
         many observations may be of one person. Measure `distinct` of a pseudonymised address or plate"
    )]
    NotPeople {
        /// The view.
        view: ViewId,
        /// Its stream.
        stream: StreamId,
        /// What it measures, in words.
        measure: &'static str,
    },
    /// It counts distinct values that are no people.
    #[error(
        "view `{view}` counts distinct values of `{property}`, which do not tell people apart. Count those of a \
         pseudonymised address or plate"
    )]
    NoPerson {
        /// The view.
        view: ViewId,
        /// What it counts.
        property: PropertyName,
    },
    /// A window crosses the end of an epoch, where one person gets a second tag.
    #[error(
        "view `{view}` has windows of {bin} over tags whose key lives {epoch}: a person would count once for each key. Let \
         the windows divide the key's life"
    )]
    Epoch {
        /// The view.
        view: ViewId,
        /// Its windows.
        bin: TimeBin,
        /// The key's life.
        epoch: EpochLength,
    },
    /// The stream's times are coarser than the windows, or lie across them.
    #[error(
        "view `{view}` has windows of {bin} over times that are stored in steps of {step}: the windows must be made of whole \
         steps"
    )]
    Time {
        /// The view.
        view: ViewId,
        /// Its windows.
        bin: TimeBin,
        /// The stream's own steps.
        step: TimeBin,
    },
    /// There is noise where it hides nobody, or none where the stream promises it.
    #[error("view `{view}` {why}")]
    Noise {
        /// The view.
        view: ViewId,
        /// What does not fit, and what would.
        why: &'static str,
    },
    /// It shows what was counted in memory otherwise than it was counted.
    #[error("view `{view}` shows numbers that stream `{stream}` works out in memory, {why}")]
    Numbers {
        /// The view.
        view: ViewId,
        /// Its stream.
        stream: StreamId,
        /// What does not fit, and what would.
        why: &'static str,
    },
    /// It asks for ways from sensor to sensor where none are worked out.
    #[error(
        "view `{view}` shows ways from one sensor to another, which stream `{stream}` does not hold. Declare a stream whose \
         plates or addresses are worked into journeys"
    )]
    NoWays {
        /// The view.
        view: ViewId,
        /// Its stream.
        stream: StreamId,
    },
    /// What a window counts is deleted before the window can be released.
    #[error(
        "view `{view}` has windows of {bin} over observations that are kept {kept}, so that none would be whole when it is \
         released. Keep them longer, or take shorter windows"
    )]
    Retention {
        /// The view.
        view: ViewId,
        /// Its windows.
        bin: TimeBin,
        /// How long the stream keeps.
        kept: Span,
    },
}

/// Whether what a view shows of a stream are whole windows and, if the stream is about people, numbers of people. Views of
/// single records are judged elsewhere.
///
/// # Errors
/// An [`Unfit`] that says what does not fit, and what would.
pub fn fits(view: &View, stream: &Stream) -> Result<(), Unfit> {
    noise_fits(view, stream).map_err(|why| Unfit::Noise { view: view.id.clone(), why })?;
    let Exposure::Windows { bin, space, measure } = &view.exposure else { return Ok(()) };
    let (bound, view, bin) = (view.bound, view.id.clone(), *bin);
    if let TimeTreatment::Bin { bin: step } = stream.time
        && !whole(bin.span(), step.span())
    {
        return Err(Unfit::Time { view, bin, step });
    }
    let (width, kept) = (looked_at(measure, bin, stream), stream.retention.0);
    if kept < Span::seconds(width.as_seconds().saturating_add(bin.span().min(RELEASE_SLACK_MAX).as_seconds())) {
        return Err(Unfit::Retention { view, bin, kept });
    }
    if let Some((property, treatment)) = stream.worked() {
        let fits = numbers_fit(bin, space, measure, bound, stream, (property, treatment));
        fits.map_err(|why| Unfit::Numbers { view: view.clone(), stream: stream.id.clone(), why })?;
        return if stream.properties.get(property).is_some_and(|known| is_one_person(known.category)) {
            Ok(())
        } else {
            Err(Unfit::NoPerson { view, property: property.clone() })
        };
    }
    if *space == Space::Pair {
        return Err(Unfit::NoWays { view, stream: stream.id.clone() });
    }
    let width = bin.span();
    if stream.identifies() == Identifies::Nobody {
        return Ok(());
    }
    let not_people = |measure| Unfit::NotPeople { view: view.clone(), stream: stream.id.clone(), measure };
    let property = match measure {
        Measure::Observations => return Err(not_people("the number of observations")),
        Measure::Mean { .. } => return Err(not_people("a mean")),
        counted => counted.unit().ok_or_else(|| not_people("how many observations lie in each class"))?,
    };
    match stream.properties.get(property).map(|known| (known.category, &known.treatment)) {
        Some((category, Treatment::Pseudonymise { epoch })) if is_one_person(category) => {
            if matches!(measure, Measure::Running { .. }) && stream.longest_epoch() != Some(*epoch) {
                let why = "has totals of tags whose keys live shorter than another of the stream, for whose life they are paid. \
                           Take the tag that lives longest";
                Err(Unfit::Noise { view, why })
            } else if whole(epoch.span(), width) {
                Ok(())
            } else {
                Err(Unfit::Epoch { view, bin, epoch: *epoch })
            }
        }
        _ => Err(Unfit::NoPerson { view, property: property.clone() }),
    }
}

/// Identifiers of which one person has many: ten network names may be asked for by one phone.
const NOT_ONE_PERSON: [&str; 1] = ["network-name"];

fn is_one_person(category: Category) -> bool {
    category.is_identifier() && !NOT_ONE_PERSON.contains(&category.code())
}

/// How far before its end a window looks back: over its own length, and over a key's life for a running total; a stay is
/// known to be over some time after its bin.
fn looked_at(measure: &Measure, bin: TimeBin, stream: &Stream) -> Span {
    let lag = Work::of(stream).map_or(Span::ZERO, |work| work.lag());
    match (measure, stream.longest_epoch()) {
        (Measure::Running { .. }, Some(epoch)) => epoch.span().max(bin.span()),
        _ => Span::seconds(bin.span().as_seconds().saturating_add(lag.as_seconds())),
    }
}

/// Whether a view shows numbers that were worked out in memory as they are: of several bins, sensors or ways nobody knows how
/// many different ones were in them, so that they cannot be added up.
fn numbers_fit(
    bin: TimeBin,
    space: &Space,
    measure: &Measure,
    bound: Bound,
    stream: &Stream,
    (property, treatment): (&PropertyName, &Treatment),
) -> Result<(), &'static str> {
    if stream.time != (TimeTreatment::Bin { bin }) {
        return Err(
            "one for each step of its time, and the same device may be in several steps. Take windows as long as a step",
        );
    }
    match (treatment, space) {
        (Treatment::Journey { .. }, Space::Pair)
        | (Treatment::Tally { .. } | Treatment::Dwell { .. }, Space::Sensor) => {}
        (Treatment::Journey { .. }, _) => return Err("one for each way from sensor to sensor. Show them by pair"),
        _ => return Err("one for each sensor, and the same device may be at several. Show them by sensor"),
    }
    if bound.0 != treatment.most().map(NonZeroU32::get) {
        return Err(
            "in which a device counts at as many places as the stream says (`most`). Give the view the same bound",
        );
    }
    let unit = measure.unit() == Some(property);
    match measure {
        Measure::Distinct { .. } if unit => Ok(()),
        Measure::Histogram { number, edges, .. } | Measure::Quantile { number, edges, .. }
            if unit && number.as_str() == DURATION =>
        {
            let known: Vec<i64> = treatment.durations().map_or_else(Vec::new, |classes| {
                classes.edges().iter().map(|edge| i64::from(edge.as_seconds())).collect()
            });
            let all = edges.as_slice().iter().all(|edge| known.contains(&i64::from(*edge)));
            if all {
                Ok(())
            } else {
                Err("with classes of duration that end elsewhere. Take edges, in seconds, from those of the stream")
            }
        }
        _ => Err(
            "of which it can be asked how many distinct ones there were and, where it keeps durations, how many in which class of `duration`",
        ),
    }
}

/// Whether a span is made of whole steps, one at least.
const fn whole(span: Span, step: Span) -> bool {
    span.as_seconds() >= step.as_seconds() && span.as_seconds().is_multiple_of(step.as_seconds())
}

/// The most cells that a unit may count in where there is noise: beyond that the noise would drown everything.
const NOISY_CELLS_MAX: u32 = 1_000;

/// The largest variance of noise: beyond a deviation of a thousand a number says nothing.
const VARIANCE_MAX: u64 = 1_000_000;

/// The shortest windows with noise: each is charged durably by itself.
const NOISY_BIN_MIN: Span = Span::minutes(1);
/// The smallest loss that can be halved, in millionths: a mean spends half on a count and half on a sum.
const SPLIT_LOSS_MIN: u32 = 2;

/// Whether the noise of a view is what its stream asks for.
fn noise_fits(view: &View, stream: &Stream) -> Result<(), &'static str> {
    if stream.identifies() == Identifies::Nobody {
        return if view.noise == Noise::None {
            Ok(())
        } else {
            Err("has noise, and its stream tells of nobody. Leave it out")
        };
    }
    let exactly_about_somebody = matches!(
        view.exposure,
        Exposure::Windows {
            measure: Measure::Quantile { .. } | Measure::ClampedMean { .. } | Measure::Running { .. },
            ..
        }
    );
    let bin = match (view.noise, stream.budget, view.bin()) {
        (Noise::None, _, _) if exactly_about_somebody => {
            return Err("would tell exactly what may be one person’s number. Add noise");
        }
        (Noise::None, None, _) => return Ok(()),
        (Noise::None, Some(_), _) => {
            return Err(
                "has no noise, and its stream promises that its releases cost no more than a budget: exact numbers have no \
                 bound. Add noise",
            );
        }
        (Noise::Gaussian { .. }, None, _) => {
            return Err("has noise, and its stream has no budget to pay it from. Declare the stream with a budget");
        }
        (Noise::Gaussian { .. }, Some(_), None) => {
            return Err("has noise, and shows single records, which cannot have any");
        }
        (Noise::Gaussian { .. }, Some(_), Some(bin)) => bin,
    };
    if bin.span() < NOISY_BIN_MIN {
        return Err(
            "has noise in windows of less than a minute, each of which is paid for one by one. Take longer windows",
        );
    }
    let shared = matches!(view.exposure, Exposure::Windows { measure: Measure::ClampedMean { .. }, .. });
    if shared && view.noise.rho().is_some_and(|rho| rho.micro() < SPLIT_LOSS_MIN) {
        return Err("spends too little on each window to be shared between a number and a sum. Take a larger ρ");
    }
    if !view.bound.0.is_some_and(|cells| (1..=NOISY_CELLS_MAX).contains(&cells)) {
        return Err(
            "has noise, which is as wide as the number of cells that one unit may count in. Bound it: from 1 to 1000 cells",
        );
    }
    let variance = view.noise.rho().map(|rho| u64::from(view.bound.0.unwrap_or(1)) * 500_000 / u64::from(rho.micro()));
    if variance.is_some_and(|variance| variance > VARIANCE_MAX) {
        return Err("has so much noise that no number could be read through it. Take a larger ρ or a smaller bound");
    }
    match stream.accounted() {
        Some(epoch) if whole(epoch.span(), bin.span()) => Ok(()),
        _ => Err("has windows across the end of an epoch, so that nobody could say which budget pays for them"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(time: &str, epoch: &str, retention: &str) -> Stream {
        let tag = format!(r#"{{"do":"pseudonymise","epoch":"{epoch}"}}"#);
        let json = format!(
            r#"{{"id":"wifi","time":{time},"retention":"{retention}","properties":{{
            "mac":{{"category":"mac-address","value":"text","treatment":{tag}}},
            "ssid":{{"category":"network-name","value":"text","treatment":{tag}}},
            "maker":{{"category":"device-trait","value":"text","treatment":{tag}}},
            "rssi":{{"category":"signal-strength","value":"integer","treatment":{{"do":"keep"}}}}}}}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    fn view(bin: &str, measure: &str) -> View {
        let json = format!(
            r#"{{"id":"counts","version":1,"stream":"wifi","title":"t","exposure":{{"as":"windows","bin":"{bin}","space":{{"by":"sensor"}},
            "measure":{measure}}},"identifiers":"none","minimum":10,"bound":null,"noise":"none","delay":"0s","depth":"1d"}}"#
        );
        serde_json::from_str(&json).unwrap()
    }

    const MACS: &str = r#"{"of":"distinct","property":"mac"}"#;
    const KEEP: &str = r#"{"do":"keep"}"#;

    #[test]
    fn ten_observations_are_not_ten_people() {
        let stream = stream(KEEP, "24h", "30d");
        assert_eq!(fits(&view("15m", MACS), &stream), Ok(()));
        for measure in [r#"{"of":"observations"}"#, r#"{"of":"mean","property":"rssi"}"#] {
            assert!(matches!(fits(&view("15m", measure), &stream), Err(Unfit::NotPeople { .. })), "{measure}");
        }
        for other in ["ssid", "maker", "rssi", "nowhere"] {
            let measure = format!(r#"{{"of":"distinct","property":"{other}"}}"#);
            assert!(matches!(fits(&view("15m", &measure), &stream), Err(Unfit::NoPerson { .. })), "{other}");
        }
    }

    #[test]
    fn a_stream_about_nobody_may_be_measured_in_any_way() {
        let air = r#"{"id":"wifi","time":{"do":"keep"},"retention":"30d","properties":{
            "level":{"category":"water-level","value":"number","treatment":{"do":"keep"}}}}"#;
        let air: Stream = serde_json::from_str(air).unwrap();
        for measure in [r#"{"of":"observations"}"#, r#"{"of":"mean","property":"level"}"#] {
            assert_eq!(fits(&view("15m", measure), &air), Ok(()));
        }
    }

    #[test]
    fn a_window_lies_within_one_epoch() {
        for (bin, epoch, fit) in
            [("15m", "24h", true), ("1d", "24h", true), ("1h", "1h", true), ("1h", "15m", false), ("1h", "90m", false)]
        {
            let fits = fits(&view(bin, MACS), &stream(KEEP, epoch, "30d"));
            assert_eq!(fits.is_ok(), fit, "{bin} under {epoch}");
            assert!(fit || matches!(fits, Err(Unfit::Epoch { .. })));
        }
    }

    #[test]
    fn totals_are_of_the_tag_whose_life_they_are_paid_for() {
        let totals = |property: &str| {
            let measure = format!(r#"{{"of":"running","property":"{property}"}}"#);
            let noise = Noise::Gaussian { rho: "0.01".parse().unwrap() };
            View { noise, bound: Bound(Some(1)), ..view("15m", &measure) }
        };
        let text = serde_json::to_string(&stream(KEEP, "24h", "30d")).unwrap();
        let shorter =
            r#""mac":{"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"1h"}"#;
        let daily = r#""mac":{"category":"mac-address","value":"text","treatment":{"do":"pseudonymise","epoch":"1d"}"#;
        assert!(text.contains(daily), "{text}");
        let budget = |text: &str| Stream { budget: Some("1".parse().unwrap()), ..serde_json::from_str(text).unwrap() };
        assert_eq!(fits(&totals("mac"), &budget(&text)), Ok(()));
        let error = fits(&totals("mac"), &budget(&text.replace(daily, shorter))).unwrap_err();
        assert!(error.to_string().contains("the tag that lives longest"), "a device would be new each hour: {error}");
    }

    #[test]
    fn noise_that_nobody_could_read_through_is_refused() {
        let noise = |micro| Noise::Gaussian { rho: model::Rho::from_micro(micro).unwrap() };
        let stream = Stream { budget: Some("1".parse().unwrap()), ..stream(KEEP, "24h", "30d") };
        for (micro, cells, fit) in [(1, 2, true), (1, 3, false), (500, 1_000, true), (499, 1_000, false)] {
            let view = View { noise: noise(micro), bound: Bound(Some(cells)), ..view("15m", MACS) };
            assert_eq!(fits(&view, &stream).is_ok(), fit, "{micro} {cells}");
        }
    }

    #[test]
    fn a_window_is_made_of_whole_steps_of_the_streams_time_and_kept_until_it_is_released() {
        for (bin, step, fit) in [("15m", "1m", true), ("15m", "15m", true), ("15m", "1h", false), ("20m", "15m", false)]
        {
            let time = format!(r#"{{"do":"bin","bin":"{step}"}}"#);
            let fits = fits(&view(bin, MACS), &stream(&time, "24h", "30d"));
            assert_eq!(fits.is_ok(), fit, "{bin} of {step}");
            assert!(fit || matches!(fits, Err(Unfit::Time { .. })));
        }
        for (bin, kept, fit) in [("15m", "30m", true), ("15m", "20m", false), ("1d", "25h", true), ("1d", "24h", false)]
        {
            let fits = fits(&view(bin, MACS), &stream(KEEP, "24h", kept));
            assert_eq!(fits.is_ok(), fit, "{bin} of {kept}");
            assert!(fit || matches!(fits, Err(Unfit::Retention { .. })));
        }
    }
}
