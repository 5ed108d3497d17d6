"""Drives the dashboard in a real browser: what it shows, lets do, keeps out, and how it reads.

Run by bin/browser, which builds the probe and installs what this needs. With --shots FOLDER it also
takes a picture of every page in both themes.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
PROBE = ROOT / ".build" / "debug" / "CarillonProbe"
RESOURCE = "4f1c2d9e-3b5a-4c86-9a71-0d2e6f8b1c34"
PAYLOAD = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>"


class Served:
    """A program that serves a store of its own until the end."""

    def __init__(self, folder: str):
        self.store = f"sqlite:{folder}/jobs.db"
        self.environment = {**os.environ, "PROBE_EFFECTS": f"{folder}/effects.txt"}
        self.log = open(f"{folder}/serve.log", "w+")
        self.process = subprocess.Popen(
            [PROBE, "serve", "--store", self.store, "--http", "127.0.0.1:0"],
            stderr=self.log, stdout=self.log, env=self.environment)
        for _ in range(200):
            found = re.search(r"listens on (http://\S+?)\.?\n", Path(self.log.name).read_text())
            if found:
                self.base = found[1]
                return
            time.sleep(0.05)
        raise SystemExit(f"it doesn't serve: {Path(self.log.name).read_text()}")

    def run(self, *arguments: str) -> str:
        answer = subprocess.run(
            [PROBE, *arguments, "--store", self.store], capture_output=True, text=True, check=True)
        return answer.stdout.strip()

    def ask(self, method: str, path: str, body=None, token: str | None = None):
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data, headers, method=method)
        with urllib.request.urlopen(request) as response:
            return json.load(response)

    def job(self, kind: str, **more) -> str:
        body = {"job_type": kind, "resource_uuid": RESOURCE, **more}
        return self.ask("POST", "/api/v1/jobs", body)["uuid"]

    def wait(self, uuid: str, status: str):
        for _ in range(200):
            if self.ask("GET", f"/api/v1/jobs/{uuid}")["status"] == status:
                return
            time.sleep(0.05)
        raise AssertionError(f"{uuid} isn't {status}")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def seed(served: Served) -> dict[str, str]:
    """Something of everything; answers with the pages that show it."""
    failed = served.job("always_fails", max_attempts=1, args={"to": PAYLOAD, "n": 9007199254740993})
    done = served.job("slow", args={"ms": 1}, queue=PAYLOAD)
    running = served.job("slow", args={"ms": 600_000})
    served.job("slow", **{"in": "2h"}, priority=5)
    served.job(PAYLOAD, handler_module=f"Foreign.{PAYLOAD}", resource_type=PAYLOAD)
    served.ask("POST", "/api/v1/schedules", {
        "name": PAYLOAD, "job_type": "slow", "recurrence": "30 2 * * *",
        "time_zone": "Europe/Paris", "args": {"ms": 1}})
    served.ask("POST", "/api/v1/schedules", {
        "name": "broken", "job_type": "always_fails", "recurrence": "@every 1s", "max_attempts": 1})
    served.ask("POST", "/api/v1/blackouts", {
        "name": PAYLOAD, "queue": PAYLOAD * 3, "windows": ["22:00-06:00", "SAT,SUN"],
        "time_zone": "Europe/Paris", "reason": PAYLOAD})
    served.ask("POST", "/api/v1/blackouts", {
        "name": "for ever", "resource_type": PAYLOAD, "windows": ["MON-SUN"]})
    served.wait(failed, "failed")
    served.wait(done, "executed")
    served.wait(running, "processing")
    time.sleep(2)
    served.ask("POST", f"/api/v1/jobs/{failed}/retry", {})
    served.wait(failed, "failed")
    operation = served.ask("POST", "/api/v1/operations", {
        "action": "retry", "filter": "status:failed -type:always_fails"})["uuid"]
    served.ask("POST", "/api/v1/schedules/broken/pause", {"for": "1h", "reason": PAYLOAD})
    served.ask("POST", "/api/v1/schedules/broken/resume", {})
    quoted = urllib.request.quote(PAYLOAD, safe="")
    return {
        "overview": "/", "overview-day": "/?range=24h", "jobs": "/jobs",
        "jobs-wrong": "/jobs?filter=stauts:failed", "jobs-none": "/jobs?filter=queue:none",
        "job-failed": f"/jobs/{failed}", "job-done": f"/jobs/{done}",
        "job-running": f"/jobs/{running}", "failures": "/failures",
        "resource": f"/resource?type=thing&uuid={RESOURCE}", "queues": "/queues",
        "schedules": "/schedules", "schedule": f"/schedule?name={quoted}",
        "schedule-broken": "/schedule?name=broken", "nodes": "/nodes", "handlers": "/handlers",
        "audit": "/audit", "operations": "/operations",
        "operation": f"/operation?uuid={operation}",
        "operation-new": "/operations/new?action=delete&filter=queue:default",
        "missing": "/jobs/00000000-0000-0000-0000-000000000000",
    }


class Checks:
    def __init__(self):
        self.failures: list[str] = []
        self.count = 0

    def that(self, holds: bool, what: str):
        self.count += 1
        if not holds:
            self.failures.append(what)
            print(f"✗ {what}", flush=True)


def reads_well(checks: Checks, page: Page, name: str, theme: str):
    results = Axe().run(page, options={"resultTypes": ["violations"]})
    for violation in results.response["violations"]:
        nodes = [node["html"][:120] for node in violation["nodes"][:3]]
        checks.that(False, f"{name} ({theme}): {violation['id']}: {violation['help']}: {nodes}")
    checks.that(True, "axe")


def every_page(checks: Checks, browser, served: Served, pages: dict[str, str], shots: str | None):
    for theme in ["light", "dark"]:
        for width, height in [(1440, 900), (360, 740), (3840, 2160)]:
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=theme)
            page = context.new_page()
            heard: list[str] = []
            page.on("console", lambda message: heard.append(message.text))
            page.on("pageerror", lambda error: heard.append(str(error)))
            page.on("dialog", lambda dialog: (heard.append("a dialog"), dialog.dismiss()))
            for name, path in pages.items():
                page.goto(served.base + path)
                page.wait_for_timeout(50)
                over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                checks.that(over <= 0, f"{name} at {width}: {over} px too wide")
                if width != 3840:
                    reads_well(checks, page, name, f"{theme} {width}")
                    if shots:
                        tall = page.evaluate("document.documentElement.scrollHeight")
                        page.set_viewport_size({"width": width, "height": min(max(tall, height), 2400)})
                        page.screenshot(path=f"{shots}/{name}-{theme}-{width}.png")
                        page.set_viewport_size({"width": width, "height": height})
            loud = [text for text in heard if "status of 40" not in text]
            checks.that(not loud, f"the console says {loud[:3]}")
            context.close()


def without_script(checks: Checks, browser, served: Served, pages: dict[str, str]):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    for name in ["overview", "jobs", "job-failed", "schedules", "failures"]:
        page.goto(served.base + pages[name])
        checks.that(page.locator("h1").count() == 1, f"{name} reads without a script")
    page.goto(served.base + pages["job-failed"])
    page.get_by_role("button", name="Retry").click()
    checks.that("The job is due now." in page.content(), "a job is retried without a script")
    page.get_by_role("button", name="Dark").click()
    checks.that('data-theme="dark"' in page.content(), "the theme is chosen without a script")
    context.close()


def live(checks: Checks, page: Page, served: Served):
    page.goto(f"{served.base}/jobs?filter=-type:always_fails")
    expect(page.locator("#live-word")).to_have_text("Live")
    rows = page.locator("tr[data-key]")
    first, count = rows.first.get_attribute("data-key"), rows.count()
    uuid = served.job("slow", args={"ms": 1_500})
    expect(page.locator("#news-button")).to_have_text("1 new — show", timeout=8_000)
    checks.that(
        rows.first.get_attribute("data-key") == first and rows.count() == count,
        "a new job moves no row")
    page.locator("#news-button").click()
    expect(rows.first).to_have_attribute("data-key", uuid)
    # It goes on running while its page is looked at, and ends without a reload.
    uuid = served.job("slow", args={"ms": 4_000})
    page.goto(f"{served.base}/jobs/{uuid}")
    page.evaluate("window.isTheSame = true")
    expect(page.locator("h1 .mark")).to_have_text("processing", timeout=8_000)
    expect(page.locator("h1 .mark")).to_have_text("executed", timeout=12_000)
    expect(page.locator("#result-title")).to_be_visible()
    checks.that(page.evaluate("window.isTheSame === true"), "a job's end is shown without a reload")
    checks.that(
        page.get_by_role("button", name="Ask to end").count() == 0, "its actions are those of its end")
    # Paused, nothing is fetched.
    page.goto(f"{served.base}/jobs")
    page.locator("#live").click()
    expect(page.locator("#live-word")).to_have_text("Paused")
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    served.job("slow", args={"ms": 1})
    page.wait_for_timeout(2_500)
    checks.that(not fetched, f"a paused page fetches nothing: {fetched[:2]}")
    page.locator("#live").click()
    expect(page.locator("#live-word")).to_have_text("Live")


def local_times(checks: Checks, browser, served: Served, pages: dict[str, str]):
    """Pages say UTC; whoever points at a time also reads it by a clock of their own."""
    for zone in ["Asia/Kolkata", "UTC"]:
        context = browser.new_context(timezone_id=zone, locale="en-US")
        page = context.new_page()
        for name, kind in [("job-failed", "time[data-exact]"), ("jobs", "time:not([data-exact])")]:
            page.goto(served.base + pages[name])
            page.wait_for_timeout(50)
            found = page.locator(kind).first
            title, text = found.get_attribute("title"), found.inner_text()
            checks.that(
                ("GMT+5:30" in title) == (zone != "UTC") and (" · " in title) == (zone != "UTC"),
                f"{name} tells the time of {zone} to whoever points at it: {title}")
            checks.that("GMT" not in text, f"{name} shows the same text in {zone}: {text}")
        context.close()


def acting(checks: Checks, page: Page, served: Served, pages: dict[str, str]):
    page.goto(served.base + pages["job-failed"])
    page.get_by_role("button", name="Retry").click()
    expect(page.locator(".notice")).to_have_text("The job is due now.")
    page.reload()
    checks.that(page.locator(".notice").count() == 0, "a notice is shown once")
    # Somebody else was faster.
    uuid = served.job("slow", **{"in": "1h"})
    page.goto(f"{served.base}/jobs/{uuid}")
    page.locator("#live").click()
    served.ask("POST", f"/api/v1/jobs/{uuid}/cancel", {})
    page.get_by_role("button", name="Run now").click()
    expect(page.locator(".notice.refused")).to_contain_text("has changed since you looked")
    page.get_by_text("Reschedule…").click()
    page.locator("#when").fill("2h")
    page.get_by_role("button", name="Reschedule", exact=True).click()
    expect(page.locator(".notice")).to_contain_text("The job is due at")
    page.locator("#live").click()
    # Several at once.
    for _ in range(3):
        served.job("slow", **{"in": "3h"}, queue="several")
    page.goto(f"{served.base}/jobs?filter=queue:several")
    page.locator("#all").check()
    expect(page.locator("#selected")).to_have_text("3 selected")
    page.get_by_role("button", name="Cancel", exact=True).click()
    expect(page.locator(".notice")).to_have_text("3 jobs cancelled.")
    checks.that("filter=queue" in page.url, "one stays on the list that one acted on")
    # All of a filter.
    for _ in range(60):
        served.job("slow", **{"in": "3h"}, queue="many")
    page.goto(f"{served.base}/jobs?filter=queue:many")
    page.locator(".bulk").get_by_role("link", name="Cancel…").click()
    page.get_by_role("button", name="Cancel 60 jobs").click()
    expect(page.locator("label[for=progress]")).to_have_text("60 cancelled", timeout=10_000)
    page.goto(f"{served.base}/audit")
    expect(page.locator("tbody tr").first).to_contain_text("loopback")
    # A schedule is paused with a reason, and goes on.
    page.goto(f"{served.base}/schedules")
    page.get_by_role("link", name=PAYLOAD).first.click()
    page.get_by_text("Pause…").click()
    page.get_by_label("How long").select_option("8h")
    page.get_by_label("Why").fill(PAYLOAD)
    page.get_by_role("button", name="Pause", exact=True).click()
    expect(page.locator(".callout.warn")).to_contain_text(PAYLOAD)
    page.get_by_role("button", name="Resume").click()
    expect(page.locator(".notice")).to_contain_text("is resumed")
    page.get_by_role("button", name="Run now").click()
    expect(page.locator(".notice")).to_contain_text("A job of it is made")
    checks.that(True, "acting")


def forms(checks: Checks, browser, served: Served, shots: str | None):
    """Queues and handlers are paused and resumed, and a job edited, with mistakes, on a wide screen
    and on a telephone."""
    for width, height, theme in [(1440, 900, "light"), (360, 740, "dark")]:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme)
        page = context.new_page()

        def look(name: str):
            over = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            checks.that(over <= 0, f"{name} at {width}: {over} px too wide")
            reads_well(checks, page, name, f"{theme} {width}")
            if shots:
                page.screenshot(path=f"{shots}/{name}-{theme}-{width}.png")

        for place, name in [("queues", "default"), ("handlers", "CarillonProbe.Slow")]:
            page.goto(f"{served.base}/{place}")
            row = page.locator("tbody tr", has_text=name)
            row.get_by_text("Pause…").click()
            page.keyboard.press("Escape")
            expect(row.get_by_label("Why")).not_to_be_visible()
            row.get_by_text("Pause…").click()
            look(f"{place}-pausing")
            row.get_by_label("For, or until").fill("soon")
            row.get_by_label("Why").fill(PAYLOAD)
            row.get_by_role("button", name="Pause", exact=True).click()
            # What was typed still stands there, with what is wrong with it.
            expect(page.locator("#pause-mistake")).to_contain_text("'soon' is no time")
            expect(row.get_by_label("For, or until")).to_have_value("soon")
            expect(row.get_by_label("Why")).to_have_value(PAYLOAD)
            look(f"{place}-mistaken")
            row.get_by_label("For, or until").fill("2h")
            row.get_by_role("button", name="Pause", exact=True).click()
            expect(page.locator(".notice")).to_contain_text("is paused until")
            expect(row).to_contain_text(PAYLOAD)
            look(f"{place}-paused")
            if place == "queues":
                page.goto(served.base)
                expect(page.locator("tr", has_text="default").first).to_contain_text("paused")
                expect(page.locator("section", has_text="Closed now")).to_contain_text("default")
                look("overview-paused")
                page.goto(f"{served.base}/{place}")
            row.get_by_role("button", name="Resume").click()
            expect(page.locator(".notice")).to_contain_text("is resumed")
        uuid = served.job("slow", **{"in": "1h"})
        page.goto(f"{served.base}/jobs/{uuid}")
        page.get_by_text("Edit…").click()
        page.get_by_label("Queue").fill("elsewhere")
        page.get_by_label("Priority").fill(PAYLOAD)
        page.get_by_role("button", name="Change").click()
        expect(page.locator("#edit-priority-mistake")).to_contain_text("is no number")
        expect(page.get_by_label("Queue")).to_have_value("elsewhere")
        expect(page.get_by_label("Priority")).to_be_focused()
        look("job-mistaken")
        page.get_by_label("Priority").fill("7")
        page.get_by_role("button", name="Change").click()
        expect(page.locator(".notice")).to_have_text("The job is changed.")
        context.close()
    checks.that(True, "forms")


def standing_still(checks: Checks, browser, served: Served):
    """A page that can't be fetched any more says so: after signing out elsewhere, and without a server."""
    token = re.search(
        r"carillon_[0-9a-f_]+", served.run("tokens", "add", "two windows", "--role", "viewer"))[0]
    time.sleep(2.5)
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    one, other = context.new_page(), context.new_page()
    one.goto(served.base)
    one.locator("#token").fill(token)
    one.get_by_role("button", name="Sign in").click()
    one.wait_for_url(f"{served.base}/")
    other.goto(f"{served.base}/jobs")
    expect(other.locator("#live-word")).to_have_text("Live")
    one.get_by_role("button", name="Sign out").click()
    expect(other.locator("#contact")).to_contain_text("You are signed out", timeout=20_000)
    expect(other.locator("#live-word")).to_have_text("Signed out")
    other.locator("#contact a").click()
    other.wait_for_url("**/sign-in*")
    other.locator("#token").fill(token)
    other.get_by_role("button", name="Sign in").click()
    expect(other.locator("#live-word")).to_have_text("Live")
    # A server that hangs keeps its connections, and says nothing.
    served.process.send_signal(signal.SIGSTOP)
    expect(other.locator("#contact")).to_contain_text("No contact since", timeout=30_000)
    expect(other.locator("#live-word")).to_have_text("No contact")
    served.process.send_signal(signal.SIGCONT)
    expect(other.locator("#contact")).to_be_hidden(timeout=20_000)
    expect(other.locator("#live-word")).to_have_text("Live")
    context.close()
    checks.that(True, "standing still")


def keys(checks: Checks, page: Page, served: Served):
    page.goto(served.base)
    page.keyboard.press("g")
    page.keyboard.press("j")
    page.wait_for_url("**/jobs")
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("x")
    checks.that(
        page.locator("tr.here input[type=checkbox]").is_checked(), "x selects the row one is on")
    page.locator("tr.here input[type=checkbox]").focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    checks.that(
        page.url.endswith("/jobs") and page.locator(".notice").count() == 0,
        f"Enter on a selected row does nothing to its job: {page.url} {page.locator('.notice').all_inner_texts()}")
    page.keyboard.press("/")
    page.locator("#suggestions li").first.wait_for()
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Filter", exact=True)).to_be_focused()
    page.locator("#filter").focus()
    page.keyboard.type("status:fai")
    page.locator("#suggestions li").first.wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#filter")).to_have_value("status:failed")
    page.keyboard.press("Enter")
    page.wait_for_url("**filter=status**")
    marks = set(page.locator("td .mark").all_inner_texts())
    checks.that(marks == {"failed"}, f"the filter holds: {marks}")
    page.locator("body").click(position={"x": 700, "y": 5})
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).not_to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/jobs/*-*")
    page.go_back()
    checks.that("filter=status" in page.url, "Back leads back to the filter")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/operations")
    page.get_by_role("button", name="Dark").click()
    page.goto(f"{served.base}/queues")
    checks.that(
        page.evaluate("document.documentElement.dataset.theme") == "dark", "a theme is kept")
    page.get_by_role("button", name="System").click()


def roles(checks: Checks, browser, served: Served, pages: dict[str, str]):
    tokens = {}
    for role in ["viewer", "operator", "admin"]:
        answer = served.run("tokens", "add", f"{role} of the test", "--role", role)
        tokens[role] = re.search(r"carillon_[0-9a-f_]+", answer)[0]
    time.sleep(2.5)
    buttons = {
        "viewer": [], "operator": ["Retry", "Reschedule…"],
        "admin": ["Retry", "Reschedule…", "Delete…"],
    }
    for role, token in tokens.items():
        context = browser.new_context()
        page = context.new_page()
        page.goto(served.base + pages["job-failed"])
        reads_well(checks, page, "sign-in", "light")
        page.locator("#token").fill("carillon_none")
        page.get_by_role("button", name="Sign in").click()
        expect(page.locator("#token-error")).to_contain_text("unknown or revoked")
        page.locator("#token").fill(token)
        page.get_by_role("button", name="Sign in").click()
        page.wait_for_url("**/jobs/*")
        expect(page.locator(".who")).to_contain_text(role)
        expect(page.locator("#live-word")).to_have_text("Live")
        shown = page.locator(".actions").get_by_text(re.compile("Retry|Reschedule…|Delete…"))
        found = [text.strip() for text in shown.all_inner_texts()]
        checks.that(found == buttons[role], f"{role} is offered {found}")
        cookies = {cookie["name"]: cookie for cookie in context.cookies()}
        cookie = cookies["carillon_session"]
        checks.that(
            cookie["httpOnly"] and cookie["sameSite"] == "Strict", "the session is out of scripts' reach")
        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/sign-in")
        page.goto(served.base)
        checks.that("sign-in" in page.url, "after signing out nothing is shown")
        context.close()
    # A revoked token ends the session that it has begun.
    context = browser.new_context()
    page = context.new_page()
    page.goto(served.base)
    page.locator("#token").fill(tokens["viewer"])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{served.base}/")
    served.run("tokens", "revoke", tokens["viewer"].split("_")[1])
    time.sleep(2.5)
    page.goto(f"{served.base}/jobs")
    checks.that("sign-in" in page.url, "a revoked token's session is over")
    context.close()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--shots")
    arguments = parser.parse_args()
    checks = Checks()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        served = Served(folder)
        try:
            browser = playwright.chromium.launch(
                executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"),
                args=["--no-sandbox"])
            pages = seed(served)
            every_page(checks, browser, served, pages, arguments.shots)
            without_script(checks, browser, served, pages)
            local_times(checks, browser, served, pages)
            page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
            page.on("dialog", lambda dialog: checks.that(False, "a script of the payload ran"))
            live(checks, page, served)
            acting(checks, page, served, pages)
            keys(checks, page, served)
            page.context.close()
            forms(checks, browser, served, arguments.shots)
            roles(checks, browser, served, pages)
            standing_still(checks, browser, served)
            browser.close()
        finally:
            served.stop()
    if checks.failures:
        sys.exit(f"{len(checks.failures)} of {checks.count} checks failed")
    print(f"browser: {checks.count} checks passed")


if __name__ == "__main__":
    main()
