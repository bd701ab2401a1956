import { wordsOf } from "./words.ts";

const list = (text: string): ReadonlySet<string> => new Set(text.split(" "));

/** Words that hardly any English request has, by language. Words that English has too ("die", "on", "son") are left out. */
const smallWords: readonly (readonly [language: string, words: ReadonlySet<string>])[] = [
  [
    "German",
    list(
      "bitte auf und der das den dem ein eine einen einem mein meine meinen mit für von zum zur ist sind nicht kein keine wenn dann danach neu alle allen ich wir kannst kann möchte brauche mach mache auch nach vor über aus bei starte stoppe installiere installieren aktualisiere lösche entferne sichere sichern richte einrichten neustarten",
    ),
  ],
  [
    "French",
    list(
      "sur le la les une des du et avec pour dans mon ma mes est sont ne pas si puis ensuite tous toutes je nous peux veux voudrais aussi après avant serveur redémarre redémarrer redémarrez installez installer supprime supprimer arrête démarre sauvegarde déploie déployer mets svp merci",
    ),
  ],
  [
    "Spanish",
    list(
      "en el la los las una del y con para mi mis por favor es está no si luego después todos todas yo quiero necesito puedes también servidor reinicia reiniciar instala instalar desinstala actualiza elimina borra despliega desplegar copia gracias",
    ),
  ],
  [
    "Italian",
    list(
      "il lo gli una del della e con per mio mia favore è sono non poi dopo tutti voglio puoi anche riavvia installa installare aggiorna elimina rimuovi avvia ferma sul sulla grazie",
    ),
  ],
  [
    "Portuguese",
    list(
      "o os uma do da e com para meu minha por favor é não depois todos quero preciso você também servidor reinicie instale instalar atualize remova apague obrigado no na",
    ),
  ],
  [
    "Dutch",
    list(
      "het een de op en met voor van mijn niet als dan daarna alle ik wij kun kan wil ook installeer herstart verwijder bijwerken graag alsjeblieft",
    ),
  ],
];

/** Words that are a wish by themselves in one language only. */
const strongWords: readonly (readonly [language: string, words: ReadonlySet<string>])[] = [
  [
    "German",
    list(
      "installiere installieren installier starte neustarten aktualisiere aktualisieren lösche löschen entferne entfernen sichere sichern einrichten stoppe deinstalliere",
    ),
  ],
  [
    "French",
    list(
      "installez redémarre redémarrer redémarrez supprime supprimer supprimez déploie déployer désinstalle sauvegarde arrête démarre",
    ),
  ],
  ["Spanish", list("reinicia reiniciar instala desinstala despliega desplegar elimina borra actualiza")],
  ["Italian", list("riavvia installa aggiorna rimuovi avvia")],
  ["Portuguese", list("reinicie instale atualize remova apague")],
  ["Dutch", list("installeer herstart verwijder")],
];

const scripts: readonly (readonly [language: string, letters: RegExp])[] = [
  ["Japanese", /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ["Chinese", /\p{Script=Han}/u],
  ["Korean", /\p{Script=Hangul}/u],
  ["Russian", /\p{Script=Cyrillic}/u],
  ["Arabic", /\p{Script=Arabic}/u],
  ["Hebrew", /\p{Script=Hebrew}/u],
  ["Greek", /\p{Script=Greek}/u],
  ["Hindi", /\p{Script=Devanagari}/u],
  ["Thai", /\p{Script=Thai}/u],
];

/**
 * The language that a text seems to be in, when that is not English; undefined for English, for names and for what is too short
 * to tell. Chiffon reads English only: such a text is never acted on without asking.
 */
export function foreignLanguage(text: string): string | undefined {
  const script = scripts.find(([, letters]) => letters.test(text));
  if (script !== undefined) return script[0];
  const words = wordsOf(text).slice(0, 60);
  const strong = strongWords.find(([, known]) => words.some((word) => known.has(word)));
  if (strong !== undefined) return strong[0];
  const hits = smallWords.map(([language, known]) => ({
    language,
    count: new Set(words.filter((word) => known.has(word))).size,
  }));
  const [best] = hits.toSorted((a, b) => b.count - a.count);
  return best !== undefined && best.count >= 2 && best.count >= words.length * 0.25
    ? best.language
    : undefined;
}
