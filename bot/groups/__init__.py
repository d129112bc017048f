"""The group as a place: hello, settings, the group's list; personal things lead into the private chat."""
