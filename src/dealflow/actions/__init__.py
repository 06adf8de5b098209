"""One function per verb that changes something: load, decide, store, record.

Each takes a `Tx`, raises what `dealflow.core.errors` names, and appends its events to the company's log in the same
transaction. Nothing here knows a wire format.
"""
