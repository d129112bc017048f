"""What Matinee remembers, in SQLite or PostgreSQL; imports nothing of Telegram, mathematics or `bot`.

From the bottom up, each importing only what is below it: `errors` and `schema` (the tables), `database` (how
any of them is read and written), `films`, `people` (what they say is written of the film that a number stands
for today), `night`, `running`, and on top `personal`, which exports and deletes what is known of a person.
"""
