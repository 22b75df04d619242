//! Many short texts in one piece of memory: no allocation for each.

/// Texts of a column, one for each row, or none where nothing was sent.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Texts {
    /// All texts behind one another.
    text: String,
    /// For each row, where its text ends.
    ends: Vec<usize>,
    /// For each row, whether there is a text; an empty one is one.
    present: Vec<bool>,
}

impl Texts {
    /// How many rows.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.ends.len()
    }
    /// Whether there is no row.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Adds a row.
    pub fn push(&mut self, text: Option<&str>) {
        self.text.push_str(text.unwrap_or_default());
        self.ends.push(self.text.len());
        self.present.push(text.is_some());
    }

    /// The text of a row; none if nothing was sent, or there is no such row.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        if !*self.present.get(row)? {
            return None;
        }
        let start = if row == 0 { 0 } else { *self.ends.get(row - 1)? };
        self.text.get(start..*self.ends.get(row)?)
    }

    /// Every row's text.
    pub fn iter(&self) -> impl Iterator<Item = Option<&str>> {
        (0..self.len()).map(|row| self.get(row))
    }

    /// Forgets the rows from a number on.
    pub(super) fn truncate(&mut self, rows: usize) {
        self.ends.truncate(rows);
        self.present.truncate(rows);
        self.text.truncate(self.ends.last().copied().unwrap_or(0));
    }

    /// Puts the rows of others behind these.
    pub(super) fn extend(&mut self, other: &Self) {
        let before = self.text.len();
        self.text.push_str(&other.text);
        self.ends.extend(other.ends.iter().map(|end| before + end));
        self.present.extend_from_slice(&other.present);
    }
}

impl<'t> FromIterator<Option<&'t str>> for Texts {
    fn from_iter<I: IntoIterator<Item = Option<&'t str>>>(texts: I) -> Self {
        let mut all = Self::default();
        texts.into_iter().for_each(|text| all.push(text));
        all
    }
}
