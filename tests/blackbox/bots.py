"""A bot as anybody writes one: a socket and JSON."""

from __future__ import annotations

import json
import subprocess

from tests.blackbox.process import COMMAND, Server
from tests.blackbox.transcript import Frame
from tests.blackbox.wire import Client


def token_of(server: Server, bot: str = "faq") -> str:
    """As an operator makes one, beside the running server."""
    command = [COMMAND, "token", "create", bot, "--data", str(server.data)]
    made = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    return made.stdout.strip()


def revoke_all(server: Server, bot: str) -> None:
    """Every token of the bot."""
    command = [COMMAND, "token", "list", bot, "--json", "--data", str(server.data)]
    listed = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
    for each in json.loads(listed.stdout):
        ending = [COMMAND, "token", "revoke", each["id"], "--data", str(server.data)]
        subprocess.run(ending, capture_output=True, timeout=30, check=True)


class Bot(Client):
    """One connection of a bot."""

    path = "/ws/bot"

    def __init__(self, server: Server, token: str) -> None:
        super().__init__(server.address, {"token": token})

    def mine(self) -> set[str]:
        """The open conversations that this connection has."""
        return {each["id"] for each in self.conversations.values() if each["state"] == "bot"}

    def _take_snapshot(self) -> None:
        for conversation in self.snapshot["conversations"]:
            self.conversations[conversation["id"]] = conversation

    async def answer(self, conversation: str, seq: int, text: str, **more: object) -> int:
        """To the message of that number, under the name that any worker would give the answer."""
        named: Frame = {"client_id": f"re-{seq}-0", "text": text, **more}
        reply = await self.request("message.send", conversation=conversation, **named)
        return int(reply["seq"])
