// Generated from server/wire by `npm run types`. Do not edit.

/**
 * Why a request was refused. `retryable` says whether the same frame may be sent again.
 */
export type ErrorCode =
  | "bad_request"
  | "client_id_conflict"
  | "closed"
  | "conflict"
  | "forbidden"
  | "gone"
  | "internal"
  | "line_full"
  | "not_found"
  | "not_owner"
  | "outside_hours"
  | "rate_limited"
  | "too_large"
  | "unauthorised"
  | "unavailable";

export interface FrontdeskWire {
  IdentifyVisitor?: IdentifyVisitor;
  ConversationStart?: ConversationStart;
  MessageSend?: MessageSend;
  MessageLeave?: MessageLeave;
  History?: History;
  Typing?: Typing;
  Read?: Read;
  Ping?: Ping;
  VisitorClose?: VisitorClose;
  ConversationRate?: ConversationRate;
  ConversationHuman?: ConversationHuman;
  IdentifyAgent?: IdentifyAgent;
  NoteAdd?: NoteAdd;
  ConversationClose?: ConversationClose;
  StatusSet?: StatusSet;
  OfferSeen?: OfferSeen;
  OfferAccept?: OfferAccept;
  OfferDecline?: OfferDecline;
  WrapUpEnd?: WrapUpEnd;
  ConversationTransfer?: ConversationTransfer;
  ConversationPick?: ConversationPick;
  ConversationWatch?: ConversationWatch;
  ConversationTakeOver?: ConversationTakeOver;
  AgentSetStatus?: AgentSetStatus;
  Whisper?: Whisper;
  IdentifyBot?: IdentifyBot;
  BotMessageSend?: BotMessageSend;
  Stream?: Stream;
  Thinking?: Thinking;
  Handoff?: Handoff;
  Reply?: Reply;
  ErrorReply?: ErrorReply;
  VisitorIdentified?: VisitorIdentified;
  AgentIdentified?: AgentIdentified;
  BotIdentified?: BotIdentified;
  Sent?: Sent;
  ConversationReply?: ConversationReply;
  AcceptedReply?: AcceptedReply;
  HandoffReply?: HandoffReply;
  AgentReply?: AgentReply;
  HistoryReply?: HistoryReply;
  Pong?: Pong;
  Hello?: Hello;
  EntryEvent?: EntryEvent;
  NoteEvent?: NoteEvent;
  ConversationEvent?: ConversationEvent;
  QueueEvent?: QueueEvent;
  OfferEvent?: OfferEvent;
  OfferEndedEvent?: OfferEndedEvent;
  AgentEvent?: AgentEvent;
  BotEvent?: BotEvent;
  DepartmentEvent?: DepartmentEvent;
  SiteEvent?: SiteEvent;
  AgentsEvent?: AgentsEvent;
  RemovedEvent?: RemovedEvent;
  ErasedEvent?: ErasedEvent;
  DroppedEvent?: DroppedEvent;
  TypingEvent?: TypingEvent;
  ReadEvent?: ReadEvent;
  PresenceEvent?: PresenceEvent;
  StreamEvent?: StreamEvent;
  ThinkingEvent?: ThinkingEvent;
  HandoffQueued?: HandoffQueued;
  HandoffAccepted?: HandoffAccepted;
  HandoffFailed?: HandoffFailed;
  HandoffReturned?: HandoffReturned;
  Drain?: Drain;
  ErrorCode?: ErrorCode;
  Position?: Position;
}
/**
 * Opens a visitor's session. ``token``: the newest that an answer gave, each of which has its turn.
 *
 *     ``identity``: a JWT by which the site says who the visitor is; one that is no good is ``unauthorised``, and the
 *     connection lives. ``trial``: a one-time ticket of the settings page: what is started here is a try-out of a bot.
 */
export interface IdentifyVisitor {
  do: "identify";
  id: string;
  protocol: number;
  /**
   * an id, or a key where the object has one
   */
  site: string;
  token?: string;
  identity?: string;
  page?: Page;
  language?: string;
  timezone?: string;
  trial?: string;
  resume?: Resume;
}
/**
 * The visitor's page as the widget reports it. A label, never trusted.
 */
export interface Page {
  url?: string;
  title?: string;
  referrer?: string;
}
/**
 * Where the client stood when it lost the connection.
 */
export interface Resume {
  epoch: string;
  positions: {
    [k: string]: Position;
  };
}
/**
 * How far a client has read a conversation, or its top.
 */
export interface Position {
  entries: number;
  notes?: number;
}
/**
 * Starts a conversation; onto an open one of this visitor and site the text is appended.
 */
export interface ConversationStart {
  do: "conversation.start";
  id: string;
  client_id: string;
  /**
   * an id, or a key where the object has one
   */
  department?: string;
  form?: {
    [k: string]: string;
  };
  text?: string;
}
/**
 * Appends a message. Resent with the same ``client_id`` it answers with the first ``seq`` and stores nothing.
 */
export interface MessageSend {
  do: "message.send";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  client_id: string;
  text: string;
}
/**
 * Leaves a message for later: taken whoever is here, at any hour, however long the line.
 *
 *     ``form`` has an ``email``, or a ``name`` and a ``contact``. Who waits leaves the line with it, and what they wrote
 *     there goes along; who is in a conversation with somebody writes there (``conflict``).
 */
export interface MessageLeave {
  do: "message.leave";
  id: string;
  client_id: string;
  form: {
    [k: string]: string;
  };
  text: string;
  /**
   * an id, or a key where the object has one
   */
  department?: string;
}
/**
 * Reads entries with a number above ``after`` (the oldest of them) or below ``before`` (the newest of them).
 *
 *     Notes have their own numbers: ``notes_after`` and ``notes_before``; without either, the newest ``limit`` notes come.
 */
export interface History {
  do: "history";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  after?: number;
  before?: number;
  notes_after?: number;
  notes_before?: number;
  limit?: number;
}
/**
 * Tells the others that the sender is typing. Lossy.
 */
export interface Typing {
  do: "typing";
  id?: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  active: boolean;
  text?: string;
}
/**
 * The sender has seen all entries up to ``seq``. Monotone.
 */
export interface Read {
  do: "read";
  id?: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  seq: number;
}
/**
 * Proof of life both ways; the answer tells the top of each conversation of this session.
 */
export interface Ping {
  do: "ping";
  id: string;
}
/**
 * The visitor ends the conversation.
 */
export interface VisitorClose {
  do: "conversation.close";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  client_id?: string;
}
/**
 * What the visitor thought of the conversation, also after its end. The last word counts.
 */
export interface ConversationRate {
  do: "conversation.rate";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  score: number;
  comment?: string;
  client_id?: string;
}
/**
 * The visitor asks for a person instead of the bot that answers. Without a bot: ``conflict``.
 */
export interface ConversationHuman {
  do: "conversation.human";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  client_id?: string;
}
/**
 * Opens an agent's session with a login token or a one-time ticket.
 */
export interface IdentifyAgent {
  do: "identify";
  id: string;
  protocol: number;
  token: string;
  resume?: Resume;
}
/**
 * Adds a note that no visitor ever sees.
 */
export interface NoteAdd {
  do: "note.add";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  client_id: string;
  text: string;
}
/**
 * Closes a conversation. ``outcome`` and ``tags`` are the agent's.
 */
export interface ConversationClose {
  do: "conversation.close";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  client_id?: string;
  outcome?: string;
  /**
   * @maxItems 50
   */
  tags?: string[];
}
/**
 * The agent chooses a status.
 */
export interface StatusSet {
  do: "status.set";
  id: string;
  status: "available" | "away" | "busy" | "offline";
  reason?: string;
  client_id?: string;
}
/**
 * The console confirms that it rang.
 */
export interface OfferSeen {
  do: "offer.seen";
  id?: string;
  /**
   * an id, or a key where the object has one
   */
  offer: string;
}
/**
 * Takes the offered conversation. Late: ``gone``; no slot left: ``conflict``.
 */
export interface OfferAccept {
  do: "offer.accept";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  offer: string;
  client_id?: string;
}
/**
 * Lets the offered conversation go to the next agent at once.
 */
export interface OfferDecline {
  do: "offer.decline";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  offer: string;
  reason?: string;
  client_id?: string;
}
/**
 * Ends the agent's wrap-up of a closed conversation; its slot is free.
 */
export interface WrapUpEnd {
  do: "wrap_up.end";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  client_id?: string;
  outcome?: string;
  /**
   * @maxItems 50
   */
  tags?: string[];
}
/**
 * Hands the conversation to a department's line or to a bot, or offers it to an agent while the sender keeps it.
 */
export interface ConversationTransfer {
  do: "conversation.transfer";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  to: TransferTo;
  note?: string;
  client_id?: string;
}
/**
 * Exactly one of the three.
 */
export interface TransferTo {
  /**
   * an id, or a key where the object has one
   */
  agent?: string;
  /**
   * an id, or a key where the object has one
   */
  department?: string;
  /**
   * an id, or a key where the object has one
   */
  bot?: string;
}
/**
 * Takes a waiting conversation out of the line by hand.
 */
export interface ConversationPick {
  do: "conversation.pick";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  client_id?: string;
}
/**
 * A supervisor looks on: the conversation, its entries and notes, and what happens until this connection ends.
 *
 *     ``active`` false ends it. Watching is recorded; whoever is watched is not told.
 */
export interface ConversationWatch {
  do: "conversation.watch";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  active?: boolean;
}
/**
 * A supervisor takes an open conversation, from its agent or out of any line. Without a free slot: ``conflict``.
 */
export interface ConversationTakeOver {
  do: "conversation.take_over";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  client_id?: string;
}
/**
 * A supervisor chooses an agent's status.
 */
export interface AgentSetStatus {
  do: "agent.set_status";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  agent: string;
  status: "available" | "away" | "busy" | "offline";
  reason?: string;
  client_id?: string;
}
/**
 * A supervisor's word to a conversation's agent: a note of kind ``whisper``. Without an agent: ``conflict``.
 */
export interface Whisper {
  do: "whisper";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  text: string;
  client_id?: string;
}
/**
 * Opens one of a bot's sessions. ``name``: of this worker, for those who run it.
 */
export interface IdentifyBot {
  do: "identify";
  id: string;
  protocol: number;
  token: string;
  name?: string;
  resume?: Resume;
}
/**
 * Appends a bot's message, perhaps with quick replies and cards. Resent, it answers with the first ``seq``.
 */
export interface BotMessageSend {
  do: "message.send";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  client_id: string;
  text: string;
  /**
   * @minItems 1
   * @maxItems 10
   */
  replies?:
    | [string]
    | [string, string]
    | [string, string, string]
    | [string, string, string, string]
    | [string, string, string, string, string]
    | [string, string, string, string, string, string]
    | [string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string, string];
  /**
   * @minItems 1
   * @maxItems 10
   */
  cards?:
    | [Card]
    | [Card, Card]
    | [Card, Card, Card]
    | [Card, Card, Card, Card]
    | [Card, Card, Card, Card, Card]
    | [Card, Card, Card, Card, Card, Card]
    | [Card, Card, Card, Card, Card, Card, Card]
    | [Card, Card, Card, Card, Card, Card, Card, Card]
    | [Card, Card, Card, Card, Card, Card, Card, Card, Card]
    | [Card, Card, Card, Card, Card, Card, Card, Card, Card, Card];
}
/**
 * Something a bot shows beside its words: plain text and links, never markup.
 */
export interface Card {
  title: string;
  text?: string;
  /**
   * @maxItems 5
   */
  links?: [] | [Link] | [Link, Link] | [Link, Link, Link] | [Link, Link, Link, Link] | [Link, Link, Link, Link, Link];
  /**
   * @maxItems 10
   */
  replies?:
    | []
    | [string]
    | [string, string]
    | [string, string, string]
    | [string, string, string, string]
    | [string, string, string, string, string]
    | [string, string, string, string, string, string]
    | [string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string, string];
}
/**
 * An address that a card leads to; ``text`` is what is to be read on it.
 */
export interface Link {
  text: string;
  url: string;
}
/**
 * A piece of a message that grows before the visitor's eyes; ``final`` makes it an entry and is answered as that.
 *
 *     ``offset``: where the piece belongs, in characters: one that is not the next is answered ``conflict``. ``text``: the
 *     whole so far, ``delta`` included; it begins the stream anew where the connection has changed, and an empty one takes
 *     back what is shown. At ``final`` the ``client_id`` of the message is the ``stream_id``, and ``id`` is required.
 */
export interface Stream {
  do: "stream";
  id?: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  stream_id: string;
  delta?: string;
  final?: boolean;
  offset?: number;
  text?: string;
  /**
   * @minItems 1
   * @maxItems 10
   */
  replies?:
    | [string]
    | [string, string]
    | [string, string, string]
    | [string, string, string, string]
    | [string, string, string, string, string]
    | [string, string, string, string, string, string]
    | [string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string]
    | [string, string, string, string, string, string, string, string, string, string];
  /**
   * @minItems 1
   * @maxItems 10
   */
  cards?:
    | [Card]
    | [Card, Card]
    | [Card, Card, Card]
    | [Card, Card, Card, Card]
    | [Card, Card, Card, Card, Card]
    | [Card, Card, Card, Card, Card, Card]
    | [Card, Card, Card, Card, Card, Card, Card]
    | [Card, Card, Card, Card, Card, Card, Card, Card]
    | [Card, Card, Card, Card, Card, Card, Card, Card, Card]
    | [Card, Card, Card, Card, Card, Card, Card, Card, Card, Card];
}
/**
 * The bot is at work on an answer; ``title`` says at what. Lossy.
 */
export interface Thinking {
  do: "thinking";
  id?: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  active: boolean;
  title?: string;
}
/**
 * Gives the conversation to people: from the answer on, if it is ``queued``, the bot reads but writes no more.
 *
 *     ``summary`` is the first thing the agent sees, ``reason`` is for those who look at it later. A bot whose
 *     conversation went to people because the visitor asked for them, or the bot did not answer or was gone, may send one
 *     ``summary`` afterwards, without ``to``: it becomes the same note, moves nothing, and the answer is ``queued``.
 */
export interface Handoff {
  do: "handoff";
  id: string;
  /**
   * an id, or a key where the object has one
   */
  conversation: string;
  to?: HandoffTo;
  summary?: string;
  reason?: string;
  client_id?: string;
}
/**
 * One of the two at most: a department's line, or an agent for whom it is kept for a while.
 */
export interface HandoffTo {
  /**
   * an id, or a key where the object has one
   */
  agent?: string;
  /**
   * an id, or a key where the object has one
   */
  department?: string;
}
/**
 * A plain yes: without ``at`` it means only "received"; with it, "committed".
 */
export interface Reply {
  re: string;
  ok?: true;
  /**
   * UTC, RFC 3339 with milliseconds
   */
  at?: string;
}
/**
 * A no; ``re`` is null when the request's id could not be read.
 */
export interface ErrorReply {
  re: string | null;
  error: ErrorBody;
  ok?: false;
}
/**
 * Why not. ``message`` is for people and holds no internals.
 */
export interface ErrorBody {
  code: ErrorCode;
  message: string;
  field?: string;
  retry_after_ms?: number;
}
/**
 * Answer to a visitor's ``identify``.
 */
export interface VisitorIdentified {
  re: string;
  session: string;
  epoch: string;
  v: number;
  /**
   * UTC, RFC 3339 with milliseconds
   */
  now: string;
  missed: Entry[];
  missed_notes: Entry[];
  more: string[];
  dropped: string[];
  reset: boolean;
  ok?: true;
  me: VisitorMe;
  snapshot: VisitorSnapshot;
}
/**
 * One numbered entry (or note) of a conversation.
 *
 *     By kind: ``notice`` has ``notice`` (queued, nobody, returned, idle …), of those who wait also ``place`` and, with a
 *     range, ``low_s`` and ``high_s``; ``joined`` has ``waited_ms``; ``transferred`` has ``to``; ``left`` and ``closed``
 *     have ``reason``; a bot's ``message`` may have ``replies`` and ``cards``; ``handoff``, a note, is a bot's summary.
 *     ``erased``: the visitor was, and with them the text; number and kind stay.
 */
export interface Entry {
  conversation: string;
  seq: number;
  kind: "closed" | "file" | "handoff" | "joined" | "left" | "message" | "notice" | "transferred" | "whisper";
  from: Person;
  text: string;
  /**
   * UTC, RFC 3339 with milliseconds
   */
  at: string;
  client_id?: string;
  notice?: string;
  place?: number;
  low_s?: number;
  high_s?: number;
  waited_ms?: number;
  to?: Named;
  reason?: string;
  replies?: string[];
  cards?: Card[];
  erased?: boolean;
}
/**
 * Who wrote, types, reads or is here. ``name`` may be empty for a visitor who gave none.
 */
export interface Person {
  role: "agent" | "bot" | "system" | "visitor";
  id: string;
  name: string;
}
/**
 * An agent, bot or department as others may see it.
 */
export interface Named {
  id: string;
  key: string;
  name: string;
}
/**
 * The visitor, to themselves; the browser keeps ``token``.
 */
export interface VisitorMe {
  id: string;
  name: string;
  token: string;
}
/**
 * All that a visitor's page shows, but for entries.
 */
export interface VisitorSnapshot {
  site: Site;
  conversation: Conversation | null;
}
/**
 * One embedding of the widget.
 */
export interface Site {
  key: string;
  name: string;
  look: {};
  departments: SiteDepartment[];
}
/**
 * A department as a visitor may choose it. ``open``: within hours and somebody is serving.
 *
 *     ``in_hours`` is the clock's part of that; outside, ``opens_at`` says when it opens (``null``: not within a year).
 *     ``bot``: a bot that is here answers first, open or not.
 */
export interface SiteDepartment {
  id: string;
  key: string;
  name: string;
  open: boolean;
  in_hours: boolean;
  opens_at: string | null;
  bot?: boolean;
}
/**
 * One conversation, as the reader may see it. ``left``: a message left for later, whose visitor does not wait.
 *
 *     ``bot``: the one that answers, or did when it was closed. ``form``: what the visitor filled in, for bots. ``trial``:
 *     a try-out from the settings page, which people never get.
 */
export interface Conversation {
  id: string;
  state: "active" | "bot" | "closed" | "offered" | "waiting";
  department: Named;
  visitor: VisitorPart;
  agent: Named | null;
  bot: Named | null;
  top: Top;
  queue: Queue | null;
  /**
   * UTC, RFC 3339 with milliseconds
   */
  started_at: string;
  left?: boolean;
  trial?: boolean;
  form?: {
    [k: string]: string;
  };
  language?: string;
  page?: Page;
  tags?: string[];
  needs?: {};
  outcome?: string | null;
  rating?: Rating | null;
  entered_line_at?: string | null;
  waited_ms?: number;
  previous_agent?: Named | null;
  transfer?: Transfer | null;
  why?: Why | null;
}
/**
 * A visitor; everything but ``id`` and ``name`` is for agents only.
 *
 *     ``verified``: their site has signed who they are, and ``attributes``; if not, name and e-mail are what they typed.
 */
export interface VisitorPart {
  id: string;
  name: string;
  email?: string;
  language?: string;
  timezone?: string;
  verified?: boolean;
  visits?: number;
  attributes?: {};
  here?: boolean;
}
/**
 * The number of the last entry and note (0 = none). Visitors see no notes.
 */
export interface Top {
  entries: number;
  notes?: number;
}
/**
 * Where a waiting conversation stands. ``serving``: an eligible agent is present and available.
 */
export interface Queue {
  place: number;
  ahead: number;
  wait: Wait | null;
  serving: boolean;
}
/**
 * A promised range of waiting, in seconds from now.
 */
export interface Wait {
  low_s: number;
  high_s: number;
}
/**
 * What the visitor thought of it, from 1 to 5.
 */
export interface Rating {
  score: number;
  comment: string;
}
/**
 * The conversation rings at a colleague while its agent keeps it.
 */
export interface Transfer {
  to: Named;
  expires_at: string | null;
}
/**
 * The stored reason of an offer: how many could take it, who came next, why the others could not.
 */
export interface Why {
  method: string;
  reason: string;
  takeable: number;
  chosen: Candidate | null;
  runner_up: Candidate | null;
  excluded: {
    [k: string]: number;
  };
  candidates: Candidate[];
  widening_step: number;
  rules: string[];
}
/**
 * One agent in a decision: the measure compared, or the clause that excluded them (DESIGN §5.1).
 *
 *     ``preference``: the weights of the preferred skills that they meet, added up.
 */
export interface Candidate {
  agent: Named;
  excluded: string | null;
  running: number;
  used: number;
  max: number;
  priority: number;
  measure?: string;
  preference?: number;
}
/**
 * Answer to an agent's ``identify``.
 */
export interface AgentIdentified {
  re: string;
  session: string;
  epoch: string;
  v: number;
  /**
   * UTC, RFC 3339 with milliseconds
   */
  now: string;
  missed: Entry[];
  missed_notes: Entry[];
  more: string[];
  dropped: string[];
  reset: boolean;
  ok?: true;
  me: AgentMe;
  snapshot: AgentSnapshot;
}
/**
 * The agent, to themselves.
 */
export interface AgentMe {
  id: string;
  key: string;
  name: string;
  role: "admin" | "agent" | "supervisor";
}
/**
 * All that a console shows, but for entries. ``conversations`` are those in the agent's own holds.
 */
export interface AgentSnapshot {
  agent: Agent;
  offers: Offer[];
  conversations: Conversation[];
  departments: Department[];
  agents: Colleague[];
}
/**
 * The agent's own state.
 */
export interface Agent {
  id: string;
  key: string;
  name: string;
  status: "available" | "away" | "busy" | "offline";
  reason: string;
  slots: Slots;
  holds: Hold[];
  skills: {
    [k: string]: number;
  };
  role: "admin" | "agent" | "supervisor";
}
/**
 * Used slots and their limit; ``used`` may be above a limit that was lowered.
 */
export interface Slots {
  used: number;
  max: number;
}
/**
 * What takes one or more of an agent's slots. ``until``: end of the ring or of the wrap-up.
 */
export interface Hold {
  conversation: string;
  kind: "active" | "offer" | "wrap_up";
  cost: number;
  until: string | null;
}
/**
 * A conversation proposed to the reader. ``soft``: rings without holding a slot; ``auto``: accepted already.
 */
export interface Offer {
  offer: string;
  conversation: Conversation;
  method: string;
  soft: boolean;
  auto: boolean;
  expires_at: string | null;
  why: Why;
  text: string;
  transfer_from: Named | null;
  note: string;
}
/**
 * A department's line as agents see it: the first 50, oldest key first.
 */
export interface Department {
  id: string;
  key: string;
  name: string;
  waiting: number;
  oldest_at: string | null;
  line: LineItem[];
}
/**
 * One waiting conversation in a department's line.
 */
export interface LineItem {
  conversation: string;
  visitor: VisitorPart;
  /**
   * UTC, RFC 3339 with milliseconds
   */
  entered_at: string;
  ringing?: boolean;
}
/**
 * Another agent, as agents see them.
 */
export interface Colleague {
  id: string;
  key: string;
  name: string;
  status: "available" | "away" | "busy" | "offline";
  reachable: boolean;
  free: number;
}
/**
 * Answer to a bot's ``identify``; there are no notes.
 */
export interface BotIdentified {
  re: string;
  session: string;
  epoch: string;
  v: number;
  /**
   * UTC, RFC 3339 with milliseconds
   */
  now: string;
  missed: Entry[];
  missed_notes: Entry[];
  more: string[];
  dropped: string[];
  reset: boolean;
  ok?: true;
  me: BotMe;
  snapshot: BotSnapshot;
}
/**
 * The bot, to itself.
 */
export interface BotMe {
  id: string;
  key: string;
  name: string;
}
/**
 * The bot and its open conversations: those of this connection, as several share them.
 */
export interface BotSnapshot {
  bot: Bot;
  conversations: Conversation[];
}
/**
 * A bot, to itself: how many connections and open conversations it has. ``reply_seconds`` 0: no hurry.
 */
export interface Bot {
  id: string;
  key: string;
  name: string;
  reply_seconds: number;
  connections: number;
  conversations: number;
}
/**
 * Answer to ``message.send`` and ``note.add``, after the commit.
 */
export interface Sent {
  re: string;
  seq: number;
  /**
   * UTC, RFC 3339 with milliseconds
   */
  at: string;
  ok?: true;
}
/**
 * Carries the conversation as it stands after the commit.
 */
export interface ConversationReply {
  re: string;
  conversation: Conversation;
  /**
   * UTC, RFC 3339 with milliseconds
   */
  at: string;
  ok?: true;
}
/**
 * Answer to ``offer.accept``, ``conversation.pick``, ``take_over``, ``watch``: with the last 50 entries, notes.
 */
export interface AcceptedReply {
  re: string;
  conversation: Conversation;
  entries: Entry[];
  notes: Entry[];
  /**
   * UTC, RFC 3339 with milliseconds
   */
  at: string;
  ok?: true;
}
/**
 * Answer to ``handoff`` and ``conversation.human``: it is in line, or it stays with the bot, and why.
 */
export interface HandoffReply {
  re: string;
  handoff: "failed" | "queued";
  /**
   * UTC, RFC 3339 with milliseconds
   */
  at: string;
  reason?: string;
  ok?: true;
}
/**
 * Answer to ``status.set`` and ``agent.set_status``.
 */
export interface AgentReply {
  re: string;
  agent: Agent;
  /**
   * UTC, RFC 3339 with milliseconds
   */
  at: string;
  ok?: true;
}
/**
 * Answer to ``history``; visitors get no notes.
 */
export interface HistoryReply {
  re: string;
  entries: Entry[];
  notes: Entry[];
  ok?: true;
}
/**
 * Answer to ``ping``: the top of each conversation of this session, which finds a lost last entry.
 */
export interface Pong {
  re: string;
  positions: {
    [k: string]: Position;
  };
  /**
   * UTC, RFC 3339 with milliseconds
   */
  now: string;
  ok?: true;
}
/**
 * The first frame of every connection.
 */
export interface Hello {
  on: "hello";
  protocol: number;
  server: string;
  heartbeat_ms: number;
  identify_within_ms: number;
  limits: Limits;
  features: string[];
}
/**
 * What the server accepts.
 */
export interface Limits {
  frame_bytes: number;
  text_chars: number;
}
/**
 * A new entry; everyone in the conversation gets the same, the sender included.
 */
export interface EntryEvent {
  on: "entry";
  conversation: string;
  seq: number;
  kind: "closed" | "file" | "handoff" | "joined" | "left" | "message" | "notice" | "transferred" | "whisper";
  from: Person;
  text: string;
  /**
   * UTC, RFC 3339 with milliseconds
   */
  at: string;
  client_id?: string;
  notice?: string;
  place?: number;
  low_s?: number;
  high_s?: number;
  waited_ms?: number;
  to?: Named;
  reason?: string;
  replies?: string[];
  cards?: Card[];
  erased?: boolean;
}
/**
 * A new note, for the team only; notes have their own numbers.
 *
 *     One of the kind ``handoff`` may come while the conversation rings: then it is the OFFER's ``note`` from there on,
 *     unless that is a transfer.
 */
export interface NoteEvent {
  on: "note";
  conversation: string;
  seq: number;
  kind: "closed" | "file" | "handoff" | "joined" | "left" | "message" | "notice" | "transferred" | "whisper";
  from: Person;
  text: string;
  /**
   * UTC, RFC 3339 with milliseconds
   */
  at: string;
  client_id?: string;
  notice?: string;
  place?: number;
  low_s?: number;
  high_s?: number;
  waited_ms?: number;
  to?: Named;
  reason?: string;
  replies?: string[];
  cards?: Card[];
  erased?: boolean;
}
/**
 * The conversation as it stands now, as the reader may see it.
 */
export interface ConversationEvent {
  on: "conversation";
  v: number;
  conversation: Conversation;
}
/**
 * Place and wait of a waiting conversation; at most every 2 s, on change.
 */
export interface QueueEvent {
  on: "queue";
  conversation: string;
  queue: Queue;
}
/**
 * It rings.
 */
export interface OfferEvent {
  on: "offer";
  offer: string;
  conversation: Conversation;
  method: string;
  soft: boolean;
  auto: boolean;
  expires_at: string | null;
  why: Why;
  text: string;
  transfer_from: Named | null;
  note: string;
  v: number;
}
/**
 * It rings no more.
 */
export interface OfferEndedEvent {
  on: "offer.ended";
  v: number;
  offer: string;
  why: "accepted" | "declined" | "missed" | "taken" | "withdrawn";
}
/**
 * The reader's own state.
 */
export interface AgentEvent {
  on: "agent";
  v: number;
  agent: Agent;
}
/**
 * The bot itself, as its settings are now.
 */
export interface BotEvent {
  on: "bot";
  v: number;
  bot: Bot;
}
/**
 * A line as it stands now, for agents.
 */
export interface DepartmentEvent {
  on: "department";
  v: number;
  department: Department;
}
/**
 * The site as it stands now, for visitors.
 */
export interface SiteEvent {
  on: "site";
  v: number;
  site: Site;
}
/**
 * The colleagues who changed.
 */
export interface AgentsEvent {
  on: "agents";
  v: number;
  agents: Colleague[];
}
/**
 * Agents and departments (by id) that are configured no more.
 */
export interface RemovedEvent {
  on: "removed";
  v: number;
  agents: string[];
  departments: string[];
}
/**
 * All that these conversations held of their visitor is erased: a client forgets what it was shown of them.
 */
export interface ErasedEvent {
  on: "erased";
  v: number;
  visitor: string;
  conversations: string[];
}
/**
 * To a bot's connection: it hears no more of this conversation. Another connection of the bot has it, or another
 *     bot; whoever is given it again is told all of it.
 */
export interface DroppedEvent {
  on: "dropped";
  conversation: string;
}
/**
 * Somebody types or stopped. Lossy.
 */
export interface TypingEvent {
  on: "typing";
  conversation: string;
  from: Person;
  active: boolean;
  text?: string;
}
/**
 * Somebody has seen all entries up to ``seq``. Lossy.
 */
export interface ReadEvent {
  on: "read";
  conversation: string;
  from: Person;
  seq: number;
}
/**
 * Somebody is here or has gone. Lossy.
 */
export interface PresenceEvent {
  on: "presence";
  conversation: string;
  from: Person;
  here: boolean;
}
/**
 * A bot's message that is not finished: ``text`` is all of it so far. Lossy.
 *
 *     It ends with the entry whose ``client_id`` is its ``stream_id``, or with ``active`` false: it was cut, and there is
 *     no entry.
 */
export interface StreamEvent {
  on: "stream";
  conversation: string;
  from: Person;
  stream_id: string;
  text: string;
  active: boolean;
}
/**
 * A bot is at work on an answer, or has stopped. Lossy.
 */
export interface ThinkingEvent {
  on: "thinking";
  conversation: string;
  from: Person;
  active: boolean;
  title?: string;
}
/**
 * To the bot: it waits for a person. ``reason``: handoff, asked, bot_gone, unanswered, bot_removed.
 */
export interface HandoffQueued {
  on: "handoff.queued";
  v: number;
  conversation: string;
  reason: string;
}
/**
 * To the bot: ``agent`` has it now.
 */
export interface HandoffAccepted {
  on: "handoff.accepted";
  v: number;
  conversation: string;
  agent: Named;
}
/**
 * To the bot: it stays with it. ``reason``: nobody, line_full, outside_hours, trial.
 */
export interface HandoffFailed {
  on: "handoff.failed";
  v: number;
  conversation: string;
  reason: string;
}
/**
 * To the bot: ``agent`` gave it the conversation, which it owns again.
 */
export interface HandoffReturned {
  on: "handoff.returned";
  v: number;
  conversation: string;
  agent: Named;
}
/**
 * The server restarts: reconnect after this time.
 */
export interface Drain {
  on: "drain";
  reconnect_in_ms: number;
}
