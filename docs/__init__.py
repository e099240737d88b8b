"""The course site and the slides, made from the lesson notebooks: `make site`, `make slides`."""
