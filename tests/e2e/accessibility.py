"""axe-core on a page: WCAG 2.2 AA, no exceptions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.async_api import Page

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def axe(page: Page) -> list[str]:
    """What is wrong, each with the element and why."""
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = await page.evaluate(
        """async (tags) => (await axe.run(document, {runOnly: tags, preload: false, resultTypes: ["violations"]}))
            .violations.flatMap(({id, nodes}) => nodes.map(({target, failureSummary}) => ({id, target, failureSummary})))
        """,
        TAGS,
    )
    return [f"{one['id']}: {one['target']}: {one['failureSummary']}" for one in found]


async def in_both_themes(page: Page) -> list[str]:
    faults = []
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        faults += [f"{scheme}: {fault}" for fault in await axe(page)]
    await page.emulate_media(color_scheme=None)
    return faults


async def overflow(page: Page) -> list[str]:
    """Everything that would have to be scrolled sideways to be read."""
    wide: list[str] = await page.evaluate(
        """() => {
            const found = [];
            const look = (root) => {
                for (const element of root.querySelectorAll("*")) {
                    if (element.shadowRoot) look(element.shadowRoot);
                    const scrolls = /auto|scroll/.test(getComputedStyle(element).overflowX) || element === document.documentElement;
                    if (scrolls && element.scrollWidth > element.clientWidth) {
                        found.push(`${element.tagName}.${element.className} ${element.scrollWidth} > ${element.clientWidth}`);
                    }
                }
            };
            look(document);
            return found;
        }"""
    )
    return wide
