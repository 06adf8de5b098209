"""The board's own endpoints: what the web page reads, and programs that want more than a vendor's dialect tells.

Like a dialect it reads requests and shapes answers; unlike one it owes nothing to a vendor.
"""
