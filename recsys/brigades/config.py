"""From where on a likeness of accounts is no chance."""

from __future__ import annotations

from dataclasses import dataclass, fields

from recsys.errors import InvalidData


@dataclass(frozen=True, slots=True)
class BrigadeConfig:
    """Thresholds of `find_brigades`. Surprise is in nats: 16 of them are one chance in nine million.

    A night looks at some hundred thousand films, sides and windows, so that 16 nats leave about one false
    alarm in a hundred nights, were people as independent as the model takes them.

    What these cannot see: a brigade of fewer accounts, one whose accounts each have more ratings than `small`
    and are no copies, and one that pushes a film as its honest public does anyway. A crowd that comes for one
    film, loves it, and is the first to know it is taken for a brigade: that is for an admin to decide.
    """

    accounts: int = 8  # that push one film: fewer are a movie night
    copies: int = 5  # near-copies of one another: fewer are friends and families
    surprise: float = 16.0  # nats, of who rates the film and with which stars together
    stars_surprise: float = 5.0  # nats, of the stars alone: a film that everybody talks about is no brigade
    small: int = 32  # ratings of an account at most that may be there for one film's sake
    young_days: float = 3.0  # since its first rating: later, an account came for more than one film
    single: int = 3  # ratings up to which an account is there for one film's sake however old it is
    burst_hours: float = 48.0  # within which a push is a burst
    flip: float = 0.15  # stars by which a push without hurry moves the film's mean
    drift: float = 0.4  # standard deviation, in log odds, of how a film is liked in one crowd and another
    copied_films: int = 6  # that two near-copies have both rated, at least
    copied_share: float = 0.5  # of the smaller account's ratings that the other one has, at least
    link: float = 5.0  # nats by which two accounts' stars are likelier copied than each its own
    links: int = 4  # such links within the group that each of its near-copies has, at least

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if not (isinstance(value, int | float) and 0 < value < float("inf")):
                raise InvalidData(f"{each.name} is {value!r}: it must be a number above 0")
