//! Places in the text, and texts that are no TOML.

use super::super::{Config, ConfigErrors, Position, Problem};

#[test]
fn a_text_that_is_no_toml_is_refused_with_each_place_that_is_wrong() {
    assert_eq!(
        refusal("[agent]\nrole = \n[[link\n"),
        "interlink.toml:2:8: string values must be quoted, expected literal string\n\
         interlink.toml:3:7: unclosed array table, expected `]]`\n"
    );
    assert_eq!(
        refusal("[agent]\nrole = 'customer'\nrole = 'provider'\n"),
        "interlink.toml:3:1: duplicate key\n"
    );
}

/// What follows a syntax error was guessed at.
#[test]
fn the_meaning_of_a_text_that_is_no_toml_is_not_judged() {
    assert_eq!(
        refusal("[agent]\nrole = 'x'\n[[link]\n"),
        "interlink.toml:3:8: unclosed array table, expected `]`\n"
    );
}

#[test]
fn columns_count_characters_not_bytes() {
    assert_eq!(
        refusal("agent = { role = 'customer' }\nvpc = [{ name = 'é – 日本', table = 0 }]\n"),
        "interlink.toml:2:35: vpc \"é – 日本\": table: found 0, expected the number of a routing table, 1 to 252 or 256 \
         to 4294967295 (253 to 255 are the kernel's own)\n"
    );
}

#[test]
fn lines_may_end_as_on_windows_and_begin_with_a_byte_order_mark() {
    assert_eq!(
        refusal("\u{feff}[agent]\r\nrole = 'customer'\r\nx = 1\r\n"),
        "interlink.toml:3:1: agent: there is no key `x`: the keys here are `role`\n"
    );
}

#[test]
fn the_place_of_a_byte_is_its_line_and_character() {
    let text = "ab\né€x\n";
    for (byte, line, column) in [
        (0, 1, 1),
        (1, 1, 2),
        (2, 1, 3),
        (3, 2, 1),
        (5, 2, 2),
        (8, 2, 3),
        (9, 2, 4),
        (10, 3, 1),
        // Not a place in the text: behind its last.
        (99, 3, 1),
    ] {
        assert_eq!(Position::of(text, byte), Position { line, column }, "{byte}");
    }
    assert_eq!(Position::of("", 0), Position { line: 1, column: 1 });
}

#[test]
fn problems_are_shown_with_or_without_their_object_one_on_each_line() {
    let problem = |line, path: &str| Problem {
        position: Position { line, column: 7 },
        path: path.to_owned(),
        message: "wrong".to_owned(),
    };
    let errors = ConfigErrors {
        problems: vec![problem(1, ""), problem(2, "vpc \"a\": table")],
    };
    assert_eq!(errors.to_string(), "1:7: wrong\n2:7: vpc \"a\": table: wrong");
    assert_eq!(
        errors.lines("interlink.toml"),
        "interlink.toml:1:7: wrong\ninterlink.toml:2:7: vpc \"a\": table: wrong\n"
    );
}

fn refusal(text: &str) -> String {
    Config::parse(text).unwrap_err().lines("interlink.toml")
}
