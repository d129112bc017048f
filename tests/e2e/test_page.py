"""The chat page in a real browser, with the real bot behind it."""

from __future__ import annotations

import os
import struct
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.e2e.driving import PATIENCE, TICK, TOKEN, Bot, Person, Telegram
from tests.e2e.people import Seat

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

Json = dict[str, Any]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """One browser for the module; CI must have it, elsewhere the tests say what is missing."""
    from tools.browser import missing, open_browser

    if absent := missing():
        say = f"not installed: {', '.join(absent)} (Debian: apt-get install chromium chromium-driver)"
        pytest.fail(say) if os.environ.get("CI") == "true" else pytest.skip(say)
    with open_browser(tmp_path_factory.mktemp("profile"), width=1280, height=900) as browser:
        yield browser


class Page:
    """What somebody sees and does. `wait` gives the first true value of what is looked for."""

    def __init__(self, browser: Chrome, url: str) -> None:
        self.browser = browser
        self._url = url

    def open(self, *people: Seat, width: int = 1280, **media: str) -> None:
        """The page with these people's chats, or with their groups as they see them, anew."""
        size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
        features = [{"name": f"prefers-{name.replace('_', '-')}", "value": v} for name, v in media.items()]
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        self.browser.get("about:blank")
        self.browser.get(f"{self._url}/#{','.join(map(_place, people))}")
        self.wait(lambda: self.all(".pane"))

    def run(self, script: str, *arguments: Any) -> Any:
        return self.browser.execute_script(script, *arguments)

    def all(self, selector: str, text: str = "") -> list[Any]:
        """The elements that are shown, with this text in them."""
        found = self.browser.find_elements("css selector", selector)
        return [element for element in found if element.is_displayed() and text in element.text]

    def wait(self, look: Callable[[], Any]) -> Any:
        from selenium.common.exceptions import StaleElementReferenceException

        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                if found := look():
                    return found
            except StaleElementReferenceException:  # replaced while it was looked at
                pass
            assert time.monotonic() < deadline, self.run("return document.body.innerText")
            time.sleep(TICK)

    def see(self, selector: str, text: str = "") -> Any:
        """The last such element, as soon as there is one."""
        return self.wait(lambda: self.all(selector, text))[-1]

    def click(self, selector: str, text: str = "") -> None:
        """Click the last such element, again if a redraw takes it away meanwhile."""

        def clicked() -> bool:
            found = self.all(selector, text)
            if found:
                found[-1].click()
            return bool(found)

        self.wait(clicked)

    def press(self, label: str) -> None:
        """A button under a message, by its exact label; the newest one."""
        self.wait(lambda: [key for key in self.all(".key", label) if key.text == label])[-1].click()

    def write(self, text: str) -> None:
        self.see(".pane.active .text-field").send_keys(text + "\n")

    def keys(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        from selenium.webdriver import ActionChains

        ActionChains(self.browser).send_keys(*keys).perform()

    def tab_to(self, label: str) -> None:
        """Go back with Shift+Tab until the focus is on an element of this name."""
        from selenium.webdriver import ActionChains, Keys

        for _ in range(80):
            if self.focused() == label:
                return
            ActionChains(self.browser).key_down(Keys.SHIFT).send_keys(Keys.TAB).key_up(Keys.SHIFT).perform()
        raise AssertionError(f"Tab does not reach {label!r}")

    def focused(self) -> str:
        name = "const at = document.activeElement; return at.ariaLabel || at.innerText"
        return str(self.run(name))


def _place(seat: Seat) -> str:
    """A chat as the page's address names it."""
    return str(seat.id) if seat.chat_id == seat.id else f"{seat.chat_id}@{seat.id}"


@pytest.fixture
def page(chromium: Chrome, bot: Bot) -> Iterator[Page]:
    """The page; the browser's console must stay empty of errors."""
    from tools.browser import console

    console(chromium)
    yield Page(chromium, bot.telegram.url)
    assert [entry for entry in console(chromium) if entry["level"] == "SEVERE"] == []


def png(width: int, height: int) -> bytes:
    """A grey picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    chunks = ((b"IHDR", header), (b"IDAT", rows), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    )


def test_a_conversation_from_start_to_the_first_list(page: Page, ada: Person) -> None:
    page.open(ada)
    assert "Which genres" not in page.see(".pane").text
    page.see(".start", "START").click()
    questionnaire = page.see(".message.in", "Which genres are yours?").get_attribute("data-message-id")
    page.press("Comedy")
    page.press("👍 Comedy")
    page.press("👎 Comedy")
    page.press("Comedy")
    page.press("Done")
    card = page.see(".message.in", "0 of 5")
    assert card.get_attribute("data-message-id") == questionnaire  # edited in place
    film = card.find_element("css selector", "strong").text
    page.press("4★")
    page.see(".toast", f"{film}: 4★")
    for answers in range(1, 5):
        page.see(".message.in", f"{answers} of 5")
        page.press("3★")
    assert page.see(".message.in", "For you")
    assert len(page.all(".message.in")) == 2
    page.write("more like heat")
    assert page.see(".message.out", "more like heat")


def test_edits_keep_their_place_and_animate_quietly(page: Page, ada: Person) -> None:
    ada.begin()
    page.open(ada)
    before = page.see(".message.in", "0 of 5").get_attribute("data-message-id")
    page.press("4★")
    edited = page.see(".message.edited", "1 of 5")
    assert edited.get_attribute("data-message-id") == before
    speed = "return getComputedStyle(document.querySelector('.edited .bubble')).animationDuration"
    assert page.run(speed) == "0.32s"
    page.open(ada, reduced_motion="reduce")
    page.press("4★")
    page.see(".message.edited", "2 of 5")
    assert page.run(speed) == "0.001s"


def test_people_are_switched_and_their_chats_never_mixed(page: Page, ada: Person, grace: Person) -> None:
    page.open(ada)
    ada.send("/help")
    grace.say("/start")
    page.see(".message.in", "/recommend")
    unread = page.see("#people-list li:last-child .person", "Grace").find_element("css selector", ".unread")
    assert unread.text == "1"
    page.see("#people-list li:last-child .person").click()
    assert page.see(".message.in", "Which genres are yours?")
    assert page.all(".message", "/recommend") == []
    assert page.browser.current_url.endswith(f"#{grace.id}")
    assert page.all(".unread") == []


def test_two_chats_side_by_side(page: Page, ada: Person, grace: Person) -> None:
    page.open(ada, width=1400)
    page.run("[...document.querySelectorAll('#people-list .beside')].at(-1).click()")
    assert len(page.wait(lambda: len(page.all(".pane")) == 2 and page.all(".pane"))) == 2
    ada_pane, grace_pane = (f".pane[data-chat-id='{person.id}']" for person in (ada, grace))
    page.see(f"{grace_pane} .start").click()
    page.see(f"{grace_pane} .message.in", "Which genres are yours?")
    assert page.all(f"{ada_pane} .message") == []
    page.see(f"{ada_pane} .start").click()
    page.see(f"{ada_pane} .message.in", "Which genres are yours?")
    page.see(f"{grace_pane} .close").click()
    page.wait(lambda: len(page.all(".pane")) == 1)
    assert page.see(ada_pane)


def test_three_at_most_and_as_many_as_have_room(page: Page, ada: Person, grace: Person, bot: Bot) -> None:
    everybody = (ada, grace, bot.person("Linus"), bot.person("Alan"))
    page.open(*everybody, width=1900)
    page.wait(lambda: len(page.all(".pane")) == 3)
    page.open(*everybody, width=1000)
    page.wait(lambda: len(page.all(".pane")) == 1)


def test_a_group_votes_side_by_side(page: Page, ada: Person, grace: Person, bot: Bot) -> None:
    group = bot.group("Movie night", ada, grace)
    films = [{"text": film} for film in ("Heat (1995)", "Fargo (1996)")]
    poll = {"chat_id": group.id, "question": "Which film?", "options": films, "is_anonymous": False}
    keyboard = {"inline_keyboard": [[{"text": "My taste", "url": "https://t.me/matinee_bot?start=taste"}]]}
    httpx.post(
        f"{bot.telegram.url}/bot{TOKEN}/sendPoll", json={**poll, "reply_markup": keyboard}, verify=False
    )
    page.open(group[ada], group[grace], width=1560)
    of_ada, of_grace = (f".pane[data-viewer='{person.id}']" for person in (ada, grace))
    page.click(f"{of_ada} .option", "Heat")
    page.see(f"{of_ada} .option", "100%")
    assert page.all(f"{of_grace} .option", "%") == []  # who has not voted sees no result
    page.click(f"{of_grace} .option", "Fargo")
    page.see(f"{of_ada} .option", "50%")
    page.click(f"{of_grace} .option", "Heat")
    page.wait(lambda: group.poll().voters("Heat (1995)") == [ada.id, grace.id])
    page.wait(lambda: page.see(f"{of_ada} .option", "Heat").text.split()[-2:] == ["A", "G"])
    page.click(f"{of_ada} .poll-act", "Retract vote")
    page.wait(lambda: group.poll().votes == {"Heat (1995)": 1})
    group.upgrade()
    page.see(f"{of_grace} .notice", "The group is a supergroup now")
    assert page.see(f"{of_grace} .poll")  # what was said before is there, and can be answered
    page.click(f"{of_grace} .key", "My taste")
    page.see(f".pane[data-chat-id='{grace.id}'] .message.out", "/start taste")
    page.click(f"{of_ada} .manage")
    page.click("#group-members .quiet[aria-label='Remove Grace']")
    page.see(f"{of_grace} .start", "JOIN THE GROUP")
    bot.settle()


def test_a_phone_shows_one_thing_at_a_time(page: Page, ada: Person, grace: Person) -> None:
    ada.join(5, 4, 3, 2, 1)
    page.open(ada, width=390)
    page.see(".message.in", "For you")
    assert page.all("#people") == []
    assert page.run("return document.documentElement.scrollWidth") <= 390
    page.see(".to-people").click()
    assert page.all(".pane") == []
    page.see("#people-list .person", "Grace").click()
    page.see(".pane .start", "START")
    assert page.all("#people") == []
    page.see(".to-people").click()
    page.see("#to-drawer").click()
    page.see("#drawer")
    assert page.run("return document.documentElement.scrollWidth") <= 390


@pytest.mark.check
def test_light_and_dark_follow_the_system(page: Page, ada: Person) -> None:
    ada.begin()
    shade = "return getComputedStyle(document.body).backgroundColor"
    page.open(ada, color_scheme="light")
    assert page.run(shade) == "rgb(255, 255, 255)"
    page.open(ada, color_scheme="dark")
    assert page.run(shade) == "rgb(25, 28, 37)"


def test_the_keyboard_is_enough(page: Page, ada: Person) -> None:
    from selenium.webdriver import Keys

    page.open(ada)
    page.tab_to("START")
    page.keys(Keys.ENTER)
    page.see(".message.in", "Which genres are yours?")
    page.wait(lambda: page.focused() == "Message")
    page.tab_to("Comedy")
    page.keys(Keys.ENTER)
    page.wait(lambda: page.focused() == "👍 Comedy")  # edited in place, the focus kept
    page.keys(Keys.ENTER)
    page.wait(lambda: page.focused() == "👎 Comedy")
    page.keys(Keys.ARROW_RIGHT)
    assert page.focused() == "Crime"
    page.keys("/")
    page.wait(lambda: page.focused() == "Message")
    page.see(".commands")
    page.keys("he", Keys.ARROW_DOWN, Keys.ENTER)
    page.see(".message.out", "/help")
    page.keys("/", Keys.ESCAPE)
    assert page.all(".commands") == []


def test_everything_that_can_be_used_has_a_name(page: Page, ada: Person) -> None:
    ada.begin()
    page.open(ada)
    page.see("#to-drawer").click()
    page.see("#tab-faults").click()
    page.see("#fault-form option")
    nodes = page.browser.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
    usable = {"button", "textbox", "combobox", "searchbox", "link", "checkbox", "tab", "spinbutton", "log"}
    named = [
        (node["role"]["value"], node.get("name", {}).get("value", ""))
        for node in nodes
        if not node["ignored"] and node["role"]["value"] in usable
    ]
    assert {"button", "textbox", "combobox", "log", "tab"} <= {role for role, _ in named}
    assert [role for role, name in named if not name.strip()] == []
    assert page.run("return document.querySelector('.toasts').getAttribute('role')") == "status"


@pytest.mark.check
def test_the_drawer_shows_calls_and_arms_faults(page: Page, ada: Person, bot: Bot) -> None:
    from selenium.webdriver import Keys

    bot.expect("Bad Gateway")
    page.open(ada)
    page.see("#to-drawer").click()
    page.see("#tab-faults").click()
    page.see("#fault-form select[name=kind] option[value=error]").click()
    page.see("#fault-form [name=method]").send_keys("sendMessage")
    page.see("#fault-form [type=submit]").click()
    assert "sendMessage · any chat · 1 to go" in page.see("#faults li").text
    page.write("/help") if page.all(".text-field") else page.see(".start").click()
    page.see(".message.in")
    page.see("#no-faults")
    page.see("#tab-calls").click()
    assert "error 502" in page.see("#calls li.faulty", "sendMessage").text
    page.see("#calls li.valid", "sendMessage")
    assert page.all("#calls li", "getUpdates") == []
    page.see("#calls-errors").click()
    page.wait(lambda: page.all("#calls li.valid") == [])
    page.see("#calls li.faulty summary").click()
    assert page.see("#calls li.faulty .why", "502: Bad Gateway")
    page.see("#calls-filter").send_keys("nothing like that")
    assert page.see("#calls-count", "no calls that fit")
    page.keys(Keys.ESCAPE)
    page.keys(Keys.ESCAPE)
    page.wait(lambda: page.all("#drawer") == [])
    bot.settle()
    bot.forget_troubles()


@pytest.mark.check
def test_a_call_that_breaks_the_specification_stands_out(chromium: Chrome) -> None:
    with closing(Telegram()) as telegram:
        page = Page(chromium, telegram.url)
        page.open()
        page.see("#to-drawer").click()
        call = {"chat_id": 1, "text": "hello", "silent": True}
        httpx.post(f"{telegram.url}/bot{TOKEN}/sendMessage", json=call, verify=False)
        page.see("#calls li.violation summary", "breaks the spec").click()
        assert 'unknown parameter "silent"' in page.see("#calls .violation .why", "Specification").text
        chromium.get("about:blank")


@pytest.mark.check
def test_documents_are_chosen_and_dropped(page: Page, ada: Person, bot: Bot, tmp_path: Path) -> None:
    ada.begin()
    page.open(ada)
    (tmp_path / "ratings.csv").write_text("Name,Year\n", encoding="utf-8")
    page.browser.find_element("css selector", ".file-field").send_keys(str(tmp_path / "ratings.csv"))
    assert "10 B" in page.see(".message.out .document", "ratings.csv").text
    page.run(
        "const data = new DataTransfer(); data.items.add(new File(['hello'], 'watched.csv'));"
        "const drop = (kind) => document.querySelector('.pane .scroll').dispatchEvent("
        "  new DragEvent(kind, {dataTransfer: data, bubbles: true, cancelable: true}));"
        "drop('dragover'); drop('drop');"
    )
    dropped = page.see(".message.out .document", "watched.csv")
    assert httpx.get(str(dropped.get_attribute("href")), verify=False).content == b"hello"
    assert page.all(".drop-here") == []
    bot.settle()


def test_a_photo_is_shown_with_its_caption(page: Page, ada: Person, bot: Bot) -> None:
    ada.begin()
    page.open(ada)
    httpx.post(
        f"{bot.telegram.url}/bot{TOKEN}/sendPhoto",
        data={"chat_id": str(ada.id), "caption": "your taste"},
        files={"photo": ("taste.png", png(300, 200))},
        verify=False,
    )
    image = page.see(".message.in .photo img")
    page.wait(lambda: page.run("return arguments[0].complete && arguments[0].naturalWidth", image) == 300)
    assert page.see(".message.in.with-file .text").text.startswith("your taste")


@pytest.mark.check
def test_a_page_that_is_left_lets_go_and_takes_up_again(page: Page, ada: Person) -> None:
    """A browser has six connections to one server, and keeps a page that was left for a while."""
    for _ in range(7):
        page.open(ada)
    page.browser.get("about:blank")
    page.browser.back()
    page.see(".pane .start")
    ada.begin()
    assert page.see(".message.in", "0 of 5")


def test_nothing_comes_from_elsewhere_and_no_script_is_let_in(page: Page, ada: Person) -> None:
    from tools.browser import console

    ada.begin()
    page.open(ada)
    page.see(".message.in")
    fetched = page.run("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    own = page.run("return location.origin")
    assert fetched
    assert [address for address in fetched if not address.startswith(own)] == []
    blocked = page.browser.execute_async_script(
        "const done = arguments[0], seen = [];"
        "document.addEventListener('securitypolicyviolation', (event) => {"
        "  seen.push(event.effectiveDirective); if (seen.length === 2) done(seen); });"
        "const script = document.createElement('script'); script.textContent = 'document.title = 1';"
        "document.head.append(script);"
        "const image = new Image(); image.src = 'https://example.org/a.png';"
    )
    assert sorted(blocked) == ["img-src", "script-src-elem"]
    assert page.run("return document.title") == "Matinee"
    console(page.browser)  # the two refusals


HOSTILE = """<!doctype html><title>hostile</title><body>
<iframe name=hidden></iframe><iframe id=framed src="%(url)s/"></iframe>
<form id=typed method=post target=hidden action="%(url)s/control/chats/%(person)s/messages"
  enctype=text/plain><input name='{"text": "csrf", "x": "' value='"}'></form>
<form id=called method=post target=hidden action="%(url)s/bot%(token)s/sendMessage">
  <input name=chat_id value=%(person)s><input name=text value=csrf></form>
<script>
const call = "%(url)s/bot%(token)s/sendMessage?chat_id=%(person)s&text=csrf";
const once = (element, address) => new Promise((done) => {
  element.onload = element.onerror = () => done(); element.src = address; document.body.append(element); });
const sent = (form) => new Promise((done) => {
  document.querySelector("[name=hidden]").onload = () => done(); document.getElementById(form).submit(); });
const body = JSON.stringify({text: "csrf"}), address = "%(url)s/control/chats/%(person)s/messages";
window.tried = (async () => {
  await once(new Image(), call);
  await once(document.createElement("script"), call);
  await fetch(address, {method: "POST", mode: "no-cors", body}).catch(() => 0);
  await fetch(call, {mode: "no-cors"}).catch(() => 0);
  const read = await fetch("%(url)s/control/people").then((answer) => answer.text()).catch(() => "");
  await sent("typed"); await sent("called");
  return read;
})();
</script>"""


def test_a_page_of_another_site_drives_nothing(page: Page, ada: Person) -> None:
    """From another port of this machine, which is another origin and, to a browser, the same site."""
    ada.begin()
    world = {"url": ada.bot.telegram.url, "token": TOKEN, "person": ada.id}
    before, calls = ada.messages(), len(ada.bot.telegram.get("/calls", method="sendMessage"))
    with serving(HOSTILE % world) as elsewhere:
        page.browser.get(elsewhere)
        script = "const done = arguments[0]; window.tried.then(done);"
        assert page.browser.execute_async_script(script) == ""
        page.browser.switch_to.frame("framed")
        assert "Matinee" not in page.run("return document.body.innerText")
        page.browser.switch_to.default_content()
    ada.bot.settle()
    assert ada.messages() == before
    assert len(ada.bot.telegram.get("/calls", method="sendMessage")) == calls
    from tools.browser import console

    console(page.browser)  # the refusals


@contextmanager
def serving(html: str) -> Iterator[str]:
    """A page at an address of its own."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(html.encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
