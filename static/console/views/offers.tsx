import { useEffect, useRef } from "preact/hooks";
import type { Conversation, Offer } from "../../../widget/client/generated.ts";
import { Button } from "../../ui/button.tsx";
import { now } from "../../ui/clock.ts";
import { Since, span, Until } from "../../ui/time.tsx";
import { nameOf } from "../attention.ts";
import { languageName, pathOf } from "../page.ts";
import { circumstances, whyYou } from "../../ui/why.ts";
import { needsOf } from "../needs.ts";
import { usePlace } from "./desk-context.ts";

/** What rings, on top of everything. The first card answers to the keys. */
export function Offers() {
  const { desk } = usePlace();
  const offers = desk.offers.value;
  if (offers.length === 0) return null;
  return (
    <section aria-label="Ringing">
      {offers.map((offer, i) => <Card key={offer.offer} offer={offer} first={i === 0} />)}
    </section>
  );
}

function Card({ offer, first }: { offer: Offer; first: boolean }) {
  const { desk, panels } = usePlace();
  const busy = desk.busy.value.has(offer.offer) || desk.connection.value.name !== "open";
  const { conversation } = offer;
  const why = whyYou(offer, desk.state.value?.agent.id ?? "");
  const words = offer.text.trim();
  return (
    <article class="ringing-card" aria-label={`${nameOf(conversation.visitor)} is ringing`}>
      <div class="offer-head">
        <b class="cut">{nameOf(conversation.visitor)}</b>
        {offer.expires_at === null ? <span class="ringing">ringing</span> : <span class="ringing"><Until at={offer.expires_at} /></span>}
      </div>
      <p class="facts">{conversation.department.name}<Waited conversation={conversation} />{facts(conversation)}</p>
      {offer.expires_at !== null && <Countdown key={offer.expires_at} until={offer.expires_at} />}
      {offer.transfer_from !== null && <p class="handover">{offer.transfer_from.name} hands this to you{offer.note === "" ? "" : ":"}</p>}
      {offer.note !== "" && <p class="offer-note" dir="auto">{offer.transfer_from === null && <b>Before you, a bot: </b>}{offer.note}</p>}
      <Needed conversation={conversation} />
      {words !== "" && <p class="words">“{words}”</p>}
      <div class="offer-buttons">
        <Button look="main" disabled={busy} onClick={() => void desk.accept(offer).then(() => panels.aimAt(conversation.id))} {...(first ? { keys: "Enter Alt+Enter" } : {})}>
          Accept{first && <Keys onPage="Enter" writing="Alt Enter" />}
        </Button>
        <Button disabled={busy} onClick={() => void desk.decline(offer)} {...(first ? { keys: "D" } : {})}>
          Decline{first && <Keys onPage="D" />}
        </Button>
      </div>
      <p class="why-line"><b>Why you?</b> {why.why}{circumstances(offer.why).map((one) => ` ${one}`)}</p>
    </article>
  );
}

/** The key that works just now: single keys rest while one writes (the style sheet chooses). */
function Keys({ onPage, writing }: { onPage: string; writing?: string }) {
  return (
    <>
      <kbd class="on-page" aria-hidden="true">{onPage}</kbd>
      {writing !== undefined && <kbd class="writing" aria-hidden="true">{writing}</kbd>}
    </>
  );
}

function Waited({ conversation }: { conversation: Conversation }) {
  if (conversation.entered_line_at) return <> · waited <Since at={conversation.entered_line_at} /></>;
  return conversation.waited_ms === undefined ? null : <> · waited <span class="time">{span(conversation.waited_ms)}</span></>;
}

/** What the visitor needs, and what the rules made of them. */
function Needed({ conversation }: { conversation: Conversation }) {
  const { required, preferred } = needsOf(conversation);
  const tags = conversation.tags ?? [];
  const { left } = conversation;
  if (required.length + preferred.length + tags.length === 0 && left !== true) return null;
  return (
    <p class="needed">
      {left === true && <span class="tag">left a message</span>}
      {required.map((need) => <span key={`r${need}`} class="tag quiet">needs {need}</span>)}
      {preferred.map((need) => <span key={`p${need}`} class="tag quiet">prefers {need}</span>)}
      {tags.map((tag) => <span key={`t${tag}`} class="tag">{tag}</span>)}
    </p>
  );
}

function facts({ visitor, language, page }: Conversation): string {
  const spoken = languageName(language ?? visitor.language ?? "");
  return [spoken, pathOf(page?.url ?? "")].filter(Boolean).map((fact) => ` · ${fact}`).join("");
}

/** Shrinks from the full width when the card appeared. The figure beside it says the same, so it is decoration. */
function Countdown({ until }: { until: string }) {
  const bar = useRef<HTMLElement>(null);
  const whole = useRef(Math.max(1, Date.parse(until) - now.peek()));
  const left = Math.max(0, Date.parse(until) - now.value);
  useEffect(() => bar.current?.style.setProperty("transform", `scaleX(${Math.min(1, left / whole.current)})`), [left]);
  return <div class="countdown" aria-hidden="true"><i ref={bar} /></div>;
}
