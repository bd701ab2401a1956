import { joined, wordsOf } from "../words.ts";
import { aiProducts } from "./ai.ts";
import { automationProducts } from "./automation.ts";
import { businessProducts } from "./business.ts";
import { communicationProducts } from "./communication.ts";
import { containerProducts } from "./containers-orchestration.ts";
import { databaseProducts } from "./databases.ts";
import { dashboardProducts } from "./dashboards.ts";
import { developmentProducts } from "./development.ts";
import { dnsProducts } from "./dns-vpn.ts";
import { documentProducts } from "./photos-documents.ts";
import { downloadProducts } from "./downloads.ts";
import { financeProducts } from "./finance-household.ts";
import { gameProducts } from "./games.ts";
import { homeAutomationProducts } from "./home-automation.ts";
import { mailProducts } from "./mail.ts";
import { mediaProducts } from "./media.ts";
import { monitoringProducts } from "./monitoring.ts";
import { networkingProducts } from "./networking.ts";
import { productivityProducts } from "./productivity.ts";
import { securityProducts } from "./security.ts";
import { storageProducts } from "./storage-backup.ts";
import { systemProducts } from "./system.ts";
import { webProducts } from "./web-servers.ts";
import { websiteProducts } from "./websites.ts";

/** A product that people host themselves or build on: how repositories call it and what people want it for. */
export interface Product {
  /** Canonical short name as repositories write it: lower case, hyphens. */
  readonly name: string;
  /** Other names. Spaces, hyphens and capitals need none of their own: they are evened out before the comparison. */
  readonly aliases: readonly string[];
  /** Plain words of people who describe the need and not the product. */
  readonly does: string;
}

/*
 * The fields are kept as text, one product on a line ("name | alias, alias | does"), so that a person can read and
 * correct a few hundred of them; the test of this file holds every line to the form.
 */
const parseProducts = (lines: string): Product[] =>
  lines
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [name = "", aliases = "", does = ""] = line.split("|").map((part) => part.trim());
      return { name, aliases: aliases.split(", ").filter((alias) => alias !== ""), does };
    });

/** Chiffon's own lexicon of self-hosted and infrastructure products, written from general knowledge. */
export const products: readonly Product[] = [
  mediaProducts,
  downloadProducts,
  documentProducts,
  productivityProducts,
  communicationProducts,
  mailProducts,
  homeAutomationProducts,
  automationProducts,
  dnsProducts,
  networkingProducts,
  securityProducts,
  monitoringProducts,
  dashboardProducts,
  databaseProducts,
  developmentProducts,
  containerProducts,
  webProducts,
  websiteProducts,
  storageProducts,
  systemProducts,
  financeProducts,
  businessProducts,
  gameProducts,
  aiProducts,
].flatMap(parseProducts);

/** How names are compared: "Home Assistant", "home-assistant" and "homeassistant" are one. */
const keyOf = (name: string): string => joined(wordsOf(name));

/* Made when it is first asked for: most commands never do. */
let byKey: ReadonlyMap<string, Product> | undefined;

const indexProducts = (): ReadonlyMap<string, Product> =>
  new Map(
    products.flatMap((product) => [product.name, ...product.aliases].map((name) => [keyOf(name), product])),
  );

/**
 * The product that the words name, all of them together and in this order, by its name or an alias. `words` are as
 * `wordsOf` gives them. A name of `ambiguousNames` is found too: whoever asks decides what else must speak for it.
 */
export function findProduct(words: readonly string[]): Product | undefined {
  byKey ??= indexProducts();
  return byKey.get(joined(words));
}
