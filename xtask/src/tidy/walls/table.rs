//! The table of rooms as it stands in ARCHITECTURE.md.

/// Where a room stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Level {
    /// In a row; it may import from lower ones.
    Row(u8),
    /// Beside the rows: for development only.
    DevOnly,
}

/// One line of the table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Room {
    /// The crate.
    pub(crate) name: String,
    /// Its row.
    pub(crate) level: Level,
    /// Whether it is planned and not there yet.
    pub(crate) later: bool,
}

/// Reads the table under the heading `## Rooms`: row, crate, room, heavy dependency.
pub(crate) fn parse(document: &str) -> Result<Vec<Room>, String> {
    let section = document.lines().skip_while(|line| line.trim() != "## Rooms").skip(1);
    let section = section.take_while(|line| !line.starts_with("## "));
    let mut table =
        section.map(str::trim).skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let heading: Vec<&str> = table.next().map(cells).unwrap_or_default();
    if heading != ["row", "crate", "room", "heavy dependency"] {
        return Err("has no table `| row | crate | room | heavy dependency |` under `## Rooms`".to_owned());
    }
    let mut rooms: Vec<Room> = Vec::new();
    for line in table.skip(1) {
        let room = room(line).ok_or_else(|| format!("this line of the table of rooms cannot be read: {line}"))?;
        if rooms.iter().any(|known| known.name == room.name) {
            return Err(format!("the table of rooms has `{}` twice", room.name));
        }
        rooms.push(room);
    }
    Ok(rooms)
}

fn cells(line: &str) -> Vec<&str> {
    line.trim_matches('|').split('|').map(str::trim).collect()
}

fn room(line: &str) -> Option<Room> {
    let cells = cells(line);
    let [row, name, room, _] = cells.as_slice() else { return None };
    let level = if matches!(*row, "–" | "-") { Level::DevOnly } else { Level::Row(row.parse().ok()?) };
    let later = name.contains("(later)") || room.starts_with("(later)");
    Some(Room { name: name.split('`').nth(1)?.to_owned(), level, later })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "# A\n## Rooms\n\nWords.\n\n| row | crate | room | heavy dependency |\n|---|---|---|---|\n";

    #[test]
    fn rooms_are_read_up_to_the_end_of_the_table() {
        let lines = "| 0 | `a` | words | serde |\n| 2 | `b` (later) | more `words` | x |\n| 2 | `e` | (later) words | – |\n| – | `c` (binary `d`) | | – |\n";
        let after = "\n| 9 | `not` | this | one |\n## More\n";
        let rooms = parse(&format!("{HEAD}{lines}{after}")).unwrap();
        let room = |name: &str, level, later| Room { name: name.to_owned(), level, later };
        let expected = [
            room("a", Level::Row(0), false),
            room("b", Level::Row(2), true),
            room("e", Level::Row(2), true),
            room("c", Level::DevOnly, false),
        ];
        assert_eq!(rooms, expected);
    }

    #[test]
    fn a_table_that_cannot_be_read_is_an_error() {
        for lines in ["| x | `a` | b | c |", "| 0 | a | b | c |", "| 0 | `a` | b |", "| 0 | `a` | | |\n| 1 | `a` | | |"]
        {
            assert!(parse(&format!("{HEAD}{lines}\n")).is_err(), "{lines}");
        }
        assert!(parse("# A\n| row | crate | room | heavy dependency |\n").is_err());
    }
}
