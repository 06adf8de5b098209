"""What is counted of whole pipelines, over packed columns.

Deals and the stages they came into are kept in arrays, brought up to date from the log, so that a question about
everyone reads memory and not the database. What is counted means what `core.statistics` says. Nothing here knows HTTP
or a dialect.
"""
