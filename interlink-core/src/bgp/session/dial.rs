//! Whether we are connecting to the peer (RFC 4271 §8, the part before a connection).

/// How far we are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Dial {
    /// We don't want to, or wait for the peer to.
    #[default]
    Off,
    /// Until the next try.
    Waiting,
    /// A try is under way.
    Dialing,
    /// It came to a connection.
    Connected,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Happened {
    /// We want to.
    Start,
    /// We don't any more.
    Stop,
    /// The time to wait, or to try, is over.
    Due,
    /// The connection is there.
    Opened,
    /// It can't be made, or is gone.
    Failed,
}

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Nothing.
    Nothing,
    /// Try at once.
    Soon,
    /// Connect.
    Connect,
    /// Wait for longer than last time.
    BackOff,
    /// Give up the try under way.
    Abandon,
    /// That, and wait.
    AbandonAndBackOff,
}

impl Dial {
    pub(super) const fn on(self, happened: Happened) -> (Self, Act) {
        match (self, happened) {
            (Self::Off, Happened::Start) => (Self::Waiting, Act::Soon),
            (Self::Waiting, Happened::Due) => (Self::Dialing, Act::Connect),
            (Self::Dialing, Happened::Opened) => (Self::Connected, Act::Nothing),
            (Self::Dialing | Self::Connected, Happened::Failed) => (Self::Waiting, Act::BackOff),
            (Self::Dialing, Happened::Due) => (Self::Waiting, Act::AbandonAndBackOff),
            (Self::Dialing, Happened::Stop) => (Self::Off, Act::Abandon),
            (Self::Off | Self::Waiting | Self::Connected, Happened::Stop) => (Self::Off, Act::Nothing),
            (Self::Off, Happened::Due | Happened::Opened | Happened::Failed)
            | (Self::Waiting, Happened::Start | Happened::Opened | Happened::Failed)
            | (Self::Dialing, Happened::Start)
            | (Self::Connected, Happened::Start | Happened::Due | Happened::Opened) => (self, Act::Nothing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Act::{Abandon, AbandonAndBackOff, BackOff, Connect, Nothing, Soon};
    use Dial::{Connected, Dialing, Off, Waiting};
    use Happened::{Due, Failed, Opened, Start, Stop};

    #[test]
    fn every_state_and_event_has_its_successor() {
        let table = [
            (
                Off,
                [
                    (Waiting, Soon),
                    (Off, Nothing),
                    (Off, Nothing),
                    (Off, Nothing),
                    (Off, Nothing),
                ],
            ),
            (
                Waiting,
                [
                    (Waiting, Nothing),
                    (Off, Nothing),
                    (Dialing, Connect),
                    (Waiting, Nothing),
                    (Waiting, Nothing),
                ],
            ),
            (
                Dialing,
                [
                    (Dialing, Nothing),
                    (Off, Abandon),
                    (Waiting, AbandonAndBackOff),
                    (Connected, Nothing),
                    (Waiting, BackOff),
                ],
            ),
            (
                Connected,
                [
                    (Connected, Nothing),
                    (Off, Nothing),
                    (Connected, Nothing),
                    (Connected, Nothing),
                    (Waiting, BackOff),
                ],
            ),
        ];
        for (state, successors) in table {
            let found = [Start, Stop, Due, Opened, Failed].map(|happened| state.on(happened));
            assert_eq!(found, successors, "{state:?}");
        }
    }
}
