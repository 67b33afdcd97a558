//! How much the verifier has to look at.

use interlink_tests::kernel::Kernel;

/// The most instructions that any kernel's verifier follows.
const LIMIT: u32 = 1_000_000;

#[test]
fn the_verifier_follows_the_program_to_its_end_with_room_to_spare() {
    let followed = Kernel::load().instructions_verified();
    println!("{followed} instructions of at most {LIMIT}");
    assert!(followed < LIMIT / 4, "{followed}");
}
