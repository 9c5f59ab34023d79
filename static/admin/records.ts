// The records of a workspace as REST carries them: the same keys, units and defaults as in workspace.toml.

export const METHODS = ["average_utilization", "ring_all", "longest_idle", "round_robin", "priority", "max_utilization", "random"] as const;
export type Method = (typeof METHODS)[number];

export const WAIT_EVENTS = ["queued", "every", "place", "waited", "estimate_passed", "nobody", "returned"] as const;
export type WaitEvent = (typeof WAIT_EVENTS)[number];

export const ROLES = ["agent", "supervisor", "admin"] as const;
export type Role = (typeof ROLES)[number];

export const ADDRESSES = ["short", "full", "none"] as const;
export type Addresses = (typeof ADDRESSES)[number];

export interface Workspace {
  key: string;
  name: string;
  timezone: string;
  language: string;
  default_department: string;
  grace_seconds: number;
  blip_seconds: number;
  hold_place_seconds: number;
  reoffer_seconds: number;
  mask_cards: boolean;
  retention_days: number;
  addresses: Addresses;
}

/** `[at once, per minute]`; `[0, 0]` is no limit. */
export type Rate = [number, number];

export interface Limits {
  text_chars: number;
  connections_per_visitor: number;
  connections_per_agent: number;
  connections_per_bot: number;
  messages_per_visitor: Rate;
  messages_per_agent: Rate;
  messages_per_bot: Rate;
  messages_per_bot_conversation: Rate;
  messages_per_address: Rate;
  messages_per_site: Rate;
  starts_per_visitor: Rate;
  starts_per_address: Rate;
  signals_per_person: Rate;
  reads_per_connection: Rate;
  requests_per_address: Rate;
}

export interface Site {
  key: string;
  name: string;
  origins: string[];
  departments: string[];
}

export interface WidenStep {
  after: number;
  drop_preferred: boolean;
  lower_levels: number;
  add_departments: string[];
  any_agent: boolean;
}

export interface WaitMessage {
  when: WaitEvent;
  seconds: number;
  min_ahead: number;
  min_interval: number;
  max_count: number;
  text: Record<string, string>;
}

export interface Department {
  key: string;
  name: string;
  method: Method;
  measure: "count" | "share";
  tiers: boolean;
  accept: "ring" | "auto";
  ring_seconds: number;
  ring_waves: [number, number][];
  reject_delay: number;
  miss_delay: number;
  miss_limit: number;
  wrap_up: number;
  first: string;
  order: "head_start" | "strict";
  max_line: number;
  overflow: string[];
  prefer_last_agent: number;
  repeat_days: number;
  hours: string[];
  holidays: string[];
  service_level: [number, number];
  idle_seconds: number;
  idle_close_seconds: number;
  widen: WidenStep[];
  message: WaitMessage[];
}

export interface Member {
  department: string;
  priority: number;
  max_slots: number;
}

export interface Agent {
  key: string;
  name: string;
  email: string;
  role: Role;
  max_slots: number;
  breathing: number;
  rings_at_once: number;
  skills: Record<string, number>;
  substitutes: string[];
  leave: string[];
  member: Member[];
}

export interface Bot {
  key: string;
  name: string;
  reply_seconds: number;
  grace_seconds: number;
  max_conversations: number;
  /** By language; a language without an entry has built-in ones. */
  human_words: Record<string, string[]>;
}

export interface Rule {
  name: string;
  when: string;
  department: string | null;
  require: Record<string, number> | null;
  prefer: Record<string, number> | null;
  head_start: number | null;
  language: string | null;
  agent: string | null;
  /** How long it is kept for that agent. */
  agent_seconds: number;
  first: string | null;
  tags: string[];
}

/** A whole workspace. */
export interface WorkspaceFile {
  workspace: Workspace;
  limits: Limits;
  site: Site[];
  department: Department[];
  agent: Agent[];
  bot: Bot[];
  rule: Rule[];
}

export const NEW_STEP: WidenStep = { after: 60, drop_preferred: true, lower_levels: 0, add_departments: [], any_agent: false };
export const NEW_MESSAGE: WaitMessage = { when: "queued", seconds: 45, min_ahead: 1, min_interval: 20, max_count: 10, text: {} };
export const NEW_RULE: Rule = {
  name: "", when: "", department: null, require: null, prefer: null, head_start: null, language: null, agent: null, agent_seconds: 60, first: null,
  tags: [],
};
export const NEW_MEMBER: Omit<Member, "department"> = { priority: 50, max_slots: 0 };

export function newDepartment(key: string, name: string): Department {
  return {
    key, name, method: "average_utilization", measure: "count", tiers: false, accept: "ring", ring_seconds: 30, ring_waves: [],
    reject_delay: 5, miss_delay: 10, miss_limit: 3, wrap_up: 0, first: "", order: "head_start", max_line: 0, overflow: [],
    prefer_last_agent: 0, repeat_days: 7, hours: [], holidays: [], service_level: [0.8, 60], idle_seconds: 600, idle_close_seconds: 300,
    widen: [], message: [],
  };
}

export function newAgent(key: string, name: string, email: string): Agent {
  return {
    key, name, email, role: "agent", max_slots: 3, breathing: 0, rings_at_once: 1, skills: {}, substitutes: [], leave: [], member: [],
  };
}

export function newBot(key: string, name: string): Bot {
  return { key, name, reply_seconds: 30, grace_seconds: 20, max_conversations: 0, human_words: {} };
}

/** A key made from a name, as people would: `Sales, Nordic` becomes `sales-nordic`. */
export function keyOf(name: string): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  return plain.replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "").slice(0, 64);
}
