// The settings as they are saved, and beside them what is being changed: a draft for each section that was touched.
// Drafts outlive a walk to another page of the settings; nothing is lost but by saying so.
import { batch, computed, signal, type ReadonlySignal } from "@preact/signals";
import { Refused, type Api, type Problem, type Put } from "./api.ts";
import type { WorkspaceFile } from "./records.ts";

/** A part of the settings that is saved at once. */
export interface Section<V> {
  /** Of its draft; the first two parts name the page. */
  id: string;
  /** What it is called where unsaved changes are listed. */
  title: string;
  read(file: WorkspaceFile): V | null;
  /** The records that have to be saved for it to be so. */
  write(file: WorkspaceFile, value: V): Put[];
  /** Where the section shows a problem, if not at the problem's own `at`. */
  locate?(path: readonly string[]): string;
}

export interface Draft {
  title: string;
  /** What was saved when the change began, as text: another's change shows as a difference from it. */
  base: string;
  value: unknown;
  saving: boolean;
  problems: readonly Problem[];
  /** What went wrong as a whole. */
  trouble: string;
  /** Somebody else changed the same section: what they made of it. */
  theirs: unknown;
}

export type Phase = "loading" | "in" | "out" | "forbidden" | "lost";

const FORGOTTEN: readonly number[] = [401];

export class Settings {
  readonly api: Api;
  readonly phase = signal<Phase>("loading");
  readonly file = signal<WorkspaceFile | null>(null);
  readonly drafts = signal<Readonly<Record<string, Draft>>>({});
  /** Said once it is true: "Saved". */
  readonly said = signal<{ id: string; text: string } | null>(null);
  readonly unsaved: ReadonlySignal<readonly { id: string; title: string }[]> = computed(() =>
    Object.entries(this.drafts.value).map(([id, { title }]) => ({ id, title })),
  );
  #etag = "";

  constructor(api: Api) {
    this.api = api;
  }

  /** Reads what is saved. Called again whenever the page is seen again: what others did shows up at once. */
  async load(): Promise<void> {
    try {
      const { file, etag } = await this.api.settings();
      batch(() => {
        this.#etag = etag;
        this.file.value = file;
        this.phase.value = "in";
      });
    } catch (error) {
      const status = error instanceof Refused ? error.status : 0;
      if (FORGOTTEN.includes(status)) this.phase.value = "out";
      else if (status === 403) this.phase.value = "forbidden";
      else if (this.file.value === null) this.phase.value = "lost";
    }
  }

  /** What a section shows: its draft if there is one, else what is saved; null when the record is gone. */
  value<V>(section: Section<V>): V | null {
    const file = this.file.value;
    const draft = this.drafts.value[section.id];
    if (draft !== undefined) return draft.value as V;
    return file === null ? null : section.read(file);
  }

  change<V>(section: Section<V>, value: V): void {
    const file = this.file.peek();
    if (file === null) return;
    const old = this.drafts.peek()[section.id];
    const base = old?.base ?? JSON.stringify(section.read(file));
    if (old?.theirs === undefined && JSON.stringify(value) === base) {
      this.discard(section.id);
      return;
    }
    this.said.value = null;
    this.#put(section.id, {
      title: section.title, base, value, saving: false, problems: old?.problems ?? [], trouble: "", theirs: old?.theirs,
    });
  }

  discard(id: string): void {
    const { [id]: _gone, ...rest } = this.drafts.peek();
    this.drafts.value = rest;
  }

  /** Saves the section. `over`: even though somebody else changed it meanwhile. True when it is saved. */
  async save<V>(section: Section<V>, over = false): Promise<boolean> {
    const draft = this.drafts.peek()[section.id];
    if (draft === undefined || draft.saving) return false;
    this.#put(section.id, { ...draft, saving: true, problems: [], trouble: "", theirs: undefined });
    try {
      await this.#saved(section, draft, over);
      return true;
    } catch (error) {
      this.#failed(section, draft, error);
      return false;
    }
  }

  async #saved<V>(section: Section<V>, draft: Draft, over: boolean): Promise<void> {
    let base = over ? null : draft.base;
    for (let attempt = 1; ; attempt += 1) {
      const file = this.file.peek();
      if (file === null) throw new Refused(0, "Nothing is loaded yet.");
      const now = section.read(file);
      if (base !== null && JSON.stringify(now) !== base) throw new Conflict(now);
      base = JSON.stringify(now);
      try {
        for (const put of section.write(file, draft.value as V)) this.#etag = (await this.api.put(put, this.#etag)) || this.#etag;
        break;
      } catch (error) {
        // Somebody saved something since we looked. If it was not this section, ours goes on top of theirs.
        if (!(error instanceof Refused) || error.status !== 412 || attempt === 4) throw error;
        await this.load();
      }
    }
    await this.load();
    batch(() => {
      this.discard(section.id);
      this.said.value = { id: section.id, text: "Saved. It holds from now on." };
    });
  }

  #failed<V>(section: Section<V>, draft: Draft, error: unknown): void {
    const { id, locate } = section;
    if (error instanceof Conflict) {
      this.#put(id, { ...draft, saving: false, problems: [], trouble: "", theirs: error.theirs });
      return;
    }
    const refused = error instanceof Refused ? error : new Refused(0, "That did not work. Try again.");
    if (FORGOTTEN.includes(refused.status)) this.phase.value = "out";
    if (refused.status === 403) this.phase.value = "forbidden";
    const problems = refused.problems.map((one) => (locate === undefined ? one : { ...one, at: locate(one.path) }));
    const trouble = refused.status === 412 ? "Others are saving at the same time. Try again." : refused.message;
    this.#put(id, { ...draft, saving: false, problems, trouble, theirs: undefined });
  }

  /** Saves or removes a whole record at once, e.g. a new department. Raises `Refused`. */
  async create(put: Put): Promise<void> {
    await this.api.put(put, "");
    await this.load();
  }

  async remove(path: string): Promise<void> {
    await this.api.remove(path, this.#etag);
    await this.load();
  }

  #put(id: string, draft: Draft): void {
    this.drafts.value = { ...this.drafts.peek(), [id]: draft };
  }
}

class Conflict extends Error {
  readonly theirs: unknown;

  constructor(theirs: unknown) {
    super("changed by somebody else");
    this.theirs = theirs;
  }
}
