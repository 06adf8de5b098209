"""Pipedrive's API, versions 1 and 2, as docs/contract describes it: paths, shapes, words and errors.

`V1` and `V2` are the two dialects; importing `dealflow.dialects.pipedrive.routes` fills their tables.
"""
