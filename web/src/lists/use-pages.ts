import {
  useInfiniteQuery,
  type InfiniteData,
  type QueryKey,
  type UseInfiniteQueryResult,
} from "@tanstack/react-query";
import { api } from "../api/client.ts";

interface OnePage<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

interface PagesOptions<P> {
  readonly queryKey: QueryKey;
  /** Address with its filters, without the cursor. */
  readonly path: string;
  /** Milliseconds until it is asked again by itself. */
  readonly refetchEvery?: (pages: readonly P[]) => number;
}

interface Pages<T, P> {
  readonly query: Pick<
    UseInfiniteQueryResult,
    "error" | "hasNextPage" | "isFetchingNextPage" | "fetchNextPage" | "refetch"
  >;
  /** Undefined until the first page is there. */
  readonly pages: readonly P[] | undefined;
  readonly items: readonly T[] | undefined;
}

/** A list that comes by pages, as the server hands them out. */
export function usePages<T, P extends OnePage<T>>(options: PagesOptions<P>): Pages<T, P> {
  const { queryKey, path, refetchEvery } = options;
  const query = useInfiniteQuery<P, Error, InfiniteData<P, string | null>, QueryKey, string | null>({
    queryKey,
    queryFn: ({ pageParam, signal }) => api.get<P>(withCursor(path, pageParam), { signal }),
    initialPageParam: null,
    getNextPageParam: ({ next }) => next,
    refetchInterval: ({ state }) => refetchEvery?.(state.data?.pages ?? []) ?? false,
  });
  const pages = query.data?.pages;
  return { query, pages, items: pages?.flatMap(({ items }) => items) };
}

export function withCursor(path: string, cursor: string | null): string {
  if (cursor === null) return path;
  return `${path}${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(cursor)}`;
}

/** A query of the given values; empty ones are left out. */
export function toQuery(values: Readonly<Record<string, string | number | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    if (value !== undefined && value !== "") query.set(name, String(value));
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}
