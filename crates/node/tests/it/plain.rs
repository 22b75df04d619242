//! Plain language, measured: how long the sentences are that residents read, and how hard they are to read by LIX (Björnsson 1968: words in
//! a sentence on average, and of a hundred words how many have more than six letters). What parties wrote is not measured.

use crate::city::{HOSTILE, World};

/// The pages that residents read most.
const PAGES: [&str; 16] = [
    "/",
    "/near",
    "/search",
    "/changes",
    "/numbers",
    "/ask",
    "/deployments/wifi",
    "/deployments/pollution",
    "/places",
    "/purposes",
    "/technologies",
    "/organisations",
    "/policies",
    "/incidents",
    "/about",
    "/accessibility",
];
/// Elements that hold prose.
const PROSE: [&str; 6] = ["p", "li", "dd", "figcaption", "summary", "legend"];
/// Elements of which nothing is prose: what is drawn, tabled, typed or written by others.
const OTHER: [&str; 8] = ["svg", "table", "code", "pre", "select", "textarea", "nav", "script"];
/// Elements that hold nothing.
const VOID: [&str; 6] = ["br", "img", "input", "link", "meta", "hr"];
/// The fewest words of something that is measured as a sentence.
const WORDS_MIN: usize = 3;

/// The sentences of a page.
fn sentences(page: &str) -> Vec<String> {
    let main = page.split_once("<main").map_or(page, |(_, rest)| rest.split("</main>").next().unwrap());
    let (mut open, mut texts): (Vec<(String, bool)>, Vec<String>) = (Vec::new(), vec![String::new()]);
    for (at, piece) in main.split('<').enumerate() {
        let (tag, text) = piece.split_once('>').unwrap_or(("", piece));
        let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        if at > 0 && tag.starts_with('/') {
            open.pop();
        } else if at > 0 && !VOID.contains(&name.as_str()) && !tag.ends_with('/') {
            // What is marked with a language, or as typed, a party wrote; crumbs and badges are no sentences.
            let foreign =
                [" lang=", "class=\"crumbs", "class=\"typed", "class=\"badge"].iter().any(|mark| tag.contains(mark));
            open.push((name.clone(), OTHER.contains(&name.as_str()) || foreign));
        }
        if PROSE.contains(&name.as_str()) || name == "br" || name == "div" {
            texts.push(String::new());
        }
        let is_prose =
            open.iter().any(|(name, _)| PROSE.contains(&name.as_str())) && open.iter().all(|(_, other)| !other);
        let last = texts.last_mut().unwrap();
        last.push_str(if is_prose { text } else { " " });
    }
    texts.iter().flat_map(|text| split(text)).collect()
}

/// The sentences of a text: what ends with a full stop, a mark of exclamation or a question mark. A number with a stop before a word is
/// a day in German.
fn split(text: &str) -> Vec<String> {
    let text = text.replace("&#39;", "’").replace("&#38;", "&").replace("&#34;", "\"");
    let words: Vec<&str> = text.split_whitespace().collect();
    let (mut found, mut sentence): (Vec<String>, Vec<&str>) = (Vec::new(), Vec::new());
    for (at, word) in words.iter().enumerate() {
        sentence.push(word);
        let bare = word.trim_end_matches(['”', '“', '"', ')', '’']);
        let ends = bare.ends_with(['.', '!', '?']);
        let numbered = bare.trim_end_matches('.').chars().all(|sign| sign.is_ascii_digit());
        let day = numbered && words.get(at + 1).is_some_and(|next| next.starts_with(char::is_uppercase));
        if ends && !day {
            if sentence.len() >= WORDS_MIN {
                found.push(sentence.join(" "));
            }
            sentence.clear();
        }
    }
    found
}

/// The words of a sentence: what holds a letter, without what stands around it.
fn words(sentence: &str) -> impl Iterator<Item = &str> {
    let bare = |word: &'_ str| word.chars().any(char::is_alphabetic);
    sentence.split_whitespace().filter(move |word| bare(word))
}

#[derive(Default)]
struct Measured {
    sentences: usize,
    words: usize,
    long: usize,
    longest: (usize, String),
}

impl Measured {
    fn add(&mut self, sentence: &str) {
        let count = words(sentence).count();
        self.sentences += 1;
        self.words += count;
        self.long +=
            words(sentence).filter(|word| word.chars().filter(|sign| sign.is_alphabetic()).count() > 6).count();
        if count > self.longest.0 {
            self.longest = (count, sentence.to_owned());
        }
    }

    fn average(&self) -> f64 {
        f64::from(u32::try_from(self.words).unwrap()) / f64::from(u32::try_from(self.sentences).unwrap())
    }

    fn lix(&self) -> f64 {
        self.average()
            + 100.0 * f64::from(u32::try_from(self.long).unwrap()) / f64::from(u32::try_from(self.words).unwrap())
    }
}

#[tokio::test]
#[expect(clippy::print_stdout, reason = "the figures are for whoever reads the test’s output")]
async fn residents_read_short_sentences_in_both_languages() {
    let world = World::new();
    let mut too_long = Vec::new();
    for (lang, root, lix_max) in [("en", "", 40.0), ("de", "/de", 45.0)] {
        let mut all = Measured::default();
        for path in PAGES {
            let address = if path == "/" { format!("{root}/") } else { format!("{root}{path}") };
            let page = world.browse(&address).await;
            assert_eq!(page.status, 200, "{address}");
            let mut own = Measured::default();
            for sentence in sentences(page.text()) {
                if sentence.contains("&#60;") || sentence.contains(HOSTILE) {
                    continue;
                }
                if words(&sentence).count() > 35 {
                    too_long.push(format!("{address}: {sentence}"));
                }
                own.add(&sentence);
                all.add(&sentence);
            }
            if own.sentences > 0 {
                println!(
                    "{address:<28} {:>3} sentences, {:>4.1} words on average, {:>2} at most, LIX {:.0}",
                    own.sentences,
                    own.average(),
                    own.longest.0,
                    own.lix()
                );
            }
        }
        let (average, lix) = (all.average(), all.lix());
        println!(
            "{lang}: {} sentences, {average:.1} words on average, LIX {lix:.1}; the longest: {}",
            all.sentences, all.longest.1
        );
        assert!(all.sentences > 100, "there is something to measure: {}", all.sentences);
        assert!(lang != "en" || average <= 15.0, "{lang}: {average}");
        assert!(lix <= lix_max, "{lang}: LIX {lix}");
    }
    assert!(too_long.is_empty(), "longer than 35 words:\n{}", too_long.join("\n"));
}

#[test]
fn what_is_measured_is_what_somebody_would_count() {
    let page = "<main><p class=\"crumbs\">No sentence of ours here.</p><p>Am 24. November 2026 war es <code>x y z</code> kalt. Wirklich sehr \
        kalt!</p><table><p>Not this one here.</p></table><p lang=\"en\">Nor this one here.</p><li>No end</li></main>";
    assert_eq!(sentences(page), ["Am 24. November 2026 war es kalt.", "Wirklich sehr kalt!"]);
    let mut measured = Measured::default();
    sentences(page).iter().for_each(|sentence| measured.add(sentence));
    assert_eq!((measured.words, measured.long, measured.longest.0), (8, 2, 5));
    assert!((measured.lix() - (4.0 + 25.0)).abs() < 1e-9);
}
