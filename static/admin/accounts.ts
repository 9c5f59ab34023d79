// Who may log in, and what an admin can do about it.
import type { Api } from "./api.ts";

export type Login = "yes" | "disabled" | "no_password";

export interface Account {
  agent: string;
  login: Login;
}

/** The least a password has, as the server has it. */
export const LEAST = 8;

export function accounts(api: Api): Promise<readonly Account[]> {
  return api.get("/api/v1/accounts");
}

/** Their other logins end with it. */
export function setPassword(api: Api, agent: string, password: string): Promise<void> {
  return api.tell(`/api/v1/agents/${agent}/password`, { password });
}

/** `disable` ends their logins and keeps them out; `logout` only ends them. */
export function steer(api: Api, agent: string, what: "disable" | "enable" | "logout"): Promise<void> {
  return api.tell(`/api/v1/agents/${agent}/${what}`);
}
