"""What run.py, source.py, weaken.py and test_typing.py share."""
