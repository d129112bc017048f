"""Training: who decides that a model is trained, who trains it, and how it comes to serve.

    by hand, `matinee prepare` or `matinee train` ──► preparing: data, training, a model in the home
    schedule or an admin ──► a job in the database ──► runner, of the bot or of `matinee worker`
    runner: snapshot ──► folder ──► child (checking, training, gate) ──► folder ──► publishing, tidying

`parent` starts the child and listens to it; what it hears becomes `progress`, kept in the job's row. The two
share a work folder and the child's standard output, and nothing else. `learning` has what child and preparing
have in common; `watching` counts trainings for the metrics, wherever they run.

May import from films, process and what is below them.
"""
