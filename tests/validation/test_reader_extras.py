"""Agreement, times and following of advice against other programs and figures that are known."""

import warnings

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.stats import norm
from scipy.stats import t as student
from statsmodels.stats.inter_rater import fleiss_kappa as statsmodels_kappa

from mvm_core.errors import ValidationError
from mvm_core.validation.clustered import rate_by_readers_and_cases
from mvm_core.validation.mrmc_study import ReaderStudy
from mvm_core.validation.rates import rate_with_interval
from mvm_core.validation.reader_advice import following
from mvm_core.validation.reader_agreement import fleiss_kappa, intraclass_correlation
from mvm_core.validation.reader_times import analyse_times

SHROUT_FLEISS = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
).T


def test_icc_is_that_of_shrout_and_fleiss() -> None:
    found = intraclass_correlation(SHROUT_FLEISS)
    # their example, to two digits; the interval as R's psych and irr print it
    assert found.value == pytest.approx(0.2898, abs=5e-5)
    assert (found.low, found.high) == pytest.approx((0.019, 0.761), abs=1e-3)
    assert intraclass_correlation(np.ones((3, 5))).value is None


def test_kappa_is_that_of_statsmodels() -> None:
    calls = np.random.default_rng(1).random((5, 40)) < np.linspace(0.1, 0.9, 40)
    counts = np.column_stack([calls.sum(axis=0), (~calls).sum(axis=0)])
    found = fleiss_kappa(calls)
    assert found.value == pytest.approx(statsmodels_kappa(counts))
    assert found.low is not None
    assert found.high is not None
    assert found.low < found.value < found.high  # type: ignore[operator]
    assert fleiss_kappa(np.ones((4, 9), bool)).value is None
    with pytest.raises(ValidationError, match="fewer than two readers"):
        fleiss_kappa(calls[:1])


def drawn_times() -> tuple[ReaderStudy, np.ndarray]:
    rng = np.random.default_rng(8)
    t, r, c = 2, 4, 12
    # of a size that leaves every component above 0, where REML and analysis of variance are one
    logs = 3 + rng.normal(size=r)[:, None] + 0.8 * rng.normal(size=c) + 0.5 * rng.normal(size=(r, c))
    logs = logs + 0.3 * rng.normal(size=(t, r, c))
    logs = logs + 0.25 * rng.normal(size=(t, r, 1)) + 0.25 * rng.normal(size=(t, 1, c))
    logs[1] -= 0.3
    names = [tuple(f"{kind}{n}" for n in range(size)) for kind, size in (("m", t), ("r", r), ("c", c))]
    truth = np.arange(c) % 2 == 0
    return ReaderStudy(names[0], names[1], names[2], truth, rng.random((t, r, c))), np.exp(logs)


def test_times_are_those_of_the_mixed_model_of_statsmodels() -> None:
    study, seconds = drawn_times()
    found = analyse_times(study, seconds)
    assert found is not None
    t, r, c = seconds.shape
    i, j, k = (part.ravel() for part in np.indices((t, r, c)))
    frame = pd.DataFrame({"y": np.log(seconds).ravel(), "m": i, "r": j, "c": k, "one": 1})
    parts = {
        "r": "0 + C(r)",
        "c": "0 + C(c)",
        "rc": "0 + C(r):C(c)",
        "mr": "0 + C(m):C(r)",
        "mc": "0 + C(m):C(c)",
    }
    model = sm.MixedLM.from_formula("y ~ m", groups="one", re_formula="0", vc_formula=parts, data=frame)
    with warnings.catch_warnings():
        # its own judgement of its gradient; the figures below are the judgement here
        warnings.simplefilter("ignore")
        fit = model.fit(reml=True, method=["bfgs", "powell"])
    (one,) = found.analysis.differences
    assert one.estimate.value == pytest.approx(fit.fe_params["m"], abs=1e-6)
    assert one.estimate.standard_error == pytest.approx(fit.bse_fe["m"], rel=1e-3)
    ratio = found.ratios["m1", "m0"]
    assert ratio[0] == pytest.approx(np.exp(fit.fe_params["m"]))


def test_a_time_that_is_missing_leaves_times_out() -> None:
    study, seconds = drawn_times()
    seconds[0, 0, 0] = np.nan
    assert analyse_times(study, seconds) is None


def test_following_counts_who_went_over() -> None:
    truth = np.array([True, True, False, False])
    # advice is right on the first and third case
    advice = np.full((2, 2, 4), np.nan)
    advice[1] = [0.9, 0.2, 0.1, 0.7]
    called = np.array(
        [
            [[False, True, False, False], [True, True, True, True]],
            [[True, False, False, False], [True, True, False, True]],
        ]
    )
    study = ReaderStudy(("bare", "aided"), ("a", "b"), tuple("wxyz"), truth, called.astype(float), called)
    found = following(study, advice)
    assert found is not None
    assert (found.modality, found.reference) == ("aided", "bare")

    def counts(reader: str, kind: bool) -> tuple[int, int]:
        rate = found.swayed[reader, kind]
        return rate.successes, rate.total

    assert counts("a", True) == (1, 1)
    assert counts("a", False) == (1, 2)
    assert counts("b", True) == (1, 1)
    assert counts("b", False) == (0, 1)
    assert [(each.successes, each.total) for each in found.misled] == [(0, 0), (1, 2), (0, 0), (0, 1)]
    assert [(each.successes, each.total) for each in found.helped] == [(1, 1), (0, 0), (1, 1), (0, 0)]
    assert (found.swayed_in_all[False].successes, found.swayed_in_all[False].total) == (1, 3)
    assert (found.agreed_in_all[True].successes, found.agreed_in_all[True].total) == (4, 4)
    assert following(study, np.full((2, 2, 4), np.nan)) is None


def test_share_of_all_answers_has_the_variance_of_readers_and_of_cases() -> None:
    hits = np.array([[1, 1, 0, 1], [1, 0, 0, 0], [1, 1, 1, 1]], bool)
    readers, cases = (part.ravel() for part in np.indices(hits.shape))
    found = rate_by_readers_and_cases(hits.ravel(), readers, cases)
    # by hand: surpluses of readers 1, -5/3 ... over 12 answers of which 8 are hits
    share = 8 / 12
    by_reader = 3 / 2 * sum((row.sum() - 4 * share) ** 2 for row in hits) / 144
    by_case = 4 / 3 * sum((column.sum() - 3 * share) ** 2 for column in hits.T) / 144
    single = 12 / 11 * share * (1 - share) / 12
    variance = max(by_reader + by_case - single, by_reader, by_case)
    worth, t = min(12, share * (1 - share) / variance), student.ppf(0.975, 2)
    # Wilson's limits are where the score test at that many answers just does not refuse
    for limit in (found.low, found.high):
        assert limit is not None
        assert abs(share - limit) == pytest.approx(t * (limit * (1 - limit) / worth) ** 0.5)
    one = rate_by_readers_and_cases(hits[0], np.zeros(4), np.arange(4))
    assert one == rate_with_interval(3, 4)
    none = rate_by_readers_and_cases(np.zeros(12, bool), readers, cases)
    assert none.low == 0
    assert none.high is not None
    assert none.high > 0.5, "twelve answers of three readers are no twelve independent ones"


def test_interval_of_a_share_over_readers_and_cases_holds_its_level() -> None:
    """Drawn studies whose readers and cases both differ: the truth lies in 93 % to 99 % of the intervals."""
    rng, covered, ignoring = np.random.default_rng(4), [], []
    readers, cases = 6, 40
    at = [part.ravel() for part in np.indices((readers, cases))]
    # share of answers above 0 where the sum of three standard normal parts, less 0.4, is
    truth = float(norm.sf(0.4 / 1.5**0.5))
    for _ in range(400):
        drawn = (
            rng.normal(size=(readers, 1)) * 0.5
            + rng.normal(size=cases) * 0.5
            + rng.normal(size=(readers, cases))
        )
        hits = (drawn > 0.4).ravel()
        found = rate_by_readers_and_cases(hits, *at)
        simple = rate_with_interval(int(hits.sum()), hits.size)
        covered.append(found.low <= truth <= found.high)  # type: ignore[operator]
        ignoring.append(simple.low <= truth <= simple.high)  # type: ignore[operator]
    assert 0.93 <= np.mean(covered) <= 0.99
    assert np.mean(ignoring) < 0.75, "an interval that takes answers for independent ones is too short"
