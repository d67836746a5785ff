"""Tokens and keys, on values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinto_buildhub.credentials.keys import derive_hawk_key, hkdf, is_token, make_token


def test_a_new_token_is_a_token() -> None:
    tokens = {make_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(is_token(token) for token in tokens)
    assert all(token.startswith("bh_") and len(token) == 75 for token in tokens)


@given(place=st.integers(3, 74), digit=st.sampled_from("0123456789abcdef"))
def test_a_misspelt_token_is_none(place: int, digit: str) -> None:
    token = make_token()
    misspelt = token[:place] + digit + token[place + 1 :]
    assert is_token(misspelt) is (misspelt == token)


@pytest.mark.parametrize("text", ["", "bh_", "bh_" + "0" * 72, "Bearer x", "bh_" + "é" * 72])
def test_other_texts_are_no_tokens(text: str) -> None:
    assert not is_token(text)


@given(text=st.text())
def test_no_other_text_is_a_token(text: str) -> None:
    assert not is_token("bh_" + text)


def test_hkdf_gives_what_rfc_5869_says() -> None:
    # Appendix A.1, A.2 and A.3: the first 32 bytes of each output.
    cases = [
        ("0b" * 22, "000102030405060708090a0b0c", "f0f1f2f3f4f5f6f7f8f9"),
        (bytes(range(0x50)).hex(), bytes(range(0x60, 0xB0)).hex(), bytes(range(0xB0, 0x100)).hex()),
        ("0b" * 22, "", ""),
    ]
    outputs = [
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf",
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d",
    ]
    for (material, salt, info), output in zip(cases, outputs, strict=True):
        found = hkdf(bytes.fromhex(material), salt=bytes.fromhex(salt), info=bytes.fromhex(info))
        assert found.hex() == output


def test_each_part_of_a_key_matters() -> None:
    parts = ("master", "client", 1, b"salt")
    key = derive_hawk_key(*parts)
    assert len(key) == 64
    others = [
        ("mastes", *parts[1:]),
        ("master", "clienu", 1, b"salt"),
        ("master", "client", 2, b"salt"),
    ]
    others.append(("master", "client", 1, b"salu"))
    assert key not in {derive_hawk_key(*other) for other in others}
