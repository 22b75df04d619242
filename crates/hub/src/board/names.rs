//! The names of many cities in one text, so that a search reads memory in one go and takes milliseconds for hundreds of thousands.

/// What cities are found by: the id that the hub calls each by, and its own name.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// In small letters, a line each.
    text: String,
    /// Where each line begins.
    begins: Vec<usize>,
}

impl Names {
    /// The next city.
    pub(crate) fn push(&mut self, id: &str, name: Option<&str>) {
        self.begins.push(self.text.len());
        self.text.push_str(id);
        if let Some(name) = name {
            self.text.push(' ');
            self.text.extend(name.to_lowercase().chars().map(|letter| if letter == '\n' { ' ' } else { letter }));
        }
        self.text.push('\n');
    }

    /// The places of those that have a text in their id or name, in order.
    pub(crate) fn find(&self, sought: &str) -> Vec<usize> {
        let sought = sought.to_lowercase();
        let (mut found, mut from) = (Vec::new(), 0);
        while let Some(at) = self.text.get(from..).and_then(|rest| rest.find(&sought)) {
            // The line that it stands in is the last one that begins at it or before; the next search begins after that line.
            let next = self.begins.partition_point(|begin| *begin <= from + at);
            found.push(next.saturating_sub(1));
            match self.begins.get(next) {
                Some(begin) => from = *begin,
                None => break,
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_search_finds_what_looking_at_each_finds(
            names in proptest::collection::vec(("[a-c]{1,4}", proptest::option::of("[A-Ca-c \n]{0,4}")), 0..30), sought in "[a-cA-C ]{1,3}",
        ) {
            let mut all = Names::default();
            names.iter().for_each(|(id, name)| all.push(id, name.as_deref()));
            let line = |(id, name): &(String, Option<String>)| match name {
                Some(name) => format!("{id} {}", name.to_lowercase().replace('\n', " ")),
                None => id.clone(),
            };
            let sought_small = sought.to_lowercase();
            let one_by_one: Vec<usize> = (0..names.len()).filter(|at| line(&names[*at]).contains(&sought_small)).collect();
            prop_assert_eq!(all.find(&sought), one_by_one);
        }
    }
}
