/* A name that says what its value is: `db_password: x`, `token = "x"`, `"api_key": "x"`. */
const named =
  /^(.*?(?:pass(?:word|wd|phrase)?|secret|token|api_?key|private_?key|credentials?)[\w.-]*["']?\s*[:=]\s*)(\S.*)$/i;
const hidden = "«hidden»";

/**
 * A text in which the values of lines whose name says "password" and the like are hidden: repositories hold such values in the
 * open, and whoever may read plans need not know them. Templates and numbers stay: they are no secrets.
 */
export function hidePasswords(text: string): string {
  return text
    .split("\n")
    .map((line) => {
      // A longer line is no setting, and not worth the time; what the store knew has been taken out already.
      const [, name, value] = line.length > 500 || line.includes("«secret:") ? [] : (named.exec(line) ?? []);
      const isPlain =
        value === undefined || /^["']?(?:\{\{|\d{1,6}["']?\s*$|(?:true|false|yes|no|null)\b)/i.test(value);
      return name === undefined || isPlain ? line : `${name}${hidden}`;
    })
    .join("\n");
}
