"""Small hooks around each request, each of them about one thing that Kinto leaves open.

`bodies` checks what is sent, and `headers` mends those of requests and answers.
"""
