"""The plain requests under `/api/v1`: each is an `Operation` with its policy, and OpenAPI is written from the same."""
