import { NEW_MEMBER } from "../records.ts";
import { membersOf, type Members as Value } from "../sections.ts";
import { counted } from "../words.ts";
import { Empty } from "./page.tsx";
import { NumberInput, wrongAt } from "./fields.tsx";
import { useFile } from "./place.ts";
import { Section, type Form } from "./section.tsx";

/** Who answers for a department, in which order, and how much of their time it may take. */
export function Members({ of }: { of: string }) {
  return (
    <Section of={membersOf(of)} title="Members" lead="Priority 1 is asked first, 100 last. A cap limits how many conversations of this department somebody has at once.">
      {(form) => <Table form={form} />}
    </Section>
  );
}

function Table({ form }: { form: Form<Value> }) {
  const { agent: agents } = useFile();
  const { members } = form.value;
  const ready = agents.filter((one) => one.key in members);
  const others = agents.filter((one) => !(one.key in members));
  const set = (key: string, change: Partial<Value["members"][string]> | null): void => {
    const { [key]: old, ...rest } = members;
    // Everyone keeps their place, so that a changed mind is no change.
    const next = change === null ? rest : Object.fromEntries(
      agents.flatMap((one) => (one.key === key ? [[key, { ...NEW_MEMBER, ...old, ...change }]] : one.key in rest ? [[one.key, rest[one.key]]] : [])),
    );
    form.set({ members: next as Value["members"] });
  };
  return (
    <>
      {ready.length === 0 ? <Empty title="Nobody answers here yet">Add somebody below. Until then, visitors are told that nobody is here.</Empty> : (
        <table class="table">
          <thead><tr><th scope="col">Agent</th><th scope="col">Priority</th><th scope="col">Cap here</th><th scope="col"><span class="unseen">Remove</span></th></tr></thead>
          <tbody>
            {ready.map(({ key, name, max_slots }) => {
              const member = members[key];
              return member !== undefined && (
                <tr key={key}>
                  <th scope="row"><a href={`#/agent/${key}`}>{name}</a> <small class="soft">{counted(max_slots, "slot")}</small></th>
                  <td><NumberInput id={`${form.id}-${key}-p`} label={`Priority of ${name}`} value={member.priority} min={1} max={100} problem={wrongAt(form, `${key}.priority`)} onChange={(priority) => set(key, { priority })} /></td>
                  <td><NumberInput id={`${form.id}-${key}-c`} label={`Cap of ${name}, 0 for none`} value={member.max_slots} onChange={(cap) => set(key, { max_slots: cap })} unit={member.max_slots === 0 ? "none" : ""} /></td>
                  <td class="end"><button type="button" class="button small" aria-label={`Remove ${name}`} onClick={() => set(key, null)}>×</button></td>
                </tr>
              );
            })}
          </tbody>
        </table>
      )}
      {others.length > 0 && (
        <div class="tools">
          <select class="input small-select" aria-label="Add a member" value="" onChange={(event) => {
            const { value } = event.currentTarget;
            event.currentTarget.value = "";
            if (value !== "") set(value, {});
          }}>
            <option value="">Add a member …</option>
            {others.map(({ key, name }) => <option key={key} value={key}>{name}</option>)}
          </select>
        </div>
      )}
    </>
  );
}
