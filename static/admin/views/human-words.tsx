import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { ofBot } from "../sections.ts";
import { language } from "../words.ts";
import { Field, idOf, tied, wrongAt, written } from "./fields.tsx";
import { Section, type Form } from "./section.tsx";

type Value = { human_words: Record<string, string[]> };

/** With which words a visitor asks for a person, by language. */
export function HumanWords({ of }: { of: string }) {
  return (
    <Section
      of={ofBot(of, "words", "Words for a person", ["human_words"])} title="Asking for a person"
      lead="There is always a button for it. These words in a message do the same; a language that is not listed has built-in ones."
    >
      {(form) => (
        <div class="levels">
          {Object.entries(form.value.human_words).map(([tag, words]) => <OneLanguage key={tag} form={form} tag={tag} words={words} />)}
          <AddLanguage form={form} />
        </div>
      )}
    </Section>
  );
}

function OneLanguage({ form, tag, words }: { form: Form<Value>; tag: string; words: string[] }) {
  const id = idOf(form, `human_words.${tag}`);
  const problem = wrongAt(form, `human_words.${tag}`);
  const set = (list: string[] | null): void => {
    const { [tag]: _old, ...rest } = form.value.human_words;
    form.set({ human_words: list === null ? rest : { ...form.value.human_words, [tag]: list } });
  };
  return (
    <div class="item-card words">
      <Field id={id} label={`${language(tag)} (${tag})`} hint="A word or phrase on each line." problem={problem}>
        <textarea
          class="input" rows={Math.max(2, words.length + 1)} value={words.join("\n")} dir="auto" {...tied(id, problem, "x")}
          onInput={(event) => set(written(event.currentTarget.value))} onBlur={() => { if (words.includes("")) set(words.filter((word) => word !== "")); }}
        />
      </Field>
      <div class="tools"><Button small label={`Use the built-in words for ${language(tag)}`} onClick={() => set(null)}>Use the built-in words</Button></div>
    </div>
  );
}

function AddLanguage({ form }: { form: Form<Value> }) {
  const [tag, setTag] = useState("");
  const id = idOf(form, "add-language");
  const chosen = tag.trim().toLowerCase();
  const add = (): void => {
    if (chosen === "" || chosen in form.value.human_words) return;
    form.set({ human_words: { ...form.value.human_words, [chosen]: [] } });
    setTag("");
  };
  return (
    <div class="level add">
      <input
        class="input" id={id} value={tag} autocomplete="off" maxLength={35} aria-label="Another language" placeholder="Language, such as da" onInput={(event) => setTag(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Enter") return;
          event.preventDefault();
          add();
        }}
      />
      <Button small onClick={add}>Add a language</Button>
    </div>
  );
}
