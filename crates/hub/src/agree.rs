//! Where groups agree: of each statement, how the kinds of members answer it, and how far the group that agrees least agrees.
//!
//! A large group cannot outvote a small one here: what counts is the smallest agreement among all groups that are large enough to
//! be called one. Nobody's answer is weighed, and nothing is inferred about anybody.

use crate::member::MemberKind;
use crate::state::{Statement, Tally};

/// How many answers, passes left out, make a group.
pub const GROUP_MIN: u32 = 3;

/// What one kind of member says to a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Group {
    /// Which kind.
    pub kind: MemberKind,
    /// How many answered what.
    pub tally: Tally,
    /// How many in a hundred of those who did not pass agree; none if they are too few to be a group.
    pub agree: Option<u32>,
}

/// What all groups say.
#[must_use]
pub fn groups(statement: &Statement) -> Vec<Group> {
    let group = |(kind, tally): (&MemberKind, &Tally)| Group { kind: *kind, tally: *tally, agree: share(tally) };
    statement.tally.iter().map(group).collect()
}

/// How many in a hundred agree in the group that agrees least; none unless there are two groups at least.
#[must_use]
pub fn common(groups: &[Group]) -> Option<u32> {
    let shares: Vec<u32> = groups.iter().filter_map(|group| group.agree).collect();
    shares.iter().min().copied().filter(|_| shares.len() >= 2)
}

fn share(tally: &Tally) -> Option<u32> {
    let (agree, all) = (u64::from(tally.agree), u64::from(tally.agree) + u64::from(tally.disagree));
    let percent = (agree * 100).checked_div(all).filter(|_| all >= u64::from(GROUP_MIN));
    percent.and_then(|percent| u32::try_from(percent).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(kind: MemberKind, agree: u32, disagree: u32, pass: u32) -> Group {
        let tally = Tally { agree, disagree, pass };
        Group { kind, tally, agree: share(&tally) }
    }

    #[test]
    fn a_large_group_does_not_outvote_a_small_one_and_too_few_are_no_group() {
        let cities = group(MemberKind::City, 9_000, 0, 5);
        let residents = group(MemberKind::Resident, 1, 2, 0);
        assert_eq!(common(&[cities, residents]), Some(33));
        assert_eq!(common(&[cities]), None, "one group agrees with itself");
        let few = group(MemberKind::Company, 2, 0, 90);
        assert_eq!((few.agree, common(&[cities, few])), (None, None));
        assert_eq!(common(&[cities, few, residents]), Some(33));
        let huge = group(MemberKind::Institute, u32::MAX, u32::MAX, 0);
        assert_eq!(huge.agree, Some(50));
    }
}
