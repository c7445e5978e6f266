from __future__ import annotations

import pytest
import torch


@pytest.fixture
def one_thread():
    """torch on one thread, as in the trainings that a test compares with: threads do not survive a fork."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
