/** The few words the launcher needs before anything else is loaded. */
export interface Words {
  open: string;
  close: string;
  unread(n: number): string;
  failed: string;
}

export const WORDS: { [language: string]: Words } = {
  en: { open: "Chat with us", close: "Close the chat", unread: (n) => `${n} unread`, failed: "We could not open the chat. Try again." },
  da: { open: "Chat med os", close: "Luk chatten", unread: (n) => `${n} ulæst`, failed: "Vi kunne ikke åbne chatten. Prøv igen." },
  de: { open: "Mit uns chatten", close: "Chat schließen", unread: (n) => `${n} ungelesen`, failed: "Der Chat ließ sich nicht öffnen. Versuchen Sie es noch einmal." },
};

/** The first wish that we can speak, else English. */
export function languageFor(wishes: readonly (string | undefined)[]): string {
  for (const wish of wishes) {
    const language = wish?.toLowerCase().split("-")[0] ?? "";
    if (Object.hasOwn(WORDS, language)) return language;
  }
  return "en";
}
