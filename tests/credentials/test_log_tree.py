"""The log's tree, notes, proofs and tiles, against published vectors and against a tree made the slow way.

Vectors: the eight-leaf tree of the Certificate Transparency reference implementation (its roots, and two proofs as
transparency-dev/merkle publishes them); the signed note of the Go documentation; a checkpoint of the Go checksum
database as C2SP's tlog-checkpoint shows its signature; tile names and widths as C2SP's tlog-tiles states them.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from hypothesis import given
from hypothesis import strategies as st

from certengine.canonical import canonical_bytes, digest
from certengine.credentials.checkpoint import (
    InclusionProof,
    key_hash,
    proof_text,
    proves,
    read_checkpoint,
    read_proof_text,
    sign_checkpoint,
    signed_by,
    verifier_key,
)
from certengine.credentials.keys import base64url, key_record
from certengine.credentials.logged import read_logged
from certengine.credentials.merkle import (
    EMPTY_ROOT,
    completed_by,
    consistency_proof,
    consistent,
    edge,
    includes,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
)
from certengine.credentials.salted import commitment_to
from certengine.credentials.strict_json import Unreadable
from certengine.credentials.tiles import Tile, bundle, is_tile, tiles_of
from certengine.model.credential import Issuer, KeyRecord, Keyring, KeyUse
from certengine.model.text import Text
from tests.services.small_world import NOW

LEAVES = [
    bytes.fromhex(one)
    for one in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = """
6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d
fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125
aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77
d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7
4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4
76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef
ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c
5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328
""".split()
KEY = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
RECORD = key_record(KEY.public_key(), not_before=NOW, not_after=NOW, use=KeyUse.LOG)
ORIGIN = "verify.example.org/log"
ISSUER = Issuer(id="academy", name=Text.of(en="Academy"), domain="verify.example.org")
KEYRING = Keyring(issuer=ISSUER, keys=(RECORD,), roots=())


class Tree:
    """The complete nodes of a tree, made as entries come."""

    def __init__(self, entries: Sequence[bytes]) -> None:
        self.nodes: dict[tuple[int, int], bytes] = {}
        for place, entry in enumerate(entries):
            self.nodes.update({(level, at): value for level, at, value in completed_by(place, leaf_hash(entry), self)})

    def __call__(self, level: int, place: int) -> bytes:
        return self.nodes[level, place]


def slow_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962 section 2.1, as it is written there."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return node_hash(slow_root(leaves[:half]), slow_root(leaves[half:]))


def bytes_of(*texts: str) -> tuple[bytes, ...]:
    """Base64 as the vectors have it."""
    return tuple(base64.b64decode(one) for one in texts)


def test_published_roots() -> None:
    """Eight trees whose roots every implementation agrees on; and the empty one."""
    tree = Tree(LEAVES)

    assert [root(size, tree).hex() for size in range(1, 9)] == ROOTS
    assert root(0, tree).hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_published_proofs() -> None:
    """The third leaf of three, and six leaves as the beginning of eight."""
    tree = Tree(LEAVES)
    inclusion = bytes_of("+sVCA+fMaWzw38tCySodnbr3CtnmIfS9jZhmLwDjwSU=")
    consistency = bytes_of(
        "DrxdNDf74tsVi58Sah0RjjCBgQMdCpSfje3t68VY72o=",
        "yoVOoSjtBQtBs1/8G4e46yveRh6eO1WW7Oa51ZdaCuA=",
        "037kGJdt2VdTwcc4Yrk5j6Kiz5tP8P3+izDNlSCWFLc=",
    )

    assert inclusion_proof(2, 3, tree) == inclusion
    assert consistency_proof(6, 8, tree) == consistency


@given(st.integers(1, 70))
def test_roots_are_those_made_the_slow_way(size: int) -> None:
    """Complete nodes alone make the root, and there are as many as there should be."""
    entries = [bytes([one]) for one in range(size)]
    tree = Tree(entries)

    assert root(size, tree) == slow_root(entries)
    assert len(tree.nodes) == sum(size >> level for level in range(size.bit_length()))
    assert sum(1 << level for level, _ in edge(size)) == size


def test_every_leaf_of_small_trees_is_proved() -> None:
    """Whatever the tree's shape: the ninth of nine leaves climbs several levels at once."""
    tree = Tree([bytes([one]) for one in range(12)])

    assert [
        (place, size)
        for size in range(1, 13)
        for place in range(size)
        if not includes(leaf_hash(bytes([place])), place, size, inclusion_proof(place, size, tree), root(size, tree))
    ] == []


@given(st.data(), st.integers(1, 70))
def test_every_leaf_is_proved_and_no_other(data: st.DataObject, size: int) -> None:
    """A proof holds for its leaf at its place in its tree, and for nothing else."""
    entries = [bytes([one]) for one in range(size)]
    tree = Tree(entries)
    place = data.draw(st.integers(0, size - 1))
    proof, against, leaf = inclusion_proof(place, size, tree), root(size, tree), leaf_hash(entries[place])
    other = data.draw(st.integers(-1, size + 1).filter(lambda one: one != place))
    cut = data.draw(st.integers(0, max(0, len(proof) - 1)))

    assert includes(leaf, place, size, proof, against)
    assert not includes(leaf, other, size, proof, against)
    assert not includes(leaf_hash(b"another"), place, size, proof, against)
    assert not includes(leaf, place, size, (*proof, bytes(32)), against)
    assert not includes(leaf, place, size, proof[:cut], against) or not proof
    assert not includes(b"", place, size, proof, against)


def test_every_beginning_of_small_trees_is_proved() -> None:
    """Whatever the shapes of the two trees are: eleven of twelve takes two levels at once."""
    tree = Tree([bytes([one]) for one in range(12)])

    assert [
        (old, new)
        for new in range(1, 13)
        for old in range(1, new + 1)
        if not consistent(old, new, consistency_proof(old, new, tree), root(old, tree), root(new, tree))
    ] == []


@given(st.data(), st.integers(1, 70))
def test_every_beginning_is_proved_and_no_other(data: st.DataObject, new: int) -> None:
    """An earlier tree is shown to be the beginning; another one is not."""
    tree = Tree([bytes([one]) for one in range(new)])
    old = data.draw(st.integers(1, new))
    proof, before, after = consistency_proof(old, new, tree), root(old, tree), root(new, tree)
    other = data.draw(st.integers(0, new + 1).filter(lambda one: one != old))

    assert consistent(old, new, proof, before, after)
    assert not consistent(other, new, proof, before, after)
    assert not consistent(old, new, (*proof, bytes(32)), before, after)
    assert not consistent(old, new, proof[:-1], before, after) or not proof
    assert not consistent(old, new, proof, bytes(32), after)
    assert not consistent(old, new, proof, before, bytes(32))


def test_what_there_is_not_cannot_be_proved() -> None:
    """A place beyond the tree, a beginning that is none, an empty one."""
    tree = Tree(LEAVES)
    for place in (-1, 8):
        with pytest.raises(ValueError, match="no place"):
            inclusion_proof(place, 8, tree)
    for old in (0, 9):
        with pytest.raises(ValueError, match="no tree"):
            consistency_proof(old, 8, tree)
    assert not consistent(3, 8, (), root(3, tree), root(8, tree))


def go_key(text: str) -> tuple[str, KeyRecord]:
    """A verifier key as Go writes it."""
    name, kid, key = text.split("+", 2)
    public = base64.b64decode(key)[1:]
    assert key_hash(name, public).hex() == kid
    assert verifier_key(name, public) == text
    return name, replace(RECORD, public=base64url(public))


def test_notes_that_others_signed() -> None:
    """A note of the Go documentation, and a checkpoint of the Go checksum database."""
    name, key = go_key("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    note = (
        "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
        "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
    )
    assert signed_by(note, name, key)
    name, key = go_key("sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8")
    checkpoint = (
        "go.sum database tree\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— sum.golang.org "
        "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    )
    assert signed_by(checkpoint, name, key)
    assert not signed_by(checkpoint.replace("20852163", "20852164"), name, key)
    assert read_checkpoint(checkpoint).size == 20852163


def signed(size: int = 8) -> str:
    """A checkpoint of ours."""
    return sign_checkpoint(
        ORIGIN, size, root(size, Tree(LEAVES)), public=KEY.public_key().public_bytes_raw(), sign=KEY.sign
    ).text


def test_a_golden_checkpoint() -> None:
    """The same tree and key give the same note, for ever."""
    assert digest(signed()) == "sha256:109c9b1d1a7a783bb02acd871bcf71f05b9a68616a4388bbb4ae65939ca6b385"


def test_only_its_own_key_signs_a_note() -> None:
    """Another key, another name, no signature; a line by a stranger does not matter, a wrong one by the key does."""
    text = signed()
    other = key_record(ed25519.Ed25519PrivateKey.generate().public_key(), not_before=NOW, not_after=NOW, use=KeyUse.LOG)
    line = text.rsplit("\n", 2)[1]
    wrong = line[:-8] + ("AAAA" if line[-8:-4] != "AAAA" else "BBBB") + line[-4:]

    assert signed_by(text, ORIGIN, RECORD)
    assert not signed_by(text, ORIGIN, other)
    assert not signed_by(text, "elsewhere.example/log", RECORD)
    assert not signed_by(text, ORIGIN, replace(RECORD, public="?"))
    assert signed_by(text + "— witness.example AAAAAAAA\n", ORIGIN, RECORD)
    assert not signed_by(text + wrong + "\n", ORIGIN, RECORD)
    assert not signed_by("no note", ORIGIN, RECORD)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("\n8\n", "\n08\n"),
        ("\n8\n", "\n-8\n"),
        ("\n8\n", "\n"),
        (ORIGIN + "\n8", "\n8"),
        ("Xcna", "?"),
        ("Xcna", "Xcn"),
        ("— ", "- "),
        ("=\n\n", "=\n"),
        ("Xcna", "X\tcna"),
        ("XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=", "AA=="),
        ("XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=", "AB=="),
        (ORIGIN, "\ud800"),
        (ORIGIN, "o" * 20000),
    ],
)
def test_a_checkpoint_in_another_spelling_is_refused(old: str, new: str) -> None:
    """One spelling each, or nothing."""
    text = signed()
    assert old in text

    with pytest.raises(Unreadable):
        read_checkpoint(text.replace(old, new, 1))


def opening(number: str = "N1", **changes: object) -> tuple[bytes, bytes]:
    """An entry and its opening."""
    salt = bytes(range(32))
    content = {"at": "2026-11-22T09:00:00Z", "credential": "sha256:1", "details": "sha256:2", "pdf_digest": "sha256:3"}
    value = commitment_to(digest(content), kind="issue", subject=number, salt=salt)
    entry = {"act": "sha256:4", "commitment": value, "kind": "issue"}
    whole = {"content": content, "entry": entry, "salt": salt.hex(), "subject": number, **changes}
    return canonical_bytes(entry), canonical_bytes(whole)


def proof_file(place: int = 4, **changes: object) -> str:
    """A proof of an entry at a place among others."""
    entry, extra = opening(**changes)
    entries = [*LEAVES[:4], entry, *LEAVES[5:]]
    tree = Tree(entries)
    public = KEY.public_key().public_bytes_raw()
    checkpoint = sign_checkpoint(ORIGIN, 8, root(8, tree), public=public, sign=KEY.sign)
    return proof_text(
        InclusionProof(place=place, steps=inclusion_proof(4, 8, tree), checkpoint=checkpoint, extra=extra)
    )


def test_a_proof_tells_what_was_issued() -> None:
    """Number, file, time and place; it is read back as it was written, and is about a kilobyte."""
    text = proof_file()
    logged = read_logged(text, KEYRING)

    assert (logged.number, logged.pdf_digest, logged.place, logged.size) == ("N1", "sha256:3", 4, 8)
    assert proof_text(read_proof_text(text)) == text
    assert len(text) < 1500


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": "N2"},
        {"salt": "00"},
        {"salt": "no hex"},
        {
            "content": {
                "at": "2026-11-22T09:00:00Z",
                "credential": "sha256:1",
                "details": "sha256:2",
                "pdf_digest": "sha256:9",
            }
        },
        {"entry": {"act": "sha256:4", "commitment": "sha256:5", "kind": "status"}},
        {"place": 5},
        {"more": 1},
    ],
)
def test_an_opening_of_something_else_is_refused(changes: dict[str, object]) -> None:
    """Another number, salt, file, entry or place."""
    place = changes.pop("place", 4)
    with pytest.raises(Unreadable):
        read_logged(proof_file(place, **changes), KEYRING)  # type: ignore[arg-type]


def test_a_proof_under_no_key_of_the_issuer_is_refused() -> None:
    """No log key, a key of another use, a revoked key, a log of another origin."""
    text = proof_file()
    rings = (
        replace(KEYRING, keys=()),
        replace(KEYRING, keys=(replace(RECORD, use=KeyUse.CRED),)),
        replace(KEYRING, keys=(replace(RECORD, revoked_at=NOW),)),
        replace(KEYRING, issuer=replace(ISSUER, domain="elsewhere.example")),
    )
    for ring in rings:
        with pytest.raises(Unreadable):
            read_logged(text, ring)
    bare = read_proof_text(text)
    with pytest.raises(Unreadable, match="no opening"):
        read_logged(proof_text(replace(bare, extra=None)), KEYRING)
    assert not proves(bare, b"another", ORIGIN, [RECORD])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
        ("index 4", "index 04"),
        ("index 4\n", ""),
        ("extra ", "extra ?"),
        ("\n\n" + ORIGIN, "\n" + ORIGIN),
        ("index 4\n", "index 4\nAA==\n"),
        (
            "index 4\n",
            "index 4\n"
            + base64.b64encode(bytes(32)).decode()
            + "\n"
            + (base64.b64encode(bytes(32)).decode() + "\n") * 64,
        ),
        ("c2sp", "x" * 70000),
    ],
)
def test_a_proof_in_another_spelling_is_refused(old: str, new: str) -> None:
    """The head, the index, the steps, the size."""
    text = proof_file()
    assert old in text

    with pytest.raises(Unreadable):
        read_proof_text(text.replace(old, new, 1))


def test_a_proof_without_a_head_is_refused() -> None:
    """An empty one has nothing to say."""
    with pytest.raises(Unreadable):
        read_proof_text("c2sp.org/tlog-proof@v1\n\n" + signed())


def test_tiles_as_the_specification_counts_them() -> None:
    """A log of 70,000 entries, one of 256, and the name of tile 1234067."""
    tiles = list(tiles_of(70_000))
    widths = {level: [one.width for one in tiles if one.level == level] for level in (0, 1, 2)}

    assert (widths[0].count(256), widths[0][-1]) == (273, 112)
    assert (widths[1], widths[2]) == ([256, 17], [1])
    assert [one.path for one in tiles_of(256)] == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]
    assert Tile(level=0, number=1234067, width=256).path == "tile/0/x001/x234/067"
    assert {one.path for one in tiles_of(300)} >= {"tile/0/001.p/44", "tile/entries/001.p/44"}
    assert all(is_tile(one.path) for one in tiles)
    assert not any(map(is_tile, ("tile/0/1", "tile/64/000", "tile/0/000.p/256", "tile/0/../000", "tile/0/000.p/0")))


def test_bundles() -> None:
    """Each entry after its length; one that is too long for it is refused."""
    assert bundle([b"a", b""]) == b"\x00\x01a\x00\x00"
    with pytest.raises(ValueError, match="65535"):
        bundle([bytes(65536)])
