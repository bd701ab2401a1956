import { randomInt } from "node:crypto";

/** Letters and digits that nobody mistakes for each other and no shell, URL or file format gives a meaning to. */
const alphabet = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";

/** A random password; from 8 characters on it holds upper case, lower case and digits, which many services insist on. */
export function generateValue(length: number): string {
  for (;;) {
    let value = "";
    for (let count = 0; count < length; count++) value += alphabet.charAt(randomInt(alphabet.length));
    if (length < 8 || (/[A-Z]/.test(value) && /[a-z]/.test(value) && /[0-9]/.test(value))) return value;
  }
}
