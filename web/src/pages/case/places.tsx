/** The places of a case, each ticked off when it has answered. */
import { useLanguage, useWords } from "../../app/language";
import { clockTime } from "../../messages/dates";
import { words as pageWords } from "./messages";

export interface PlaceProgress {
  readonly id: string;
  readonly name: string;
  readonly held: string;
  readonly done: boolean;
  readonly at: string | null;
}

function Mark({ done }: { done: boolean }) {
  return (
    <svg class="place-mark" viewBox="0 0 28 28" aria-hidden="true">
      <circle cx="14" cy="14" r="12" class="place-ground" />
      {done && <path d="M8.4 14.6l3.9 3.9 7.5-8.3" class="place-tick" />}
    </svg>
  );
}

export function Places({ places }: { places: readonly PlaceProgress[] }) {
  const words = useWords(pageWords);
  const language = useLanguage();
  return (
    <ul class="places">
      {places.map((place) => (
        <li key={place.id} class="place" data-done={place.done}>
          <Mark done={place.done} />
          <span class="place-words">
            <span class="place-name">{place.name}</span>
            {place.held && <span class="place-held">{place.held}</span>}
          </span>
          <span class="place-state">
            {place.done ? (
              <>
                {words.done}
                {place.at && <time dateTime={place.at}> {clockTime(language, place.at)}</time>}
              </>
            ) : (
              words.waiting
            )}
          </span>
        </li>
      ))}
    </ul>
  );
}
