//! Asking the running agent, for every verb that does.

use crate::control::{self, Answer, AskError, Request};
use crate::exit::{Exit, Failed};

use super::Socket;

/// The agent's answer; a refusal is an error with the exit code that it names.
pub(super) fn ask(socket: &Socket, request: &Request) -> Result<Answer, Failed> {
    let answer = control::ask(&socket.socket, request).map_err(|error| {
        let exit = match &error {
            AskError::NotRunning { .. } => Exit::NotRunning,
            AskError::NotAllowed { .. } => Exit::System,
            AskError::Broken { .. } => Exit::Failure,
        };
        Failed::new(exit, error)
    })?;
    match answer {
        Answer::Refused { code, text } => {
            let exit = Exit::ALL
                .into_iter()
                .find(|exit| exit.code() == code)
                .unwrap_or(Exit::Failure);
            Err(Failed::say(exit, text))
        }
        Answer::Status(_)
        | Answer::Plan { .. }
        | Answer::Explain(_)
        | Answer::Routes(_)
        | Answer::Sessions { .. }
        | Answer::Metrics { .. }
        | Answer::Done { .. } => Ok(answer),
    }
}

/// An answer to something that wasn't asked: the agent is of another version.
pub(super) fn mismatch() -> Failed {
    Failed::say(
        Exit::Failure,
        "the agent answered something else than was asked: it may be of another version",
    )
}
