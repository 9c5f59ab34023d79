import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { frames, matching, type Frame } from "../bots.ts";
import { counted } from "../words.ts";
import { useLive } from "./live.ts";
import { useSettings } from "./place.ts";

const DIRECTIONS: readonly { is: Frame["dir"] | ""; name: string }[] = [{ is: "", name: "Both ways" }, { is: "in", name: "From the bot" }, { is: "out", name: "To the bot" }];

/** What went over one connection: the last 200 frames as they were, the newest last. */
export function Frames({ of, session }: { of: string; session: string }) {
  const { api } = useSettings();
  const [words, setWords] = useState("");
  const [direction, setDirection] = useState<Frame["dir"] | "">("");
  const { value, trouble, again } = useLive(() => frames(api, of, session), session, 2000);
  const shown = matching(value ?? [], words, direction);
  return (
    <div class="frames">
      <div class="line-of-fields">
        <input class="input filter" type="search" aria-label="Show frames with" placeholder="Show frames with …" value={words} onInput={(event) => setWords(event.currentTarget.value)} />
        <div class="languages" role="group" aria-label="Direction">
          {DIRECTIONS.map((one) => <button key={one.is} type="button" class="language" aria-pressed={one.is === direction} onClick={() => setDirection(one.is)}>{one.name}</button>)}
        </div>
        <span class="soft" role="status">{value === null ? "Fetching …" : `${counted(shown.length, "frame")} of the last ${value.length}`}</span>
      </div>
      {trouble !== "" && <p class="section-trouble" role="alert">{trouble} <Button small onClick={again}>Try again</Button></p>}
      <ol class="frame-list" tabIndex={0} aria-label="Frames, the newest last">
        {shown.map((one, i) => (
          <li key={i} class={one.dir}>
            <time dateTime={one.at}>{one.at.slice(11, 23)}</time>
            <span class="frame-dir">{one.dir === "in" ? "← in" : "→ out"}</span>
            <code dir="ltr">{one.frame}{one.size > size(one.frame) && <span class="soft"> … {one.size} bytes</span>}</code>
          </li>
        ))}
      </ol>
      <p class="hint">Tokens are never in it. What visitors wrote is: it goes an hour after the connection, and with a visitor who is erased.</p>
    </div>
  );
}

function size(text: string): number {
  return new TextEncoder().encode(text).length;
}
