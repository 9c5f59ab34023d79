import { expect, test } from "vitest";
import type { AgentsEvent, ConversationEvent } from "../../widget/client/generated.ts";
import { handingTo, heard, type Handing } from "./handing.ts";
import { ADA, BEN, colleague, conversation } from "./testing/frames.ts";

const talk = (v: number): ConversationEvent => ({ on: "conversation", v, conversation: conversation("c_1") });
const ben = (v: number): AgentsEvent => ({ on: "agents", v, agents: [colleague(BEN)] });

function after(...events: (ConversationEvent | AgentsEvent)[]): Handing | null {
  return events.reduce<Handing | null>((handing, event) => (handing === null ? null : heard(handing, event)), handingTo("c_1", BEN));
}

test("it rings from the commit that touches both", () => {
  expect(after(talk(5), ben(5))?.began).toBe(5);
  expect(after(ben(5), talk(5))?.began).toBe(5);
});

test("it is over with the next commit that touches both", () => {
  expect(after(talk(5), ben(5), talk(9), ben(9))).toBeNull();
  expect(after(ben(5), talk(5), ben(9), talk(9))).toBeNull();
});

test("what touches only one of them, or others, ends nothing", () => {
  const others: AgentsEvent = { on: "agents", v: 8, agents: [colleague(ADA)] };
  expect(after(talk(5), ben(5), talk(6), ben(7), others)?.began).toBe(5);
  expect(heard(handingTo("c_2", BEN), talk(5))).toEqual(handingTo("c_2", BEN));
});
