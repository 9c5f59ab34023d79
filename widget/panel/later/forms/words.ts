/** What the forms say, in every language of the panel. */
export interface Words {
  leaveLead: string;
  message: string;
  back: string;
  rate: string;
  /** From 1, the worst, to 5. */
  scores: readonly [string, string, string, string, string];
  comment: string;
  rateSend: string;
  rateSent(score: string): string;
  rateChange: string;
  rateFailed: string;
}

export const WORDS: { [language: string]: Words } = {
  en: {
    leaveLead: "Then you need not wait: we answer by e-mail.",
    message: "Message",
    back: "Back",
    rate: "How was it?",
    scores: ["Awful", "Poor", "Fair", "Good", "Great"],
    comment: "What should we know? (optional)",
    rateSend: "Send your answer",
    rateSent: (score) => `Thank you. Your answer: ${score}.`,
    rateChange: "Change it",
    rateFailed: "We could not send your answer. Try again.",
  },
  da: {
    leaveLead: "Så behøver du ikke vente: vi svarer på e-mail.",
    message: "Besked",
    back: "Tilbage",
    rate: "Hvordan gik det?",
    scores: ["Elendigt", "Dårligt", "Okay", "Godt", "Super"],
    comment: "Hvad skal vi vide? (valgfrit)",
    rateSend: "Send dit svar",
    rateSent: (score) => `Tak. Dit svar: ${score}.`,
    rateChange: "Ret det",
    rateFailed: "Vi kunne ikke sende dit svar. Prøv igen.",
  },
  de: {
    leaveLead: "Dann müssen Sie nicht warten: Wir antworten per E-Mail.",
    message: "Nachricht",
    back: "Zurück",
    rate: "Wie war es?",
    scores: ["Miserabel", "Schlecht", "Okay", "Gut", "Super"],
    comment: "Was sollten wir wissen? (freiwillig)",
    rateSend: "Antwort senden",
    rateSent: (score) => `Danke. Ihre Antwort: ${score}.`,
    rateChange: "Ändern",
    rateFailed: "Das konnten wir nicht senden. Versuchen Sie es noch einmal.",
  },
};

export const wordsOf = (language: string): Words => WORDS[language] ?? (WORDS["en"] as Words);
