"""Many studies through the node, with all that may happen: `python tests/exchange --studies 100`, as root.

A real Orthanc in a network of its own sends studies to the node, four of five with a spine; in between
the node is killed, Orthanc restarted and the network cut. What was not acknowledged is sent again, as
archives do.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent), str(Path(__file__).resolve().parents[2])]


def main() -> int:
    """Run it; 0 where nothing was lost and nothing came twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--studies", type=int, default=100)
    parser.add_argument("--patients", type=int, default=20, help="simulated ones, whose films studies share")
    asked = parser.parse_args()
    # found by the path above
    from archive import Orthanc, free_port, wait_for
    from isolated import own_network
    from many_studies import all_done, configure, disturb, judged, send_all, studies_of

    with own_network(), tempfile.TemporaryDirectory() as name:
        base, began = Path(name), time.monotonic()
        (base / "films").mkdir()
        kinds = studies_of(asked.studies, asked.patients, base / "films")
        print(f"{len(kinds)} studies made in {time.monotonic() - began:.0f} s", flush=True)
        port = free_port()
        archive = Orthanc(base / "orthanc", dicom=True, node_port=port).start()
        for film in sorted((base / "films").iterdir()):
            archive.upload(film.read_bytes())
        node = configure(archive, port, base).start()
        began = time.monotonic()
        sender = threading.Thread(target=send_all, args=(archive, list(kinds)))
        sender.start()
        spines = sum(kind == "spine" for kind in kinds.values())
        print("\n".join(disturb(node, archive, spines)), flush=True)
        sender.join()
        try:
            wait_for(lambda: all_done(node, len(kinds)), 1800)
        except AssertionError:
            print("Not all was done in time.")
        seconds = time.monotonic() - began
        node.stop()
        wrong = judged(archive, node, kinds)
        archive.stop()
    print(f"{len(kinds)} studies in {seconds:.0f} s; {len(wrong)} wrong.")
    print(json.dumps(wrong, indent=2) if wrong else "Nothing lost, nothing twice.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
