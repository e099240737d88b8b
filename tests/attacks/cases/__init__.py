"""One module a submission: its docstring says what it tries, `CASE` what it must get."""
