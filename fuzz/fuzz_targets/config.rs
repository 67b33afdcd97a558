//! Any text: it is read or refused, and what is read is printed as a text that reads the same.

#![no_main]

use interlink_core::config::Config;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    match Config::parse(text) {
        Ok(config) => {
            let printed = config.to_string();
            assert_eq!(Config::parse(&printed).as_ref(), Ok(&config), "{printed}");
        }
        Err(errors) => assert!(!errors.to_string().is_empty()),
    }
});
