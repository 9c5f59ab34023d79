import { Button } from "../../ui/button.tsx";
import { clockTime } from "../../ui/time.tsx";
import { byReason, days, running, took, type Running } from "../bots.ts";
import { ofBot } from "../sections.ts";
import { counted } from "../words.ts";
import { age, EVERY_MS, share } from "./bots.tsx";
import { NumberField, TextField } from "./fields.tsx";
import { FrameLog } from "./frames.tsx";
import { HumanWords } from "./human-words.tsx";
import { useLive } from "./live.ts";
import { Empty, Gone, PageHead } from "./page.tsx";
import { useFile, useSettings } from "./place.ts";
import { Remove } from "./remove.tsx";
import { Section } from "./section.tsx";
import { Tokens } from "./tokens.tsx";
import { TryBot } from "./try-bot.tsx";

/** One bot: how it does, what lets it in, how it is set, and a chat to try it. */
export function Bot({ of: key }: { of: string }) {
  const { api } = useSettings();
  const file = useFile();
  const record = file.bot.find((one) => one.key === key);
  const live = useLive(() => running(api), key, EVERY_MS);
  if (record === undefined) return <Gone what="bot" />;
  const found = live.value?.find((one) => one.key === key);
  const first = file.department.filter((one) => one.first === `bot:${key}`).map((one) => one.name);
  return (
    <>
      <PageHead title={record.name} lead={`Key ${key} · ${first.length === 0 ? "answers first nowhere yet" : `answers first in ${first.join(", ")}`}`} />
      {live.trouble !== "" && <p class="section-trouble" role="alert">{live.trouble} <Button small onClick={live.again}>Try again</Button></p>}
      {found === undefined ? <p class="soft" role="status">Looking …</p> : (
        <>
          <Now bot={found} />
          <DayByDay of={key} />
          <Connections bot={found} />
          <FrameLog of={key} />
          <Tokens of={key} tokens={found.tokens.filter((one) => one.good)} onChange={live.again} />
          <TryBot of={key} name={record.name} here={found.connections.length > 0} />
        </>
      )}
      <Section of={ofBot(key, "patience", "Patience", ["name", "reply_seconds", "grace_seconds", "max_conversations"])} title="Name and patience" lead="When a bot does not answer, its visitors go to people, with their place in line counted from the start.">
        {(form) => (
          <div class="pairs">
            <TextField form={form} name="name" label="Name visitors see" />
            <NumberField form={form} name="reply_seconds" label="It has to answer within" unit="seconds" hint="Then people take over. 0: however long it takes." />
            <NumberField form={form} name="grace_seconds" label="It may be gone for" unit="seconds" hint="After its last connection is lost; then people take over." />
            <NumberField form={form} name="max_conversations" label="At most" unit="conversations" hint="Above it, people answer. 0: no limit." />
          </div>
        )}
      </Section>
      <HumanWords of={key} />
      <Remove path={`bots/${key}`} what={record.name} back="#/bots" />
    </>
  );
}

function Now({ bot }: { bot: Running }) {
  const handed = byReason(bot.handed_over);
  const failed = byReason(bot.failed);
  return (
    <section class="section kept" aria-label="How it does">
      <div class="section-head"><h2>How it does</h2><p class="soft">Since the server started. What was over before that is in the days below.</p></div>
      <dl>
        <dt>Conversations now</dt><dd>{bot.conversations}</dd>
        <dt>Unanswered now</dt><dd>{bot.waiting === 0 ? "none" : <span class="late">{bot.waiting}{bot.oldest_unanswered_at !== null && `, the oldest for ${age(bot.oldest_unanswered_at)}`}</span>}</dd>
        <dt>Answers in</dt><dd>{bot.answered === 0 ? "no answers yet" : `${took(bot.answer_p50_ms)} at the median, 95 % within ${took(bot.answer_p95_ms)}, of ${bot.answered}`}</dd>
        <dt>Started with it</dt><dd>{counted(bot.started, "conversation")}</dd>
        <dt>Dealt with alone</dt><dd>{share(bot) === "–" ? "none is over yet" : `${bot.deflected} (${share(bot)} that are over)`}</dd>
        <dt>Handed over</dt><dd>{handed.length === 0 ? "none" : handed.join(" · ")}</dd>
        {failed.length > 0 && <><dt>Could not hand over</dt><dd>{failed.join(" · ")}</dd></>}
        <dt>Last error</dt><dd>{bot.last_error === null ? "none" : <><code>{bot.last_error.code}</code> {age(bot.last_error.at)} ago</>}</dd>
      </dl>
    </section>
  );
}

function Connections({ bot }: { bot: Running }) {
  return (
    <section class="section" aria-label="Connections">
      <h2>Connections</h2>
      {bot.connections.length === 0 && <Empty title="Not connected">Visitors go to people. Start the bot with one of its tokens: <code>FRONTDESK_URL={location.origin} FRONTDESK_TOKEN=… python -m bots.examples.echo</code></Empty>}
      {bot.connections.length > 0 && (
        <div class="wide-frame" role="region" aria-label="Connections of this bot" tabIndex={0}>
          <table class="table people">
            <thead><tr><th scope="col">Worker</th><th scope="col">From</th><th scope="col">Since</th><th scope="col">Round trip</th><th scope="col">Last heard</th></tr></thead>
            <tbody>
              {bot.connections.map((one) => (
                <tr key={one.session}>
                  <th scope="row"><i class="dot available" aria-hidden="true" /> {one.name || one.session}</th>
                  <td>{one.address}</td>
                  <td>{clockTime(one.since)}</td>
                  <td>{took(one.lag_ms)}</td>
                  <td>{one.last_frame_at === null ? "never" : `${age(one.last_frame_at)} ago`}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

/** How many of the conversations that ended each day it dealt with alone. */
function DayByDay({ of }: { of: string }) {
  const { api } = useSettings();
  const { value } = useLive(() => days(api, of), of, 60_000);
  if (value === null || value.every((one) => one.ended === 0)) return null;
  return (
    <section class="section" aria-label="Day by day">
      <div class="section-head"><h2>Day by day</h2><p class="soft">Conversations it had that ended that day, and how many of them it dealt with alone.</p></div>
      <div class="wide-frame" role="region" aria-label="The last seven days" tabIndex={0}>
        <table class="table people">
          <thead><tr><th scope="col">Day</th><th scope="col">Ended</th><th scope="col">Alone</th><th scope="col">Share</th></tr></thead>
          <tbody>
            {value.filter((one) => one.ended > 0).map((one) => (
              <tr key={one.day}><th scope="row">{dayInWords(one.day)}</th><td>{one.ended}</td><td>{one.deflected}</td><td>{Math.round((100 * one.deflected) / one.ended)} %</td></tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function dayInWords(day: string): string {
  return new Date(`${day}T12:00:00Z`).toLocaleDateString("en-GB", { weekday: "short", day: "numeric", month: "short", timeZone: "UTC" });
}
