"""Accounts that administer credentials, through the API or the page.

`visitors` says who is there, and `steps` which steps each may take.
"""
