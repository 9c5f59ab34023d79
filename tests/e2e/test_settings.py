"""The settings: who may see them, what is saved holds at once, what cannot be saved says where and why."""

from __future__ import annotations

from playwright.async_api import expect

from tests.e2e.accessibility import in_both_themes, overflow
from tests.e2e.admin import admin
from tests.e2e.people import People

PAGES = (
    "",
    "department/support",
    "department/sales",
    "new-department",
    "people",
    "agent/ada",
    "bots",
    "rules",
    "sites",
    "site/demo",
    "workspace",
    "try",
    "promises",
    "nothing-of-the-kind",
)


async def test_only_admins_see_them(people: People):
    office = people.office = await people.newcomer()
    page = await office.new_page()
    await page.goto(f"{people.url}settings")
    await page.get_by_label("E-mail").fill("ada@demo.example")
    await page.get_by_label("Password").fill("demo")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Settings are for admins")).to_be_visible()
    await page.get_by_role("button", name="Sign in as somebody else").click()
    await page.get_by_label("E-mail").fill("root@demo.example")
    await page.get_by_label("Password").fill("demo")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("heading", name="Demo", level=1)).to_be_visible()
    await expect(page).to_have_url(f"{people.url}settings?as=root")
    await page.get_by_role("button", name="log out").click()
    await page.get_by_role("menuitem", name="Log out").click()
    await expect(page.get_by_text("You are logged out.")).to_be_visible()
    await page.goto(f"{people.url}settings?as=root")
    await expect(page.get_by_text("Sign in to change settings.")).to_be_visible()


async def test_a_new_method_and_fewer_slots_hold_at_once(own_people: People):
    people = own_people
    ada, ben = await people.agent("ada"), await people.agent("ben")
    root = await admin(people, "department/support")
    choosing = root.section("Who gets it")
    await choosing.get_by_role("radio", name="Ring everyone").check()
    await root.save(choosing)
    await expect(root.nav.get_by_role("link", name="Support")).to_contain_text("Ring everyone")
    await root.go("agent/ada")
    slots = root.section("How much at once")
    await slots.get_by_label("Slots").fill("1")
    await root.save(slots)

    drawn = ada.page.get_by_role("img", name="slots held")
    await expect(drawn).to_have_accessible_name("0 of 1 slots held: 1 free")
    visitor = await people.visitor("Jonas")
    await visitor.say("Hello")
    await expect(ada.ring("Jonas")).to_be_visible()
    await expect(ben.ring("Jonas")).to_be_visible()
    await ada.accept("Jonas")
    await expect(ben.ring("Jonas")).to_have_count(0)
    await expect(drawn).to_have_accessible_name("1 of 1 slots held: 1 active")


async def test_what_visitors_are_told_while_they_wait(own_people: People):
    people = own_people
    await people.agent("ada", "Busy")
    root = await admin(people, "department/support")
    messages = root.section("Wait messages")
    text = messages.get_by_label("Text in English").first
    await text.fill("Number {place} here. {wait}")
    preview = messages.get_by_role("figure", name="Preview").first
    await expect(preview).to_contain_text("Number 3 here. About 2–4 minutes.")
    await messages.get_by_role("button", name="Danish").first.click()
    await expect(preview).to_contain_text("Du er nummer 3 i køen. Cirka 2–4 minutter.")
    await messages.get_by_role("button", name="English").first.click()
    await text.fill("Number {nonsense} here")
    await messages.get_by_role("button", name="Save", exact=True).click()
    await expect(messages.get_by_role("alert")).to_contain_text("Unknown placeholder {nonsense}")
    await expect(text).to_be_focused()
    await text.fill("Number {place} here.")
    await root.save(messages)


async def test_a_rule_that_does_not_compile_says_where(own_people: People):
    root = await admin(own_people, "rules")
    rules = root.section("In this order")
    await rules.get_by_role("button", name="Add a rule").click()
    await rules.get_by_label("Name", exact=True).fill("prices")
    when = rules.get_by_label("When")
    await when.fill('page.path.startsWit("/pricing")')
    await rules.get_by_label("Goes to").select_option(label="Sales")
    await rules.get_by_role("button", name="Save", exact=True).click()
    await expect(rules.get_by_role("alert")).to_contain_text("Not saved. One thing is not right:")
    await expect(when).to_be_focused()
    await expect(when).to_have_attribute("aria-invalid", "true")
    await expect(rules.locator(".pointed")).to_have_text('page.path.startsWit("/pricing")\n          ^')
    await expect(rules.locator(".rule-fields .wrong")).to_contain_text('at column 11. Did you mean "startsWith"?')
    await when.fill('page.query.page == "pricing"')
    await root.save(rules)
    await rules.get_by_role("button", name="Add a rule").click()
    await rules.get_by_label("When").last.fill('text.contains("refund")')
    await rules.get_by_role("button", name="Move rule 2 up").click()
    await expect(rules.get_by_role("listitem").first).to_contain_text("rule 2")
    await root.save(rules)

    await root.go("try")
    await root.page.get_by_label("Page they are on").fill(f"{own_people.url}?page=pricing")
    await root.page.get_by_label("What they write first").fill("How much is a lamp?")
    await root.page.get_by_role("button", name="Ask", exact=True).click()
    answer = root.page.get_by_role("region", name="What would happen")
    await expect(answer).to_contain_text("a rule sends them from Support to Sales")
    await expect(answer).to_contain_text("prices")
    await expect(answer).to_contain_text("nobody who could answer is there")
    await expect(answer.get_by_role("row", name="Ada")).to_contain_text("Has not set themselves available.")


async def test_try_it_names_who_would_be_chosen_and_rings_nobody(own_people: People):
    ada = await own_people.agent("ada")
    await own_people.agent("ben", "Busy")
    root = await admin(own_people, "try")
    await root.page.get_by_role("button", name="Ask", exact=True).click()
    answer = root.page.get_by_role("region", name="What would happen")
    await expect(answer).to_contain_text("It would ring at Ada in Support.")
    await expect(answer).to_contain_text("Ada was the only one who could take it. Ben not available")
    await expect(answer.get_by_role("row", name="Ben")).to_contain_text("Has not set themselves available.")
    await expect(ada.rings).to_have_count(0)


async def test_somebody_else_saved_meanwhile(own_people: People):
    one = await admin(own_people, "department/support")
    other = await admin(own_people, "department/support")
    mine, theirs = one.section("Ringing and wrap-up"), other.section("Ringing and wrap-up")
    await mine.get_by_label("Rings for").fill("20")
    await theirs.get_by_label("Rings for").fill("40")
    await other.save(theirs)

    # Another section of the same department: nothing to ask about, both hold.
    line = one.section("The line")
    await line.get_by_label("At most").fill("9")
    await one.save(line)

    await one.page.bring_to_front()
    await mine.get_by_role("button", name="Save", exact=True).click()
    conflict = mine.get_by_role("alert")
    await expect(conflict).to_contain_text("Somebody else saved this meanwhile.")
    await expect(conflict).to_contain_text("ring_seconds 40")
    await expect(mine.get_by_label("Rings for")).to_have_value("20")
    await conflict.get_by_role("button", name="Save mine over it").click()
    await expect(mine.get_by_text("Saved. It holds from now on.")).to_be_visible()
    await other.page.reload()
    await expect(theirs.get_by_label("Rings for")).to_have_value("20")
    await expect(other.section("The line").get_by_label("At most")).to_have_value("9")


async def test_what_is_not_saved_is_named_wherever_one_goes(people: People):
    root = await admin(people, "department/support")
    await root.section("The line").get_by_label("At most").fill("7")
    await root.nav.get_by_role("link", name="Rules").click()
    await expect(root.title).to_have_text("Rules")
    await expect(root.title).to_be_focused()
    await expect(root.nav.get_by_role("link", name="Support")).to_contain_text("not saved")
    await root.page.get_by_role("link", name="The line (support)").click()
    field = root.section("The line").get_by_label("At most")
    await expect(field).to_have_value("7")
    await root.section("The line").get_by_role("button", name="Undo changes").click()
    await expect(field).to_have_value("0")
    await expect(root.nav).not_to_contain_text("not saved")


async def test_members_and_new_people(own_people: People):
    root = await admin(own_people, "people")
    await root.page.get_by_label("Name", exact=True).fill("Dan Ø. Riis")
    await root.page.get_by_label("E-mail").fill("ada@demo.example")
    await root.page.get_by_role("button", name="Add", exact=True).click()
    await expect(root.page.get_by_text("is that of agent")).to_be_visible()
    await root.page.get_by_label("E-mail").fill("dan@demo.example")
    await root.page.get_by_role("button", name="Add", exact=True).click()
    await expect(root.title).to_have_text("Dan Ø. Riis")
    await root.nav.get_by_role("link", name="Support").click()
    members = root.section("Members")
    await members.get_by_label("Add a member").select_option(label="Dan Ø. Riis")
    await members.get_by_label("Priority of Dan Ø. Riis").fill("101")
    await members.get_by_label("Cap of Ada").fill("2")
    await members.get_by_role("button", name="Save", exact=True).click()
    await expect(members.get_by_role("alert")).to_contain_text("from 1 to 100")
    await expect(members.get_by_label("Priority of Dan Ø. Riis")).to_be_focused()
    await members.get_by_label("Priority of Dan Ø. Riis").fill("10")
    await root.save(members)
    await root.page.reload()
    await expect(members.get_by_label("Priority of Dan Ø. Riis")).to_have_value("10")
    await expect(members.get_by_label("Cap of Ada")).to_have_value("2")
    await root.go("agent/dan-riis")
    await root.page.get_by_role("button", name="Remove Dan Ø. Riis …").click()
    await root.page.get_by_role("button", name="Remove Dan Ø. Riis", exact=True).click()
    await expect(root.title).to_have_text("People")
    await expect(root.page.get_by_role("link", name="Dan")).to_have_count(0)


async def test_a_new_colleague_gets_a_password_and_signs_in(own_people: People):
    root = await admin(own_people, "people")
    await root.page.get_by_label("Name", exact=True).fill("Dan")
    await root.page.get_by_label("E-mail").fill("dan@demo.example")
    await root.page.get_by_role("button", name="Add", exact=True).click()
    await expect(root.page.get_by_text("Dan cannot sign in: they have no password yet.")).to_be_visible()
    signing = root.page.get_by_role("region", name="Signing in")
    await signing.get_by_label("New password").fill("a long one")
    await signing.get_by_role("button", name="Set it").click()
    await expect(signing).to_contain_text("Dan can sign in with the new password")
    await expect(root.page.get_by_text("Dan cannot sign in")).to_have_count(0)
    page = await (await own_people.newcomer()).new_page()
    await page.goto(f"{own_people.url}console")
    await page.get_by_label("E-mail").fill("dan@demo.example")
    await page.get_by_label("Password").fill("a long one")
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("button", name="Status:")).to_be_visible()
    await root.page.bring_to_front()
    await signing.get_by_role("button", name="Disable …").click()
    await signing.get_by_role("button", name="Disable Dan").click()
    await expect(signing).to_contain_text("Dan is disabled: cannot sign in.")
    await expect(page.get_by_role("button", name="Sign in")).to_be_visible()


async def test_a_new_site_and_where_it_may_be_embedded(own_people: People):
    root = await admin(own_people, "sites")
    await root.page.get_by_label("Name", exact=True).fill("The other shop")
    await root.page.get_by_role("button", name="Add the site").click()
    await expect(root.title).to_have_text("The other shop")
    where = root.section("Name and origins")
    await where.get_by_label("May be embedded by").fill("shop.example")
    await where.get_by_role("button", name="Save", exact=True).click()
    await expect(where.get_by_role("alert")).to_contain_text("Not saved.")
    await where.get_by_label("May be embedded by").fill("https://shop.example")
    await root.save(where)
    whom = root.section("Whom visitors may choose")
    await whom.get_by_role("button", name="Remove Sales").click()
    await root.save(whom)
    await root.go()
    await expect(root.page.get_by_label("The line that embeds The other shop")).to_contain_text(
        'data-site="the-other-shop"'
    )
    await root.go("site/the-other-shop")
    await expect(where.get_by_label("May be embedded by")).to_have_value("https://shop.example")


async def test_without_a_mouse(own_people: People):
    root = await admin(own_people)
    keys = root.page.keyboard
    await root.nav.get_by_role("link", name="Sales").focus()
    await keys.press("Enter")
    await expect(root.title).to_have_text("Sales")
    await expect(root.title).to_be_focused()
    await keys.press("Tab")
    chosen = root.page.get_by_role("radio", name="Ring everyone")
    await expect(chosen).to_be_focused()
    await keys.press("ArrowDown")
    await expect(root.page.get_by_role("radio", name="Longest free first")).to_be_checked()
    await keys.press("Enter")
    section = root.section("Who gets it")
    await expect(section.get_by_text("Saved. It holds from now on.")).to_be_focused()
    await keys.press("Tab")
    await expect(root.section("Members").get_by_role("link", name="Ada")).to_be_focused()


async def test_axe_on_every_page_in_both_themes(people: People):
    root = await admin(people, reduced_motion="reduce")
    faults = []
    for where in PAGES:
        await root.go(where)
        await expect(root.page.get_by_text("Counting …")).to_have_count(0)
        faults += [f"{where}: {fault}" for fault in await in_both_themes(root.page)]
    await root.go("rules")
    await root.page.get_by_role("button", name="Add a rule").click()
    await root.page.get_by_role("button", name="Save", exact=True).click()
    await expect(root.page.get_by_role("alert")).to_be_visible()
    faults += [f"rules with an error: {fault}" for fault in await in_both_themes(root.page)]
    await root.page.get_by_role("button", name="Undo changes").click()
    await root.go("department/support")
    await root.section("Widening").get_by_role("button", name="Add a step").click()
    faults += [f"a step: {fault}" for fault in await in_both_themes(root.page)]
    await root.go("try")
    await root.page.get_by_role("button", name="Ask", exact=True).click()
    await expect(root.page.get_by_role("region", name="What would happen")).to_be_visible()
    faults += [f"an answer: {fault}" for fault in await in_both_themes(root.page)]
    assert faults == []


async def test_nothing_scrolls_sideways_at_320_pixels_nor_from_right_to_left(people: People):
    root = await admin(people, viewport={"width": 320, "height": 640})
    faults = []
    for way in ("ltr", "rtl"):
        for where in PAGES:
            await root.go(where)
            await root.page.evaluate("(way) => { document.documentElement.dir = way; }", way)
            await expect(root.page.get_by_text("Counting …")).to_have_count(0)
            allowed = ("wide-frame", "pointed", "TEXTAREA")
            wide = [one for one in await overflow(root.page) if not any(name in one for name in allowed)]
            faults += [f"{way} {where}: {one}" for one in wide]
    assert faults == []
