// What the console knows from the server, as one value that only `opened` and `apply` make.
//
// The law: a snapshot with later events applied equals a fresh snapshot. Events with a `v` at or below that of the
// snapshot are in it already and are dropped; several events of one commit share a `v`, so an applied event never
// raises the bar. Everything lossy (typing, read marks) lives in lossy.ts, outside the law.
import type {
  Agent, AgentEvent, AgentIdentified, AgentSnapshot, AgentsEvent, Colleague, Conversation, ConversationEvent, Department,
  DepartmentEvent, EntryEvent, NoteEvent, Offer, OfferEndedEvent, OfferEvent, QueueEvent, RemovedEvent,
} from "../../widget/client/generated.ts";

export interface State {
  /** The `v` of the snapshot this began with. */
  readonly v: number;
  readonly agent: Agent;
  readonly offers: readonly Offer[];
  /** By id: those held, and such as are announced an instant before their hold. */
  readonly conversations: Readonly<Record<string, Conversation>>;
  readonly departments: readonly Department[];
  readonly agents: readonly Colleague[];
}

export type StateEvent =
  | AgentEvent | AgentsEvent | ConversationEvent | DepartmentEvent | EntryEvent | NoteEvent | OfferEndedEvent | OfferEvent
  | QueueEvent | RemovedEvent;

/** The state a snapshot gives. */
export function opened(identified: Pick<AgentIdentified, "v" | "snapshot">): State {
  const { agent, offers, conversations, departments, agents } = identified.snapshot;
  return { v: identified.v, agent, offers, conversations: byId(conversations), departments, agents };
}

/** The snapshot the state amounts to: what the law compares. */
export function snapshot(state: State): AgentSnapshot {
  const { agent, offers, departments, agents } = state;
  return { agent, offers: [...offers], conversations: held(state), departments: [...departments], agents: [...agents] };
}

/** The agent's own conversations, in the order of their holds: what is running, then what is to be wrapped up. */
export function held(state: State): Conversation[] {
  return state.agent.holds
    .filter((hold) => hold.kind !== "offer")
    .flatMap((hold) => state.conversations[hold.conversation] ?? []);
}

/** The state after an event; the very same value when the event changes nothing or is unknown. */
export function apply(state: State, event: StateEvent): State {
  if ("v" in event && event.v <= state.v) return state;
  switch (event.on) {
    case "agent":
      return { ...state, agent: event.agent, conversations: kept(state.conversations, event.agent) };
    case "agents":
      return { ...state, agents: merged(state.agents, event.agents) };
    case "department":
      return { ...state, departments: replaced(state.departments, event.department) };
    case "removed":
      return { ...state, agents: without(state.agents, event.agents), departments: without(state.departments, event.departments) };
    case "conversation":
      return withConversation(state, event.conversation);
    case "queue":
      return changed(state, event.conversation, (found) => ({ ...found, queue: event.queue }));
    case "entry":
      return changed(state, event.conversation, (found) => topped(found, event.seq, 0));
    case "note":
      return summarised(changed(state, event.conversation, (found) => topped(found, 0, event.seq)), event);
    case "offer":
      return { ...state, offers: offered(state.offers, event) };
    case "offer.ended":
      return { ...state, offers: state.offers.filter((offer) => offer.offer !== event.offer) };
    default:
      return state;
  }
}

/** What a reply carries ahead of the events of its own commit. */
export function withConversation(state: State, conversation: Conversation): State {
  const conversations = { ...state.conversations, [conversation.id]: conversation };
  const offers = state.offers.map((offer) => (offer.conversation.id === conversation.id ? { ...offer, conversation } : offer));
  return { ...state, conversations, offers };
}

function byId(conversations: readonly Conversation[]): Record<string, Conversation> {
  return Object.fromEntries(conversations.map((conversation) => [conversation.id, conversation]));
}

/** A conversation without a hold is somebody else's now. */
function kept(conversations: State["conversations"], agent: Agent): State["conversations"] {
  const ids = new Set(agent.holds.map((hold) => hold.conversation));
  return Object.fromEntries(Object.entries(conversations).filter(([id]) => ids.has(id)));
}

function changed(state: State, id: string, change: (found: Conversation) => Conversation): State {
  const known = state.conversations[id];
  const offers = state.offers.map((offer) => {
    if (offer.conversation.id !== id) return offer;
    const conversation = change(offer.conversation);
    return conversation === offer.conversation ? offer : { ...offer, conversation };
  });
  const touched = offers.some((offer, i) => offer !== state.offers[i]);
  const next = known === undefined ? undefined : change(known);
  if (next === known && !touched) return state;
  const conversations = next === undefined ? state.conversations : { ...state.conversations, [id]: next };
  return { ...state, conversations, offers: touched ? offers : state.offers };
}

/** What a bot says late of a conversation that rings already. */
function summarised(state: State, note: NoteEvent): State {
  const late = (offer: Offer): boolean => offer.conversation.id === note.conversation && offer.transfer_from === null && offer.note !== note.text;
  if (note.kind !== "handoff" || !state.offers.some(late)) return state;
  return { ...state, offers: state.offers.map((offer) => (late(offer) ? { ...offer, note: note.text } : offer)) };
}

function topped(conversation: Conversation, entries: number, notes: number): Conversation {
  const top = { ...conversation.top };
  if (entries <= top.entries && notes <= (top.notes ?? 0)) return conversation;
  top.entries = Math.max(top.entries, entries);
  if (notes > 0) top.notes = Math.max(top.notes ?? 0, notes);
  return { ...conversation, top };
}

/** The colleagues who changed take their old place; new ones go to the end. */
function merged(agents: readonly Colleague[], changes: readonly Colleague[]): Colleague[] {
  const news = new Map(changes.map((colleague) => [colleague.id, colleague]));
  const stayed = agents.map((colleague) => news.get(colleague.id) ?? colleague);
  const known = new Set(agents.map((colleague) => colleague.id));
  return stayed.concat(changes.filter((colleague) => !known.has(colleague.id)));
}

function replaced(departments: readonly Department[], department: Department): Department[] {
  const known = departments.some((one) => one.id === department.id);
  if (!known) return [...departments, department];
  return departments.map((one) => (one.id === department.id ? department : one));
}

function without<Record extends { id: string }>(records: readonly Record[], removed: readonly string[]): readonly Record[] {
  return records.filter((record) => !removed.includes(record.id));
}

function offered(offers: readonly Offer[], event: OfferEvent): Offer[] {
  const { on: _on, v: _v, ...offer } = event;
  const known = offers.some((one) => one.offer === offer.offer);
  return known ? offers.map((one) => (one.offer === offer.offer ? offer : one)) : [...offers, offer];
}
