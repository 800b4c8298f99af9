"""Why a decoder does not decode an image."""


class RefusedError(Exception):
    """An image that is not decoded, for a reason that can be told.

    Parameters
    ----------
    problem, cure : str
        What is wrong with it, and what the user can do about it.
    """

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(problem)
        self.problem, self.cure = problem, cure
