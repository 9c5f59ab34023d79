"""The least bot there is: it says everything back. FRONTDESK_URL and FRONTDESK_TOKEN say where it works."""

import bots


async def answer(event: bots.Event) -> None:
    if isinstance(event, bots.Message):
        await event.reply(f"You said: {event.text}")


if __name__ == "__main__":
    bots.run(answer, about=__doc__)
