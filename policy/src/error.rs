//! How a call of a connector goes wrong.

/// How a call of a connector failed. None of these is the sender's fault: the answer is 503.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// It trapped: a bug in the connector.
    #[error("connector trapped: {0}")]
    Trap(String),
    /// It computed for longer than its limit.
    #[error("connector ran for more than {limit_ms} ms")]
    Time {
        /// Its limit.
        limit_ms: u64,
    },
    /// It wanted more memory than its limit.
    #[error("connector wanted more than {limit_bytes} bytes of memory")]
    Memory {
        /// Its limit.
        limit_bytes: u64,
    },
    /// It answered more than the host is ready to copy.
    #[error("connector answered more than {limit_bytes} bytes")]
    AnswerSize {
        /// The limit.
        limit_bytes: u64,
    },
    /// Its answer has the value of a secret in it.
    #[error("connector put the secret `{setting}` into its answer")]
    SecretInAnswer {
        /// The setting whose value was found.
        setting: String,
    },
    /// Its answer breaks a rule of the contract.
    #[error("connector answered against the contract: {0}")]
    Contract(String),
    /// It asks for one call after the other and comes to no end.
    #[error("connector asks for another call in round {limit}, which is the last")]
    Rounds {
        /// The most rounds of this function.
        limit: usize,
    },
    /// It does not have this ability.
    #[error("connector does not export `{0}`")]
    NoAbility(&'static str),
    /// The engine could not make an instance.
    #[error("no instance could be made: {0}")]
    Instance(String),
}

impl CallError {
    /// A short, stable name for metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Trap(_) => "trap",
            Self::Time { .. } => "time",
            Self::Memory { .. } => "memory",
            Self::AnswerSize { .. } => "answer_size",
            Self::SecretInAnswer { .. } => "secret_in_answer",
            Self::Contract(_) => "contract",
            Self::Rounds { .. } => "rounds",
            Self::NoAbility(_) => "no_ability",
            Self::Instance(_) => "instance",
        }
    }
}
