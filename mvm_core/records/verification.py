"""Whether the record holds what the trail says, and nothing else."""

from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy import Connection, select

from mvm_core.records import chain
from mvm_core.records.films import hash_of_film
from mvm_core.records.rows import Row, digest_of, rows_of
from mvm_core.records.tables import cases, films, heads, patients, trail


def faults_of_record(connection: Connection, secret: bytes, noted: str = "") -> list[str]:
    """Look for any change that was not made by this program, within a transaction.

    Parameters
    ----------
    connection : Connection
    secret : bytes
    noted : str
        Hash of a head noted before, which the trail must hold.

    Returns
    -------
    list of str
        What does not hold, one sentence each; empty where all is whole.
    """
    chain.take_turn(connection)
    entries = rows_of(connection, select(trail).order_by(trail.c.number))
    found_heads = rows_of(connection, select(heads))
    faults = chain.faults_of_chain(entries, found_heads[0] if found_heads else None, secret)
    if len(found_heads) > 1:
        faults.append("the trail has more than one head")
    if noted and noted not in {entry["hash"] for entry in entries}:
        faults.append(f"the trail does not hold the noted head {noted}: it is an older state")
    known = {row["id"]: row for row in rows_of(connection, select(patients))}
    there = {row["id"]: row for row in rows_of(connection, select(cases))}
    of_films: dict[str, dict[str, str]] = {case: {} for case in there}
    for case, view, digest, changed in _films(connection):
        if changed:
            faults.append(f"the {view} film of case {case} was changed")
        of_films.setdefault(case, {})[view] = digest
    faults += [f"case {case} is missing, its films are there" for case in of_films.keys() - there.keys()]
    return faults + _faults_of_cases(entries, known, there, of_films)


def _films(connection: Connection) -> Iterator[tuple[str, str, str, bool]]:
    """Of each film: case, view, hash, and whether it has another now; one film at a time in memory."""
    for row in connection.execute(select(films).execution_options(yield_per=1)).mappings():
        yield row["case"], row["view"], row["sha256"], hash_of_film(row["sealed"]) != row["sha256"]


def _faults_of_cases(
    entries: Sequence[Row],
    known: Mapping[str, Row],
    there: Mapping[str, Row],
    of_films: Mapping[str, Mapping[str, str]],
) -> list[str]:
    last: dict[str, str] = {}
    for entry in entries:
        if entry["action"] == "deletion":
            of = {each["case"] for each in entries if each["patient"] == entry["patient"]}
            last = {case: digest for case, digest in last.items() if case not in of}
        elif entry["action"] == "retention":
            last.pop(entry["case"], None)
        elif entry["case"]:
            last[entry["case"]] = entry["digest"]
    faults = [f"case {case} is missing" for case in last if case not in there]
    for case, row in there.items():
        if case not in last:
            faults.append(f"case {case} is not in the trail")
        elif row["patient"] not in known:
            faults.append(f"the patient of case {case} is missing")
        elif digest_of(known[row["patient"]], row, of_films[case]) != last[case]:
            faults.append(f"case {case}, its films or its patient was changed")
    with_cases = {row["patient"] for row in there.values()}
    return faults + [f"patient {each} has no case" for each in known if each not in with_cases]
