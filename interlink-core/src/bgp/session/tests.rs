use super::connection::{Kind, Step};
use super::*;

#[test]
fn every_message_in_every_phase_has_its_meaning() {
    use Step::{Alive, End, Establish, Listen, Negotiate, Refuse};
    let kinds = [
        Kind::Open,
        Kind::Keepalive,
        Kind::Update,
        Kind::Refresh,
        Kind::Notification,
    ];
    for (phase, steps) in [
        (Phase::OpenSent, [Negotiate, Refuse(1), Refuse(1), Refuse(1), End]),
        (Phase::OpenConfirm, [Refuse(2), Establish, Refuse(2), Refuse(2), End]),
        (Phase::Established, [Refuse(3), Alive, Listen, Listen, End]),
    ] {
        assert_eq!(kinds.map(|kind| phase.on(kind)), steps, "{phase:?}");
    }
}
