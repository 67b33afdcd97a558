//! Rust source as words, without comments and literals.

/// A word or a sign of the code, and its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) line: usize,
    pub(super) text: &'a str,
}

/// The words and signs of a source; what is in a comment or a literal is left out.
pub(super) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = source;
    let mut line = 1;
    while let Some(first) = rest.chars().next() {
        let skipped = comment_or_literal(rest);
        let length = skipped.unwrap_or_else(|| word_length(rest).max(first.len_utf8()));
        let (text, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if skipped.is_none() && !first.is_whitespace() {
            tokens.push(Token { line, text });
        }
        line += text.matches('\n').count();
        rest = after;
    }
    tokens
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

fn word_length(text: &str) -> usize {
    text.find(|character| !is_word(character)).unwrap_or(text.len())
}

/// The length of the comment or literal that `text` begins with.
fn comment_or_literal(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if text.starts_with("/*") {
        return Some(block_comment_length(text));
    }
    let unprefixed = text.trim_start_matches(['b', 'c']);
    let prefix = text.len() - unprefixed.len();
    let length = match unprefixed.chars().next()? {
        '"' => quoted_length(unprefixed, '"'),
        'r' => raw_string_length(unprefixed)?,
        '\'' => char_length(unprefixed)?,
        _ => return None,
    };
    Some(prefix + length)
}

fn block_comment_length(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth = depth.saturating_sub(1);
            at += 2;
            if depth == 0 {
                break;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    at.min(text.len())
}

/// From one quote to the next that no backslash escapes.
fn quoted_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if character == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn raw_string_length(text: &str) -> Option<usize> {
    let fenced = text.strip_prefix('r')?;
    let hashes = fenced.len() - fenced.trim_start_matches('#').len();
    let body = fenced.get(hashes..)?.strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let start = text.len() - body.len();
    Some(body.find(&close).map_or(text.len(), |end| start + end + close.len()))
}

/// A quote begins a literal when it closes after one character; else it begins a lifetime.
fn char_length(text: &str) -> Option<usize> {
    let mut characters = text.char_indices().skip(1);
    let (_, first) = characters.next()?;
    let (_, second) = characters.next()?;
    (first == '\\' || second == '\'').then(|| quoted_length(text, '\''))
}

#[cfg(test)]
mod tests {
    use super::tokens;

    fn words(source: &str) -> Vec<&str> {
        tokens(source).into_iter().map(|token| token.text).collect()
    }

    #[test]
    fn comments_are_left_out() {
        assert_eq!(words("a // b\nc /* d /* e */ f */ g //! h"), ["a", "c", "g"]);
    }

    #[test]
    fn literals_are_left_out() {
        assert_eq!(
            words(r##"a "b \" c" d b"e" r#"f " g"# h '"' i '\'' j"##),
            ["a", "d", "h", "i", "j"]
        );
        assert_eq!(words(r###"br##"a"# b"## c"###), ["c"]);
    }

    #[test]
    fn lifetimes_and_raw_identifiers_are_code() {
        assert_eq!(words("&'a str"), ["&", "'", "a", "str"]);
        assert_eq!(words("r#type + bar"), ["r", "#", "type", "+", "bar"]);
    }

    #[test]
    fn words_that_end_like_a_prefix_stay_whole() {
        assert_eq!(words("abc + b + cr"), ["abc", "+", "b", "+", "cr"]);
    }

    #[test]
    fn unclosed_literal_ends_with_the_file() {
        assert_eq!(words("a \"b"), ["a"]);
        assert_eq!(words("a /* b"), ["a"]);
        assert_eq!(words("a r#\"b\""), ["a"]);
        assert_eq!(words("a '"), ["a", "'"]);
    }

    #[test]
    fn lines_count_through_what_is_left_out() {
        let lines: Vec<_> = tokens("a\n/* b\n */ c\n\"d\n\" e")
            .into_iter()
            .map(|token| token.line)
            .collect();
        assert_eq!(lines, [1, 3, 5]);
    }
}
