"""``certengine.toml``: what is not understood is refused with a suggestion."""

from __future__ import annotations

import stat
from decimal import Decimal
from pathlib import Path

import pytest

from certengine.errors import InputError, NotFound, Refused, UsageError
from certengine.workspace.config import read_config
from certengine.workspace.folders import Workspace, find_workspace, make_workspace, open_workspace
from certengine.workspace.schemas import SCHEMAS

SMALLEST = 'format = 1\n[issuer]\nid = "a"\ndomain = "verify.example.org"\nname = { zh = "甲" }\n'


def config(folder: Path, text: str) -> Path:
    """A folder with this configuration."""
    (folder / "certengine.toml").write_text(text, encoding="utf-8")
    return folder


def test_the_smallest_configuration_has_safe_defaults(tmp_path: Path) -> None:
    """A sample issuer on Beijing's time, a database and a key folder in the workspace, nobody declared."""
    read = read_config(config(tmp_path, SMALLEST))
    assert (read.issuer.sample, read.issuer.utc_offset_hours, read.people) == (True, Decimal(8), ())
    assert (read.database.url, read.keys.folder, read.keys.passphrase_file) == ("sqlite:///certengine.db", "keys", None)


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ('[databse]\nurl = "x"\n', "`databse` is not a field here; did you mean `database`?"),
        ('[database]\nurll = "x"\n', "`urll` is not a field here; did you mean `url`?"),
        ('[[people]]\nid = "a"\nname = "b"\nrole = []\n', "`role` is not a field here; did you mean `roles`?"),
        ('[[people]]\nid = "a"\n', "`name` is missing"),
        ("[keys]\nfolder = 7\n", "`folder`: text is due, given: `7`"),
    ],
)
def test_an_unknown_key_is_refused_with_a_suggestion(tmp_path: Path, added: str, message: str) -> None:
    """A misspelt key never falls silently back to a default."""
    with pytest.raises(InputError) as error:
        read_config(config(tmp_path, SMALLEST + added))
    assert [one.message for one in error.value.findings] == [message]


PEOPLE = '[[people]]\nid = "a"\nname = "甲"\nroles = ["approver"]\n[[people]]\nid = "{id}"\nname = "乙"\nroles = ["{role}"]\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            SMALLEST.replace("domain", "domian"),
            ["2:2 `domain` is missing", "4:1 `domian` is not a field here; did you mean `domain`?"],
        ),
        (SMALLEST.replace("1", "2", 1), ["1:10 format 1 is read here, given: 2"]),
        (SMALLEST + PEOPLE.format(id="b", role="decidor"), ["13:9 `decidor` is not a role; did you mean `decider`?"]),
        (SMALLEST + PEOPLE.format(id="a", role="decider"), ["11:6 `a` stands twice"]),
        (SMALLEST + '[keys]\n"folder" = 7\n', ["7:12 `folder`: text is due, given: `7`"]),
        (SMALLEST + "[database\nurl = 1\n", ["6:10 expected ']' at the end of a table declaration"]),
        (SMALLEST + "[keys]\nfolder = 'a", ['7:1 expected "\'" (at end of document)']),
    ],
)
def test_a_mistake_is_told_with_its_place(tmp_path: Path, text: str, told: list[str]) -> None:
    """Line and column of the key or value that is wrong, as in the files of banks and schemes."""
    with pytest.raises(InputError) as error:
        read_config(config(tmp_path, text))
    assert [f"{one.place.line}:{one.place.column} {one.message}" for one in error.value.findings] == told


def test_a_file_of_another_encoding_is_told_with_its_line(tmp_path: Path) -> None:
    """As an editor in a Chinese locale may save it."""
    (tmp_path / "certengine.toml").write_bytes(SMALLEST.encode("gbk"))
    with pytest.raises(InputError) as error:
        read_config(tmp_path)
    assert [(one.place.line, one.message) for one in error.value.findings] == [(5, "is not UTF-8")]


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    """One run shows every wrong key."""
    with pytest.raises(InputError) as error:
        read_config(config(tmp_path, SMALLEST + "[keys]\na = 1\nb = 2\n[database]\nc = 3\n"))
    assert len(error.value.findings) == 3


@pytest.mark.parametrize("text", ["format = ", "\x00", 'a = "\ud800"'])
def test_what_is_no_toml_is_told(tmp_path: Path, text: str) -> None:
    """A slip of syntax names the file."""
    (tmp_path / "certengine.toml").write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(InputError, match="is not TOML"):
        read_config(tmp_path)


def test_a_folder_without_configuration_is_no_workspace(tmp_path: Path) -> None:
    """The hint says how to make one."""
    with pytest.raises(NotFound, match=r"has no certengine\.toml") as error:
        read_config(tmp_path)
    assert "certengine init" in (error.value.hint or "")


def test_the_workspace_is_the_nearest_upwards(tmp_path: Path) -> None:
    """A command works in any folder below."""
    config(tmp_path, SMALLEST)
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert find_workspace(below) == tmp_path


def test_outside_of_any_workspace_it_says_so(tmp_path: Path) -> None:
    """Nothing is guessed."""
    with pytest.raises(NotFound, match="or above"):
        find_workspace(tmp_path)


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("sqlite:///a.db", "sqlite:///{root}/a.db"),
        ("sqlite:////srv/a.db", "sqlite:////srv/a.db"),
        ("postgresql://h/a", "postgresql://h/a"),
    ],
)
def test_a_relative_database_lies_in_the_workspace(tmp_path: Path, given: str, read: str) -> None:
    """Wherever the command is run from."""
    workspace = open_workspace(config(tmp_path, SMALLEST))
    assert workspace.database_url(given) == read.format(root=tmp_path)


def test_option_then_environment_then_configuration(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said nearest to the act counts."""
    workspace = open_workspace(config(tmp_path, SMALLEST))
    configured = workspace.database_url()
    monkeypatch.setenv("CERTENGINE_DB", "sqlite:////env.db")
    assert [configured, workspace.database_url(), workspace.database_url("sqlite:////option.db")] == [
        f"sqlite:///{tmp_path}/certengine.db",
        "sqlite:////env.db",
        "sqlite:////option.db",
    ]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A new workspace with the sample academy."""
    make_workspace(tmp_path / "ws", SMALLEST, sample=True)
    return open_workspace(tmp_path / "ws")


def test_a_new_workspace_is_private_and_whole(workspace: Workspace) -> None:
    """It holds what the sample academy has, for its owner alone."""
    assert stat.S_IMODE(workspace.root.stat().st_mode) == 0o700
    assert "industrial-automation" in workspace.bank_ids()
    assert "electrician-l3" in workspace.scheme_ids()
    assert workspace.template_path("formal") == workspace.root / "templates" / "formal"


def test_a_near_name_is_suggested(workspace: Workspace) -> None:
    """A misspelt bank or scheme is answered with the one meant."""
    with pytest.raises(NotFound, match="did you mean `industrial-automation`"):
        workspace.read_bank("industrial-automaton")
    with pytest.raises(NotFound, match="did you mean `electrician-l3`"):
        workspace.read_scheme("electrican-l3")


@pytest.mark.parametrize("name", ["none", "../formal", "/etc", "", ".."])
def test_no_template_name_leads_out_of_the_folder(workspace: Workspace, name: str) -> None:
    """A template is a folder of that name, here or shipped; nothing else."""
    with pytest.raises(NotFound) as error:
        workspace.template_path(name)
    assert error.value.code == "template/not-found"


def test_a_folder_in_use_is_not_taken(tmp_path: Path) -> None:
    """What is there stays as it is."""
    (tmp_path / "letter.txt").write_text("Dear Sir")
    with pytest.raises(Refused, match="exists and is not empty"):
        make_workspace(tmp_path, SMALLEST, sample=False)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


def test_an_empty_folder_may_become_a_workspace(tmp_path: Path) -> None:
    """Whoever made the folder first is not sent away."""
    (tmp_path / "ws").mkdir()
    make_workspace(tmp_path / "ws", SMALLEST, sample=False)
    assert open_workspace(tmp_path / "ws").bank_ids() == ()


def test_a_file_is_no_place_for_a_workspace(tmp_path: Path) -> None:
    """It is neither overwritten nor looked into."""
    (tmp_path / "ws").write_text("x")
    with pytest.raises(UsageError, match="is a file"):
        make_workspace(tmp_path / "ws", SMALLEST, sample=False)


def test_what_fails_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    """When the last step fails there is neither a workspace nor a beginning of one."""

    def full(_laid: Path) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(Refused, match="No space left on device"):
        make_workspace(tmp_path / "ws", SMALLEST, sample=False, finish=full)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_every_schema_is_closed(name: str) -> None:
    """The JSON Schema of each file refuses fields it does not know, as the reader does."""
    schema = SCHEMAS[name]()
    parts = schema.get("oneOf", [schema])
    assert [part.get("additionalProperties") for part in parts] == [False] * len(parts)
