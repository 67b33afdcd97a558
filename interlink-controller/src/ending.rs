//! The end of the controller, for whoever has to stop then.

use tokio::sync::watch;

/// Brings the end about.
#[derive(Debug)]
pub(crate) struct End(watch::Sender<bool>);

/// Waits for it.
#[derive(Clone, Debug)]
pub(crate) struct Ending(watch::Receiver<bool>);

/// The two of them.
pub(crate) fn ending() -> (End, Ending) {
    let (end, ending) = watch::channel(false);
    (End(end), Ending(ending))
}

impl End {
    /// Now.
    pub(crate) fn come(self) {
        self.0.send_replace(true);
    }
}

impl Ending {
    /// Returns once the end has come, also where nobody is left to bring it about.
    pub(crate) async fn over(&mut self) {
        drop(self.0.wait_for(|is_over| *is_over).await);
    }
}
