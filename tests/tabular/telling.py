"""What is told of how far an import is, where no test listens."""


def quiet(share):
    assert 0 <= share <= 1
