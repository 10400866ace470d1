//! Planning acts on many messages, carrying them out, taking them back, and reading who did what.

use tonic::{Request, Streaming};

use super::error::Error;
use super::unary::Operator;
use crate::v1::{
    ActionPlan, ApplyRequest, CancelOperationRequest, GetOperationRequest, ListAuditRequest,
    ListAuditResponse, ListOperationsRequest, ListOperationsResponse, Operation,
    PauseOperationRequest, PlanRequest, ResumeOperationRequest, UndoRequest, WatchAuditRequest,
    WatchAuditResponse, WatchOperationRequest,
};

/// The header with the name of who asks.
const ACTOR: &str = "weir-actor";

impl Operator {
    /// Counts exactly what an act would do and freezes what it would do it to; changes nothing.
    pub async fn plan(&self, request: PlanRequest) -> Result<ActionPlan, Error> {
        let response = self
            .stub
            .clone()
            .plan(self.signed(request))
            .await?
            .into_inner();
        response
            .plan
            .ok_or_else(|| Error::bad_answer("the plan is missing"))
    }

    /// Carries out a plan. The same plan again gives the same operation.
    pub async fn apply(&self, request: ApplyRequest) -> Result<Operation, Error> {
        let response = self.stub.clone().apply(self.signed(request)).await?;
        present(response.into_inner().operation)
    }

    /// Takes an operation back; gives the undo and what it can take back.
    pub async fn undo(
        &self,
        operation: impl Into<String>,
    ) -> Result<(Operation, ActionPlan), Error> {
        let request = UndoRequest {
            operation: operation.into(),
            actor: String::new(),
        };
        let response = self
            .stub
            .clone()
            .undo(self.signed(request))
            .await?
            .into_inner();
        let plan = response
            .plan
            .ok_or_else(|| Error::bad_answer("the plan is missing"))?;
        Ok((present(response.operation)?, plan))
    }

    /// Lists one page of operations, the newest first.
    pub async fn list_operations(
        &self,
        request: ListOperationsRequest,
    ) -> Result<ListOperationsResponse, Error> {
        Ok(self
            .stub
            .clone()
            .list_operations(request)
            .await?
            .into_inner())
    }

    /// Shows an operation.
    pub async fn get_operation(&self, operation: impl Into<String>) -> Result<Operation, Error> {
        let request = GetOperationRequest {
            operation: operation.into(),
        };
        let response = self.stub.clone().get_operation(request).await?;
        present(response.into_inner().operation)
    }

    /// Follows an operation until it is over; gives how it ended. `each` sees every state on the way.
    pub async fn follow_operation(
        &self,
        operation: impl Into<String>,
        mut each: impl FnMut(&Operation),
    ) -> Result<Operation, Error> {
        let request = WatchOperationRequest {
            operation: operation.into(),
        };
        let mut states = self
            .stub
            .clone()
            .watch_operation(request)
            .await?
            .into_inner();
        let mut last = None;
        while let Some(response) = states.message().await? {
            let operation = present(response.operation)?;
            each(&operation);
            last = Some(operation);
        }
        present(last)
    }

    /// Holds an operation between two messages.
    pub async fn pause_operation(&self, operation: impl Into<String>) -> Result<Operation, Error> {
        let request = self.signed(PauseOperationRequest {
            operation: operation.into(),
        });
        let response = self.stub.clone().pause_operation(request).await?;
        present(response.into_inner().operation)
    }

    /// Lets a held operation go on.
    pub async fn resume_operation(&self, operation: impl Into<String>) -> Result<Operation, Error> {
        let request = self.signed(ResumeOperationRequest {
            operation: operation.into(),
        });
        let response = self.stub.clone().resume_operation(request).await?;
        present(response.into_inner().operation)
    }

    /// Ends an operation between two messages.
    pub async fn cancel_operation(&self, operation: impl Into<String>) -> Result<Operation, Error> {
        let request = self.signed(CancelOperationRequest {
            operation: operation.into(),
        });
        let response = self.stub.clone().cancel_operation(request).await?;
        present(response.into_inner().operation)
    }

    /// Lists one page of administrative acts, the newest first.
    pub async fn list_audit(&self, request: ListAuditRequest) -> Result<ListAuditResponse, Error> {
        Ok(self.stub.clone().list_audit(request).await?.into_inner())
    }

    /// Reads administrative acts in the order in which they were done, and those that are still to come if asked.
    pub async fn watch_audit(
        &self,
        request: WatchAuditRequest,
    ) -> Result<Streaming<WatchAuditResponse>, Error> {
        Ok(self.stub.clone().watch_audit(request).await?.into_inner())
    }

    /// The same operator, on whose acts this name goes on record. A name that no header can hold is left out.
    #[must_use]
    pub fn acting_as(mut self, actor: &str) -> Self {
        self.actor = actor.parse().ok();
        self
    }

    pub(super) fn signed<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        if let Some(actor) = &self.actor {
            request.metadata_mut().insert(ACTOR, actor.clone());
        }
        request
    }
}

fn present(operation: Option<Operation>) -> Result<Operation, Error> {
    operation.ok_or_else(|| Error::bad_answer("the operation is missing"))
}
