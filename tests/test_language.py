"""The language of what is written for people, and its catalogue."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from babel.messages.pofile import read_po as babel_read_po
from catalogue import FOLDER, marked, marked_in, placeholders

from mvm_core.errors import FilmError
from mvm_core.language import LANGUAGES, TAIWAN, catalogue, gettext, nearest, ngettext, speaking
from mvm_core.models.reading import Zone
from mvm_core.models.wording import QUESTION_WORDS
from mvm_core.radiograph import View

HAN = re.compile(r"[\u4e00-\u9fff]")


def test_every_marked_text_is_in_the_catalogue_and_nothing_else() -> None:
    known = set(catalogue(TAIWAN))
    texts = {each[0] for each in marked()}
    assert texts - known == set()
    assert known - texts == set()


def test_a_text_without_translation_would_be_found() -> None:
    planted = "st.html(f'<p>{gettext(\"A text that nobody translated, {n}.\", n=1)}</p>')"
    (found,) = marked_in(planted)
    assert found[0] not in catalogue(TAIWAN)


def test_placeholders_of_each_translation_are_those_of_the_original() -> None:
    told = catalogue(TAIWAN)
    for texts in marked():
        assert any(placeholders(told[texts[0]]) == placeholders(text) for text in texts), texts


def test_sentences_are_written_in_chinese_with_their_punctuation() -> None:
    for english, told in catalogue(TAIWAN).items():
        words = re.sub(r"`[^`]*`|<[^>]*>|%?\{+[^}]*\}+", "", english)
        if len(re.findall(r"[A-Za-z]{2,}", words)) >= 4 and not words.startswith("Xu "):
            assert HAN.search(told), english
            assert not re.search(r"[\u4e00-\u9fff][,;?!](?!\d)|[\u4e00-\u9fff]\.(?!\d)", told), told


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.po")), ids=lambda path: path.stem)
def test_own_reader_reads_as_babel_does(path) -> None:  # type: ignore[no-untyped-def]
    with path.open("rb") as file:
        read = babel_read_po(file, abort_invalid=True)
    first = {
        (each.id if isinstance(each.id, str) else each.id[0]): (
            each.string if isinstance(each.string, str) else each.string[0]
        )
        for each in read
        if each.id
    }
    assert catalogue(path.stem) == first
    assert path.stem in LANGUAGES


def test_english_unless_another_language_is_spoken() -> None:
    assert gettext("Upload") == "Upload"
    assert ngettext("{count} more remark", "{count} more remarks", 1) == "1 more remark"
    with speaking(TAIWAN):
        assert gettext("Upload") == "上傳"
        assert ngettext("{count} more remark", "{count} more remarks", 2) == "另外 2 則說明"
        assert gettext("Nobody translated this, {n}.", n=2) == "Nobody translated this, 2."
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(gettext, "Upload").result() == "Upload"
    assert gettext("Upload") == "Upload"


def test_errors_zones_and_views_are_told_in_the_language_and_keep_their_names() -> None:
    with speaking(TAIWAN):
        error = FilmError("a.dcm", gettext("the file is empty"), gettext("export the film again"))
        assert str(error) == "a.dcm：檔案是空的；請重新匯出影像。"
        assert (Zone.MVM_LIKELY.said, Zone.MVM_LIKELY.value) == ("MVM 可能性高", "MVM likely")
        assert View.LATERAL.label == "側面 (lateral)"
        assert QUESTION_WORDS["disease"].ends == ("完好", "有病變")
    assert QUESTION_WORDS["disease"].ends == ("intact", "diseased")


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh-TW", "zh-TW"),
        ("zh-Hant-HK", "zh-TW"),
        ("zh", "zh-TW"),
        ("pt-PT", "en"),
        ("en-US", "en"),
        (None, "en"),
        ("", "en"),
    ],
)
def test_the_browsers_language_chooses(tag: str | None, language: str) -> None:
    assert nearest(tag) == language
