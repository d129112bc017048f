"""Groups and their movie nights: boards, polls, what is due when, and who was how content."""
