"""Accounts that are near-copies of one another: they agree on stars beyond what the films and they explain.

Two accounts' stars for a film are near (half a star apart at most), next (one star) or far. Were they copied,
they would be so in the shares of COPIED; else by chance, given how the film is rated and how this account
deals stars: who gives 5 to everything agrees with all others of that kind, and is no copy. The sum of the log
ratios over the films that both rated is the link between them; that both rated them says nothing, for the
bot asks everybody about the same films. A group is what is left when accounts with too few links go, again
and again (a k-core), part by part.

Not all pairs are compared: MinHash (Broder, 1997) over (film, stars) in bands puts accounts that share much
into the same bucket.
"""

from __future__ import annotations

import numpy as np

from recsys.arrays import Doubles, Ints
from recsys.brigades.config import BrigadeConfig
from recsys.brigades.population import LEVELS, Population
from recsys.data.hashing import splitmix64

_COPIED = (0.80, 0.16, 0.04)  # shares of near, next and far stars where one account copies another
_OWN_WEIGHT = 5.0  # ratings as everybody deals stars, added to an account's own
_BANDS, _HASHES = 40, 3  # of a signature: near-copies with 0.4 of all in common meet with a chance of 0.93
_JOINING = 0.5  # of the nats of a link: enough to a group that is there
_NEIGHBOURS = 12  # in a bucket with whom an account is compared: a bound for what everybody rates alike
_PAIRS = 50_000  # compared at once


def find_copies(population: Population, config: BrigadeConfig) -> list[Ints]:
    """Groups of near-copies: rows of their accounts, ascending."""
    able = population.suspect & (population.counts >= config.copied_films)
    rows = np.flatnonzero(able[population.users])
    rows = rows[np.lexsort((population.films[rows], population.users[rows]))]
    if np.count_nonzero(able) < config.copies:
        return []
    pairs, chances = _candidates(population, rows), _own_chances(population, rows)
    nats = [
        _links(population, rows, chances, pairs[at : at + _PAIRS], config)
        for at in range(0, len(pairs), _PAIRS)
    ]
    links = np.concatenate([np.zeros(0), *nats])
    weak = pairs[links >= _JOINING * config.link]
    return [_joined(group, weak, config) for group in _groups(pairs[links >= config.link], config)]


def _candidates(population: Population, rows: Ints) -> Ints:
    """Pairs of accounts that share a bucket, the smaller row first; shape (n, 2)."""
    users, starts = np.unique(population.users[rows], return_index=True)
    tokens = (population.films[rows] * LEVELS + population.levels[rows]).astype(np.uint64)
    n = len(population.user_ids)
    found = []
    for band in range(_BANDS):
        key = np.zeros(len(users), np.uint64)
        for at in range(_HASHES):
            seed = splitmix64(np.array([1 + band * _HASHES + at], np.uint64))
            key = splitmix64(key ^ np.minimum.reduceat(splitmix64(tokens ^ seed), starts))
        order = np.argsort(key, kind="stable")
        for step in range(1, min(_NEIGHBOURS, len(users) - 1) + 1):
            same = key[order[:-step]] == key[order[step:]]
            one, other = users[order[:-step][same]], users[order[step:][same]]
            found.append(np.minimum(one, other) * n + np.maximum(one, other))
    keys = np.unique(np.concatenate(found)) if found else np.zeros(0, np.int64)
    return np.column_stack([keys // n, keys % n])


def _links(
    population: Population, rows: Ints, chances: Doubles, pairs: Ints, config: BrigadeConfig
) -> Doubles:
    """Nats by which each pair's stars are likelier copied than not; -inf with too little in common."""
    n_films = len(population.film_ids)
    keys = population.users[rows] * n_films + population.films[rows]
    begin = np.searchsorted(keys, pairs[:, 0] * n_films)
    length = population.counts[pairs[:, 0]]
    pair = np.repeat(np.arange(len(pairs)), length)
    mine = np.repeat(begin - np.cumsum(length) + length, length) + np.arange(length.sum())
    wanted = pairs[pair, 1] * n_films + population.films[rows[mine]]
    theirs = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    both = keys[theirs] == wanted
    pair, mine, theirs = pair[both], mine[both], theirs[both]
    levels = population.levels[rows]
    one, other = (_ratios(chances[a], levels[a], levels[b]) for a, b in ((mine, theirs), (theirs, mine)))
    total = np.minimum(*(np.bincount(pair, each, len(pairs)) for each in (one, other)))
    common = np.bincount(pair, minlength=len(pairs))
    smaller = population.counts[pairs].min(axis=1, initial=np.iinfo(np.int64).max)
    enough = (common >= config.copied_films) & (common >= config.copied_share * smaller)
    return np.where(enough, total, -np.inf)


def _ratios(chances: Doubles, levels: Ints, given: Ints) -> Doubles:
    """log of the chance of `levels` as copies of `given`, over that of being dealt by `chances`; all (n,)."""
    apart = np.abs(np.arange(LEVELS)[None, :] - given[:, None])
    kinds = np.where(apart <= 1, 0, np.where(apart <= 2, 1, 2))
    kind = kinds[np.arange(len(levels)), levels]
    by_chance = np.where(kinds == kind[:, None], chances, 0).sum(axis=1)
    ratios: Doubles = np.log(np.array(_COPIED)[kind] / by_chance)
    return ratios


def _own_chances(population: Population, rows: Ints) -> Doubles:
    """Which stars the account would give the film: as others do, bent to how it deals stars; (n, LEVELS)."""
    accounts, at = np.unique(population.users[rows], return_inverse=True)
    place = np.full(len(population.user_ids), -1)
    place[accounts] = np.arange(len(accounts))
    own = place[population.users]
    cells = own[own >= 0] * LEVELS + population.levels[own >= 0]
    dealt = (
        np.bincount(cells, minlength=len(accounts) * LEVELS).reshape(-1, LEVELS)
        + _OWN_WEIGHT * population.usual
    )
    dealt /= dealt.sum(axis=1, keepdims=True)
    chances = population.chances(population.films[rows]) * (dealt / population.usual)[at]
    own_chances: Doubles = chances / chances.sum(axis=1, keepdims=True)
    return own_chances


def _groups(links: Ints, config: BrigadeConfig) -> list[Ints]:
    """The parts of what is left of the linked pairs (n, 2) when accounts with too few links have gone."""
    while len(links):
        accounts, degree = np.unique(links, return_counts=True)
        weak = accounts[degree < config.links]
        if not len(weak):
            break
        links = links[~np.isin(links, weak).any(axis=1)]
    accounts, ends = np.unique(links, return_inverse=True)
    ends = ends.reshape(-1, 2)
    part = np.arange(len(accounts))
    while True:  # the smallest number spreads along the links
        least = part.copy()
        np.minimum.at(least, ends[:, 0], part[ends[:, 1]])
        np.minimum.at(least, ends[:, 1], part[ends[:, 0]])
        if (least == part).all():
            break
        part = least
    groups = (accounts[part == each] for each in np.unique(part))
    return [group for group in groups if len(group) >= config.copies]


def _joined(group: Ints, weak: Ints, config: BrigadeConfig) -> Ints:
    """The group with those who have enough weak links (n, 2) to its accounts: not all copy as well."""
    inside = np.isin(weak, group)
    outsiders = weak[inside.sum(axis=1) == 1][~inside[inside.sum(axis=1) == 1]]
    accounts, links = np.unique(outsiders, return_counts=True)
    return np.union1d(group, accounts[links >= config.links])
