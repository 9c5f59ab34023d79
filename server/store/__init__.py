"""The database: the contract (`base`), the queries, the schema's history, the implementations. SQL lives only here."""
