"""What a batch of jobs comes to: looked up before, written in one transaction, answered after it."""

from __future__ import annotations

from collections.abc import Iterable

from server.desk import commit
from server.desk.commit import Batch, Written
from server.desk.job import Done, Job
from server.store import requests
from server.store.base import Tx
from server.store.requests import RequestRow
from server.wire.codes import ErrorCode, Refused


def doing(batch: Iterable[Job]) -> list[Job]:
    """Those that were neither refused nor done before."""
    return [job for job in batch if job.step is not None and job.refused is None]


def transaction(tx: Tx, plan: Batch, batch: list[Job], now: int, *, sweeps: bool) -> tuple[Written, list[object]]:
    """The whole commit: rows that jobs create, the router's effects, what the answers need, what they were."""
    steps = [job.step if job.refused is None else None for job in batch]
    for step in steps:
        if step is not None and step.before is not None:
            step.before(tx)
    written = commit.write(tx, plan)
    values = [None if step is None or step.after is None else step.after(tx, written.v) for step in steps]
    # What a step refused has no outcome: asked again, it may have one.
    first = [job for job, value in zip(batch, values, strict=True) if not isinstance(value, Refused)]
    requests.put(tx, [_request_row(job, now) for job in doing(first) if job.name is not None])
    if sweeps:
        requests.expire(tx, now=now)
    return written, values


def look_up(tx: Tx, asking: list[Job]) -> None:
    """Find first outcomes and what their answers need, or else what the plans need."""
    found = requests.find_all(tx, [job.name.key for job in asking if job.name is not None])
    for job in asking:
        job.earlier = None if job.name is None else found.get(job.name.key)
        if job.earlier is None:
            job.seen = None if job.look is None else job.look(tx)
        elif job.recall is not None and conflict(job) is None:
            job.value = job.recall(tx, job.earlier.outcome)


def end_of(job: Job, *, v: int, at: int) -> Done | Refused:
    if job.twin is not None:
        return _same_request(job, job.twin) or end_of(job.twin, v=v, at=at)
    if job.refused is not None:
        return job.refused
    return Done(v=v, at=at if job.earlier is None else job.earlier.at, value=job.value)


def conflict(job: Job) -> Refused | None:
    """A name used before for something else."""
    assert job.earlier is not None
    return _same_request(job, job.earlier)


def _same_request(job: Job, first: Job | RequestRow) -> Refused | None:
    name = first.name if isinstance(first, Job) else first
    assert job.name is not None
    assert name is not None
    if (name.verb, name.digest) == (job.name.verb, job.name.digest):
        return None
    return Refused(ErrorCode.CLIENT_ID_CONFLICT, "This client_id was used for something else.", field="client_id")


def _request_row(job: Job, now: int) -> RequestRow:
    assert job.name is not None
    assert job.step is not None
    return RequestRow(
        sender=job.name.sender,
        client_id=job.name.client_id,
        verb=job.name.verb,
        digest=job.name.digest,
        outcome=job.step.subject,
        at=now,
        keep=job.name.keep,
    )


def subject_of(job: Job) -> str | None:
    """The conversation whose handling failed."""
    if job.step is None:
        return None
    named: str | None = getattr(job.step.command, "conversation", None)
    return named or job.step.subject or None
