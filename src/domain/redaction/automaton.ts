/*
 * Aho-Corasick over UTF-16 code units: finds every occurrence of thousands of texts in one pass, in time that does not depend
 * on how many there are. States near the root (where ordinary text spends its time) have a full row of transitions; the long
 * tails have sparse edges and failure links, so memory stays small for large secrets.
 */

/** A text to find, and the index of whom it belongs to. */
export interface Pattern {
  readonly text: string;
  readonly owner: number;
  /** Line ends inside an occurrence are skipped, as in base64 that a tool has wrapped. */
  readonly wraps: boolean;
}

/**
 * A position is a state times `width`, so that following a row costs one addition. In `rows`, and as a result of `step`, a
 * position where a pattern ends is written as its complement (`~position`, negative): the search then needs one comparison.
 */
export interface Automaton {
  /** Symbol of each UTF-16 code unit; 0 = occurs in no pattern. */
  readonly symbols: Uint8Array | Uint16Array;
  /** Number of symbols, and so the length of a row. */
  readonly width: number;
  /** Full rows of the states near the root; `rows.length` is the first position without one. */
  readonly rows: Int32Array;
  /** Length of the longest end of the text read so far that a pattern could still continue, per state. */
  readonly open: Int32Array;
  /** Length of the longest pattern that ends in a state, 0 = none. */
  readonly matchLength: Int32Array;
  readonly matchOwner: Int32Array;
  /** 1 for states whose longest pattern may have skipped line ends: its length does not count them. */
  readonly matchWraps: Uint8Array;
  /** The state to stay in at a line end, because a pattern that wraps has begun; 0 = none. `open` does not count line ends then. */
  readonly wrapTo: Int32Array;
  /** Transition from a position without a row. */
  readonly step: (position: number, symbol: number) => number;
}

/** Most cells of all rows together, 4 bytes each. */
const mostCells = 1 << 20;

/** Characters of a pattern before a line end can be skipped: fewer would hold back the end of nearly every line. */
export const wrapDepth = 4;

interface Trie {
  size: number;
  readonly symbol: Uint16Array;
  readonly firstChild: Int32Array;
  readonly nextSibling: Int32Array;
  readonly depth: Int32Array;
  readonly matchOwner: Int32Array;
  /** 1 for states that lie on a pattern that wraps. */
  readonly wraps: Uint8Array;
}

/** Builds the automaton; the patterns may overlap, contain each other and repeat (the first owner of a text wins). */
export function createAutomaton(patterns: readonly Pattern[]): Automaton {
  const { symbols, width } = numberSymbols(patterns);
  const trie = createTrie(patterns, symbols);
  const states = renumber(trie, orderByDepth(trie));
  const { edges, open, matchOwner, matchLength, matchWraps, wrapTo } = states;
  const rowCount = Math.max(1, Math.min(trie.size, Math.floor(mostCells / width)));
  const rows = new Int32Array(rowCount * width);
  link({ ...states, rows, width });
  const toPosition = (state: number) => ((matchLength[state] ?? 0) === 0 ? state * width : ~(state * width));
  for (let cell = 0; cell < rows.length; cell++) rows[cell] = toPosition(rows[cell] ?? 0);
  const breaks = [symbols[0x0a] ?? 0, symbols[0x0d] ?? 0];
  for (let state = 0; state < rowCount; state++) {
    for (const symbol of breaks) {
      // Without a sign that a match ends here: it was told before the line end.
      if (rows[state * width + symbol] === 0) rows[state * width + symbol] = (wrapTo[state] ?? 0) * width;
    }
  }
  const step = (position: number, symbol: number): number => {
    const from = position / width;
    const { state, child } = follow(edges, { state: from, symbol, rowCount });
    const wrapped = breaks.includes(symbol) ? (wrapTo[from] ?? 0) : 0;
    if (child !== 0) return toPosition(child);
    return wrapped === 0 ? (rows[state * width + symbol] ?? 0) : wrapped * width;
  };
  return { symbols, width, rows, open, matchLength, matchOwner, matchWraps, wrapTo, step };
}

function numberSymbols(patterns: readonly Pattern[]) {
  const symbols = new Uint16Array(0x10000);
  symbols[0x0a] = 1;
  symbols[0x0d] = 2;
  let width = 3;
  for (const { text } of patterns) {
    for (let index = 0; index < text.length; index++) {
      const unit = text.charCodeAt(index);
      if (symbols[unit] === 0) symbols[unit] = width++;
    }
  }
  return { symbols: width <= 0x100 ? new Uint8Array(symbols) : symbols, width };
}

function createTrie(patterns: readonly Pattern[], symbols: Uint8Array | Uint16Array): Trie {
  const most = patterns.reduce((sum, { text }) => sum + text.length, 1);
  const trie: Trie = {
    size: 1,
    symbol: new Uint16Array(most),
    firstChild: new Int32Array(most),
    nextSibling: new Int32Array(most),
    depth: new Int32Array(most),
    matchOwner: new Int32Array(most).fill(-1),
    wraps: new Uint8Array(most),
  };
  for (const { text, owner, wraps } of patterns) {
    let state = 0;
    for (let index = 0; index < text.length; index++) {
      state = childOf(trie, state, symbols[text.charCodeAt(index)] ?? 0);
      if (wraps) trie.wraps[state] = 1;
    }
    if (state !== 0 && trie.matchOwner[state] === -1) trie.matchOwner[state] = owner;
  }
  return trie;
}

function childOf(trie: Trie, parent: number, symbol: number): number {
  let child = trie.firstChild[parent] ?? 0;
  while (child !== 0 && trie.symbol[child] !== symbol) child = trie.nextSibling[child] ?? 0;
  if (child !== 0) return child;
  const made = trie.size++;
  trie.symbol[made] = symbol;
  trie.nextSibling[made] = trie.firstChild[parent] ?? 0;
  trie.depth[made] = (trie.depth[parent] ?? 0) + 1;
  trie.firstChild[parent] = made;
  return made;
}

/** Breadth first, so that the states with the lowest numbers are those nearest to the root. */
function orderByDepth(trie: Trie): Int32Array {
  const order = new Int32Array(trie.size);
  let filled = 1;
  for (let read = 0; read < filled; read++) {
    let child = trie.firstChild[order[read] ?? 0] ?? 0;
    while (child !== 0) {
      order[filled++] = child;
      child = trie.nextSibling[child] ?? 0;
    }
  }
  return order;
}

interface Edges {
  readonly symbol: Uint16Array;
  readonly firstChild: Int32Array;
  readonly nextSibling: Int32Array;
  readonly fail: Int32Array;
}

interface States {
  readonly edges: Edges;
  /** Depth of each state; linking gives those that nothing continues what their failure link has. */
  readonly open: Int32Array;
  readonly matchLength: Int32Array;
  readonly matchOwner: Int32Array;
  readonly matchWraps: Uint8Array;
  readonly wrapTo: Int32Array;
}

/** The same trie with states numbered as in `order`; the root stays 0, and 0 as a child or sibling still means none. */
function renumber(trie: Trie, order: Int32Array): States {
  const size = order.length;
  const numbers = new Int32Array(size);
  for (let state = 0; state < size; state++) numbers[order[state] ?? 0] = state;
  const edges: Edges = {
    symbol: new Uint16Array(size),
    firstChild: new Int32Array(size),
    nextSibling: new Int32Array(size),
    fail: new Int32Array(size),
  };
  const open = new Int32Array(size);
  const matchOwner = new Int32Array(size);
  const matchLength = new Int32Array(size);
  const matchWraps = new Uint8Array(size);
  const wrapTo = new Int32Array(size);
  for (let state = 0; state < size; state++) {
    const old = order[state] ?? 0;
    const depth = trie.depth[old] ?? 0;
    const owner = trie.matchOwner[old] ?? -1;
    const wraps = trie.wraps[old] ?? 0;
    edges.symbol[state] = trie.symbol[old] ?? 0;
    edges.firstChild[state] = numbers[trie.firstChild[old] ?? 0] ?? 0;
    edges.nextSibling[state] = numbers[trie.nextSibling[old] ?? 0] ?? 0;
    open[state] = depth;
    matchOwner[state] = owner;
    matchLength[state] = owner >= 0 ? depth : 0;
    matchWraps[state] = owner >= 0 ? wraps : 0;
    wrapTo[state] = wraps === 1 && depth >= wrapDepth ? state : 0;
  }
  return { edges, open, matchOwner, matchLength, matchWraps, wrapTo };
}

/** Goes along failure links to a state with an edge for the symbol (`child`) or, failing that, one with a row (`child` 0). */
function follow(edges: Edges, from: { state: number; symbol: number; rowCount: number }) {
  let { state } = from;
  while (state >= from.rowCount) {
    let child = edges.firstChild[state] ?? 0;
    while (child !== 0 && edges.symbol[child] !== from.symbol) child = edges.nextSibling[child] ?? 0;
    if (child !== 0) return { state, child };
    state = edges.fail[state] ?? 0;
  }
  return { state, child: 0 };
}

interface Linking extends States {
  /** Filled with plain states here. */
  readonly rows: Int32Array;
  readonly width: number;
}

/** Failure links, rows and what states inherit along them, in order of depth: each state only needs shallower ones. */
function link({ edges, rows, width, open, matchLength, matchOwner, matchWraps, wrapTo }: Linking): void {
  const rowCount = rows.length / width;
  const next = (from: number, symbol: number): number => {
    const { state, child } = follow(edges, { state: from, symbol, rowCount });
    return child === 0 ? (rows[state * width + symbol] ?? 0) : child;
  };
  for (let state = 0; state < edges.fail.length; state++) {
    const fail = edges.fail[state] ?? 0;
    if (matchLength[state] === 0 && matchLength[fail] !== 0) {
      matchLength[state] = matchLength[fail] ?? 0;
      matchOwner[state] = matchOwner[fail] ?? -1;
      matchWraps[state] = matchWraps[fail] ?? 0;
    }
    if (wrapTo[state] === 0) wrapTo[state] = wrapTo[fail] ?? 0;
    if (edges.firstChild[state] === 0) open[state] = state === 0 ? 0 : (open[fail] ?? 0);
    if (state < rowCount && state !== 0) rows.copyWithin(state * width, fail * width, (fail + 1) * width);
    let child = edges.firstChild[state] ?? 0;
    while (child !== 0) {
      const symbol = edges.symbol[child] ?? 0;
      edges.fail[child] = state === 0 ? 0 : next(fail, symbol);
      if (state < rowCount) rows[state * width + symbol] = child;
      child = edges.nextSibling[child] ?? 0;
    }
  }
}
