import { useEffect, useState } from "preact/hooks";
import type { Named, Why } from "../../widget/client/generated.ts";
import { post } from "../ui/accounts.ts";
import { Button } from "../ui/button.tsx";
import { Candidates } from "../ui/candidates.tsx";
import { clockTime } from "../ui/time.tsx";
import { circumstances, theOne, whyThem } from "../ui/why.ts";
import { Kill } from "./kill.tsx";

const EVERY_MS = 1000;
const AT_ONCE = 10;

interface Latest {
  at: string;
  visitor: string;
  department: Named;
  why: Why;
}

interface Shown {
  here: number;
  /** Somebody starts the server again when it is killed. */
  killable: boolean;
  latest: Latest | null;
}

/** What only the demo has: visitors to send, and the last decision of the router in words. */
export function Show() {
  const [shown, setShown] = useState<Shown>({ here: 0, killable: false, latest: null });
  const [said, setSaid] = useState("");
  useEffect(() => watch(setShown), []);
  const send = async (): Promise<void> => {
    try {
      const { sent, here } = (await post("/demo/visitors", { count: AT_ONCE })) as { sent: number; here: number };
      setSaid(sent === 0 ? "It is full: no more fit in." : `${sent} ${sent === 1 ? "is" : "are"} on the way.`);
      setShown((old) => ({ ...old, here }));
    } catch {
      setSaid("That did not work. Try again.");
    }
  };
  const { here, killable, latest } = shown;
  return (
    <>
      <div class="send">
        <Button onClick={() => void send()}>Send {AT_ONCE} visitors</Button>
        <p class="small" role="status">{said || "They ask, wait as long as they like, answer a few times and leave."}{here > 0 && <b> {here} here now.</b>}</p>
      </div>
      {killable && <Kill />}
      <section class="show-why" aria-label="The last decision">
        {latest === null ? <><h3>Why Ada?</h3><p class="small">As soon as somebody’s message rings, this says at whom and why.</p></> : <Decision latest={latest} />}
      </section>
    </>
  );
}

function Decision({ latest }: { latest: Latest }) {
  const { why, visitor, department, at } = latest;
  const { why: because, next } = whyThem(why);
  const all = why.chosen === null && why.takeable > 1;
  return (
    <>
      <h3>{all ? "Why all of them?" : `Why ${theOne(why)?.agent.name ?? "nobody"}?`}</h3>
      <p class="small">{visitor || "A visitor"} in {department.name}, <time dateTime={at}>{clockTime(at)}</time></p>
      <p>{because} {next}</p>
      {circumstances(why).map((one) => <p key={one} class="small">{one}</p>)}
      <Candidates why={why} label="Everybody who was looked at" />
    </>
  );
}

/** Looks every second while the page is looked at. */
function watch(found: (shown: Shown) => void): () => void {
  const look = (): void => {
    if (document.visibilityState !== "visible") return;
    fetch("/demo/show", { credentials: "same-origin" }).then(async (response) => {
      if (response.ok) found((await response.json()) as Shown);
    }).catch(() => undefined);
  };
  const timer = setInterval(look, EVERY_MS);
  look();
  return () => clearInterval(timer);
}
