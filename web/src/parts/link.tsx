/** A link within the site that carries the chosen language along. */
import type { ComponentChildren } from "preact";
import { usePlace, withLanguage } from "../app/place";

interface LinkProps {
  readonly to: string;
  readonly class?: string;
  readonly title?: string;
  readonly "aria-label"?: string;
  readonly "aria-current"?: "page" | "true" | undefined;
  /** Leaves this page, and what is written on it, as it is; the words of the link must say so. */
  readonly newTab?: boolean;
  readonly "data-color"?: "accent" | "danger";
  readonly "data-variant"?: "secondary" | "tertiary";
  readonly children: ComponentChildren;
}

export function Link({ to, newTab = false, children, ...rest }: LinkProps) {
  const { search } = usePlace();
  return (
    <a {...rest} href={withLanguage(to, search)} {...(newTab ? { target: "_blank", rel: "noopener" } : {})}>
      {children}
    </a>
  );
}
