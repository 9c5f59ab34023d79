/**
 * Where an outbox survives a reload, and whose it is.
 *
 * Several tabs share one storage. Each keeps its own box and holds a Web Lock of the same name as long as it lives; every
 * other tab waits for that lock, so whoever gets it knows that the owner is gone and takes the box over. Nothing is sent
 * by two tabs at once, nothing is stranded in a closed one. Without Web Locks (plain HTTP) a new tab takes over at once
 * whatever it finds; the server removes the duplicates that this may cause.
 */
export interface Locks {
  request(
    name: string,
    options: { ifAvailable?: boolean; signal?: AbortSignal },
    held: (lock: unknown) => Promise<void>,
  ): Promise<unknown>;
}

/** As much of `Storage` as is used. */
export interface KeyValues {
  readonly length: number;
  key(index: number): string | null;
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface StoreOptions {
  storage: KeyValues | null;
  /** Names the sender; the tab's own name is put behind it. */
  prefix: string;
  tab: string;
  locks: Locks | null;
  /** Tells which key another tab has just written. */
  written?: (heard: (key: string | null) => void) => () => void;
}

export class OutboxStore<Item> {
  readonly #options: StoreOptions;
  readonly #own: string;
  readonly #gone = new AbortController();
  readonly #watched = new Set<string>();
  #ready = false;
  #items: readonly Item[] = [];
  #adopt: (items: Item[]) => void = () => undefined;
  #unheard: (() => void) | null = null;

  constructor(options: StoreOptions) {
    this.#options = options;
    this.#own = options.prefix + options.tab;
  }

  /** Takes over what earlier tabs left, now and whenever one dies. Resolves once nothing older can be had at once. */
  async start(adopt: (items: Item[]) => void): Promise<void> {
    this.#adopt = adopt;
    await this.#hold();
    if (this.#gone.signal.aborted) return;
    this.#ready = true;
    await Promise.all(this.#boxes().map((key) => this.#watch(key, true)));
    this.#unheard = this.#options.written?.((key) => {
      if (key !== null && this.#foreign(key)) void this.#watch(key, false);
    }) ?? null;
    this.#write();
  }

  save(items: readonly Item[]): void {
    this.#items = items;
    if (this.#ready) this.#write();
  }

  /** Leaves the box to whoever comes next. */
  stop(): void {
    this.#unheard?.();
    this.#gone.abort();
  }

  /** Forgets every box of this sender, other tabs' too. */
  erase(): void {
    for (const key of [...this.#boxes(), this.#own]) this.#guard((storage) => storage.removeItem(key));
  }

  #hold(): Promise<void> {
    const locks = this.#options.locks;
    if (locks === null) return Promise.resolve();
    return new Promise((held) => {
      locks
        .request(this.#own, {}, () => {
          held();
          return new Promise((release) => this.#gone.signal.addEventListener("abort", () => release()));
        })
        .catch(() => held());
    });
  }

  async #watch(key: string, now: boolean): Promise<void> {
    const locks = this.#options.locks;
    if (locks === null) return this.#take(key);
    if (this.#watched.has(key)) return;
    if (now) {
      let taken = false;
      await locks.request(key, { ifAvailable: true }, async (lock) => {
        if (lock === null) return;
        taken = true;
        this.#take(key);
      });
      if (taken) return;
    }
    this.#watched.add(key);
    void locks
      .request(key, { signal: this.#gone.signal }, async () => this.#take(key))
      .catch(() => undefined)
      .finally(() => this.#watched.delete(key));
  }

  /** First into our box, then out of the old one: a crash between the two only costs a duplicate. */
  #take(key: string): void {
    const items = decode<Item>(this.#guard((storage) => storage.getItem(key)) ?? null);
    if (items.length > 0) this.#adopt(items);
    this.#guard((storage) => storage.removeItem(key));
  }

  #write(): void {
    this.#guard((storage) => {
      if (this.#items.length === 0) storage.removeItem(this.#own);
      else storage.setItem(this.#own, JSON.stringify(this.#items));
    });
  }

  #boxes(): string[] {
    return (
      this.#guard((storage) => {
        const keys = Array.from({ length: storage.length }, (_, index) => storage.key(index));
        return keys.filter((key): key is string => key !== null && this.#foreign(key));
      }) ?? []
    );
  }

  #foreign(key: string): boolean {
    return key.startsWith(this.#options.prefix) && key !== this.#own;
  }

  /** Storage may be full, forbidden or gone: then the outbox lives as long as the page. */
  #guard<T>(use: (storage: KeyValues) => T): T | undefined {
    try {
      return this.#options.storage === null ? undefined : use(this.#options.storage);
    } catch {
      return undefined;
    }
  }
}

function decode<Item>(text: string | null): Item[] {
  if (text === null) return [];
  try {
    const items: unknown = JSON.parse(text);
    return Array.isArray(items) ? (items as Item[]) : [];
  } catch {
    return [];
  }
}

/** The browser's own, each only if it is there. */
export function browserStore(prefix: string, tab: string): StoreOptions {
  const locks = "locks" in navigator ? (navigator.locks as unknown as Locks) : null;
  return {
    storage: localStorageOrNull(),
    prefix,
    tab,
    locks,
    written: (heard) => {
      const listen = (event: StorageEvent) => heard(event.newValue === null ? null : event.key);
      window.addEventListener("storage", listen);
      return () => window.removeEventListener("storage", listen);
    },
  };
}

function localStorageOrNull(): KeyValues | null {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}
