"""Groups and their movie nights: members, polls, tasks, how content each was; imports `people` and below."""
