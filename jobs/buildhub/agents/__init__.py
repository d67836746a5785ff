"""``buildhub mcp``: the client's questions as tools for agents, by the Model Context Protocol.

`tools` are the questions, `answers` what they return, `server` offers them. They need the extra
``mcp``, so only the command imports them.
"""
