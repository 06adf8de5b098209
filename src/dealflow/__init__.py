"""dealflow: a self-hosted sales-pipeline server that speaks the wire APIs of Pipedrive and Zendesk Sell."""

__version__ = "0.1.0"
