//! Waiting until a change is applied.

use std::time::{Duration, Instant};

use clap::Args;
use interlink_api::client::Client;
use interlink_api::{Link, LinkStatus};

use crate::exit::{Exit, Failed};

/// How often a link is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Whether to wait.
#[derive(Debug, Args)]
pub(super) struct Wait {
    /// Wait until the change is applied: as long as the link is `configuring`.
    #[arg(long)]
    wait: bool,
    /// How long to wait at most, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 300, requires = "wait")]
    wait_timeout: u64,
}

impl Wait {
    /// The link as it is when the change is applied, if that is waited for.
    pub(super) async fn settle(&self, client: &Client, link: Link) -> Result<Link, Failed> {
        let began = Instant::now();
        let mut link = link;
        while self.wait && link.status == LinkStatus::Configuring {
            if began.elapsed() >= Duration::from_secs(self.wait_timeout) {
                let why = format!(
                    "link {} is still configuring after {} s\nSee later with `interlink-agent link get {}`.",
                    link.id, self.wait_timeout, link.id
                );
                return Err(Failed::say(Exit::Failure, why));
            }
            tokio::time::sleep(LOOK_EVERY).await;
            link = client.get_link(&link.id).await?;
        }
        Ok(link)
    }
}
