"""The rules of intake: pure. Times, ids and facts come in with the command."""
