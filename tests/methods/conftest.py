import os

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def few_threads():
    """One, unless the environment says more: networks this small lose time on two."""
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
