from __future__ import annotations

import pytest

from fils.knet.wire import MessageInvalid, MessageUnreadable, TerminalKey, decrypt, encrypt
from fils.knet.wire.cipher import MAX_TRANDATA_LENGTH
from tests.unit.knet.wire import vectors
from tests.unit.knet.wire.vectors import KEY

KNOWN = (
    (vectors.REQUEST_TEXT, vectors.REQUEST_TRANDATA),
    (vectors.CAPTURED_TEXT, vectors.CAPTURED_TRANDATA),
    (vectors.CANCELED_TEXT, vectors.CANCELED_TRANDATA),
    (vectors.NOT_CAPTURED_TEXT, vectors.NOT_CAPTURED_TRANDATA),
    *vectors.EDGES,
)


def encrypt_raw(padded: bytes) -> str:
    """Encrypt whole blocks without adding padding: what only a forger or a broken peer sends."""
    encryptor = KEY.cipher.encryptor()
    return (encryptor.update(padded) + encryptor.finalize()).hex()


@pytest.mark.parametrize(("plaintext", "trandata"), KNOWN)
def test_known_plaintexts_encrypt_to_lower_case_hexadecimal(plaintext: str, trandata: str) -> None:
    assert encrypt(plaintext, KEY) == trandata.lower()


@pytest.mark.parametrize(("plaintext", "trandata"), KNOWN)
def test_either_case_of_hexadecimal_decrypts(plaintext: str, trandata: str) -> None:
    assert decrypt(trandata.lower(), KEY) == plaintext
    assert decrypt(trandata.upper(), KEY) == plaintext


def test_text_outside_ascii_is_not_encrypted() -> None:
    with pytest.raises(MessageInvalid, match=r"^trandata holds a character outside ASCII$"):
        encrypt("udf1=د", KEY)


@pytest.mark.parametrize(
    "trandata",
    [
        "",
        "zz" * 16,
        "ba7caa9dd2ed89f9544fb6b4c102405",
        "ba7caa9dd2ed89f9544fb6b4c10240",
        "ba7caa9d d2ed89f9544fb6b4c102405e",
        "ba7caa9dd2ed89f9544fb6b4c102405e\n",
        "ba7caa9dd2ed89f9 544fb6b4c102405",
        "٠" * 32,
    ],
    ids=[
        "empty",
        "no hex",
        "odd",
        "no block",
        "blank",
        "line end",
        "blank for a digit",
        "arabic digits",
    ],
)
def test_what_is_not_whole_blocks_of_hexadecimal_is_refused(trandata: str) -> None:
    with pytest.raises(MessageUnreadable):
        decrypt(trandata, KEY)


def test_a_message_longer_than_any_of_the_bank_is_refused() -> None:
    longest = "x" * (MAX_TRANDATA_LENGTH // 2 - 1)
    assert decrypt(encrypt(longest, KEY), KEY) == longest
    with pytest.raises(MessageUnreadable):
        decrypt(encrypt(longest + "x", KEY), KEY)


@pytest.mark.parametrize("padding", range(1, 17))
def test_every_padding_byte_is_checked(padding: int) -> None:
    text = b"x" * (32 - padding)
    assert decrypt(encrypt_raw(text + bytes([padding]) * padding), KEY) == text.decode()
    for position in range(32 - padding, 31):
        block = bytearray(text + bytes([padding]) * padding)
        block[position] ^= 1
        with pytest.raises(MessageUnreadable):
            decrypt(encrypt_raw(bytes(block)), KEY)


@pytest.mark.parametrize("told", [0, 17, 32, 255])
def test_a_padding_of_an_impossible_length_is_refused(told: int) -> None:
    with pytest.raises(MessageUnreadable):
        decrypt(encrypt_raw(bytes([told]) * 32), KEY)


def test_a_decrypted_byte_outside_ascii_is_refused() -> None:
    with pytest.raises(MessageUnreadable):
        decrypt(encrypt_raw(b"result=\xd8\xaf" + bytes([7]) * 7), KEY)


def test_a_refusal_does_not_tell_padding_from_content() -> None:
    refusals = []
    for block in (b"x" * 15 + b"\x02", b"\xff" * 15 + b"\x01", b"\xff" * 16):
        with pytest.raises(MessageUnreadable) as refusal:
            decrypt(encrypt_raw(block), KEY)
        refusals.append((type(refusal.value), refusal.value.args, refusal.value.__cause__))
    assert len(set(refusals)) == 1


def test_another_key_does_not_decrypt() -> None:
    with pytest.raises(MessageUnreadable):
        decrypt(vectors.CAPTURED_TRANDATA, TerminalKey("ANOTHERKEY012345"))


@pytest.mark.parametrize(
    "text",
    ["", "SIMKEY012345678", "SIMKEY01234567890", "SIMKEY012345678\n", "SIMKEY012345678 ", "SIMKEY012345678د"],
    ids=["empty", "short", "long", "line end", "blank", "not ascii"],
)
def test_a_key_is_sixteen_visible_characters_and_never_in_the_error(text: str) -> None:
    with pytest.raises(ValueError, match="exactly 16") as refusal:
        TerminalKey(text)
    assert "SIMKEY" not in str(refusal.value)


def test_a_key_does_not_show_itself() -> None:
    assert repr(KEY) == str(KEY) == f"{KEY}" == "TerminalKey(hidden)"
