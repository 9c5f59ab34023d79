// Which keys are saved together. A section writes its own keys onto the record as it is saved now, so that two people
// who change two sections of one department do not undo each other.
import type { Put } from "./api.ts";
import type { Agent, Bot, Department, Limits, Member, Rule, Site, Workspace, WorkspaceFile } from "./records.ts";
import type { Section } from "./settings.ts";

type Part<R, K extends keyof R> = Pick<R, K>;

function pick<R, K extends keyof R>(record: R, keys: readonly K[]): Part<R, K> {
  return Object.fromEntries(keys.map((key) => [key, record[key]])) as Part<R, K>;
}

export function ofWorkspace<K extends keyof Workspace>(name: string, title: string, keys: readonly K[]): Section<Part<Workspace, K>> {
  return {
    id: `workspace/-/${name}`,
    title,
    read: (file) => pick(file.workspace, keys),
    write: (file, value) => [{ path: "workspace", body: { ...file.workspace, ...value } }],
  };
}

export function ofDepartment<K extends keyof Department>(key: string, name: string, title: string, keys: readonly K[]): Section<Part<Department, K>> {
  const found = (file: WorkspaceFile): Department | undefined => file.department.find((one) => one.key === key);
  return {
    id: `department/${key}/${name}`,
    title: `${title} (${key})`,
    read: (file) => {
      const record = found(file);
      return record === undefined ? null : pick(record, keys);
    },
    write: (file, value) => [{ path: `departments/${key}`, body: { ...found(file), ...value } }],
  };
}

export function ofAgent<K extends keyof Agent>(key: string, name: string, title: string, keys: readonly K[]): Section<Part<Agent, K>> {
  const found = (file: WorkspaceFile): Agent | undefined => file.agent.find((one) => one.key === key);
  return {
    id: `agent/${key}/${name}`,
    title: `${title} (${key})`,
    read: (file) => {
      const record = found(file);
      return record === undefined ? null : pick(record, keys);
    },
    write: (file, value) => [{ path: `agents/${key}`, body: { ...found(file), ...value } }],
  };
}

export function ofSite<K extends keyof Site>(key: string, name: string, title: string, keys: readonly K[]): Section<Part<Site, K>> {
  const found = (file: WorkspaceFile): Site | undefined => file.site.find((one) => one.key === key);
  return {
    id: `site/${key}/${name}`,
    title: `${title} (${key})`,
    read: (file) => {
      const record = found(file);
      return record === undefined ? null : pick(record, keys);
    },
    write: (file, value) => [{ path: `sites/${key}`, body: { ...found(file), ...value } }],
  };
}

export function ofBot<K extends keyof Bot>(key: string, name: string, title: string, keys: readonly K[]): Section<Part<Bot, K>> {
  const found = (file: WorkspaceFile): Bot | undefined => file.bot.find((one) => one.key === key);
  return {
    id: `bot/${key}/${name}`,
    title: `${title} (${key})`,
    read: (file) => {
      const record = found(file);
      return record === undefined ? null : pick(record, keys);
    },
    write: (file, value) => [{ path: `bots/${key}`, body: { ...found(file), ...value } }],
  };
}

/** Who is in a department: kept with the agents, shown with the department. */
export interface Members {
  members: Record<string, Omit<Member, "department">>;
}

export function membersOf(key: string): Section<Members> {
  return {
    id: `department/${key}/members`,
    title: `Members (${key})`,
    read: (file) => ({ members: membersIn(file, key) }),
    write: (file, { members }) => file.agent.flatMap((agent) => withMember(agent, key, members[agent.key])),
    locate: ([_kind, agent, _list, _at, field]) => `${agent}.${field}`,
  };
}

export function membersIn(file: WorkspaceFile, department: string): Members["members"] {
  const found = file.agent.flatMap((agent) => {
    const member = agent.member.find((one) => one.department === department);
    return member === undefined ? [] : [[agent.key, { priority: member.priority, max_slots: member.max_slots }] as const];
  });
  return Object.fromEntries(found);
}

/** The agent with that membership, if it is not so already. */
function withMember(agent: Agent, department: string, wanted: Omit<Member, "department"> | undefined): Put[] {
  const at = agent.member.findIndex((one) => one.department === department);
  const member = [...agent.member];
  if (wanted === undefined) {
    if (at === -1) return [];
    member.splice(at, 1);
  } else {
    member.splice(at === -1 ? member.length : at, 1, { department, ...wanted });
  }
  return JSON.stringify(member) === JSON.stringify(agent.member) ? [] : [{ path: `agents/${agent.key}`, body: { ...agent, member } }];
}

export const LIMITS: Section<Limits> = {
  id: "limits/-/all",
  title: "Limits",
  read: (file) => file.limits,
  write: (_file, limits) => [{ path: "limits", body: limits }],
};

export const RULES: Section<{ rule: Rule[] }> = {
  id: "rules/-/list",
  title: "Rules",
  read: (file) => ({ rule: file.rule }),
  write: (_file, { rule }) => [{ path: "rules", body: rule }],
};
