//! The order of views by exposure, and the lattice that it makes: which of two degrees shows no more than the other, what
//! both show (their meet) and what shows both (their join).
//!
//! The order is partial. Two degrees are compared in everything that a view tells: identifiers, minimum, bound, noise, grain
//! of time and space, delay, depth, fields. Degrees that measure different things, or of which one shows records and the
//! other windows, are not comparable and have neither meet nor join. The norms speak of the same attributes, each of which
//! they bound from one side, so that what is allowed of a degree is allowed of every degree below it.

use model::{Bound, Delay, Depth, Exposure, IdentifierExposure, MinimumUnits, Noise, Space, Span, TimeBin, View};

/// How much a view tells: all of it but its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Degree {
    /// Fields, or windows with their grain and measure.
    pub exposure: Exposure,
    /// What it tells about who was there.
    pub identifiers: IdentifierExposure,
    /// The fewest units behind a number.
    pub minimum: MinimumUnits,
    /// In how many cells of a window a unit may count.
    pub bound: Bound,
    /// The noise on each number.
    pub noise: Noise,
    /// How long it holds back.
    pub delay: Delay,
    /// How far back it reaches.
    pub depth: Depth,
}

impl Degree {
    /// How much a view tells.
    #[must_use]
    pub fn of(view: &View) -> Self {
        let View { exposure, identifiers, minimum, bound, noise, delay, depth, .. } = view.clone();
        Self { exposure, identifiers, minimum, bound, noise, delay, depth }
    }

    /// The view as it would be if it told so much.
    #[must_use]
    pub fn on(self, view: &View) -> View {
        let Self { exposure, identifiers, minimum, bound, noise, delay, depth } = self;
        View { exposure, identifiers, minimum, bound, noise, delay, depth, ..view.clone() }
    }

    /// Whether it tells no more than another, both of one stream.
    #[must_use]
    pub fn no_more_than(&self, other: &Self) -> bool {
        self.meet(other).as_ref() == Some(self)
    }

    /// The most that tells no more than either; none if they cannot be compared.
    #[must_use]
    pub fn meet(&self, other: &Self) -> Option<Self> {
        Some(Self {
            exposure: narrower(&self.exposure, &other.exposure)?,
            identifiers: self.identifiers.min(other.identifiers),
            minimum: self.minimum.max(other.minimum),
            bound: either(self.bound, other.bound, |a, b| cells(a) <= cells(b)),
            noise: either(self.noise, other.noise, |a, b| loss(a) <= loss(b)),
            delay: self.delay.max(other.delay),
            depth: self.depth.min(other.depth),
        })
    }

    /// The least that tells no less than either; none if they cannot be compared.
    #[must_use]
    pub fn join(&self, other: &Self) -> Option<Self> {
        Some(Self {
            exposure: wider(&self.exposure, &other.exposure)?,
            identifiers: self.identifiers.max(other.identifiers),
            minimum: self.minimum.min(other.minimum),
            bound: either(self.bound, other.bound, |a, b| cells(a) >= cells(b)),
            noise: either(self.noise, other.noise, |a, b| loss(a) >= loss(b)),
            delay: self.delay.min(other.delay),
            depth: self.depth.max(other.depth),
        })
    }
}

fn either<T: Copy>(a: T, b: T, first: impl Fn(T, T) -> bool) -> T {
    if first(a, b) { a } else { b }
}

/// Without a bound a unit counts wherever it is.
fn cells(bound: Bound) -> u32 {
    bound.0.unwrap_or(u32::MAX)
}

/// Exact numbers cost everything.
fn loss(noise: Noise) -> u32 {
    noise.rho().map_or(u32::MAX, |rho| rho.micro())
}

/// Whether two grains can be compared: ways between sensors are no places.
fn comparable(a: &Space, b: &Space) -> bool {
    (*a == Space::Pair) == (*b == Space::Pair)
}

/// Whether each place of one comparable grain is made of whole places of another: the stream of all, cells of finer cells, and
/// all of sensors. Districts are made of no cells, and two lists of districts are two grids.
fn coarser(a: &Space, b: &Space) -> bool {
    match (a, b) {
        (Space::Stream, _) | (_, Space::Sensor) => true,
        (Space::Cell { resolution: a }, Space::Cell { resolution: b }) => a <= b,
        (a, b) => a == b,
    }
}

/// The finest grain that both are made of whole places of: if neither is made of the other, the stream.
fn coarsest(a: &Space, b: &Space) -> Space {
    match (coarser(a, b), coarser(b, a)) {
        (true, _) => a.clone(),
        (_, true) => b.clone(),
        _ => Space::Stream,
    }
}

/// The coarsest grain of whose places both are made: if neither is made of the other, sensors.
fn finest(a: &Space, b: &Space) -> Space {
    match (coarser(a, b), coarser(b, a)) {
        (true, _) => b.clone(),
        (_, true) => a.clone(),
        _ => Space::Sensor,
    }
}

fn narrower(a: &Exposure, b: &Exposure) -> Option<Exposure> {
    match (a, b) {
        (Exposure::Records { fields: a }, Exposure::Records { fields: b }) => {
            Some(Exposure::Records { fields: a.intersection(b).cloned().collect() })
        }
        (
            Exposure::Windows { bin: a_bin, space: a_space, measure },
            Exposure::Windows { bin: b_bin, space: b_space, measure: b_measure },
        ) if measure == b_measure && comparable(a_space, b_space) => Some(Exposure::Windows {
            bin: common_multiple(*a_bin, *b_bin)?,
            space: coarsest(a_space, b_space),
            measure: measure.clone(),
        }),
        // Windows over what records show, and the reverse, are not compared: the records may lack the measure.
        _ => None,
    }
}

fn wider(a: &Exposure, b: &Exposure) -> Option<Exposure> {
    match (a, b) {
        (Exposure::Records { fields: a }, Exposure::Records { fields: b }) => {
            Some(Exposure::Records { fields: a.union(b).cloned().collect() })
        }
        (
            Exposure::Windows { bin: a_bin, space: a_space, measure },
            Exposure::Windows { bin: b_bin, space: b_space, measure: b_measure },
        ) if measure == b_measure && comparable(a_space, b_space) => Some(Exposure::Windows {
            bin: common_divisor(*a_bin, *b_bin)?,
            space: finest(a_space, b_space),
            measure: measure.clone(),
        }),
        _ => None,
    }
}

const fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// The finest grid whose windows are made of whole windows of both. It divides a day, because both do.
fn common_multiple(a: TimeBin, b: TimeBin) -> Option<TimeBin> {
    let (a, b) = (a.span().as_seconds(), b.span().as_seconds());
    TimeBin::new(Span::seconds(a / gcd(a, b) * b)).ok()
}

/// The coarsest grid of which whole windows make up the windows of both.
fn common_divisor(a: TimeBin, b: TimeBin) -> Option<TimeBin> {
    TimeBin::new(Span::seconds(gcd(a.span().as_seconds(), b.span().as_seconds()))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::{Measure, Rho};
    use proptest::prelude::*;

    prop_compose! {
        fn degree()(
            minutes in proptest::sample::select(vec![5_u32, 15, 20, 60, 1440]),
            space in 0_u8..7,
            shape in 0_u8..3,
            fields in proptest::sample::subsequence(vec!["a", "b", "c"], 0..3),
            identifiers in proptest::sample::select(vec![IdentifierExposure::None, IdentifierExposure::Rotating, IdentifierExposure::Raw]),
            minimum in 0_u32..3, bound in proptest::option::of(1_u32..3), rho in proptest::option::of(1_u32..3),
            delay in 0_u32..3, depth in 0_u32..3,
        ) -> Degree {
            let space = match space { 0 => Space::Stream, 1 => Space::Sensor, 2 => Space::Pair, 5 => districts(&["north"]), 6 => districts(&["north", "south"]), level => Space::Cell { resolution: (level + 4).try_into().unwrap() } };
            let bin = TimeBin::new(Span::minutes(minutes)).unwrap();
            let windows = |measure| Exposure::Windows { bin, space, measure };
            let exposure = match shape {
                0 => Exposure::Records { fields: fields.into_iter().map(|field| field.parse().unwrap()).collect() },
                1 => windows(Measure::Observations),
                _ => windows(Measure::Distinct { property: "mac".parse().unwrap() }),
            };
            Degree {
                exposure, identifiers, minimum: MinimumUnits(minimum), bound: Bound(bound),
                noise: rho.map_or(Noise::None, |micro| Noise::Gaussian { rho: Rho::from_micro(micro).unwrap() }),
                delay: Delay(Span::minutes(delay)), depth: Depth(Span::days(depth)),
            }
        }
    }

    fn districts(of: &[&str]) -> Space {
        let of: Vec<model::PlaceId> = of.iter().map(|id| id.parse().unwrap()).collect();
        Space::District { of: of.try_into().unwrap() }
    }

    /// Two degrees at once in an operation that neither may have.
    fn with(a: Option<&Degree>, b: Option<&Degree>, of: fn(&Degree, &Degree) -> Option<Degree>) -> Option<Degree> {
        of(a?, b?)
    }

    proptest! {
        #[test]
        fn it_is_a_partial_order(a in degree(), b in degree(), c in degree()) {
            prop_assert!(a.no_more_than(&a));
            if a.no_more_than(&b) && b.no_more_than(&a) {
                prop_assert_eq!(&a, &b);
            }
            if a.no_more_than(&b) && b.no_more_than(&c) {
                prop_assert!(a.no_more_than(&c));
            }
        }

        #[test]
        fn meet_and_join_make_a_lattice(a in degree(), b in degree(), c in degree()) {
            for of in [Degree::meet as fn(&Degree, &Degree) -> Option<Degree>, Degree::join] {
                prop_assert_eq!(of(&a, &a), Some(a.clone()));
                prop_assert_eq!(of(&a, &b), of(&b, &a));
                let (left, right) = (of(&a, &b), of(&b, &c));
                prop_assert_eq!(with(left.as_ref(), Some(&c), of), with(Some(&a), right.as_ref(), of));
            }
            prop_assert_eq!(a.meet(&b).is_some(), a.join(&b).is_some());
            if let (Some(meet), Some(join)) = (a.meet(&b), a.join(&b)) {
                prop_assert_eq!(a.join(&meet), Some(a.clone()), "absorption");
                prop_assert_eq!(a.meet(&join), Some(a.clone()), "absorption");
                prop_assert!(meet.no_more_than(&a) && meet.no_more_than(&b) && a.no_more_than(&join) && b.no_more_than(&join));
            }
        }

        #[test]
        fn a_meet_is_the_greatest_below_both_and_a_join_the_least_above(a in degree(), b in degree(), c in degree()) {
            if c.no_more_than(&a) && c.no_more_than(&b) {
                prop_assert!(c.no_more_than(&a.meet(&b).unwrap()));
            }
            if a.no_more_than(&c) && b.no_more_than(&c) {
                prop_assert!(a.join(&b).unwrap().no_more_than(&c));
            }
        }
    }

    #[test]
    fn less_is_told_by_each_part_of_a_view() {
        let view: View = serde_json::from_str(
            r#"{"id":"v","version":1,"stream":"s","title":"t","exposure":{"as":"windows","bin":"15m","space":{"by":"sensor"},
            "measure":{"of":"observations"}},"identifiers":"rotating","minimum":5,"bound":4,"noise":{"gaussian":{"rho":"0.1"}},
            "delay":"1h","depth":"7d"}"#,
        )
        .unwrap();
        let measure = Measure::Observations;
        let windows = |minutes, space| Exposure::Windows {
            bin: TimeBin::new(Span::minutes(minutes)).unwrap(),
            space,
            measure: measure.clone(),
        };
        let less = [
            View { exposure: windows(30, Space::Sensor), ..view.clone() },
            View { exposure: windows(15, Space::Stream), ..view.clone() },
            View { exposure: windows(15, districts(&["north"])), ..view.clone() },
            View { identifiers: IdentifierExposure::None, ..view.clone() },
            View { minimum: MinimumUnits(6), ..view.clone() },
            View { bound: Bound(Some(3)), ..view.clone() },
            View { noise: Noise::Gaussian { rho: "0.09".parse().unwrap() }, ..view.clone() },
            View { delay: Delay(Span::hours(2)), ..view.clone() },
            View { depth: Depth(Span::days(6)), ..view.clone() },
        ];
        for less in less {
            let (least, most) = (Degree::of(&less), Degree::of(&view));
            assert!(least.no_more_than(&most) && !most.no_more_than(&least), "{less:?}");
            assert_eq!(least.on(&view), less);
        }
        // A grid of twenty minutes is no part of one of fifteen.
        let (shifted, most) = (Degree { exposure: windows(20, Space::Sensor), ..Degree::of(&view) }, Degree::of(&view));
        assert!(!shifted.no_more_than(&most) && !most.no_more_than(&shifted));
    }
}
