import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { clockTime } from "../../ui/time.tsx";
import { logs, matching, type Frame, type Log } from "../bots.ts";
import { counted } from "../words.ts";
import { useLive } from "./live.ts";
import { useSettings } from "./place.ts";

const DIRECTIONS: readonly { is: Frame["dir"] | ""; name: string }[] = [{ is: "", name: "Both ways" }, { is: "in", name: "From the bot" }, { is: "out", name: "To the bot" }];

/** What went over the connections. Fetched when one asks for it: what visitors wrote is in it, and looking is recorded. */
export function FrameLog({ of }: { of: string }) {
  const [open, setOpen] = useState(false);
  return (
    <section class="section" aria-label="Frames">
      <div class="section-head"><h2>Frames</h2><p class="soft">The last 200 of each connection, as they were. What visitors wrote is in them, so looking is recorded; tokens are never in them.</p></div>
      <div class="tools"><Button expanded={open} onClick={() => setOpen(!open)}>{open ? "Hide the frames" : "Show the frames"}</Button></div>
      {open && <Frames of={of} />}
    </section>
  );
}

function Frames({ of }: { of: string }) {
  const { api } = useSettings();
  const [chosen, setChosen] = useState("");
  const [words, setWords] = useState("");
  const [direction, setDirection] = useState<Frame["dir"] | "">("");
  const { value, trouble, again } = useLive(() => logs(api, of), of, 2000);
  const log = value?.find((one) => one.session === chosen) ?? value?.at(-1);
  const shown = matching(log?.frames ?? [], words, direction);
  return (
    <div class="frames">
      <div class="line-of-fields">
        <select class="input small-select" aria-label="Connection" value={log?.session ?? ""} onChange={(event) => setChosen(event.currentTarget.value)}>
          {(value ?? []).map((one) => <option key={one.session} value={one.session}>{called(one)}</option>)}
        </select>
        <input class="input filter" type="search" aria-label="Show frames with" placeholder="Show frames with …" value={words} onInput={(event) => setWords(event.currentTarget.value)} />
        <div class="languages" role="group" aria-label="Direction">
          {DIRECTIONS.map((one) => <button key={one.is} type="button" class="language" aria-pressed={one.is === direction} onClick={() => setDirection(one.is)}>{one.name}</button>)}
        </div>
        <span class="soft">{value === null ? "Fetching …" : `${counted(shown.length, "frame")} of ${log?.frames.length ?? 0}`}</span>
      </div>
      {trouble !== "" && <p class="section-trouble" role="alert">{trouble} <Button small onClick={again}>Try again</Button></p>}
      {value?.length === 0 && <p class="soft">It has not been connected within the last hour.</p>}
      {shown.length > 0 && (
        <ol class="frame-list" tabIndex={0} aria-label="Frames, the newest last">
          {shown.map((one, i) => (
            <li key={i} class={one.dir}>
              <time dateTime={one.at}>{one.at.slice(11, 23)}</time>
              <span class="frame-dir">{one.dir === "in" ? "← in" : "→ out"}</span>
              <code dir="ltr">{one.frame}{one.bytes > size(one.frame) && <span class="soft"> … {one.bytes} bytes</span>}</code>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}

function called(log: Log): string {
  return `${log.name || log.session}, since ${clockTime(log.since)}${log.ended === null ? "" : `, ended ${clockTime(log.ended)}`}`;
}

function size(text: string): number {
  return new TextEncoder().encode(text).length;
}
