"""The node's file: what it may say, and one sentence for what it may not."""

from pathlib import Path

import pytest

from mvm_core.errors import ExchangeError
from mvm_core.exchange.settings import read_settings

NODE = '[node]\nae_title = "MVM"\nqueue = "q"\n'
CALLER = '[[caller]]\nae_title = "PACS"\n'
PLACE = '[[destination]]\nname = "d"\nae_title = "D"\nhost = "h"\nport = 104\n'
SERVER = '[[server]]\nname = "s"\nurl = "https://pacs.example/dicom-web/"\n'
SOUND = NODE + CALLER + PLACE + SERVER


@pytest.fixture
def written(tmp_path: Path):  # type: ignore[no-untyped-def]
    def write(text: str | bytes) -> Path:
        path = tmp_path / "node.toml"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


def test_what_is_left_out_has_defaults_and_paths_are_beside_the_file(written) -> None:  # type: ignore[no-untyped-def]
    path = written(SOUND)
    settings = read_settings(path)
    assert settings.node is not None
    assert settings.node.queue == path.parent / "q"
    assert (settings.node.address, settings.node.port) == ("127.0.0.1", 11112)
    assert settings.node.objects == ("report", "presentation", "capture", "document")
    assert settings.servers[0].url == "https://pacs.example/dicom-web"
    assert read_settings(written(SERVER)).node is None


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("x = [", "it is not TOML"),
        (b"\xff\xfe", "not written in UTF-8"),
        ("", "neither a node nor a server"),
        (NODE + PLACE, "no AE title may call the node"),
        (NODE + CALLER, "results have nowhere to go"),
        (CALLER + PLACE, "no \\[node\\]"),
        (SOUND.replace("queue", "quue"), "\\[node\\]: queue is missing"),
        (SOUND.replace('queue = "q"', 'queue = "q"\nquiet = 3'), "unknown key quiet"),
        (SOUND.replace('queue = "q"', 'queue = "q"\nquiet_seconds = "3"'), "quiet_seconds is no number"),
        (SOUND.replace('queue = "q"', 'queue = "q"\nobjects = ["reports"]'), "objects names reports"),
        (SOUND.replace('"MVM"', '"MVM AND MORE THAN 16"'), "is no AE title"),
        (SOUND.replace("104", "104.5"), "port is no whole number from 1 to 65535"),
        (SOUND + PLACE, "two entries \\[\\[destination\\]\\] have the same name"),
        (SOUND.replace("pacs.example", "me:pass word@pacs.example"), "no address without a password"),
        (SOUND + 'user = "A_USER"\n', "its credentials are not complete"),
        (SOUND + 'token = "a pass word!"\n', "token is not the name of an environment variable"),
        (SOUND + '[[destination]]\nname = "e"\nserver = "t"\n', "there is no server t"),
        (SOUND + '[node.tls]\ncertificate = "c"\nkey = "k"\n', "there is no file c"),
        (SOUND + "[further]\n", "unknown key further"),
    ],
)
def test_what_is_wrong_is_told_in_one_sentence(written, text: str | bytes, sentence: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ExchangeError, match=sentence) as told:
        read_settings(written(text))
    assert str(told.value).startswith("node.toml")
    assert "pass word" not in str(told.value)


def test_a_key_that_is_none_is_told(written, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "c.pem").write_text("no certificate")
    with pytest.raises(ExchangeError, match="certificate or key cannot be used"):
        read_settings(written(SOUND + '[node.tls]\ncertificate = "c.pem"\nkey = "c.pem"\n'))
