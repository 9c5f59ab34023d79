// A server of settings in a few lines: answers as the real one does, and counts what it was asked.
import type { Agent, Bot, Department, Limits, Rule, Workspace, WorkspaceFile } from "./records.ts";
import { newAgent, newDepartment } from "./records.ts";

export function workspace(): WorkspaceFile {
  const ada: Agent = { ...newAgent("ada", "Ada", "ada@demo.example"), member: [{ department: "support", priority: 50, max_slots: 0 }] };
  return {
    workspace: {
      key: "demo", name: "Demo", timezone: "Europe/Copenhagen", language: "en", default_department: "support", grace_seconds: 20,
      blip_seconds: 10, hold_place_seconds: 120, reoffer_seconds: 60, mask_cards: true, retention_days: 0, addresses: "short",
    },
    limits: {
      text_chars: 8000, connections_per_visitor: 50, connections_per_agent: 100, connections_per_bot: 50, messages_per_visitor: [3000, 1800],
      messages_per_agent: [3000, 9000], messages_per_bot: [20000, 600000], messages_per_bot_conversation: [3000, 1800],
      messages_per_address: [60000, 360000], messages_per_site: [120000, 720000],
      starts_per_visitor: [20, 20], starts_per_address: [1000, 1000], signals_per_person: [200, 1200], reads_per_connection: [1000, 6000],
      requests_per_address: [2000, 12000],
    },
    site: [{ key: "demo", name: "Demo shop", origins: ["http://127.0.0.1:8080"], departments: ["support"] }],
    department: [newDepartment("support", "Support"), newDepartment("sales", "Sales")],
    agent: [ada, newAgent("ben", "Ben", "ben@demo.example")],
    bot: [],
    rule: [],
  };
}

export class Server {
  file = workspace();
  version = 1;
  /** Every request: `PUT departments/support`. */
  readonly asked: string[] = [];
  readonly headers: Record<string, string>[] = [];
  /** The next answers, instead of the right ones. */
  readonly refuses: { status: number; error?: object }[] = [];

  readonly fetch = (async (path: string, init: { method: string; headers: Record<string, string>; body?: string }) => {
    this.asked.push(`${init.method} ${path.replace("/api/v1/", "")}`);
    this.headers.push(init.headers);
    const refused = this.refuses.shift();
    if (refused?.status === 0) throw new TypeError("offline");
    if (refused !== undefined) return this.#answer(refused.status, { error: refused.error ?? {} });
    if (init.method === "GET") return this.#answer(200, this.file);
    if (init.headers["if-match"] !== undefined && init.headers["if-match"] !== this.#tag()) {
      return this.#answer(412, { error: { code: "conflict", message: "changed meanwhile" } });
    }
    this.save(path.replace("/api/v1/", ""), JSON.parse(init.body ?? "null") as object);
    return this.#answer(200, {});
  }) as unknown as typeof fetch;

  /** As somebody else would, too. */
  save(path: string, record: object | null): void {
    const [kind, key] = path.split("/");
    this.version += 1;
    if (kind === "workspace") this.file = { ...this.file, workspace: record as Workspace };
    if (kind === "limits") this.file = { ...this.file, limits: record as Limits };
    if (kind === "rules") this.file = { ...this.file, rule: record as Rule[] };
    if (kind === "departments") this.file = { ...this.file, department: this.file.department.map((one) => (one.key === key ? (record as Department) : one)) };
    if (kind === "bots") this.file = { ...this.file, bot: this.file.bot.map((one) => (one.key === key ? (record as Bot) : one)) };
    if (kind === "agents") this.file = { ...this.file, agent: this.file.agent.map((one) => (one.key === key ? (record as Agent) : one)) };
  }

  #tag(): string {
    return `"${this.version}"`;
  }

  #answer(status: number, body: object): Response {
    return new Response(JSON.stringify(body), { status, headers: { etag: this.#tag() } });
  }
}
