"""The page of kvmsim serve in Chromium: with the mouse, with the keyboard alone, at two widths."""

import os
import shutil
import sys
import tempfile
import time
import unittest

sys.path.insert(0, os.path.dirname(__file__))

import junit
from served import Served

try:
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By
    from selenium.webdriver.common.keys import Keys
    from selenium.webdriver.support.ui import Select, WebDriverWait
except ImportError:
    webdriver = None

MISSING = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
if webdriver is None:
    MISSING.append("python3-selenium")

# What a browser in a container needs, and nothing that would reach for the network.
FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--no-first-run",
    "--window-size=1200,900",
)


def browser(downloads):
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in FLAGS:
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={tempfile.mkdtemp(dir=downloads)}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)
    allow = {"behavior": "allow", "downloadPath": downloads}
    driver.execute_cdp_cmd("Browser.setDownloadBehavior", allow)
    return driver


def scenarios():
    """The paths of the conformance scenarios."""
    for folder, _, names in os.walk("tests/conformance"):
        yield from (os.path.join(folder, name) for name in names if name.endswith(".kvmt"))


def differ(text, other):
    """The words "host" and "create_vm" of the lines that differ; the whole line of others."""
    lines = [pair for pair in zip(text.split("\n"), other.split("\n")) if pair[0] != pair[1]]
    kinds = ("host ", "create_vm(")
    return {next((kind[:-1] for kind in kinds if kind in line), line) for line, _ in lines}


@unittest.skipIf(MISSING, f"not installed: {' '.join(MISSING)}")
class Page(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.downloads = tempfile.mkdtemp(dir=os.environ.get("TEST_TMPDIR"))
        # The browser keeps things below its home, which a sandbox may not let it write to.
        os.environ["HOME"] = cls.downloads
        cls.served = Served()
        cls.driver = browser(cls.downloads)

    @classmethod
    def tearDownClass(cls):
        cls.driver.quit()
        cls.served.__exit__()

    def setUp(self):
        self.driver.get(self.served.url)
        self.until(lambda: self.find("html[data-ready]"))

    def tearDown(self):
        self.assertEqual(self.driver.get_log("browser"), [])

    def until(self, condition):
        return WebDriverWait(self.driver, 10, 0.02).until(lambda _: condition())

    def find(self, selector):
        found = self.driver.find_elements(By.CSS_SELECTOR, selector)
        return found[0] if found else None

    def text(self, selector):
        return self.find(selector).text

    def cell(self, page):
        return self.find(f'[data-page="{page}"]')

    def attributes(self):
        """"SSPP": of each page."""
        cells = self.driver.find_elements(By.CSS_SELECTOR, "[data-page]")
        return "".join("P" if "private" in cell.get_attribute("class") else "S" for cell in cells)

    def calls(self):
        return len(self.driver.find_elements(By.CSS_SELECTOR, "#steps li"))

    def after_a_call(self, does):
        """Does it and waits until the scenario is another."""
        before = self.driver.execute_script("return document.getElementById('text').value")
        does()
        now = "return document.getElementById('text').value"
        self.until(lambda: self.driver.execute_script(now) != before)

    def click(self, selector):
        self.after_a_call(lambda: self.find(selector).click())

    def drag(self, first, last):
        chain = ActionChains(self.driver, duration=20)
        chain.click_and_hold(self.cell(first))
        for page in range(first + 1, last + 1):
            chain.move_to_element(self.cell(page))
        chain.release().perform()

    def keys(self, *keys):
        self.driver.switch_to.active_element.send_keys(*keys)

    def shown_text(self):
        return self.driver.execute_script("return document.getElementById('text').value")

    def last_line(self):
        return self.shown_text().rstrip().split("\n")[-1]

    def focused(self):
        return self.driver.switch_to.active_element.get_attribute("id")

    def heard(self):
        return self.find("#said").get_property("textContent")

    def write(self, text):
        """Edits the whole text, without running it."""
        self.driver.execute_script(
            """
            document.getElementById("text-details").open = true;
            const field = document.getElementById("text");
            field.value = arguments[0];
            field.dispatchEvent(new Event("input", {bubbles: true}));
            """,
            text,
        )

    def open_text(self, text, calls):
        self.write(text)
        self.find("#run-text").click()
        self.until(lambda: self.calls() == calls and not self.find("#edited").is_displayed())

    def of_module(self, name, expression, *given):
        """What the expression is, which has the page's module as `module`, and `given`."""
        answer = self.driver.execute_async_script(
            "const given = [...arguments];"
            "const tell = given.pop();"
            f"import('/{name}').then((module) => ({expression}))"
            ".then(tell, (error) => tell(`failed: ${error}`));",
            *given,
        )
        self.assertFalse(str(answer).startswith("failed: "), answer)
        return answer

    def choose(self, label, word):
        select = self.driver.find_element(By.XPATH, f"//div[@id='world']/label[.//text()='{label}']/select")
        self.after_a_call(lambda: Select(select).select_by_value(word))

    def test_click_and_drag_converts(self):
        self.drag(1, 3)
        self.assertEqual(self.text(".chosen-range"), "Chosen: pages 1 to 3 of gmem")
        self.click("#do-private")
        self.assertEqual(self.attributes(), "SPPPSSSS")
        self.assertEqual(
            self.last_line(), "set_memory_attributes2(gmem, 1p, 3p, attributes=PRIVATE) -> 0"
        )
        self.assertIn(".size = 3 * page_size,", self.text("pre.c"))
        self.assertIn("kvm_gmem_set_attributes()", self.text(".trail"))

    def test_the_keyboard_alone_does_the_same(self):
        for _ in range(60):
            if self.driver.switch_to.active_element.get_attribute("data-page") == "0":
                break
            self.keys(Keys.TAB)
        outline = "return getComputedStyle(document.activeElement).outlineStyle"
        self.assertEqual(self.driver.execute_script(outline), "solid")
        self.keys(Keys.ARROW_RIGHT)
        chain = ActionChains(self.driver).key_down(Keys.SHIFT)
        chain.send_keys(Keys.ARROW_RIGHT, Keys.ARROW_RIGHT).key_up(Keys.SHIFT).perform()
        self.after_a_call(lambda: self.keys("p"))
        self.assertEqual(self.attributes(), "SPPPSSSS")
        # The page that had the focus has it still.
        self.assertEqual(self.driver.switch_to.active_element.get_attribute("data-page"), "3")
        self.after_a_call(lambda: self.keys("z"))
        self.assertEqual(self.attributes(), "SSSSSSSS")
        self.after_a_call(lambda: self.keys("y"))
        self.assertEqual(self.attributes(), "SPPPSSSS")
        self.after_a_call(lambda: self.keys(Keys.HOME, "w"))
        self.assertIn("the byte A", self.cell(0).get_attribute("aria-label"))

    def test_a_pinned_page_is_not_converted_and_why(self):
        self.cell(5).click()
        self.click("#do-pin")
        self.assertIn("1 pin", self.cell(5).get_attribute("aria-label"))
        self.drag(4, 6)
        self.click("#do-private")
        self.assertIn("EAGAIN error_offset=0x5000", self.text(".answer-line"))
        self.assertIn("is in use", self.text(".meaning"))
        self.assertIn("a page has unexpected references: yes", self.text(".trail .decides"))
        self.assertTrue(self.last_line().endswith("-> EAGAIN error_offset=0x5000"))
        self.click("#do-unpin")
        # It can't be done again, and keeps the focus.
        self.assertEqual(self.focused(), "do-unpin")
        self.assertEqual(self.find("#do-unpin").get_attribute("aria-disabled"), "true")
        self.find("#do-unpin").click()
        self.until(lambda: self.heard() == "Unpin: no chosen page is pinned")
        self.click("#do-private")
        self.assertEqual(self.attributes(), "SSSSPPPS")

    def test_guest_and_host_touch(self):
        self.cell(2).click()
        self.click("#do-private")
        self.click("#do-host-read")
        self.assertIn("SIGBUS", self.text(".answer-line"))
        self.click("#do-guest-write")
        self.assertIn("in the guest's page tables", self.cell(2).get_attribute("aria-label"))
        self.click("#do-hole")
        self.assertIn("a hole", self.cell(2).get_attribute("aria-label"))
        self.click("#do-allocate")
        self.assertNotIn("a hole", self.cell(2).get_attribute("aria-label"))

    def test_another_host_answers_otherwise(self):
        self.cell(0).click()
        self.after_a_call(lambda: self.keys("m", "m", "p"))
        self.assertTrue(self.last_line().endswith("flags=PRESERVE) -> 0"))
        self.choose("VM type", "SNP")
        self.assertEqual(self.last_line().split(" -> ")[1], "EOPNOTSUPP error_offset=unwritten")
        self.assertIn("was 0", self.text("#steps li:last-child .tag"))
        # Who changed it with the keyboard goes on from there.
        self.assertEqual(self.driver.switch_to.active_element.get_property("value"), "SNP")
        self.choose("Revision", "next-20260923")
        self.assertEqual(self.last_line().split(" -> ")[1], "EINVAL error_offset=unwritten")
        self.choose("Architecture", "arm64")
        self.assertIn("host arm64 next-20260923", self.find("#text").get_property("value"))

    def test_a_setting_moves_the_attributes_to_the_vm(self):
        self.find("#settings summary").click()
        setting = Select(self.find('[aria-label="CONFIG_KVM_VM_MEMORY_ATTRIBUTES"]'))
        self.after_a_call(lambda: setting.select_by_value("y"))
        self.cell(1).click()
        self.click("#do-private")
        self.assertIn("set_memory_attributes(vm, 4G+1p, 1p,", self.last_line())

    def test_the_size_of_the_file(self):
        def enter(number):
            self.find("#world input").send_keys(Keys.CONTROL, "a", Keys.NULL, number, Keys.ENTER)

        self.after_a_call(lambda: enter("100"))
        self.assertEqual(len(self.attributes()), 100)
        enter("513")
        self.until(lambda: self.text("#problem") == "pages is 1 to 512")

    def test_a_change_of_the_host_leaves_a_file_as_it_is_written(self):
        text = (
            "host x86 rfc-v4 hw.vendor=amd   # of one vendor\n"
            "kvm = open()\n"
            "child = fork()\n"
            "child: vm = create_vm(kvm, SW_PROTECTED)\n"
            "vm  = create_vm(type=36, kvm=kvm)  # no such type\n"
        )
        self.open_text(text, 4)
        self.assertEqual(self.vm_type(), "")
        self.choose("Revision", "linux-7.0")
        text = text.replace("rfc-v4", "linux-7.0")
        self.assertEqual(self.shown_text(), text)
        self.choose("VM type", "SNP")
        self.assertEqual(self.shown_text(), text.replace("type=36", "type=SNP"))

    def vm_type(self):
        select = self.driver.find_element(
            By.XPATH, "//div[@id='world']/label[.//text()='VM type']/select"
        )
        return select.get_property("value")

    def test_a_host_line_of_any_scenario_changes_alone(self):
        change = """
            (({withHost}) => {
              const from = {arch: "x86", revision: "rfc-v4", vmType: "SNP", settings: {}};
              const to = (other) => withHost(given[0], from, {...from, ...other});
              return [to({}), to({revision: "linux-7.0"}), to({vmType: "TDX"})];
            })(module)
        """
        paths = sorted(scenarios())
        self.assertGreater(len(paths), 100)
        for path in paths:
            with open(path, encoding="utf-8") as opened:
                text = opened.read()
            same, revision, vm_type = self.of_module("scenario.js", change, text)
            self.assertEqual(same, text, path)
            self.assertLessEqual(differ(revision, text), {"host"}, path)
            self.assertLessEqual(differ(vm_type, text), {"create_vm"}, path)

    def test_two_changes_at_once_are_both_made(self):
        # Both are there before the server answers the first.
        self.driver.execute_script(
            """
            const [arch, revision] = document.querySelectorAll("#world select");
            for (const [select, word] of [[arch, "arm64"], [revision, "next-20260923"]]) {
              select.value = word;
              select.dispatchEvent(new Event("change"));
            }
            """
        )
        self.until(lambda: self.shown_text().startswith("host arm64 next-20260923\n"))

    def test_a_name_that_is_given_again_means_its_last_file(self):
        self.open_text(
            "host x86 rfc-v4\nkvm = open()\nvm = create_vm(kvm, SW_PROTECTED)\n"
            "gmem = create_guest_memfd(vm, 4p, MMAP|INIT_SHARED)\nmap = mmap(gmem, 0, 4p)\n"
            "gmem = create_guest_memfd(vm, 4p, MMAP|INIT_SHARED)\n",
            5,
        )
        self.find('[data-file="gmem"] [data-page="1"]').click()
        self.assertEqual(self.why_not("private"), "no variable of the scenario means this file")
        self.find('[data-file="gmem #2"] [data-page="1"]').click()
        self.click("#do-private")
        second = self.find('[data-file="gmem #2"] [data-page="1"]')
        self.assertIn("private", second.get_attribute("class"))
        # What is mapped is the first one.
        self.assertEqual(self.why_not("host-read"), "the process doesn't map this file")

    def why_not(self, action):
        return self.find(f"#do-{action}").get_attribute("title")

    def test_names_of_maps_vms_and_pins_that_are_given_again(self):
        def around(*lines):
            text = "\n".join(("host x86 rfc-v4", "kvm = open()", *lines))
            steps = self.of_module(
                "dom.js",
                "module.ask('run', {scenario: given[0]}).then((answer) => answer.steps)",
                text,
            )
            self.assertEqual([step["outcome"] for step in steps], ["ok"] * (len(lines) + 1), lines)
            return self.of_module(
                "calls.js",
                "(({pins, names, ...rest}) => ({...rest, pins: [...pins]}))"
                "(module.surroundings(given[0], 'g'))",
                steps,
            )

        world = (
            "vm = create_vm(kvm, SW_PROTECTED)",
            "g = create_guest_memfd(vm, 4p, MMAP|INIT_SHARED)",
            "map = mmap(g, 0, 4p)",
            "set_user_memory_region2(vm, 1, 4, 4G, 4p, map, g, 0)",
            "p = pin(map, 2p)",
        )
        whole = {"gmem": "g", "map": "map", "vm": "vm", "gpa": "4G", "pins": [["p", 2]]}
        self.assertEqual(around(*world), whole)
        for line, lost in (
            ("vm = create_vm(kvm)", {"vm": ""}),
            ("map = mmap(-1, 0, 4p, rw, flags=PRIVATE|ANONYMOUS)", {"map": ""}),
            ("p = open()", {"pins": []}),
            ("unpin(p)", {"pins": []}),
            ("close(g)", {"gmem": ""}),
            ("g = dup(g)", {}),
            ("p = dup(g)", {"gmem": "p", "pins": []}),
            ("munmap(map)", {"map": ""}),
            ("set_user_memory_region2(vm, 1, 4, 4G, 0, map, g, 0)", {"vm": "", "gpa": ""}),
        ):
            self.assertEqual(around(*world, line), {**whole, **lost}, line)

    def test_steps_back_in_time(self):
        self.drag(0, 1)
        self.click("#do-private")
        self.click("#do-shared")
        self.find("#steps li:nth-child(6) button").click()
        self.assertEqual(self.attributes(), "PPSSSSSS")
        self.assertEqual(self.text("#where"), "after call 6 of 7")
        self.assertEqual(self.calls(), 7)

    def test_what_is_saved_can_be_opened(self):
        self.drag(2, 4)
        self.click("#do-private")
        text = self.find("#text").get_property("value")
        self.find("#save").click()
        saved = os.path.join(self.downloads, "scenario.kvmt")
        self.until(lambda: os.path.exists(saved) and os.path.getsize(saved) >= len(text))
        with open(saved, encoding="utf-8") as opened:
            self.assertEqual(opened.read(), text)
        self.click("#new")
        self.assertEqual(self.attributes(), "SSSSSSSS")
        self.after_a_call(lambda: self.find("#file").send_keys(saved))
        self.assertEqual(self.attributes(), "SSPPPSSS")
        self.assertEqual(self.find("#text").get_property("value"), text)
        self.choose("VM type", "TDX")
        self.assertIn("create_vm(kvm, TDX)", self.find("#text").get_property("value"))
        os.remove(saved)

    def test_a_text_is_run_and_its_errors_are_told(self):
        self.find("#text-details summary").click()
        field = self.find("#text")
        field.clear()
        field.send_keys("host x86 rfc-v4\nkvm = opne()\n")
        self.find("#run-text").click()
        self.until(lambda: self.find("#errors li"))
        self.assertTrue(self.text("#errors li").startswith("line 2, column 7: "))
        field.clear()
        field.send_keys("host x86 rfc-v4\nkvm = open() -> EACCES\n")
        self.find("#run-text").click()
        self.until(lambda: self.calls() == 1)
        self.assertIn("expected EACCES", self.text("#steps li"))

    def test_edits_are_kept_until_they_are_run_or_dropped(self):
        edited = "host x86 rfc-v4\nkvm = open()\n"
        self.assertFalse(self.find("#edited").is_displayed())
        self.write(edited)
        self.assertTrue(self.find("#edited").is_displayed())
        self.cell(1).click()
        self.find("#do-private").click()
        self.until(lambda: self.calls() == 6)
        self.assertEqual(self.attributes(), "SPSSSSSS")
        self.assertEqual(self.shown_text(), edited)
        self.assertIn("with edits not run yet", self.text("#file-name"))
        self.find("#save").click()
        saved = os.path.join(self.downloads, "scenario.kvmt")
        self.until(lambda: os.path.exists(saved) and os.path.getsize(saved) == len(edited))
        os.remove(saved)
        self.find("#drop-edits").click()
        self.assertEqual(self.focused(), "text")
        self.assertIn("attributes=PRIVATE) -> 0", self.last_line())
        self.assertFalse(self.find("#edited").is_displayed())

    def test_the_last_undo_keeps_the_focus(self):
        self.cell(1).click()
        self.click("#do-private")
        self.click("#undo")
        self.assertEqual(self.attributes(), "SSSSSSSS")
        self.assertEqual(self.focused(), "undo")
        self.find("#undo").click()
        self.click("#redo")
        self.assertEqual(self.attributes(), "SPSSSSSS")
        self.assertEqual(self.focused(), "redo")

    def test_capabilities_are_searched_compared_and_explained(self):
        self.find("#tab-capabilities").click()
        self.find("#search").send_keys("guest_memfd_flags")
        self.until(lambda: self.text("#matrix-count").startswith("1 of "))
        self.assertIn("MMAP|INIT_SHARED", self.text("#matrix tbody"))
        self.find("#matrix tbody button").click()
        self.until(lambda: self.find("#explanation").is_displayed())
        self.assertIn("What would change it", self.text("#explanation"))
        self.assertIn("Another revision of the kernel: linux-6.12", self.text("#explanation"))
        self.find("#search").send_keys(Keys.CONTROL, "a", Keys.NULL, Keys.DELETE)
        self.find("#compare").click()
        self.until(lambda: "differences" in self.text("#matrix-count"))
        self.assertIn("VM type SNP → TDX", self.text("#matrix tbody"))

    def test_nothing_is_wider_than_the_screen(self):
        self.drag(1, 3)
        self.click("#do-private")
        for summary in self.driver.find_elements(By.CSS_SELECTOR, "#memory details"):
            self.driver.execute_script("arguments[0].open = true", summary)
        for tab in ("memory", "capabilities"):
            self.driver.execute_script("scrollTo(0, 0)")
            self.find(f"#tab-{tab}").click()
            for width in (1200, 390):
                for scheme in ("light", "dark"):
                    self.assertLessEqual(self.width_at(width, scheme), width, (tab, scheme))

    def width_at(self, width, scheme):
        feature = {"name": "prefers-color-scheme", "value": scheme}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        metrics = {"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": width < 500}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        time.sleep(0.05)
        try:
            return self.driver.execute_script("return document.documentElement.scrollWidth")
        finally:
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})

    def test_everything_to_operate_has_a_name(self):
        nameless = self.driver.execute_script(
            """
            return [...document.querySelectorAll("button, input, select, textarea, [role=option]")]
              .filter((each) => !(each.ariaLabel || each.textContent || each.labels?.length))
              .map((each) => each.outerHTML);
            """
        )
        self.assertEqual(nameless, [])


if __name__ == "__main__":
    sys.exit(junit.run_unittests("page"))
