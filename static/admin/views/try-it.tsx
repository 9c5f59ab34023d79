import { Fragment } from "preact";
import { useRef, useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Candidates } from "../../ui/candidates.tsx";
import { theOne, whyThem } from "../../ui/why.ts";
import { Refused } from "../api.ts";
import { route, type Routed, type Trial } from "../asking.ts";
import { inWords, language, seconds } from "../words.ts";
import { Field, tied } from "./fields.tsx";
import { PageHead } from "./page.tsx";
import { useFile, useSettings } from "./place.ts";

/** Asks what would happen to a visitor right now. Nothing is touched by it. */
export function TryIt() {
  const file = useFile();
  const { api } = useSettings();
  const site = file.site[0];
  const [trial, setTrial] = useState<Trial>({
    site: site?.key ?? "", url: `${site?.origins.find((one) => one !== "*") ?? location.origin}/`, language: file.workspace.language, text: "", department: "",
  });
  const [answer, setAnswer] = useState<Routed | null>(null);
  const [trouble, setTrouble] = useState("");
  const [busy, setBusy] = useState(false);
  const heading = useRef<HTMLHeadingElement>(null);
  const set = (change: Partial<Trial>): void => setTrial({ ...trial, ...change });
  const ask = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setTrouble("");
    try {
      setAnswer(await route(api, trial));
      requestAnimationFrame(() => heading.current?.focus());
    } catch (error) {
      setAnswer(null);
      setTrouble(error instanceof Refused ? [error.message, ...error.problems.map(inWords)].join(" ") : "That did not work. Try again.");
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <PageHead title="Try it" lead="Describe a visitor and see where they would go right now, with the people and the line as they are. Nothing is started, and nobody’s console rings." />
      <form class="section" aria-label="A visitor to try" onSubmit={(event) => void ask(event)}>
        <div class="pairs">
          {file.site.length > 1 && (
            <Field id="try-site" label="Site">
              <select class="input" id="try-site" value={trial.site} onChange={(event) => set({ site: event.currentTarget.value })}>
                {file.site.map((one) => <option key={one.key} value={one.key}>{one.name}</option>)}
              </select>
            </Field>
          )}
          <Field id="try-url" label="Page they are on"><input class="input" type="url" value={trial.url} autocomplete="off" {...tied("try-url", "")} onInput={(event) => set({ url: event.currentTarget.value })} /></Field>
          <Field id="try-language" label="Language of their browser" hint="Such as en or da-DK."><input class="input" value={trial.language} autocomplete="off" {...tied("try-language", "", "x")} onInput={(event) => set({ language: event.currentTarget.value })} /></Field>
          <Field id="try-department" label="Department they choose">
            <select class="input" id="try-department" value={trial.department} onChange={(event) => set({ department: event.currentTarget.value })}>
              <option value="">none: rules decide</option>
              {file.department.map((one) => <option key={one.key} value={one.key}>{one.name}</option>)}
            </select>
          </Field>
        </div>
        <Field id="try-text" label="What they write first"><textarea class="input" id="try-text" rows={2} dir="auto" value={trial.text} onInput={(event) => set({ text: event.currentTarget.value })} /></Field>
        <div class="section-foot"><div class="tools"><Button type="submit" look="main" disabled={busy}>{busy ? "Asking …" : "Ask"}</Button></div></div>
        {trouble !== "" && <p class="section-trouble" role="alert">{trouble}</p>}
      </form>
      {answer !== null && (
        <section class="section answer" aria-labelledby="try-answer">
          <h2 id="try-answer" tabIndex={-1} ref={heading}>What would happen</h2>
          <Answer answer={answer} />
        </section>
      )}
    </>
  );
}

function Answer({ answer }: { answer: Routed }) {
  const { why, queue, rules, reservation, refused } = answer;
  const chosen = why?.chosen ?? null;
  const matched = rules.filter((one) => one.outcome === "matched");
  return (
    <>
      <p class="answer-big">{headline(answer)}</p>
      {refused !== null && <p>{refused.message}{refused.opens_at !== null && ` It opens ${new Date(refused.opens_at).toLocaleString([], { weekday: "long", hour: "2-digit", minute: "2-digit" })}.`}</p>}
      {answer.first !== "" && refused === null && <p>{answer.says}</p>}
      {answer.first === "" && why !== null && chosen !== null && why.method !== "ring_all" && <p>{whyThem(why).why} {whyThem(why).next}</p>}
      <dl class="facts-list">
        <dt>Department</dt><dd>{way(answer)}</dd>
        <dt>Rules</dt><dd>{rules.length === 0 ? <span class="soft">there are none</span> : matched.length === 0 ? <span class="soft">none of {rules.length} matched</span> : matched.map((one) => one.rule).join(", ")}</dd>
        {rules.filter((one) => one.outcome === "failed").map((one) => <Fragment key={one.rule}><dt>Failed</dt><dd class="wrong">{one.rule}: {one.reason}</dd></Fragment>)}
        <dt>Spoken to in</dt><dd>{language(answer.language)}</dd>
        <Needs name="Requires" levels={answer.needs.require} />
        <Needs name="Prefers" levels={answer.needs.prefer} />
        {answer.head_start_s > 0 && <><dt>Head start</dt><dd>{seconds(answer.head_start_s)}</dd></>}
        {reservation !== null && <><dt>Kept for</dt><dd>{reservation.agents.map((one) => one.name).join(", then ")}, {seconds(reservation.seconds)}</dd></>}
        {answer.first !== "" && <><dt>Answers first</dt><dd>{answer.bot?.name ?? `${answer.first}, were it to be had`}</dd></>}
        {answer.tags.length > 0 && <><dt>Tags</dt><dd class="tags">{answer.tags.map((tag) => <span key={tag} class="tag">{tag}</span>)}</dd></>}
        {queue !== null && <><dt>Place in line</dt><dd>{queue.place}{queue.ahead > 0 ? `, ${queue.ahead} ahead` : ""}</dd></>}
        {queue !== null && <><dt>Told about the wait</dt><dd>{queue.wait === null ? (queue.serving ? "no time: it rings at once, or too little is known" : "no time: nobody is there") : `${seconds(queue.wait.low_s)} to ${seconds(queue.wait.high_s)}`}</dd></>}
      </dl>
      {why !== null && <div><h3>Everybody who was looked at</h3><Candidates why={why} label="Everybody who was looked at" /></div>}
    </>
  );
}

/** Where they go, and how they got there when that is not where they wanted to go. */
function way({ asked, routed, department }: Routed): string {
  const steps = [
    routed.id !== asked.id && `a rule sends them from ${asked.name} to ${routed.name}`,
    department.id !== routed.id && `${routed.name} passes them on`,
  ].filter(Boolean);
  return steps.length === 0 ? department.name : `${department.name}: ${steps.join(", ")}`;
}

function Needs({ name, levels }: { name: string; levels: Record<string, number> }) {
  const found = Object.entries(levels);
  return found.length === 0 ? null : <><dt>{name}</dt><dd class="tags">{found.map(([skill, level]) => <span key={skill} class="tag quiet">{skill} {level}</span>)}</dd></>;
}

function headline({ why, department, queue, refused, bot }: Routed): string {
  const line = department.name;
  if (bot !== null) return `The bot ${bot.name} would answer first.`;
  if (refused !== null) return `They would not get into the line of ${line}.`;
  if (why !== null && why.method === "ring_all" && why.takeable > 0) return `It would ring at ${why.takeable === 1 ? (theOne(why)?.agent.name ?? "the one who can take it") : `all ${why.takeable} who can take it`} in ${line}.`;
  if (why?.chosen) return `It would ring at ${why.chosen.agent.name} in ${line}.`;
  return queue?.serving === false ? `They would wait in ${line}: nobody who could answer is there.` : `They would wait in ${line}: nobody can take it just now.`;
}
