import { Button } from "../../ui/button.tsx";
import { span } from "../../ui/time.tsx";
import { running, took, type Running } from "../bots.ts";
import { newBot } from "../records.ts";
import { counted } from "../words.ts";
import { useLive } from "./live.ts";
import { Empty, PageHead } from "./page.tsx";
import { New } from "./people.tsx";
import { useFile, useSettings } from "./place.ts";

export const EVERY_MS = 3000;

/** Programs that answer first, as they do just now. */
export function Bots() {
  const { api } = useSettings();
  const { bot } = useFile();
  const { value, trouble, again } = useLive(() => running(api), bot.map((one) => one.key).join(" "), EVERY_MS);
  return (
    <>
      <PageHead title="Bots" lead="Programs that answer visitors before people do, over the same protocol. They dial in from wherever they run; a token lets them in. Figures are since the server started." />
      {trouble !== "" && <p class="section-trouble" role="alert">{trouble} <Button small onClick={again}>Try again</Button></p>}
      {bot.length === 0 && <Empty title="No bots yet">Make one here and a token for it, start it, and say in a department that it answers first. <code>python -m bots.examples.echo</code> is one in fifteen lines.</Empty>}
      {bot.length > 0 && (
        <section class="section">
          <div class="wide-frame" role="region" aria-label="All bots" tabIndex={0}>
            <table class="table people bots">
              <thead>
                <tr><th scope="col">Bot</th><th scope="col">Connected</th><th scope="col">Has</th><th scope="col">Unanswered</th><th scope="col">Answers in</th><th scope="col">Deflected</th><th scope="col">Last error</th></tr>
              </thead>
              <tbody>{bot.map((one) => <Row key={one.key} of={one.key} name={one.name} found={value?.find((each) => each.key === one.key)} />)}</tbody>
            </table>
          </div>
        </section>
      )}
      <NewBot />
    </>
  );
}

function Row({ of, name, found }: { of: string; name: string; found: Running | undefined }) {
  const head = <th scope="row"><a href={`#/bot/${encodeURIComponent(of)}`}>{name}</a></th>;
  if (found === undefined) return <tr>{head}<td colSpan={6} class="soft">Looking …</td></tr>;
  return (
    <tr>
      {head}
      <td><Here connections={found.connections.length} /></td>
      <td>{found.conversations}</td>
      <td>{found.waiting === 0 ? "0" : <span class="late">{found.waiting}{found.oldest_unanswered_at !== null && `, oldest ${age(found.oldest_unanswered_at)}`}</span>}</td>
      <td>{found.answered === 0 ? <span class="soft">none yet</span> : <>{took(found.answer_p50_ms)} <span class="soft">· 95 % {took(found.answer_p95_ms)}</span></>}</td>
      <td>{share(found)}</td>
      <td>{found.last_error === null ? <span class="soft">none</span> : <><code>{found.last_error.code}</code> <span class="soft">{age(found.last_error.at)} ago</span></>}</td>
    </tr>
  );
}

/** A shape and a word: connected or not. */
export function Here({ connections }: { connections: number }) {
  return <span class="here"><i class={connections > 0 ? "dot available" : "dot offline"} aria-hidden="true" /> {connections === 0 ? "not connected" : connections}</span>;
}

/** How many it dealt with alone, of all that are over for it. */
export function share({ deflected, handed_over: handed }: Pick<Running, "deflected" | "handed_over">): string {
  const over = deflected + Object.values(handed).reduce((sum, n) => sum + n, 0);
  return over === 0 ? "–" : `${Math.round((100 * deflected) / over)} % of ${over}`;
}

export function age(at: string): string {
  return span(Date.now() - Date.parse(at));
}

function NewBot() {
  const { bot } = useFile();
  return (
    <New
      title="A new bot" add="Add the bot" taken={bot.map((one) => one.key)} lead="It answers nobody until a department or a rule says that it answers first."
      make={(key, name) => ({ path: `bots/${key}`, body: newBot(key, name) })} done={(key) => `#/bot/${key}`}
    />
  );
}

/** How many, for the list of pages. */
export function botsInWords(n: number): string {
  return n === 0 ? "none yet" : counted(n, "bot");
}
