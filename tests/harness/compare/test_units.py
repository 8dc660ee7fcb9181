import math

import pytest

from harness.compare.units import plain


@pytest.mark.parametrize(
    ("numbers", "texts"),
    [
        ((0.4998, 0.00134), ["0.4998", "0.0013"]),
        ((0.009743, 0.018601, -0.00001), ["0.0097", "0.0186", "0.0000"]),
        ((264.5123, 1.5), ["264.5", "1.5"]),
        ((12_345.6, 7.25), ["12346", "7"]),
        ((300.0, 0.0), ["300", "0"]),
        ((0.00002345, 0.000001), ["0.00002345", "0.00000100"]),
        ((math.nan, 2.0), ["-", "2"]),
        ((0.0,), ["0"]),
    ],
)
def test_numbers_side_by_side_have_the_decimals_of_the_largest(numbers, texts):
    assert plain(*numbers) == texts
