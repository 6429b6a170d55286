"""Template folders: always escaped, shut in their folder, and exact about what is wrong with a template."""

from __future__ import annotations

import resource
import signal
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from certengine.documents.template_folder import TemplateFolder, date_shown, text_lines
from certengine.errors import InputError, NotFound
from certengine.model.text import Text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder for templates, next to a file that is not in it."""
    path = tmp_path / "design"
    path.mkdir()
    (tmp_path / "outside.html").write_text("outside")
    return path


def rendered(folder: Path, source: str, **values: object) -> str:
    """What a template of this source gives."""
    (folder / "page.html").write_text(source, encoding="utf-8")
    return TemplateFolder(folder).render("page.html", **values)


def test_values_are_escaped(folder: Path) -> None:
    """Markup in a value is printed, not obeyed."""
    assert rendered(folder, "{{ stem }}", stem="<img src=x>{{ 7 * 7 }}") == "&lt;img src=x&gt;{{ 7 * 7 }}"


@pytest.mark.parametrize(
    ("source", "line", "message"),
    [
        ("x\n{{ missing.name }}", 2, "'missing' is undefined"),
        ("\n\n{% for %}", 3, "Expected an expression"),
        ("{{ 'x'|safe }}", 1, "No filter named 'safe'"),
        ("\n{% autoescape false %}x{% endautoescape %}", 2, "escaping cannot be switched"),
        ("{{ ''.__class__.__mro__ }}", 1, "unsafe"),
        ("\n{{ 1 // 0 }}", 2, "division or modulo by zero"),
        ("{% include '../outside.html' %}", 1, "has no `../outside.html`"),
        ("{% include 'other.html' %}", 1, "has no `other.html`"),
        ("{{ names.append('x') }}", 1, "unsafe"),
    ],
)
def test_fault_is_named_with_its_line(folder: Path, source: str, line: int, message: str) -> None:
    """Whatever is wrong with a template is an input error at its file and line."""
    with pytest.raises(InputError) as caught:
        rendered(folder, source, names=[])

    finding = caught.value.findings[0]
    assert message in finding.message
    assert finding.place is not None
    assert (finding.place.source, finding.place.line) == (str(folder / "page.html"), line)


ENDLESS = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


@pytest.mark.parametrize(
    ("source", "message"),
    [(ENDLESS, "runs on and on"), ("{{ 'x' * 10 ** 12 }}", "more than 64 MB")],
    ids=["time", "memory"],
)
def test_a_template_that_knows_no_bounds_is_stopped(
    folder: Path, monkeypatch: pytest.MonkeyPatch, source: str, message: str
) -> None:
    """It is told as any other mistake of a template, and the process goes on as before."""
    limits = resource.getrlimit(resource.RLIMIT_AS)
    monkeypatch.setattr("certengine.documents.bounded.SECONDS", 0.1)
    monkeypatch.setattr("certengine.documents.bounded.BYTES", 64 << 20)
    with pytest.raises(InputError) as caught:
        rendered(folder, source)

    assert message in caught.value.findings[0].message
    assert rendered(folder, "{{ 'x' * 3 }}") == "xxx"
    assert (resource.getrlimit(resource.RLIMIT_AS), signal.getitimer(signal.ITIMER_VIRTUAL)) == (limits, (0, 0))


def test_beside_the_main_thread_nothing_is_bounded(folder: Path) -> None:
    """Bounds are those of the process, so another thread sets none; it fills templates all the same."""
    with ThreadPoolExecutor() as beside:
        assert beside.submit(rendered, folder, "{{ 'x' * 3 }}").result() == "xxx"


@pytest.mark.parametrize("name", ["other.html", "../outside.html", "link.html", "notes.txt"])
def test_only_templates_of_the_folder(folder: Path, name: str) -> None:
    """A file that is absent, outside, linked outside or no template is not found, and the answer lists what there is."""
    (folder / "page.html").write_text("")
    (folder / "notes.txt").write_text("")
    (folder / "link.html").symlink_to(folder.parent / "outside.html")

    with pytest.raises(NotFound, match=f"has no `{name}`") as caught:
        TemplateFolder(folder).render(name)

    assert "page.html" in str(caught.value.hint)


def test_missing_folder(tmp_path: Path) -> None:
    """A folder that is not there is not found when it is opened."""
    with pytest.raises(NotFound, match="no template folder"):
        TemplateFolder(tmp_path / "absent")


def test_css_is_read_as_it_is(folder: Path) -> None:
    """A style sheet is given as text, not rendered."""
    (folder / "paper.css").write_text("p::before { content: '{{ x }}' }")

    assert TemplateFolder(folder).css("paper.css") == "p::before { content: '{{ x }}' }"


def test_filters_for_two_languages(folder: Path) -> None:
    """Texts, marks and dates are shown in the language asked for."""
    source = '{{ text|in("en") }};{{ text|in("fr") }};{{ marks|decimal }};{{ day|date("zh") }};{{ day|date("en") }}'
    values = {"text": Text.of(zh="电工", en="Electrician"), "marks": Decimal("1.50"), "day": date(2026, 11, 2)}

    assert rendered(folder, source, **values) == "Electrician;Electrician;1.5;2026年11月2日;2 November 2026"


@pytest.mark.parametrize(
    ("text", "languages", "expected"),
    [
        (Text.of(zh="电", en="power"), ("zh", "en"), [("zh", "电"), ("en", "power")]),
        (Text.of(zh="电", en="power"), ("en",), [("en", "power")]),
        (Text.of(zh="380 V", en="380 V"), ("zh", "en"), [("zh", "380 V")]),
        (Text.of(en="power"), ("zh",), [("en", "power")]),
    ],
)
def test_lines_of_a_text(text: Text, languages: tuple[str, ...], expected: list[tuple[str, str]]) -> None:
    """Each language has its line, the same words only one, and a text without the language is shown all the same."""
    assert text_lines(text, languages) == expected


def test_chinese_date_of_a_regional_tag() -> None:
    """A regional tag of Chinese writes Chinese dates."""
    assert date_shown(date(2026, 1, 31), "zh-Hans") == "2026年1月31日"


def test_what_a_folder_lacks_is_taken_from_the_other(folder: Path, tmp_path: Path) -> None:
    """A design copied long ago is completed by the bundled one; what it has itself is its own."""
    other = tmp_path / "bundled"
    other.mkdir()
    (other / "page.html").write_text("bundled page")
    (other / "added.html").write_text("added {% include 'page.html' %}")
    (folder / "page.html").write_text("own page")
    templates = TemplateFolder(folder, other)

    assert templates.render("added.html") == "added own page"
    assert templates.names == ("added.html", "page.html")
    with pytest.raises(NotFound, match=r"no `\.\./outside\.html`"):
        templates.render("../outside.html")
