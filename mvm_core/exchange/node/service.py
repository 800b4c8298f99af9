"""The node at work: receives, reads what is complete, sends what is made; one thread for each."""

import os
import signal
import threading
import time
import traceback
from collections.abc import Callable

from mvm_core.errors import ClusterError, ExchangeError, MvmError
from mvm_core.examination import Examiner
from mvm_core.exchange.certificates import expiries
from mvm_core.exchange.node.commitment import answer, open_requests
from mvm_core.exchange.node.keeping import Keep, keep_waiting
from mvm_core.exchange.node.patience import Patience
from mvm_core.exchange.node.queue import Queue, Signature, Waiting
from mvm_core.exchange.node.reading import StudyRead, read_queued
from mvm_core.exchange.node.receiving import listen
from mvm_core.exchange.node.record import Record
from mvm_core.exchange.node.sending import send
from mvm_core.exchange.settings import Destination, NodeSettings, Settings

_LOOK_S = 0.5
_FORGET_EVERY_S = 600.0
_CERTIFICATES_EVERY_S = 24 * 3600.0
_OWNER_ALONE = 0o077
_UNEXPECTED = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
)
"""What a film that nobody thought of may raise; one study must not keep the node from the others."""


class Node:
    """A node with its queue; `run` returns when it is told to stop.

    Parameters
    ----------
    settings : NodeSettings
    keep : Keep, optional
        Puts readings into the clinic's record, as soon as anything of them is sent.
    examiner : Examiner, optional
        Of the same weights; this process reads where none is given.

    Raises
    ------
    WeightsError
        If the weights cannot be opened.
    OutputError
        If the queue cannot be written to.
    """

    def __init__(
        self, settings: NodeSettings, keep: Keep | None = None, examiner: Examiner | None = None
    ) -> None:
        self._settings, self._keep_reading = settings, keep
        self._examiner = examiner or Examiner.open(settings.weights)
        self._queue = Queue(settings.queue)
        self._record = Record(self._queue.record)
        self._stop, self._news = threading.Event(), threading.Event()
        self._seen: dict[str, tuple[Signature, float]] = {}
        self._arrived: set[tuple[str, str]] = set()

    def stop(self) -> None:
        """Let `run` end after what is being done."""
        self._stop.set()
        self._news.set()

    def run(self, started: Callable[[], None] = lambda: None) -> None:
        """Work until told to stop.

        Parameters
        ----------
        started : callable
            Called as soon as films are received.

        Raises
        ------
        ExchangeError
            If the port is taken.
        """
        settings, record = self._settings, self._record
        server = listen(settings, self._queue, record, self._news.set)
        workers = [threading.Thread(target=self._read_all), threading.Thread(target=self._answer_all)]
        workers.append(threading.Thread(target=self._watch_certificates))
        if self._keep_reading is not None:
            workers.append(threading.Thread(target=self._keep_all, args=(self._keep_reading,)))
        workers += [threading.Thread(target=self._send_all, args=(each,)) for each in settings.destinations]
        try:
            record.write(
                "started",
                ae_title=settings.ae_title,
                port=settings.port,
                weights=self._examiner.reader.weights.identity[:12],
            )
            for worker in workers:
                worker.start()
            started()
            while not self._stop.wait(_LOOK_S):
                if not all(worker.is_alive() for worker in workers):
                    break  # its error stands on stderr; whoever keeps the node running starts it again
        finally:
            self.stop()
            server.shutdown()
            for worker in workers:
                worker.join()
            record.write("stopped")
            self._queue.close()

    def _read_all(self) -> None:
        patience, forgotten = Patience(self._settings.retry_s), time.monotonic()
        while not self._stop.is_set():
            for study in list(self._queue.studies()):
                if self._stop.is_set():
                    return
                if self._is_complete(study) and patience.is_over(study):
                    (patience.done if self._read(study) else patience.failed)(study)
            if time.monotonic() - forgotten > _FORGET_EVERY_S:
                self._forget()
                forgotten = time.monotonic()
            self._stop.wait(min(_LOOK_S, self._settings.quiet_s / 4))

    def _is_complete(self, study: str) -> bool:
        """Whether there is something to read, and it has not changed for the quiet time."""
        if self._queue.is_dealt_with(study):
            self._seen.pop(study, None)
            return False
        signature, now = self._queue.signature(study), time.monotonic()
        before = self._seen.get(study)
        if before is None or before[0] != signature:
            self._seen[study] = signature, now
            return False
        return now - before[1] >= self._settings.quiet_s

    def _read(self, study: str) -> bool:
        """Read a study and keep what came of it; False where that is to be tried again."""
        queue, record = self._queue, self._record
        signature, known = queue.signature(study), queue.readings(study)
        found: StudyRead | None
        try:
            found = read_queued(
                study, queue.films(study), self._examiner, known, lambda key: queue.withdraw(study, key)
            )
        except ClusterError as error:
            # Whoever reads for this node is away, and will be back.
            record.write("not-read", study=study, why=error.problem, cure=error.cure)
            return False
        except MvmError as error:
            record.write("not-read", study=study, why=error.problem, cure=error.cure)
            found = None
        except _UNEXPECTED as error:
            traceback.print_tb(error.__traceback__)  # its words might hold a name
            kind = type(error).__name__
            cure = "send it to those who make this program, if they may have it"
            record.write("not-read", study=study, why=f"an error that nobody expected ({kind})", cure=cure)
            found = None
        if queue.signature(study) != signature:
            record.write("grown", study=study, why="a film came while the study was read; it is read again")
            return True
        try:
            self._keep(study, signature, found)
        except OSError as error:
            told = f"the results cannot be written ({error.strerror})"
            record.write("not-read", study=study, why=told, cure="free space; the study is read again then")
            return False
        return True

    def _keep(self, study: str, signature: Signature, found: StudyRead | None) -> None:
        queue, record, settings = self._queue, self._record, self._settings
        if found is None:
            queue.settle(study, signature, queue.readings(study))
            return
        destinations = [each.name for each in settings.destinations]
        known = {each["key"]: each for each in queue.readings(study)}
        for reading in found.readings:
            chosen = [each for each in reading.objects if each.kind in settings.objects]
            if chosen:
                queue.add_results(study, reading.key, chosen, destinations)
                if self._keep_reading is not None and reading.to_keep is not None:
                    queue.add_to_keep(study, reading.key, reading.to_keep.as_json())
        new = {each.key: each.as_state() for each in found.readings}
        queue.settle(study, signature, [*({**known, **new}.values())])
        for instance, why in found.let_pass.items():
            record.write("film-let-pass", study=study, instance=instance, why=why)
        if not found.readings:
            record.write("let-pass", study=study, why="none of its films was read")
        for reading in found.readings:
            if reading.objects:
                record.write(
                    "read",
                    study=study,
                    reading=reading.key,
                    films=list(reading.films),
                    replaces=list(reading.replaces),
                )

    def _send_all(self, destination: Destination) -> None:
        patience = Patience(self._settings.retry_s)
        while not self._stop.is_set():
            for waiting in self._queue.waiting(destination.name):
                if self._stop.is_set():
                    return
                if not patience.is_over(destination.name):
                    break
                if patience.is_over(waiting.key):
                    self._send(destination, waiting, patience)
            self._stop.wait(_LOOK_S)

    def _send(self, destination: Destination, waiting: Waiting, patience: Patience) -> None:
        queue, record, said = self._queue, self._record, {"destination": destination.name}
        said |= {"study": waiting.study, "reading": waiting.key}

        def note(instance: str) -> None:
            # Were the disk full now, it would still not be sent again by this run of the program.
            self._arrived.add((destination.name, instance))
            queue.note_sent(waiting.study, waiting.key, destination.name, instance)

        try:
            if not queue.begin(waiting, destination.name):
                return
            for instance in waiting.objects:
                if (destination.name, instance) in self._arrived:
                    note(instance)
            left = {
                instance: path.read_bytes()
                for instance, path in waiting.objects.items()
                if (destination.name, instance) not in self._arrived
            }
            refused = send(destination, self._settings.ae_title, left, note) if left else {}
        except ExchangeError as error:
            patience.failed(destination.name)
            record.write("not-sent", **said, why=error.problem, cure=error.cure)
        except OSError as error:
            patience.failed(destination.name)
            told = f"the queue cannot be written to ({error.strerror})"
            record.write("not-sent", **said, why=told, cure="free space; the rest is sent then")
        else:
            patience.done(destination.name)
            if refused:
                patience.failed(waiting.key)
                statuses = {instance: f"0x{status:04X}" for instance, status in refused.items()}
                cure = "look into its own log; they are sent again, ever later"
                record.write("not-sent", **said, why="it refuses objects", refused=statuses, cure=cure)
            else:
                record.write("sent", **said, objects=len(left))

    def _answer_all(self) -> None:
        patience = Patience(self._settings.retry_s)
        while not self._stop.is_set():
            for request in open_requests(self._queue):
                if not self._stop.is_set() and patience.is_over(request.transaction):
                    told = answer(request, self._settings, self._queue, self._record)
                    (patience.done if told else patience.failed)(request.transaction)
            self._news.wait(_LOOK_S)
            self._news.clear()

    def _keep_all(self, keep: Keep) -> None:
        patience = Patience(self._settings.retry_s)
        while not self._stop.is_set():
            keep_waiting(self._queue, self._record, keep, patience)
            self._stop.wait(_LOOK_S)

    def _watch_certificates(self) -> None:
        """Tell once a day which certificates have expired or soon will, those of others too."""
        servers = tuple(each.server for each in self._settings.destinations if each.server is not None)
        watched = Settings(self._settings, servers)
        while not self._stop.is_set():
            for each, why in expiries(watched, others=True).items():
                self._record.write("certificate", of=each.name, why=why, cure=each.cure)
            self._stop.wait(_CERTIFICATES_EVERY_S)

    def _forget(self) -> None:
        before = time.time() - self._settings.keep_h * 3600
        names = [each.name for each in self._settings.destinations]
        for study in self._queue.forget(before, names):
            self._record.write("forgotten", study=study)


def run_node(
    settings: NodeSettings,
    started: Callable[[], None] = lambda: None,
    keep: Keep | None = None,
    examiner: Examiner | None = None,
) -> None:
    """Run a node until this process is asked to end (SIGTERM, SIGINT).

    Parameters
    ----------
    settings : NodeSettings
    started : callable
        Called as soon as films are received.
    keep : Keep, optional
        Puts readings into the clinic's record.
    examiner : Examiner, optional
        As of `Node`.

    Raises
    ------
    MvmError
        If it cannot start.
    """
    os.umask(_OWNER_ALONE)
    node = Node(settings, keep, examiner)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda number, frame: node.stop())
    node.run(started)
