//! Parameters of the path and of the query. What cannot be read is answered with a problem, like every other error.

use axum::extract::FromRequestParts;
use http::StatusCode;
use http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::{Problem, without_values};

/// Parameters of the path.
#[derive(Debug)]
pub struct Path<T>(pub T);

/// Parameters of the query.
#[derive(Debug)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        path.map(|axum::extract::Path(read)| Self(read)).map_err(|error| unreadable(error.body_text()))
    }
}

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let query = axum::extract::Query::from_request_parts(parts, state).await;
        query.map(|axum::extract::Query(read)| Self(read)).map_err(|error| unreadable(error.body_text()))
    }
}

fn unreadable(title: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "parameter", without_values(&title))
}
