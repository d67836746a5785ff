"""Servers, proxies and queues that tests and benchmarks run next to the product."""
