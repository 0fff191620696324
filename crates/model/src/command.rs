//! What the server asks agents to do. Commands travel upward only as answers
//! to the agents' own questions.

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// The command's name in the protocol.
    pub name: String,
    /// Arguments in order.
    pub arguments: Vec<(String, String)>,
}

/// Answers the agents' questions for commands. Implementations MUST answer at
/// once from memory and MUST answer nothing rather than something stale.
pub trait CommandSource: Send + Sync + 'static {
    /// Profiling tasks of an instance that were created after `last_ms`
    /// (milliseconds since the Unix epoch).
    fn profile_tasks(&self, service: &str, instance: &str, last_ms: i64) -> Vec<Command>;

    /// Configuration changes of a service, when it does not already have the
    /// configuration that `uuid` names.
    fn configuration(&self, service: &str, uuid: &str) -> Vec<Command>;
}

/// No tasks, nothing configured.
#[derive(Debug, Default, Clone, Copy)]
pub struct NoCommands;

impl CommandSource for NoCommands {
    fn profile_tasks(&self, _service: &str, _instance: &str, _last_ms: i64) -> Vec<Command> {
        Vec::new()
    }

    fn configuration(&self, _service: &str, _uuid: &str) -> Vec<Command> {
        Vec::new()
    }
}
