"""Zendesk Sell's wire API: the Core API v2, and of v3 the search, the streams and the mapping of custom fields.

What the core calls company is an account here, a title a name, a party a contact, a label a tag. An outcome is shown
as a stage (contract 6.4).
"""
