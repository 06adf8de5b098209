"""Pipedrive's API, versions 1 and 2, as docs/contract describes it: paths, shapes, words and errors.

Importing `dealflow.dialects.pipedrive.routes` fills both tables of routes.
"""
