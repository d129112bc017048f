"""Narrowing lists: genres in or out, decades, well known or deep cuts."""
