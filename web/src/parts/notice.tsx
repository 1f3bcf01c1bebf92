/** An answer to something the reader did, announced politely and given focus. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface NoticeProps {
  readonly color?: "success" | "info" | "warning";
  readonly title: string;
  readonly takeFocus?: boolean;
  readonly children?: ComponentChildren;
}

export function Notice({ color = "success", title, takeFocus = true, children }: NoticeProps) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (takeFocus) box.current?.focus();
  }, [takeFocus]);
  return (
    <div class="ds-alert" data-color={color} role="status" tabIndex={-1} ref={box}>
      <h2 class="ds-heading" data-size="2xs">{title}</h2>
      {children}
    </div>
  );
}
