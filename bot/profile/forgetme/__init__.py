"""/forgetme: everything about a person is deleted, after they said so twice."""
