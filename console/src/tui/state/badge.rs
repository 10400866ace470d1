//! What this session is, beside the program's name: nobody is to take production for a test.

use weir_proto::safe_text::SafeText;

use crate::profile::Stage;

/// A word beside the program's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Badge {
    /// A broker of its own with live traffic.
    Demo,
    /// A context: its name and what sort of broker it is.
    Context { name: SafeText, stage: Stage },
}

impl Badge {
    /// The word.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Demo => "demo",
            Self::Context { stage, .. } => match stage {
                Stage::Production => "PROD",
                Stage::Staging => "STG",
                Stage::Development => "dev",
            },
        }
    }

    /// Whether it must not be overlooked.
    pub(crate) fn is_loud(&self) -> bool {
        matches!(
            self,
            Self::Context {
                stage: Stage::Production | Stage::Staging,
                ..
            }
        )
    }

    /// Whether people depend on the broker.
    pub(crate) fn is_production(&self) -> bool {
        matches!(
            self,
            Self::Context {
                stage: Stage::Production,
                ..
            }
        )
    }
}
