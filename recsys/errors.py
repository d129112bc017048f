"""Everything recsys raises on purpose.

RecsysError
├── InvalidData        a file or an array that is not what it should be
├── DataUnavailable    a data set that cannot be had (download, name, folder)
├── UnknownMovie       a movie id that the catalog does not hold
├── UnknownUser        a user id that was not in training
├── UnknownModel       a model or part name that does not exist
├── MissingPart        a call needs a part that this recommender was fitted without
├── TorchMissing       a fit that needs torch, which is not installed
├── Diverged           a fit that ended in something not finite
└── ArtifactError      a saved model that is damaged or of another format
"""

from __future__ import annotations


class RecsysError(Exception):
    """Base of all errors of this package."""


class InvalidData(RecsysError):
    """Input that breaks its own rules; the text names the place and what was expected."""


class DataUnavailable(RecsysError):
    """A data set that cannot be had here and now; the text says what to do."""


class UnknownMovie(RecsysError):
    """A movie id outside the catalog."""


class UnknownUser(RecsysError):
    """A user id that was not in training."""


class UnknownModel(RecsysError):
    """A model or part that does not exist; the text names those that do."""


class MissingPart(RecsysError):
    """The recommender was fitted without the part that this call needs."""


class TorchMissing(RecsysError):
    """This fit needs torch, which is not installed; the text says what does without."""


class Diverged(RecsysError):
    """Training ended in numbers that are not finite."""


class ArtifactError(RecsysError):
    """A saved model that cannot be trusted: damaged, incomplete, or of an unknown format."""
