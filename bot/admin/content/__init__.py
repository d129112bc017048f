"""/addmovie and /merge: films that an admin adds, or says are one."""
