"""What Matinee remembers, in SQLite or PostgreSQL; imports nothing of Telegram, mathematics or `bot`.

From the bottom up, each importing only what is below it: `errors` and `schema` (the tables), `database` (how
any of them is read and written), `films`, `people` (what they say is written of the film that a number stands
for today), then `night` and `running` side by side, and on top `personal`, which exports and deletes all that
is known of a person.
"""
