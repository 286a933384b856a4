"""Merkle roots of the RFC, and checkpoints that are signed, carried away and read again."""

import base64
import hashlib

import pytest

from model_registry import Checkpoint, ValidationError
from model_registry.domain.checkpoint import KeyId, read_note
from model_registry.domain.merkle import root_of
from model_registry.signing import SigningKey, open_checkpoint, read_public_key

LEAVES = [
    bytes.fromhex(leaf)
    for leaf in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
# The roots over the first n of these, as implementations of RFC 6962 publish them.
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


@pytest.mark.parametrize("size", range(9))
def test_the_published_roots(size):
    assert root_of(LEAVES[:size]).hex() == ROOTS[size]


def plainly(leaves):
    """The RFC's recursive definition."""
    if len(leaves) < 2:
        return hashlib.sha256(b"\0" + leaves[0] if leaves else b"").digest()
    half = 1 << (len(leaves) - 1).bit_length() - 1
    inner = plainly(leaves[:half]) + plainly(leaves[half:])
    return hashlib.sha256(b"\1" + inner).digest()


def test_roots_of_the_recursive_definition():
    leaves = [str(number).encode() for number in range(70)]
    assert [root_of(leaves[:n]) for n in range(70)] == [plainly(leaves[:n]) for n in range(70)]


@pytest.fixture(scope="module")
def key():
    return SigningKey.generate("risk.example.com")


CHECKPOINT = Checkpoint("org ä/b", 8, bytes.fromhex(ROOTS[8]))


def test_a_checkpoint_is_a_note_with_three_lines_and_a_signature(key):
    note = key.sign(CHECKPOINT)
    origin, size, root, empty, signature, end = note.split("\n")
    assert (origin, size, empty, end) == ("model-registry/org%20%C3%A4%2Fb", "8", "", "")
    assert base64.b64decode(root).hex() == ROOTS[8]
    assert signature.startswith("\u2014 risk.example.com ")
    assert len(base64.b64decode(signature.split(" ")[2])) == 4 + 64


def test_keys_and_checkpoints_survive_being_written(key):
    again = SigningKey.read(key.write() + "\n")
    assert again == key
    assert "PRIVATE" not in repr(key)
    public = read_public_key(key.id.written())
    assert public == key.id
    assert open_checkpoint(again.sign(CHECKPOINT), public) == CHECKPOINT


def test_the_published_example_of_a_key():
    # From the C2SP page on signed notes and Go's note package.
    written = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
    public = read_public_key(written)
    assert public.name == "PeterNeumann"
    assert public.written() == written


def test_what_is_not_signed_by_this_key_is_refused(key):
    note = key.sign(CHECKPOINT)
    other = SigningKey.generate("risk.example.com")
    forged = [
        note.replace("\n8\n", "\n9\n"),
        note.replace("org%20", "org%21"),
        other.sign(CHECKPOINT),
        note.replace("risk.example.com ", "riskexample.com "),
        note.partition("\n\n")[0] + "\n\n",
        note.replace("\n\n", "\nanother line\n\n"),
    ]
    for text in forged:
        with pytest.raises(ValidationError, match="not signed by"):
            open_checkpoint(text, key.id)
    with_both = note + other.sign(CHECKPOINT).partition("\n\n")[2]
    assert open_checkpoint(with_both, key.id) == open_checkpoint(with_both, other.id) == CHECKPOINT


@pytest.mark.parametrize(
    "text",
    ["", "\n\n", "x", "model-registry/a\n1\n!!\n\n", "model-registry/a\n-1\nAAAA\n\n",
     "model-registry/a\n\u0661\nAAAA\n\n", "another/a\n1\nAAAA\n\n", "\x00" * 50,
     "model-registry/a\n1\n" + "A" * 43 + "=\n\n- x y\n"],
    ids=range(9),
)  # fmt: skip
def test_what_is_no_checkpoint_is_refused(text):
    with pytest.raises(ValidationError, match="checkpoint"):
        read_note(text)


@pytest.mark.parametrize("text", ["", "PRIVATE+KEY+a+b+c", "a+00000000+AQ==", "a", "é+é+é"])
def test_what_is_no_key_is_refused_and_not_shown(text, key):
    for read in (SigningKey.read, read_public_key):
        with pytest.raises(ValidationError):
            read(text)
    damaged = key.write()[:-6] + "AAAAA="
    with pytest.raises(ValidationError) as caught:
        SigningKey.read(damaged)
    assert damaged not in str(caught.value)
    for name in ("", "two words", "a+b"):
        with pytest.raises(ValidationError, match="word without spaces"):
            KeyId(name, b"")
