"""Rows of the plan that cannot occur, each with the reason."""

from __future__ import annotations

POSTGRESQL = "PostgreSQL is not supported yet"
REDIS = "Redis is not used yet"

ABSENT = (
    (35, "PostgreSQL restarts under load", POSTGRESQL),
    (36, "the connection to PostgreSQL is lost during a commit", POSTGRESQL),
    (37, "deadlocks and serialization failures", POSTGRESQL),
    (38, "the pool is exhausted, queries are slow", POSTGRESQL),
    (39, "failover to a stale standby", POSTGRESQL),
    (40, "the listening connection is silently dead", POSTGRESQL),
    (41, "commits out of the order of their numbers", POSTGRESQL),
    (42, "Redis is down at the start", REDIS),
    (43, "Redis is killed or emptied every 5 s", REDIS),
    (44, "Redis hangs for 30 s", REDIS),
    (45, "Redis is full or read-only", REDIS),
    (46, "huge, malformed or forged hints on the bus", REDIS),
    (47, "a cancelled command to Redis", REDIS),
)
