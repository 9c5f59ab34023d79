import type {
  AcceptedReply, AgentEvent, AgentReply, AgentsEvent, ConversationClose, ConversationEvent, ConversationHuman, ConversationPick,
  ConversationRate, ConversationReply, ConversationStart, ConversationTransfer, DepartmentEvent, EntryEvent, ErasedEvent, HandoffReply, History, HistoryReply,
  MessageLeave, MessageSend, NoteAdd, NoteEvent, OfferAccept, OfferDecline, OfferEndedEvent, OfferEvent, OfferSeen, Ping, Pong,
  PresenceEvent, QueueEvent, Read, ReadEvent, RemovedEvent, Reply, Sent, SiteEvent, StatusSet, StreamEvent, ThinkingEvent, Typing, TypingEvent,
  VisitorClose, WrapUpEnd,
} from "./generated.ts";

/** What a page may ask, each with its answer; the session adds the `id`. */
export interface Exchanges {
  "conversation.start": [ConversationStart, ConversationReply];
  "message.send": [MessageSend, Sent];
  "message.leave": [MessageLeave, ConversationReply];
  "note.add": [NoteAdd, Sent];
  history: [History, HistoryReply];
  ping: [Ping, Pong];
  "conversation.close": [VisitorClose | ConversationClose, Reply];
  "conversation.human": [ConversationHuman, HandoffReply];
  "conversation.rate": [ConversationRate, Reply];
  "status.set": [StatusSet, AgentReply];
  "offer.accept": [OfferAccept, AcceptedReply];
  "offer.decline": [OfferDecline, Reply];
  "conversation.pick": [ConversationPick, AcceptedReply];
  "conversation.transfer": [ConversationTransfer, Reply];
  "wrap_up.end": [WrapUpEnd, Reply];
}

type WithoutId<F> = F extends unknown ? Omit<F, "id"> : never;

export type Ask = { [D in keyof Exchanges]: WithoutId<Exchanges[D][0]> }[keyof Exchanges];
export type Answer<D> = D extends keyof Exchanges ? Exchanges[D][1] : Reply;

/** A request of a newer protocol than these types: still sent, answered with whatever the server says. */
export interface OtherAsk {
  do: string;
  [field: string]: unknown;
}

/** What may get lost: sent without an id while connected, dropped otherwise. */
export type Tell = WithoutId<Typing | Read | OfferSeen>;

/** What happens, besides `hello` and `drain`, which the session keeps to itself. */
export type ServerEvent =
  | EntryEvent
  | NoteEvent
  | ConversationEvent
  | QueueEvent
  | OfferEvent
  | OfferEndedEvent
  | AgentEvent
  | DepartmentEvent
  | SiteEvent
  | AgentsEvent
  | RemovedEvent
  | ErasedEvent
  | TypingEvent
  | ReadEvent
  | PresenceEvent;

/** What a visitor's page hears besides, of a bot. */
export type VisitorEvent = ServerEvent | ThinkingEvent | StreamEvent;

/**
 * Whether a state event is already in the snapshot. One commit may bring several events of equal `v`, so compare with
 * the snapshot's `v` only, never with that of the event before.
 */
export function inSnapshot(event: { on: string; v?: number }, snapshotV: number): boolean {
  return event.v !== undefined && event.v <= snapshotV;
}
