"""Make the README's screenshot from a running demo: `.venv/bin/python docs/screenshots/make.py http://127.0.0.1:8000`."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
WHO, PASSWORD = "investigator@usao-gan.demo.example", "crossroads-demo"


def main(site: str) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1440, "height": 1000})
        page.goto(f"{site}/account/login/")
        page.get_by_label("Email").fill(WHO)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.get_by_role("link", name="Odilon Martinez-Rojas").first.click()
        page.get_by_text("holds a match").first.wait_for()
        page.screenshot(path=HERE / "sealed-hit.png")
        browser.close()


if __name__ == "__main__":
    main(sys.argv[1])
