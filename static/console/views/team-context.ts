import { createContext } from "preact";
import { useContext, useEffect, useState } from "preact/hooks";
import type { Agent } from "../../../widget/client/generated.ts";
import type { Desk } from "../desk.ts";
import { openConversations } from "../http.ts";
import { Team } from "../team.ts";

export const TeamContext = createContext<Team | null>(null);

/** Whether somebody of this role sees and steers the others. */
export function steers(role: Agent["role"] | undefined): boolean {
  return role === "supervisor" || role === "admin";
}

/** Who has what, kept up with as long as a supervisor sits here; asked for once, whoever shows it. */
export function useFollowed(desk: Desk): Team {
  const [team] = useState(() => new Team(() => openConversations(desk.state.value?.agent.key ?? "")));
  const follows = steers(desk.state.value?.agent.role);
  useEffect(() => (follows ? team.follow(desk) : undefined), [follows]);
  return team;
}

export function useTeam(): Team {
  const team = useContext(TeamContext);
  if (team === null) throw new Error("no team around this view");
  return team;
}
