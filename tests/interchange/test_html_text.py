"""HTML in foreign stems becomes text: what a reader would read stays, what acts or refers elsewhere is gone and named."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from certengine.interchange.html_text import MAX_HTML, html_to_text
from certengine.interchange.loss import Fate
from certengine.interchange.questions import LeftOut, Losses

PIECES = st.sampled_from(
    "<b> </b> <code> </code> <pre> </pre> <table> <tr> </td> </table> <math> <mi> </math> ** | $ ` \\( \\) $$ 5 "
    "<p> </p> <b > < ' \" a= &lt; &#0; <!-- --> <script> </script> <sup> </sup> <img\talt= text <td> <svg> </svg> "
    "<![CDATA[ <?x <x:y/> \x00 onclick=x \n".split(" ")
)


def text_of(markup: str) -> tuple[str, list[tuple[str, Fate]]]:
    """The text, and what was lost of it."""
    losses = Losses("x")
    return html_to_text(markup, losses), [(loss.feature, loss.fate) for loss in losses.found]


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>one</p><p>two<br>three</p>", "one\ntwo\nthree"),
        ("a <b>bold </b><I>word</I>", "a **bold** word"),
        ("<b>a<strong>b</strong></b><b> </b><b>c<br>d</b>", "**ab** c\nd"),
        ("use <code>a | b</code>, <kbd>Ctrl</kbd>, <code>`</code>", "use `a | b`, `Ctrl`, \\`"),
        ("costs $5, `x`, 2*3, a|b, C:\\x", r"costs \$5, \`x\`, 2\*3, a\|b, C:\\x"),
        ("&lt;b&gt; &amp;&nbsp;&mu;", "<b> &\N{NO-BREAK SPACE}μ"),
        ("10<sup>3</sup> and 10<sup>-6</sup>", "10³ and 10⁻⁶"),
        ("H<sub>2</sub>O, U<sub>max</sub>, x<sup>y</sup>", "H₂O, U_(max), x^(y)"),
        ("x<sup>2", "x²"),
        ("3 < 4 and 5 > 4", "3 < 4 and 5 > 4"),
        ("a<!-- <b>hidden</b> -->c", "ac"),
        ("a<!-- never closed <p>b", "a"),
        ("a<!-- no tag ends here", "a<!-- no tag ends here"),
        ("<ul><li>x<li>y</ul>", "x\ny"),
        ("x<pre>a\n  b | c\n</pre>y", "x\n```\na\n  b | c\n```\ny"),
        ("<pre></pre><pre>```</pre>", "\\`\\`\\`"),
        (
            "a<table><tr><th>U<th>I</tr><tr><td>1 V<p>x</p></td><td>a|b</td></table>b",
            "a\n| U | I |\n| 1 V x | a\\|b |\nb",
        ),
        (
            "<table><tr><td>a<tr><td>b</table><table><tr><td>c<tr><td>d</table>",
            "| a |\n| b |\n\n| c |\n| d |",
        ),
        ("<td>loose", "loose"),
        ("<math><mfrac><mi>U</mi><mi>R</mi></mfrac></math>5", r"$\frac{U}{R}$ 5"),
        (
            '<math display="block"><mi>x</mi><annotation encoding="application/x-tex">x^2</annotation></math>',
            "$$x^2$$",
        ),
        (
            "<math><msqrt><msub><mi>x</mi><mn>1</mn></msub></msqrt><mo>−</mo><msup><mi>sin</mi><mn>2</mn></msup></math>",
            r"$\sqrt{{x}_{1}} - {\mathrm{sin}}^{2}$",
        ),
        ("<math><maction>x</maction></math>", "x"),
        ("<math><mi>a", "$a$"),
        ("  spread \n over\tlines ", "spread over lines"),
        ("a<script>if (1 < 2) document.write('<p>x</p>')</script>b", "ab"),
        ("a<style>p { color: red }</style>b", "ab"),
        ("a<svg><circle/><text>no</text></svg>b", "ab"),
        ("a<script>never closed <p>b", "a"),
        ('<a title="x > y" href="http://example.org">link</a>', "link"),
        ("<a href='open", "<a href='open"),
        ("<![CDATA[x]]>y", "y"),
    ],
)
def test_what_a_reader_would_read(markup: str, text: str) -> None:
    """Blocks part lines, characters are told, what is raised stays raised, and what is hidden stays hidden."""
    assert text_of(markup)[0] == text


@pytest.mark.parametrize(
    ("markup", "lost"),
    [
        ("<p onclick='x()'>a</p>", [("active or embedded content", Fate.CLEANED)]),
        ("<a href=' java\nscript:x()'>a</a>", [("active or embedded content", Fate.CLEANED)]),
        ("<iframe src='http://example.org'>a</iframe>", [("active or embedded content", Fate.CLEANED)]),
        ("<a href='http://example.org'>a</a>", [("link", Fate.LOST)]),
        ("<img src='http://example.org/x.png'>", [("picture", Fate.LOST)]),
        ("<table><tr><td>a</td></tr></table>", [("table", Fate.LOST)]),
        ("<table><tr><td>a</td></tr><tr><td colspan='2'>b</td></tr></table>", [("table", Fate.LOST)]),
        ("<table><tr><td><table><tr><td>a", [("table", Fate.LOST)]),
        ("<math><mi>x</mi></math>", []),
        ("<math><mtable>x</mtable></math>", [("formula", Fate.LOST)]),
        ("<blink>x</blink>", [("markup", Fate.LOST)]),
        ("<span lang='en' class='multilang'>a</span>", [("languages", Fate.LOST)]),
        ("<b>a</b>", []),
    ],
)
def test_what_is_dropped_is_named(markup: str, lost: list[tuple[str, Fate]]) -> None:
    """Each thing that a reader could miss stands in the report once; plain emphasis is no loss."""
    found = text_of(markup)[1]
    assert list(dict.fromkeys(found)) == lost


def test_a_picture_gives_way_to_its_description() -> None:
    """The alternative text of a picture stands in its place."""
    assert text_of('see <img alt="a  relay" src="x">!')[0] == "see [a relay] !"


@given(pieces=st.lists(PIECES, max_size=40))
@example(pieces=["<pre>", "<p>"])
@example(pieces=["<pre>a", "<p>b", "<math><mi>x</mi></math>", "</pre>"])
def test_no_markup_breaks_the_reader(pieces: list[str]) -> None:
    """Whatever stands together, a text without control characters comes out, the same each time."""
    markup = "".join(pieces)
    text = text_of(markup)[0]
    assert (text == text_of(markup)[0], set(text) & set("\x00\x01\x02")) == (True, set())


@pytest.mark.parametrize(
    "piece",
    ["<!--", "<", "<a ", "<a href='", '<a b="', "<p>", "<sup>ab", "</", "<?", "<script>x", "<svg>", "&#", "<x a=1 "],
)
def test_markup_made_to_be_slow_is_read_at_once(piece: str) -> None:
    """Half a million characters of open markup are read to their end, with an end to them and without."""
    for markup in (piece * (500_000 // len(piece)), piece * (500_000 // len(piece)) + ">"):
        assert len(text_of(markup)[0]) <= len(markup)


def test_markup_beyond_the_bound_is_left_out() -> None:
    """A text of more markup than any question has is not read."""
    with pytest.raises(LeftOut, match="longer than"):
        text_of("x" * (MAX_HTML + 1))
