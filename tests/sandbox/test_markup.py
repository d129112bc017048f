"""Telegram's HTML. The first table holds tdlib's own cases (test/message_entities.cpp)."""

import pytest

from sandbox.text.markup import MarkupError, parse_html

UNPAIRED = (
    "Text contains invalid Unicode characters after decoding HTML entities,"
    " check for unmatched surrogate code units"
)


@pytest.mark.parametrize(
    ("html", "message"),
    [
        ("&#57311;", UNPAIRED),
        ("&#xDFDF", UNPAIRED),
        ("🏟 🏟&lt;<abacaba", "Unclosed start tag at byte offset 13"),
        ("🏟 🏟&lt;<abac aba>", 'Unsupported start tag "abac" at byte offset 13'),
        ("🏟 🏟&lt;<i   =aba>", 'Empty attribute name in the tag "i" at byte offset 13'),
        ("🏟 🏟&lt;<i    aba>", 'Can\'t find end tag corresponding to start tag "i"'),
        ("🏟 🏟&lt;<i    aba  =  ", 'Unclosed start tag "i" at byte offset 13'),
        ("🏟 🏟&lt;<i    aba  =  190azAz-.,", "Unexpected end of name token at byte offset 27"),
        ('🏟 🏟&lt;<i    aba  =  "&lt;&gt;&quot;>', "Unclosed start tag at byte offset 13"),
        ("🏟 🏟&lt;<i    aba  =  '&lt;&gt;&quot;>", "Unclosed start tag at byte offset 13"),
        ("🏟 🏟&lt;</", "Unexpected end tag at byte offset 13"),
        ("🏟 🏟&lt;<b></b></", "Unexpected end tag at byte offset 20"),
        ("🏟 🏟&lt;<i>a</i   ", "Unclosed end tag at byte offset 17"),
        ("🏟 🏟&lt;<i>a</em   >", 'Unmatched end tag at byte offset 17, expected "</i>", found "</em>"'),
        ("<br/>", 'Unsupported start tag "br/" at byte offset 0'),
        ("Tom < Jerry", 'Unsupported start tag "" at byte offset 4'),
        ("<b>M*A*S*H", 'Can\'t find end tag corresponding to start tag "b"'),
        ("<b><i>x</b></i>", 'Unmatched end tag at byte offset 7, expected "</i>", found "</b>"'),
        ("<a href", 'Unclosed start tag "a" at byte offset 0'),
        ('<a href="x"', "Unclosed start tag at byte offset 0"),
        ("<a href=http://x.org>y</a>", "Unexpected end of name token at byte offset 8"),
        ("é<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 2'),
        ('<tg-emoji emoji-id="x">👍</tg-emoji>', "Invalid custom emoji identifier specified"),
    ],
)
def test_ill_formed_html_is_refused_in_telegrams_words(html: str, message: str) -> None:
    with pytest.raises(MarkupError) as refusal:
        parse_html(html)
    assert str(refusal.value) == message


@pytest.mark.parametrize(
    ("html", "text", "entities"),
    [
        ("", "", []),
        ("&lt;&gt;&amp;&quot;&laquo;&#12345678;", '<>&"&laquo;&#12345678;', []),
        ("5&#9733; &#x2605 & more", "5★ ★ & more", []),
        ("🏟 🏟<i>🏟 &lt🏟</i>", "🏟 🏟🏟 <🏟", [("italic", 5, 6)]),
        ("🏟<i>&gt;<b aba   =   caba>&lt🏟</b></i>", "🏟><🏟", [("bold", 3, 3), ("italic", 2, 4)]),
        ("<strong>a</strong><em>b</em>", "ab", [("bold", 0, 1), ("italic", 1, 1)]),
        ("<u>a</u><ins>b</ins>", "ab", [("underline", 0, 1), ("underline", 1, 1)]),
        ("<s>a</s><strike>b</strike><del>c</del>", "abc", [("strikethrough", n, 1) for n in range(3)]),
        ('<tg-spoiler>a</tg-spoiler><span class="tg-spoiler">b</span>', "ab",
         [("spoiler", 0, 1), ("spoiler", 1, 1)]),
        ("<B>a</>", "a", [("bold", 0, 1)]),
        ("<i>a</i   >", "a", [("italic", 0, 1)]),
        ("x<b></b>", "x", []),
        ("<blockquote>a</blockquote>", "a", [("blockquote", 0, 1)]),
        ("<blockquote expandable>a</blockquote>", "a", [("expandable_blockquote", 0, 1)]),
        ('<pre><code class="language-fift">a</code></pre>', "a", [("pre", 0, 1, "fift")]),
        ('<code class="language-fift"><pre>a</pre></code>', "a", [("pre", 0, 1, "fift")]),
        ('<pre> <code class="language-fift">a</code></pre>', " a", [("code", 1, 1), ("pre", 0, 2)]),
        ('<a href="telegram.org?&lt;">a</a>', "a", [("text_link", 0, 1, "http://telegram.org/?<")]),
        ("<a href='https://imdb.com/title/tt0113277/'>Heat</a>", "Heat",
         [("text_link", 0, 4, "https://imdb.com/title/tt0113277/")]),
        ("<a>telegram.org</a>", "telegram.org", [("text_link", 0, 12, "http://telegram.org/")]),
        ('<a href="nowhere">a</a>', "a", []),
        ('<a href="javascript:alert(1)">a</a>', "a", []),
        ('<tg-emoji emoji-id="5368324170671202286">👍</tg-emoji>', "👍",
         [("custom_emoji", 0, 2, "5368324170671202286")]),
    ],
)  # fmt: skip
def test_well_formed_html_gives_text_and_utf16_entities(
    html: str, text: str, entities: list[tuple[str | int, ...]]
) -> None:
    plain, found = parse_html(html)
    assert plain == text
    assert [tuple(entity.values()) for entity in found] == entities
