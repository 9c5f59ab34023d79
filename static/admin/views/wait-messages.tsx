import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { NEW_MESSAGE, WAIT_EVENTS, type WaitEvent, type WaitMessage } from "../records.ts";
import { ofDepartment } from "../sections.ts";
import { language, preview, WHEN } from "../words.ts";
import { Field, idOf, NumberInput, tied, wrongAt } from "./fields.tsx";
import { Empty } from "./page.tsx";
import { useFile } from "./place.ts";
import { Section, type Form } from "./section.tsx";

type Value = { message: WaitMessage[] };

/** What a waiting visitor is told by itself, with a preview as they would read it. */
export function WaitMessages({ of, name }: { of: string; name: string }) {
  return (
    <Section of={ofDepartment(of, "messages", "Wait messages", ["message"])} title="Wait messages" lead="Sent by themselves while a visitor waits; they stop the moment somebody joins.">
      {(form) => (
        <>
          {form.value.message.length === 0 && <Empty title="Nothing is said while visitors wait">They still see their place and the estimate on top of the chat.</Empty>}
          {form.value.message.map((message, i) => (
            <Message key={i} form={form} at={i} message={message} department={name} />
          ))}
          <div class="tools">
            <Button small onClick={() => form.set({ message: [...form.value.message, { ...NEW_MESSAGE, text: { [firstLanguage(form)]: "You are number {place} in line. {wait}" } }] })}>Add a message</Button>
          </div>
        </>
      )}
    </Section>
  );
}

function firstLanguage(form: Form<Value>): string {
  return Object.keys(form.value.message[0]?.text ?? {})[0] ?? "en";
}

interface MessageProps {
  form: Form<Value>;
  at: number;
  message: WaitMessage;
  department: string;
}

function Message({ form, at, message, department }: MessageProps) {
  const languages = Object.keys(message.text);
  const [chosen, setChosen] = useState(languages[0] ?? "en");
  const shown = chosen in message.text ? chosen : (languages[0] ?? "en");
  const base = `message.${at}`;
  const set = (change: Partial<WaitMessage> | null): void => {
    form.set({ message: form.value.message.flatMap((one, i) => (i === at ? (change === null ? [] : [{ ...one, ...change }]) : [one])) });
  };
  const { says, timed } = WHEN[message.when];
  const id = idOf(form, base);
  return (
    <fieldset class="item-card">
      <legend class="unseen">Message {at + 1}</legend>
      <div class="wait">
        <div class="wait-fields">
          <Field id={`${id}-when`} label={`Message ${at + 1}`} hint={says} problem={wrongAt(form, `${base}.when`)}>
            <select class="input" value={message.when} {...tied(`${id}-when`, "", says)} onChange={(event) => set({ when: event.currentTarget.value as WaitEvent })}>
              {WAIT_EVENTS.map((when) => <option key={when} value={when}>{WHEN[when].name}</option>)}
            </select>
          </Field>
          <div class="phrases">
            {timed && (
              <span class="phrase">{message.when === "every" ? "Every" : "After"} <NumberInput id={`${id}-s`} label={`Message ${at + 1}, seconds`} value={message.seconds} min={1} unit="seconds" onChange={(seconds) => set({ seconds })} problem={wrongAt(form, `${base}.seconds`)} /></span>
            )}
            {message.when !== "nobody" && message.when !== "returned" && (
              <span class="phrase">With <NumberInput id={`${id}-a`} label={`Message ${at + 1}, least number ahead`} value={message.min_ahead} unit="or more ahead" onChange={(min_ahead) => set({ min_ahead })} problem={wrongAt(form, `${base}.min_ahead`)} /></span>
            )}
            {(message.when === "every" || message.when === "place") && (
              <span class="phrase">At most <NumberInput id={`${id}-m`} label={`Message ${at + 1}, at most how often`} value={message.max_count} min={1} unit="times" onChange={(max_count) => set({ max_count })} problem={wrongAt(form, `${base}.max_count`)} /></span>
            )}
          </div>
          <Texts form={form} at={at} message={message} shown={shown} onShow={setChosen} onChange={(text) => set({ text })} />
        </div>
        <Preview text={message.text[shown] ?? ""} lang={shown} department={department} />
      </div>
      <div class="tools"><Button small onClick={() => set(null)} label={`Remove message ${at + 1}`}>Remove</Button></div>
    </fieldset>
  );
}

interface TextsProps {
  form: Form<Value>;
  at: number;
  message: WaitMessage;
  shown: string;
  onShow: (language: string) => void;
  onChange: (text: Record<string, string>) => void;
}

const OFFERED = ["en", "da", "de", "sv", "no", "fi", "fr", "es", "it", "nl", "pl", "pt", "ar", "he"];

function Texts({ form, at, message, shown, onShow, onChange }: TextsProps) {
  const { workspace } = useFile();
  const path = `message.${at}.text`;
  const id = idOf(form, path);
  const wrong = form.problem(path);
  const problem = wrongAt(form, path);
  const languages = Object.keys(message.text);
  const left = [...new Set([workspace.language, ...OFFERED])].filter((tag) => !languages.includes(tag));
  const { [shown]: _text, ...others } = message.text;
  return (
    <div class="setting">
      <div class="languages" role="group" aria-label={`Languages of message ${at + 1}`}>
        {languages.map((tag) => (
          <button key={tag} type="button" class="language" aria-pressed={tag === shown} onClick={() => onShow(tag)}>
            {language(tag)}{wrong?.at === `${path}.${tag}` && <span class="wrong"> !</span>}
          </button>
        ))}
        <select class="input small-select" aria-label={`Add a language to message ${at + 1}`} value="" onChange={(event) => {
          const { value } = event.currentTarget;
          event.currentTarget.value = "";
          if (value === "") return;
          onChange({ ...message.text, [value]: "" });
          onShow(value);
        }}>
          <option value="">Add …</option>
          {left.map((tag) => <option key={tag} value={tag}>{language(tag)}</option>)}
        </select>
      </div>
      <label class="unseen" for={id}>Text in {language(shown)}</label>
      <textarea
        class="input" rows={3} dir="auto" lang={shown} value={message.text[shown] ?? ""} {...tied(id, problem, "x")}
        onInput={(event) => onChange({ ...message.text, [shown]: event.currentTarget.value })}
      />
      <p class="hint" id={`${id}-hint`}>
        <code>{"{place}"}</code> <code>{"{wait}"}</code> <code>{"{department}"}</code> <code>{"{name}"}</code> stand for what holds at that moment.
        {languages.length > 1 && <> <button type="button" class="link" onClick={() => onChange(others)}>Remove {language(shown)}</button></>}
      </p>
      {problem !== "" && <p class="wrong" id={`${id}-wrong`}>{problem}</p>}
    </div>
  );
}

/** As it stands in the visitor's chat. */
function Preview({ text, lang, department }: { text: string; lang: string; department: string }) {
  const rtl = ["ar", "he", "fa", "ur"].includes(lang.split("-")[0] ?? "");
  return (
    <figure class="preview" aria-label="Preview">
      <figcaption>As a visitor reads it</figcaption>
      <div class="preview-chat" lang={lang} dir={rtl ? "rtl" : "ltr"}>
        <div class="preview-place"><b>3.</b><i /><i /><i class="you" /></div>
        <p class="preview-said" aria-live="off">{text.trim() === "" ? <span class="soft">(Frontdesk’s own words, in the visitor’s language)</span> : preview(text, lang, department)}</p>
      </div>
    </figure>
  );
}
