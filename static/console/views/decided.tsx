import { Fragment } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { Conversation } from "../../../widget/client/generated.ts";
import { Button } from "../../ui/button.tsx";
import { Candidates } from "../../ui/candidates.tsx";
import { decisions, type Decisions, type Turn } from "../../ui/decisions.ts";
import { clockTime } from "../../ui/time.tsx";
import { circumstances, whyThem } from "../../ui/why.ts";
import { nameOf } from "../attention.ts";
import { usePlace } from "./desk-context.ts";

type Found = { is: "asking" } | { is: "there"; decisions: Decisions } | { is: "failed" };

/** Under the head of the conversation one looks at. */
export function Decided({ conversation }: { conversation: Conversation }) {
  const { panels } = usePlace();
  // Asked anew whenever it has moved on.
  const moved = `${conversation.state} ${conversation.agent?.id} ${conversation.top.entries}`;
  return (
    <section class="panel decided" aria-label="Why?">
      <Reasons id={conversation.id} name={nameOf(conversation.visitor)} moved={moved} onClose={() => { panels.open.value = null; }} />
    </section>
  );
}

/** Over everything, about somebody who waits: for supervisors, who may ask about anyone. */
export function AskedWhy() {
  const { panels } = usePlace();
  const asked = panels.asked.value;
  const dialog = useRef<HTMLDialogElement>(null);
  const shut = (): void => { panels.asked.value = null; };
  useEffect(() => {
    if (asked !== null && dialog.current?.open === false) dialog.current.showModal();
  }, [asked]);
  if (asked === null) return null;
  return (
    <dialog ref={dialog} class="dialog decided wide" aria-label="Why?" onClose={shut} onKeyDown={(event) => event.stopPropagation()}>
      <Reasons id={asked.id} name={asked.name} moved="" onClose={shut} />
    </dialog>
  );
}

interface ReasonsProps {
  id: string;
  name: string;
  /** Changes whenever there may be more to say. */
  moved: string;
  onClose: () => void;
}

/** All decisions about a conversation in their order, each with everybody who was looked at. */
function Reasons({ id, name, moved, onClose }: ReasonsProps) {
  const { desk } = usePlace();
  const agent = desk.state.value?.agent.key ?? "";
  const [found, setFound] = useState<Found>({ is: "asking" });
  const head = useRef<HTMLHeadingElement>(null);
  useEffect(() => head.current?.focus(), []);
  useEffect(() => {
    let here = true;
    decisions(agent, id).then(
      (all) => { if (here) setFound({ is: "there", decisions: all }); },
      () => { if (here) setFound({ is: "failed" }); },
    );
    return () => { here = false; };
  }, [id, moved]);
  return (
    <>
      <div class="tools">
        <h3 ref={head} tabIndex={-1}>How {name} was routed</h3>
        <span class="grow" />
        <Button small look="bare" label="Close the reasons" onClick={onClose}>×</Button>
      </div>
      {found.is === "asking" && <p class="soft" role="status">Looking it up …</p>}
      {found.is === "failed" && <p role="alert">We could not look it up. Close this and try again.</p>}
      {found.is === "there" && <All all={found.decisions} />}
    </>
  );
}

function All({ all }: { all: Decisions }) {
  const { turns, waiting, rules, needs } = all;
  const required = Object.entries(needs?.require ?? {}).map(([skill, level]) => `${skill} ${level}`);
  const preferred = Object.keys(needs?.prefer ?? {});
  return (
    <>
      <p class="soft">
        {rules.length === 0 ? "No rule matched." : `Rules: ${rules.join(", ")}.`}
        {required.length > 0 && ` Requires ${required.join(", ")}.`}
        {preferred.length > 0 && ` Prefers ${preferred.join(", ")}.`}
      </p>
      <ol class="turns">
        {turns.map((turn, i) => <OneTurn key={i} turn={turn} />)}
        {waiting !== null && (
          <li><time class="time">now</time><div><p><b>{waiting.says}</b></p><Table why={waiting.why} said={waiting.says} /></div></li>
        )}
        {turns.length === 0 && waiting === null && <li class="soft">Nothing was decided yet.</li>}
      </ol>
    </>
  );
}

function OneTurn({ turn }: { turn: Turn }) {
  return (
    <li>
      <time class="time" dateTime={turn.at}>{clockTime(turn.at)}</time>
      <div>
        {turn.why === undefined || turn.what !== "offer" ? <p>{turn.says}</p> : (
          <>
            <p><b>Rang at {turn.agent?.name}</b>{turn.outcome !== undefined && <span class="soft"> · {OUTCOME[turn.outcome] ?? turn.outcome}</span>}</p>
            <p>{[whyThem(turn.why).why, whyThem(turn.why).next, ...circumstances(turn.why)].filter(Boolean).map((said, i) => <Fragment key={i}>{said} </Fragment>)}</p>
            <Table why={turn.why} said={`Everybody who was looked at when it rang at ${turn.agent?.name}`} />
          </>
        )}
      </div>
    </li>
  );
}

const OUTCOME: Readonly<Record<string, string>> = {
  pending: "rings still",
  accepted: "accepted",
  taken: "somebody else was faster",
  declined: "declined",
  missed: "missed",
  withdrawn: "withdrawn",
};

function Table({ why, said }: { why: NonNullable<Turn["why"]>; said: string }) {
  return (
    <details>
      <summary>Everybody who was looked at</summary>
      <Candidates why={why} label={said} />
    </details>
  );
}
