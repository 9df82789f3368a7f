"""Small changes of the models' SQL that the unit tests must notice.

`python -m tests.mutations` makes them in the SQL that dbt runs for each unit test. A
macro's SQL is changed wherever it is used, and counts once: any unit test of a model
that uses it may notice.
"""
