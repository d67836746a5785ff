"""What tests and benchmarks start beside the product: servers, proxies, queues."""
