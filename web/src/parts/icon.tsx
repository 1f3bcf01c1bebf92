/** The few icons of the tools, drawn with the text's own colour. */
const SHAPES = {
  simplify: "M4 6h16M4 11h11M4 16h7",
  summarize: "M5 4h14v16H5zM9 9h6M9 13h3",
  translate: "M4 6h9M8.5 4v2M11.5 6c-1 4-4 7-7 8.5M6 9.5c1.5 2.5 4 4 6 4.5M12.5 20l4-9 4 9M14 17h5",
  proofread: "M4 15l4 4 8-9M13 5h7M13 9h3",
  explain: "M12 17v.5M9.5 9.5a2.6 2.6 0 1 1 3.7 2.4c-.8.4-1.2 1-1.2 2.1M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  quiz: "M5 5h14v10H9l-4 4zM9 9h6M9 12h3",
  lesson: "M4 5c3-1 5.5-1 8 1 2.5-2 5-2 8-1v13c-3-1-5.5-1-8 1-2.5-2-5-2-8-1zM12 6v13",
  text: "M5 4h9l5 5v11H5zM14 4v5h5M9 13h6M9 16h4",
  microphone: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.5 11a6.5 6.5 0 0 0 13 0M12 17.5V21",
  stop: "M7 7h10v10H7z",
  copy: "M9 9h11v11H9zM15 9V4H4v11h5",
  speaker: "M4 10v4h4l5 4V6L8 10zM16.5 9a4 4 0 0 1 0 6M19 6.5a7.5 7.5 0 0 1 0 11",
  download: "M12 4v11M7.5 11l4.5 4.5 4.5-4.5M5 20h14",
} as const;

export type IconName = keyof typeof SHAPES;

export function toolIcon(tool: string): IconName {
  const kinds = ["simplify", "translate", "proofread", "explain", "quiz", "lesson"] as const;
  if (tool.startsWith("summar")) return "summarize";
  return kinds.find((kind) => tool.includes(kind)) ?? "text";
}

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={SHAPES[name]} fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" />
    </svg>
  );
}
