"""Retraining: who decides that a model is trained, who trains it, and how it comes to serve.

    schedule or an admin ──► a job in the database ──► runner, of the bot or of `matinee worker`
    runner: snapshot ──► child process (checking, training, gate) ──► publishing

Parent and child share a work folder and the child's standard output, and nothing else.
"""
