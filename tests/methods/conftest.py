import os

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def few_threads():
    """One, unless the environment says more: networks this small lose time on two."""
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))


@pytest.fixture(autouse=True)
def seeded_torch():
    """No test depends on what those before it drew from torch's default generator."""
    torch.manual_seed(0)
