use super::*;

#[test]
fn an_interface_name_is_what_the_kernel_takes() {
    for name in ["lo", "enp1s0f0", "eth0.2386", "...", "é", "a\\\"b", "fifteen_letters"] {
        assert_eq!(
            InterfaceName::new(name).map(|name| name.to_string()),
            Ok(name.to_owned())
        );
    }
}

#[test]
fn an_interface_name_that_the_kernel_would_refuse_is_refused_for_its_own_reason() {
    let refused = |name: &str| InterfaceName::new(name).unwrap_err();
    assert_eq!(refused(""), NameError::Empty);
    assert_eq!(refused("."), NameError::Reserved(".".to_owned()));
    assert_eq!(refused(".."), NameError::Reserved("..".to_owned()));
    for bad in ['/', ':', ' ', '\t', '\n', '\u{a0}', '\0', '\u{7f}'] {
        assert_eq!(refused(&format!("eth{bad}0")), NameError::Character(bad));
    }
    assert_eq!(refused("sixteen_letters_"), NameError::InterfaceTooLong(16));
    // The limit is in bytes.
    assert_eq!(refused("éééééééé"), NameError::InterfaceTooLong(16));
}

#[test]
fn the_name_of_an_object_is_any_text_that_the_api_takes() {
    for name in ["prod", "Paris – Nord", ".", "a/b:c", "\"quoted\"", &"é".repeat(255)] {
        assert_eq!(Name::new(name).map(|name| name.to_string()), Ok(name.to_owned()));
    }
}

#[test]
fn the_name_of_an_object_is_refused_when_empty_too_long_or_unprintable() {
    assert_eq!(Name::new(""), Err(NameError::Empty));
    assert_eq!(Name::new(&"é".repeat(256)), Err(NameError::TooLong(256)));
    for bad in ['\n', '\t', '\0', '\u{85}'] {
        assert_eq!(Name::new(&format!("a{bad}")), Err(NameError::Character(bad)));
    }
}

#[test]
fn refusals_say_the_limit_and_what_was_found() {
    let texts = [
        NameError::Empty,
        NameError::InterfaceTooLong(16),
        NameError::TooLong(256),
        NameError::Character('\n'),
        NameError::Reserved("..".to_owned()),
    ]
    .map(|error| error.to_string());
    assert_eq!(
        texts,
        [
            "a name can't be empty",
            "an interface name has at most 15 bytes, this one has 16",
            "a name has at most 255 characters, this one has 256",
            "'\\n' can't be in a name",
            "\"..\" is no interface name",
        ]
    );
}

#[test]
fn a_name_is_padded_as_text_is() {
    assert_eq!(format!("[{:<5}]", Name::new("a").unwrap()), "[a    ]");
    assert_eq!(format!("[{:>5}]", InterfaceName::new("lo").unwrap()), "[   lo]");
}
