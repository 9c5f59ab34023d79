import { Avatar } from "../../ui/avatar.tsx";
import { Since, Until } from "../../ui/time.tsx";
import { inOrder, LATE_AFTER_MS, nameOf, type Item } from "../attention.ts";
import { usePlace } from "./desk-context.ts";
import { Line } from "./line.tsx";
import { Offers } from "./offers.tsx";
import { Team } from "./team.tsx";
import { steers } from "./team-context.ts";
import { Button } from "../../ui/button.tsx";

/** The left pane: what rings, who waits for me, who I wait for, what is to be wrapped up, who waits for anyone. */
export function List() {
  const { desk } = usePlace();
  const { me, them, wrapUp } = desk.sections.value;
  return (
    <nav class="list" aria-label="Conversations">
      <Offers />
      <Section name="Waiting for you" items={me} />
      <Section name="Waiting for them" items={them} />
      <Section name="Wrap-up" items={wrapUp} />
      {inOrder(desk.sections.value).length === 0 && desk.offers.value.length === 0 && <Nothing />}
      <span class="grow" />
      <Line />
      <Team />
    </nav>
  );
}

function Section({ name, items }: { name: string; items: readonly Item[] }) {
  if (items.length === 0) return null;
  return (
    <section aria-label={name}>
      <h2 class="heading">{name}</h2>
      <ul>{items.map((item) => <li key={item.conversation.id}><Row item={item} /></li>)}</ul>
    </section>
  );
}

function Row({ item }: { item: Item }) {
  const { desk, panels } = usePlace();
  const { conversation } = item;
  const here = desk.lossy.value.here[conversation.id] ?? conversation.visitor.here ?? true;
  const on = desk.selected.value === conversation.id;
  const name = nameOf(conversation.visitor);
  return (
    <button type="button" class={on ? "row on" : "row"} aria-current={on ? "true" : undefined} onClick={() => { desk.select(conversation.id); panels.aimAt(conversation.id); }}>
      <Avatar name={conversation.visitor.name || "Visitor"} />
      <b class="cut">{name}</b>
      <Clock item={item} />
      <SecondLine item={item} here={here} />
      {item.unread > 0 ? <span class="count">{item.unread}<span class="unseen"> unread</span></span> : <span />}
    </button>
  );
}

function Clock({ item }: { item: Item }) {
  if (item.side !== "wrap_up") return <Since at={item.since} {...(item.side === "me" ? { lateAfter: LATE_AFTER_MS } : {})} />;
  return item.hold.until === null ? <span /> : <Until at={item.hold.until} />;
}

function SecondLine({ item, here }: { item: Item; here: boolean }) {
  const { transfer } = item.conversation;
  if (transfer !== null && transfer !== undefined) return <small class="cut rings">Ringing at {transfer.to.name}</small>;
  return <small class="cut">{here ? secondLine(item) : "Not on the page just now"}</small>;
}

function secondLine(item: Item): string {
  if (item.side === "wrap_up") return item.conversation.outcome ? `Closed · ${item.conversation.outcome}` : "Closed · add an outcome";
  return item.preview === "" ? "Nothing written yet" : item.preview;
}

function Nothing() {
  const { desk } = usePlace();
  const { status = "offline", role } = desk.state.value?.agent ?? {};
  if (steers(role)) return <p class="empty">No conversations of your own.</p>;
  if (status === "available") return <p class="empty">No conversations. You are available: we ring you here.</p>;
  return (
    <div class="empty">
      <p>No conversations. Set yourself available and we ring you here.</p>
      <span class="narrow-only"><Button look="main" small onClick={() => void desk.setStatus("available")}>Set available</Button></span>
    </div>
  );
}
