/** Where the reader is: the browser's own address is the only state that outlives a page. */
import { useEffect, useState } from "preact/hooks";

export interface Place {
  readonly path: string;
  readonly search: string;
  readonly hash: string;
}

let moved = false;
const watchers = new Set<() => void>();

function here(): Place {
  return { path: location.pathname, search: location.search, hash: location.hash };
}

function tellWatchers(): void {
  for (const watcher of watchers) watcher();
}

/** Whether the reader has changed page since the document was loaded. */
export function hasMoved(): boolean {
  return moved;
}

export function goTo(address: string): void {
  moved = true;
  history.pushState(null, "", address);
  window.scrollTo(0, 0);
  tellWatchers();
}

/** Same page, other address: a language choice, or a used secret taken out of the fragment. */
export function rewriteAddress(address: string): void {
  history.replaceState(null, "", address);
  tellWatchers();
}

export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const look = () => setPlace(here());
    watchers.add(look);
    window.addEventListener("popstate", look);
    return () => {
      watchers.delete(look);
      window.removeEventListener("popstate", look);
    };
  }, []);
  return place;
}

function isPlainClick(event: MouseEvent): boolean {
  return event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
}

/** One listener turns ordinary same-site links into page changes without a reload. */
export function followLinks(): () => void {
  const follow = (event: MouseEvent) => {
    if (event.defaultPrevented || !isPlainClick(event) || !(event.target instanceof Element)) return;
    const link = event.target.closest("a");
    if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
    if (link.pathname.startsWith("/api/")) return;
    const samePage = link.pathname === location.pathname && link.search === location.search;
    if (samePage && link.hash) return;
    event.preventDefault();
    goTo(link.pathname + link.search + link.hash);
  };
  document.addEventListener("click", follow);
  return () => document.removeEventListener("click", follow);
}

/** The path with the reader's chosen language carried along, if one was chosen. */
export function withLanguage(path: string, search: string): string {
  const chosen = new URLSearchParams(search).get("lang");
  if (!chosen) return path;
  const address = new URL(path, location.origin);
  if (!address.searchParams.has("lang")) address.searchParams.set("lang", chosen);
  return address.pathname + address.search + address.hash;
}

/** A letter's List-Unsubscribe address has its secret in the path (RFC 8058); opened here, it becomes our own link. */
export function secretOutOfPath({ path, search }: Omit<Place, "hash">): string | undefined {
  const found = /^(\/newsletter\/unsubscribe)\/([^/]+)\/?$/.exec(path);
  return found ? `${found[1]}${search}#token=${found[2]}` : undefined;
}

export function secretFromFragment(hash: string, name: string): string | undefined {
  return new URLSearchParams(hash.replace(/^#/, "")).get(name) ?? undefined;
}
