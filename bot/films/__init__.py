"""What the bot knows of films and of taste; imports `process` and `errors` of `bot`, no feature.

`numbering` (whose numbers films have), `library` (which film has which), `profiles` (who asks), `taste` (what
is asked of the model), `reasons` (why a film is shown), `store` (where models are kept), `serving` (which one
answers), `catalog_commands` (what an operator does to the films with the bot stopped).
"""
