"""The whole way, from real servers through `loaders pull` and `dbt build` to views."""
