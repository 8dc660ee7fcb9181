import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread():
    """Networks this small lose time on two threads, much of it where the machine is busy."""
    torch.set_num_threads(1)
