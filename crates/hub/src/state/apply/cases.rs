//! The fold of cases.

use std::sync::Arc;

use super::Applied;
use crate::act::{Act, CaseContinued, CaseFiled, CaseRef, CaseWithdrawn, Entry, What};
use crate::case::misnamed;
use crate::state::{Case, CaseLine, State};
use crate::words::MemberId;

impl State {
    /// Whether whoever did it speaks for a member.
    pub(super) fn speaks_for(&self, act: &Act, member: &MemberId) -> Applied {
        let own = self.people.by_id.get(&act.by).is_some_and(|person| person.member == *member);
        if own { Ok(()) } else { Err("whoever did it speaks for another member") }
    }

    pub(super) fn case(&mut self, entry: Entry, act: &Act) -> Applied {
        match &act.what {
            What::CaseFiledFirst(filed) => self.file_case(entry, act, filed.clone().read_again(), false),
            What::CaseFiled(filed) => self.file_case(entry, act, filed.clone(), true),
            What::CaseContinued(continued) => self.continue_case(entry, act, continued),
            What::CaseWithdrawnFirst(CaseRef { case }) | What::CaseWithdrawn(CaseWithdrawn { case, .. }) => {
                self.withdraw_case(entry, act, *case)
            }
            _ => Err("it is about no case"),
        }
    }

    fn file_case(&mut self, entry: Entry, act: &Act, filed: CaseFiled, whole: bool) -> Applied {
        self.speaks_for(act, &filed.city)?;
        if self.members.by_id.get(&filed.city).is_none_or(|member| !member.listed.kind.governs()) {
            return Err("a case is a city’s or a government’s");
        }
        if let Some(why) = misnamed(&filed.standard, &filed.version, filed.pilot.as_ref()) {
            return Err(why);
        }
        let (outcome, by, at) = (filed.outcome, act.by.clone(), act.at);
        let case = Case { filed: Arc::new(filed), whole, by, at, outcome, lines: Vec::new(), withdrawn: None };
        Arc::make_mut(&mut self.cases).insert(entry, Arc::new(case));
        self.take_part(act, entry);
        Ok(())
    }

    /// A case that stands, for people of its city.
    fn case_mut(&mut self, act: &Act, id: Entry) -> Result<&mut Case, &'static str> {
        let city = self.cases.get(&id).map(|case| case.filed.city.clone()).ok_or("no such case")?;
        self.speaks_for(act, &city)?;
        let case = Arc::make_mut(&mut self.cases).get_mut(&id).map(Arc::make_mut).ok_or("no such case")?;
        if case.withdrawn.is_none() { Ok(case) } else { Err("the case was taken back") }
    }

    fn continue_case(&mut self, entry: Entry, act: &Act, continued: &CaseContinued) -> Applied {
        let case = self.case_mut(act, continued.case)?;
        case.outcome = continued.outcome;
        case.lines.push(CaseLine { entry, at: act.at, by: act.by.clone(), outcome: continued.outcome });
        self.take_part(act, continued.case);
        Ok(())
    }

    fn withdraw_case(&mut self, entry: Entry, act: &Act, id: Entry) -> Applied {
        self.case_mut(act, id)?.withdrawn = Some((entry, act.at, act.by.clone()));
        Ok(())
    }
}
