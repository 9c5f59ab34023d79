import { Fragment, type ComponentChildren } from "preact";
import type { Conversation } from "../../../widget/client/generated.ts";
import { Button } from "../../ui/button.tsx";
import { now } from "../../ui/clock.ts";
import { nameOf } from "../attention.ts";
import { needsOf } from "../needs.ts";
import { hostOf, languageName, localTime, mailLink, pathOf, webAddress } from "../page.ts";
import { circumstances, whyYours } from "../../ui/why.ts";
import { usePlace } from "./desk-context.ts";

/** The right pane: who this is and why they came to you. */
export function Visitor() {
  const { desk, panels } = usePlace();
  const conversation = desk.shown.value;
  const shown = panels.open.value === "details" ? "visitor shown" : "visitor";
  if (conversation === null) return <aside class={shown} aria-label="Visitor" />;
  const { visitor } = conversation;
  return (
    <aside class={shown} aria-label="Visitor">
      <span class="details-button"><Button small look="bare" label="Close the details" onClick={() => panels.toggle("details")}>×</Button></span>
      <h2 class="name">{nameOf(visitor)} {visitor.verified === true && <span class="tag">verified</span>}</h2>
      <Facts conversation={conversation} />
      <Why conversation={conversation} />
    </aside>
  );
}

function Facts({ conversation }: { conversation: Conversation }) {
  const { desk } = usePlace();
  const { visitor, page } = conversation;
  const here = desk.lossy.value.here[conversation.id] ?? visitor.here;
  const zone = visitor.timezone ?? "";
  const { required, preferred } = needsOf(conversation);
  const local = zone === "" ? "" : localTime(zone, now.value);
  return (
    <dl>
      {page?.url && <Fact name="Page"><Address url={page.url} /></Fact>}
      {page?.title && <Fact name="Title">{page.title}</Fact>}
      {page?.referrer && <Fact name="Came from">{hostOf(page.referrer)}</Fact>}
      {(conversation.language ?? visitor.language) && <Fact name="Language">{languageName(conversation.language ?? visitor.language ?? "")}</Fact>}
      {zone !== "" && <Fact name="Their time">{local} <span class="soft"><Zone name={zone} /></span></Fact>}
      {visitor.email && <Fact name="E-mail"><Mail to={visitor.email} /> {visitor.verified !== true && <span class="tag quiet">not verified</span>}</Fact>}
      {visitor.visits !== undefined && <Fact name="Visits">{visitor.visits}</Fact>}
      {here !== undefined && <Fact name="Now">{here ? "On the page" : "Not on the page"}</Fact>}
      {required.length > 0 && <Fact name="Requires">{required.map((need) => <span key={need} class="tag quiet">{need}</span>)}</Fact>}
      {preferred.length > 0 && <Fact name="Prefers">{preferred.map((need) => <span key={need} class="tag quiet">{need}</span>)}</Fact>}
      {(conversation.tags ?? []).length > 0 && <Fact name="Tags">{conversation.tags?.map((tag) => <span key={tag} class="tag">{tag}</span>)}</Fact>}
      {vouched(visitor).map(([name, said]) => <Fact key={`vouched ${name}`} name={name}>{said} <span class="tag quiet">by the site</span></Fact>)}
      {conversation.rating && <Fact name="Rated">{conversation.rating.score} of 5{conversation.rating.comment !== "" && `: “${conversation.rating.comment}”`}</Fact>}
      {conversation.previous_agent && <Fact name="Before">With {conversation.previous_agent.name}</Fact>}
    </dl>
  );
}

/** What the site has signed about them, in its own words. */
function vouched({ attributes = {} }: Conversation["visitor"]): [string, string][] {
  return Object.entries(attributes).map(([name, said]) => [name, typeof said === "string" ? said : JSON.stringify(said)]);
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return <><dt>{name}</dt><dd dir="auto">{children}</dd></>;
}

/** The path, to be opened only when it is a web page: what the visitor sent decides nothing else. */
function Address({ url }: { url: string }) {
  const href = webAddress(url);
  const text = pathOf(url) || url;
  return href === null ? <>{text}</> : <a href={href} target="_blank" rel="noopener noreferrer" title={href}>{text}</a>;
}

/** Opens the agent's own mail, when it is an address and nothing more. */
export function Mail({ to }: { to: string }) {
  const href = mailLink(to);
  return href === null ? <>{to}</> : <a href={href}>{to}</a>;
}

/** Breaks, if it must, after the slash. */
function Zone({ name }: { name: string }) {
  return <>{name.replaceAll("_", " ").split("/").map((part, i) => <Fragment key={part}>{i > 0 && <>/<wbr /></>}{part}</Fragment>)}</>;
}

function Why({ conversation }: { conversation: Conversation }) {
  const { desk, panels } = usePlace();
  const said = whyYours(conversation, desk.talks.entries(conversation.id), desk.state.value?.agent.id ?? "");
  if (said === null) return null;
  const more = conversation.why === null || conversation.why === undefined ? [] : circumstances(conversation.why);
  return (
    <section class="why" aria-label="Why you?">
      <h3>Why you?</h3>
      <p>{said.why}</p>
      {said.next !== "" && <p class="soft">{said.next}</p>}
      {more.map((one) => <p key={one} class="soft">{one}</p>)}
      <button type="button" class="link" onClick={() => { panels.open.value = "why"; }}>Every decision</button>
    </section>
  );
}
