import { useEffect, useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Refused } from "../api.ts";
import { fetchPromises, WINDOWS, type Kept, type Window } from "../asking.ts";
import { counted, seconds } from "../words.ts";
import { Empty, PageHead } from "./page.tsx";
import { useFile, useSettings } from "./place.ts";

const LAST: Readonly<Record<Window, string>> = { "1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days" };

/** How well visitors were told how long it takes. */
export function Promises() {
  const { api } = useSettings();
  const { department } = useFile();
  const [window, setWindow] = useState<Window>("24h");
  const [kept, setKept] = useState<ReadonlyMap<string, Kept> | null>(null);
  const [trouble, setTrouble] = useState("");
  const [tries, setTries] = useState(0);
  useEffect(() => {
    setKept(null);
    setTrouble("");
    let here = true;
    fetchPromises(api, window).then((found) => { if (here) setKept(found); }, (error: unknown) => {
      if (here) setTrouble(error instanceof Refused ? error.message : "That did not work. Try again.");
    });
    return () => { here = false; };
  }, [window, tries]);
  return (
    <>
      <PageHead title="Promises" lead="What visitors were told about their wait, held against how long it then took. Whoever left before anyone answered counts as not yet answered." />
      <div class="languages" role="group" aria-label="Of the last">
        {WINDOWS.map((value) => <button key={value} type="button" class="language" aria-pressed={value === window} onClick={() => setWindow(value)}>{LAST[value]}</button>)}
      </div>
      {trouble !== "" && <p class="section-trouble" role="alert">{trouble} <Button small onClick={() => setTries(tries + 1)}>Try again</Button></p>}
      {kept === null && trouble === "" && <p class="soft" role="status">Counting …</p>}
      {kept !== null && (
        <div class="halves">
          {department.map((one) => <OneKept key={one.key} name={one.name} kept={kept.get(one.key)} />)}
        </div>
      )}
    </>
  );
}

function OneKept({ name, kept }: { name: string; kept: Kept | undefined }) {
  if (kept === undefined || kept.told === 0) {
    return <section class="section kept" aria-label={name}><h2>{name}</h2><Empty title="Nobody was told a time">A time is only promised once somebody waits and enough is known to say one.</Empty></section>;
  }
  return (
    <section class="section kept" aria-label={name}>
      <h2>{name}</h2>
      {kept.hit_rate === null ? <p>Nothing to judge yet.</p> : (
        <>
          <p class="answer-big">{Math.round(kept.hit_rate * 100)} % were answered within what they were told.</p>
          <Gauge share={kept.hit_rate} />
          <p class="hint">At least 80 % is what we mean when we say a range: the mark.</p>
        </>
      )}
      <dl>
        <dt>Told a time</dt><dd>{counted(kept.told, "visitor")}: {kept.answered} answered, {kept.left} left, {kept.waiting} waiting still</dd>
        {kept.coverage_p80 !== null && <><dt>Within the calculated 80 %</dt><dd>{Math.round(kept.coverage_p80 * 100)} % <span class="soft">(meant: 80 %)</span></dd></>}
        {kept.bias_s !== null && <><dt>On average</dt><dd>{biasInWords(kept.bias_s)}</dd></>}
      </dl>
    </section>
  );
}

/** Positive: announced longer than it took. */
export function biasInWords(bias: number): string {
  const size = Math.abs(Math.round(bias));
  if (size < 3) return "as long as announced";
  return bias > 0 ? `${seconds(size)} sooner than announced` : `${seconds(size)} later than announced`;
}

function Gauge({ share }: { share: number }) {
  return (
    <div class="gauge" aria-hidden="true">
      <svg viewBox="0 0 100 10" preserveAspectRatio="none">
        <rect class={share < 0.8 ? "filled low" : "filled"} width={Math.round(share * 100)} height="10" />
        <line class="meant" x1="80" x2="80" y1="0" y2="10" vector-effect="non-scaling-stroke" />
      </svg>
    </div>
  );
}
