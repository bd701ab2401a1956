import { sameWord, spellings } from "./kinds.ts";
import { stopWords } from "./lexicon.ts";
import { stem } from "./similarity.ts";
import { findWordVerb } from "./verbs.ts";

const spelling = new Map<string, string>(spellings);
const meaning = new Map<string, string>([...sameWord, ...spellings]);

/** One spelling for words that mean the same ("postgres", "postgresql"). */
export const canonicalWord = (word: string): string => spelling.get(word) ?? word;

/** Lower-case words of names and texts: separators, brackets and camel case split; nothing dropped but articles. */
export function wordsOf(text: string): string[] {
  return text
    .slice(0, 10_240)
    .normalize("NFKC")
    .replace(/([a-z])([A-Z][a-z])/g, "$1 $2")
    .toLowerCase()
    .replace(/\blet['’]?s[ _-]encrypt\b/g, "letsencrypt")
    .replace(/['’]s?\b/g, "")
    .split(/[^\p{L}\p{N}+]+/u)
    .filter((word) => word !== "" && word !== "the" && word !== "a" && word !== "an");
}

/** What two words have in common after spelling and endings are evened out. */
export const wordKey = (word: string): string => stem(meaning.get(word) ?? word);

/** Words that say what a text is about: no stop words, no verbs of wishes. */
export function contentWords(text: string): string[] {
  return wordsOf(text).filter((word) => !stopWords.has(word) && word.length > 1 && !isWishVerb(word));
}

/** Whether a word is a verb of wishes in its plain or -ing form. */
export function isWishVerb(word: string): boolean {
  const hit = findWordVerb(word);
  return hit !== undefined && hit.form !== "ed" && hit.form !== "third";
}

/** The words written together, the way "homeassistant" and "home assistant" are the same name. */
export const joined = (words: readonly string[]): string => words.map(canonicalWord).join("");
