/** A sentence whose addresses can be pressed. */
const ADDRESSES: Readonly<Record<string, string>> = {
  "kontakt@larabot.se": "mailto:kontakt@larabot.se",
  "imy.se": "https://www.imy.se/",
  "datatilsynet.no": "https://www.datatilsynet.no/",
};
const ANY = /(kontakt@larabot\.se|imy\.se|datatilsynet\.no)/;

export function Linked({ text }: { text: string }) {
  return (
    <>
      {text.split(ANY).map((part, nth) => {
        const to = ADDRESSES[part];
        return to ? <a key={nth} class="ds-link" href={to}>{part}</a> : part;
      })}
    </>
  );
}
