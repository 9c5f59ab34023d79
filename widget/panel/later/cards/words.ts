/** What cards and quick replies need to be named, in every language of the panel. */
export interface Words {
  replies: string;
}

export const WORDS: { [language: string]: Words } = {
  en: { replies: "Suggested answers" },
  da: { replies: "Forslag til svar" },
  de: { replies: "Vorgeschlagene Antworten" },
};

export const wordsOf = (language: string): Words => WORDS[language] ?? (WORDS["en"] as Words);
