"""Partitions of the values of a field, by the hashes that Elasticsearch takes."""

import struct

from kinto_buildhub.search.language import tree

_SEED = 31
_MASK_32, _MASK_64 = 2**32 - 1, 2**64 - 1


def is_in_partition(value: str | int | float, partition: tree.Partition) -> bool:
    """Return whether a value of a field is in the partition."""
    if isinstance(value, str):
        number = _signed(_murmur3(value.encode(), _SEED), 32)
    else:
        bits = _sortable_bits(value) if isinstance(value, float) else value & _MASK_64
        number = _signed(_mix(bits), 64)
    return number % partition.count == partition.number


def _signed(number: int, bits: int) -> int:
    return number - (1 << bits) if number >> (bits - 1) else number


def _rotate(number: int, bits: int) -> int:
    return (number << bits | number >> (32 - bits)) & _MASK_32


def _murmur3(data: bytes, seed: int) -> int:
    """Return the MurmurHash3 of 32 bits."""
    hash_, end = seed, len(data) // 4 * 4
    for (block,) in struct.iter_unpack("<I", data[:end]):
        mixed = _rotate(block * 0xCC9E2D51 & _MASK_32, 15) * 0x1B873593 & _MASK_32
        hash_ = (_rotate(hash_ ^ mixed, 13) * 5 + 0xE6546B64) & _MASK_32
    tail = int.from_bytes(data[end:], "little")
    hash_ ^= _rotate(tail * 0xCC9E2D51 & _MASK_32, 15) * 0x1B873593 & _MASK_32
    hash_ ^= len(data)
    hash_ = (hash_ ^ hash_ >> 16) * 0x85EBCA6B & _MASK_32
    hash_ = (hash_ ^ hash_ >> 13) * 0xC2B2AE35 & _MASK_32
    return hash_ ^ hash_ >> 16


def _mix(number: int) -> int:
    """Return the bits of a number of 64 bits, mixed."""
    number = (number ^ number >> 32) * 0x4CD6944C5CC20B6D & _MASK_64
    number = (number ^ number >> 29) * 0xFC12C5B19D3259E9 & _MASK_64
    return number ^ number >> 32


def _sortable_bits(value: float) -> int:
    """Return a double's bits in an order that is that of the numbers."""
    bits: int = struct.unpack("<q", struct.pack("<d", value))[0]
    return (bits ^ (bits >> 63 & 0x7FFFFFFFFFFFFFFF)) & _MASK_64
