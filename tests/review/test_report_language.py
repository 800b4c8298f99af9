"""A review's report in Traditional Chinese."""

import re
from pathlib import Path

import numpy as np
from test_review import small

from mvm_core.language import TAIWAN, speaking
from mvm_core.review.report import report_html


def test_report_is_written_in_the_language_in_use(tmp_path: Path) -> None:
    draw = np.random.default_rng(5)
    labels = np.repeat([0, 1], 40)
    found = small(labels, np.clip(draw.normal(0.4 + 0.2 * labels, 0.2), 0.01, 0.99), tmp_path)
    with speaking(TAIWAN):
        report = report_html(found, "模擬影像。", "Score")
    assert '<html lang="zh-TW">' in report
    headings = re.findall(r"<h2>(.*?)</h2>", report)
    assert "在此閾值" in headings
    assert all(re.search("[\u4e00-\u9fff]", heading) for heading in headings)
    assert "敏感度" in report
    written = report.split("<script>/**")[0]
    left = re.findall(r"<(?:p|th|td|h\d)[^>]*>([^<\u4e00-\u9fff]*\b[a-z]+ [a-z]+ [a-z]+\b[^<]*)", written)
    assert left == []
    assert "Methods" in report_html(found, "Simulated.", "Score")
