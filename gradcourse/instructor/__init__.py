"""Assign, collect and grade without trusting a line of student code: see the instructor guide."""
