//! What could be declared in place of a view that was refused: the most useful views below it that are allowed.
//!
//! It begins at the least that the ladders below know, and then lets one part of the view after the other tell as much as is
//! still allowed. Each order of the parts ends at a view to which nothing can be added; different orders give up different
//! things, and whoever asked may choose. Nothing is offered that the same steps would not allow as a command.

use model::{Bound, Delay, Depth, Exposure, H3Resolution, IdentifierExposure, MinimumUnits, Noise, Rho, Space};
use model::{Span, Stream, TimeBin, Timestamp, View, ViewVersion};
use norms::Bundle;
use privacy::Degree;
use serde::Serialize;

use super::Desk;
use super::again::Nothing;
use crate::state::State;

/// A view that could be declared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Offer {
    /// The view.
    pub view: View,
    /// In what it tells less than the one that was refused, in words.
    pub instead: Vec<String>,
}

/// A part of a view that can tell less.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Time,
    Space,
    Minimum,
    Noise,
    Identifiers,
    Delay,
    Depth,
}

/// In which order parts are let tell more; what comes first is kept best.
const ORDERS: [[Part; 7]; 3] = {
    use Part::{Delay, Depth, Identifiers, Minimum, Noise, Space, Time};
    [
        [Identifiers, Delay, Depth, Time, Space, Minimum, Noise],
        [Identifiers, Delay, Depth, Minimum, Noise, Space, Time],
        [Identifiers, Delay, Depth, Noise, Space, Time, Minimum],
    ]
};

/// The degrees below a wanted one that differ in one part, from the wanted one on ever less.
struct Ladders<'a> {
    wanted: &'a Degree,
    rungs: Vec<(Part, Vec<Degree>)>,
}

impl<'a> Ladders<'a> {
    fn new(wanted: &'a Degree, stream: &Stream) -> Self {
        let ladder = |part: Part| {
            let mut ladder = vec![wanted.clone()];
            // What would tell more of the part than was wanted is what was wanted.
            for rung in rungs(part, wanted, stream).iter().filter_map(|rung| wanted.meet(rung)) {
                if ladder.last() != Some(&rung) {
                    ladder.push(rung);
                }
            }
            (part, ladder)
        };
        Self { wanted, rungs: ORDERS[0].map(ladder).into() }
    }

    fn of(&self, part: Part) -> &[Degree] {
        self.rungs.iter().find(|(of, _)| *of == part).map_or(&[], |(_, ladder)| ladder)
    }

    /// The least of every part, but for the grain of time and space.
    fn least(&self) -> Degree {
        let others = self.rungs.iter().filter(|(part, _)| !matches!(part, Part::Time | Part::Space));
        let last = others.filter_map(|(_, ladder)| ladder.last());
        last.fold(self.wanted.clone(), |least, rung| least.meet(rung).unwrap_or(least))
    }
}

fn rungs(part: Part, wanted: &Degree, stream: &Stream) -> Vec<Degree> {
    let rung = |alter: &dyn Fn(&mut Degree)| {
        let mut rung = wanted.clone();
        alter(&mut rung);
        rung
    };
    match part {
        Part::Time => {
            [5, 15, 60, 180, 1_440].into_iter().filter_map(|minutes| grain(wanted, Some(minutes), None)).collect()
        }
        Part::Space => spaces().filter_map(|space| grain(wanted, None, Some(space))).collect(),
        Part::Minimum => [3, 5, 10, 20, 50, 100].map(|count| rung(&|d| d.minimum = MinimumUnits(count))).into(),
        Part::Noise => losses(wanted, stream)
            .map(|rho| {
                rung(&|d| (d.noise, d.bound) = (Noise::Gaussian { rho }, d.bound.0.map_or(Bound(Some(1)), |_| d.bound)))
            })
            .collect(),
        Part::Identifiers => vec![rung(&|d| d.identifiers = IdentifierExposure::None)],
        Part::Delay => [15, 60, 1_440].map(|delay| rung(&|d| d.delay = Delay(Span::minutes(delay)))).into(),
        Part::Depth => [400, 90, 30, 7, 1].map(|days| rung(&|d| d.depth = Depth(Span::days(days)))).into(),
    }
}

fn spaces() -> impl Iterator<Item = Space> {
    let cell = |level: u8| H3Resolution::try_from(level).ok().map(|resolution| Space::Cell { resolution });
    [cell(9), cell(8), cell(7), Some(Space::Stream)].into_iter().flatten()
}

/// The same windows with another grain; none of single records.
fn grain(wanted: &Degree, minutes: Option<u32>, space: Option<Space>) -> Option<Degree> {
    let Exposure::Windows { bin, space: wanted_space, measure } = &wanted.exposure else { return None };
    let bin = minutes.map_or(Some(*bin), |minutes| TimeBin::new(Span::minutes(minutes)).ok())?;
    let exposure =
        Exposure::Windows { bin, space: space.unwrap_or_else(|| wanted_space.clone()), measure: measure.clone() };
    Some(Degree { exposure, ..wanted.clone() })
}

/// Losses from a stream's whole budget to a thousandth of it; none without a budget.
fn losses(wanted: &Degree, stream: &Stream) -> impl Iterator<Item = Rho> {
    let budget = stream.budget.filter(|_| matches!(wanted.exposure, Exposure::Windows { .. }));
    let parts = [1, 2, 4, 10, 24, 48, 96, 200, 500, 1_000];
    budget
        .into_iter()
        .flat_map(move |budget| parts.into_iter().filter_map(move |part| Rho::from_micro(budget.micro() / part).ok()))
}

/// The most useful views below a refused one that are allowed; none if nothing below it is.
pub(super) fn offers(refused: &View, stream: &Stream, allowed: impl Fn(&View) -> bool) -> Vec<Offer> {
    let wanted = Degree::of(refused);
    let ladders = Ladders::new(&wanted, stream);
    let allowed = |degree: &Degree| allowed(&degree.clone().on(refused));
    let Some(least) = begin(&ladders, &allowed) else { return Vec::new() };
    let mut found: Vec<Degree> = Vec::new();
    for order in ORDERS {
        let offer = raised(&ladders, &least, &order, &allowed);
        if !found.iter().any(|other| offer.no_more_than(other)) {
            found.retain(|other| !other.no_more_than(&offer));
            found.push(offer);
        }
    }
    let offer = |degree: Degree| Offer { instead: instead(&wanted, &degree), view: degree.on(refused) };
    found.into_iter().map(offer).collect()
}

/// The most useful views below one that stands which could be declared in its place and for which something else holds too: what
/// would be left of a view that other policies refuse. They would be declared by the party that declared it.
#[must_use]
pub fn offers_below(
    state: &State,
    bundle: &Bundle,
    stands: &View,
    now: Timestamp,
    also: impl Fn(&View) -> bool,
) -> Vec<Offer> {
    let mark = state.marks.views.get(&(stands.stream.clone(), stands.id.clone()));
    let actor = mark.and_then(|mark| state.parties.get(&mark.by));
    let (Some(actor), Some((_, stream))) = (actor, state.stream(&stands.stream)) else { return Vec::new() };
    let desk = Desk { state, bundle, actor: &actor.party, reason: None, now, entropy: &Nothing };
    let newer = View { version: ViewVersion(stands.version.0.saturating_add(1)), ..stands.clone() };
    offers(&newer, stream, |view| also(view) && desk.declare_as_it_is(view).is_ok())
}

/// For each part its rung on the ladder.
type Rungs = Vec<(Part, usize)>;

fn at(ladders: &Ladders<'_>, rungs: &Rungs) -> Option<Degree> {
    rungs.iter().try_fold(ladders.wanted.clone(), |degree, (part, rung)| degree.meet(ladders.of(*part).get(*rung)?))
}

/// Something that is allowed: the least of everything, on the coarsest grain that fits.
fn begin(ladders: &Ladders<'_>, allowed: &impl Fn(&Degree) -> bool) -> Option<Rungs> {
    let least = ladders.least();
    let grains = ladders.of(Part::Time).iter().enumerate().rev().flat_map(|(time, bin)| {
        ladders.of(Part::Space).iter().enumerate().rev().map(move |(space, place)| (time, space, bin, place))
    });
    let mut fits = grains.filter(|(_, _, bin, place)| {
        least.meet(bin).and_then(|degree| degree.meet(place)).is_some_and(|degree| allowed(&degree))
    });
    let (time, space, _, _) = fits.next()?;
    let rung = |(part, ladder): &(Part, Vec<Degree>)| match part {
        Part::Time => (*part, time),
        Part::Space => (*part, space),
        _ => (*part, ladder.len() - 1),
    };
    Some(ladders.rungs.iter().map(rung).collect())
}

/// Lets one part after the other tell as much as is allowed.
fn raised(ladders: &Ladders<'_>, least: &Rungs, order: &[Part], allowed: &impl Fn(&Degree) -> bool) -> Degree {
    let mut rungs = least.clone();
    for part in order {
        let Some(place) = rungs.iter().position(|(of, _)| of == part) else { continue };
        let lowest = rungs.get(place).map_or(0, |(_, rung)| *rung);
        let higher = (0..lowest).find_map(|rung| {
            let mut tried = rungs.clone();
            tried.get_mut(place)?.1 = rung;
            at(ladders, &tried).is_some_and(|degree| allowed(&degree)).then_some(tried)
        });
        rungs = higher.unwrap_or(rungs);
    }
    at(ladders, &rungs).unwrap_or_else(|| ladders.least())
}

/// In what one degree tells less than another, in words.
fn instead(wanted: &Degree, offered: &Degree) -> Vec<String> {
    let mut words = Vec::new();
    if let (Exposure::Windows { bin: a, space: from, .. }, Exposure::Windows { bin: b, space: to, .. }) =
        (&wanted.exposure, &offered.exposure)
    {
        if a != b {
            words.push(format!("windows of {} instead of {}", b.span().in_words(), a.span().in_words()));
        }
        if from != to {
            words.push(format!("one number {} instead of one {}", place(to), place(from)));
        }
    }
    if wanted.minimum != offered.minimum {
        words.push(format!("a minimum of {} instead of {}", offered.minimum.0, wanted.minimum.0));
    }
    if let (true, Noise::Gaussian { rho }) = (wanted.noise != offered.noise, offered.noise) {
        words.push(format!("noise of ρ {rho} a window"));
    }
    if let (true, Some(cells)) = (wanted.bound != offered.bound, offered.bound.0) {
        words.push(format!("each unit in at most {cells} cells of a window"));
    }
    if wanted.identifiers != offered.identifiers {
        words.push("nothing about who was there".to_owned());
    }
    if wanted.delay != offered.delay {
        words.push(format!("holding back {}", offered.delay.0.in_words()));
    }
    if wanted.depth != offered.depth {
        words.push(format!("reaching back {}", offered.depth.0.in_words()));
    }
    words
}

fn place(space: &Space) -> String {
    match space {
        Space::Stream => "for the whole stream".to_owned(),
        Space::Cell { resolution } => format!("for each H3 cell of resolution {}", resolution.level()),
        Space::District { .. } => "for each district".to_owned(),
        Space::Sensor => "for each sensor".to_owned(),
        Space::Pair => "for each way from sensor to sensor".to_owned(),
    }
}
