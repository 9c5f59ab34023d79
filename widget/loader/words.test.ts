import { expect, test } from "vitest";
import { WORDS as FORMS } from "../panel/later/forms/words.ts";
import { TEXTS } from "../panel/languages.ts";
import { chooseLanguage } from "../panel/texts.ts";
import { languageFor, WORDS } from "./words.ts";

test("loader, panel and its parts speak the same languages", () => {
  const languages = Object.keys(TEXTS).sort();
  expect(Object.keys(WORDS).sort()).toEqual(languages);
  expect(Object.keys(FORMS).sort()).toEqual(languages);
});

test("the loader asks for the panel that the panel itself would choose", () => {
  for (const wishes of [["fr", "da-DK", "de"], ["DE-at"], ["xx"], [], ["", undefined, "constructor"]]) {
    expect(languageFor(wishes)).toBe(chooseLanguage(wishes));
  }
});
