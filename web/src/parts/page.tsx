/** The frame of one page: its title, its lead, and focus on the title after a change of page. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { hasMoved } from "../app/place";

interface PageFrame {
  readonly title: string;
  readonly lead?: ComponentChildren;
  readonly width?: "narrow" | "text" | "wide";
  readonly children?: ComponentChildren;
}

export function useTitle(title: string): void {
  useEffect(() => {
    const plain = title.replaceAll("\u00ad", "").replaceAll("\u2011", "-");
    document.title = plain === "Larabot" ? plain : `${plain} – Larabot`;
  }, [title]);
}

export function useFocusAfterMove<E extends HTMLElement>() {
  const heading = useRef<E>(null);
  useEffect(() => {
    if (hasMoved()) heading.current?.focus({ preventScroll: true });
  }, []);
  return heading;
}

export function Page({ title, lead, width = "text", children }: PageFrame) {
  useTitle(title);
  const heading = useFocusAfterMove<HTMLHeadingElement>();
  return (
    <div class="page" data-width={width}>
      <div class="page-head">
        <h1 class="ds-heading" data-size="xl" tabIndex={-1} ref={heading}>
          {title}
        </h1>
        {lead && <p class="lead">{lead}</p>}
      </div>
      {children}
    </div>
  );
}
