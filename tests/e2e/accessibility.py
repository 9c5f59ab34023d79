"""axe-core on a page: WCAG 2.2 AA, no exceptions."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Page

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


async def axe(page: Page) -> list[str]:
    """What is wrong, each with the element and why."""
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = await page.evaluate(
        """async (tags) => (await axe.run(document, {runOnly: tags, preload: false, resultTypes: ["violations"]}))
            .violations.flatMap(({id, nodes}) => nodes.map(({target, failureSummary: why}) => ({id, target, why})))
        """,
        TAGS,
    )
    return [f"{one['id']}: {one['target']}: {one['why']}" for one in found]


async def in_both_themes(page: Page) -> list[str]:
    faults = []
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark")
    for scheme in schemes:
        await page.emulate_media(color_scheme=scheme)
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
                    const whole = element === document.documentElement;
                    const scrolls = whole || /auto|scroll/.test(getComputedStyle(element).overflowX);
                    const {tagName, className, scrollWidth, clientWidth} = element;
                    if (scrolls && scrollWidth > clientWidth) {
                        found.push(`${tagName}.${className} ${scrollWidth} > ${clientWidth}`);
                    }
                }
            };
            look(document);
            return found;
        }"""
    )
    return wide
