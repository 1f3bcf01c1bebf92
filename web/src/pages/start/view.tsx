/** The first page: what the product does, and what becomes of what is written in it. */
import { useWords } from "../../app/language";
import { Link } from "../../parts/link";
import { Tick } from "../../parts/tick";
import { useFocusAfterMove, useTitle } from "../../parts/page";
import { words as pageWords } from "./messages";
import { Sheet } from "./sheet";
import "./start.css";

function Journey() {
  const words = useWords(pageWords);
  const stages = ["written", "worked-on", "gone"] as const;
  return (
    <section class="journey" id="how" aria-label={words.journeyTitle}>
      <ol>
        {words.journey.map((step, index) => (
          <li key={step.title}>
            <Sheet stage={stages[index] ?? "gone"} />
            <div>
              <h2 class="ds-heading" data-size="xs">{step.title}</h2>
              <p>{step.text}</p>
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

export function StartPage() {
  const words = useWords(pageWords);
  useTitle("Larabot");
  const heading = useFocusAfterMove<HTMLHeadingElement>();
  return (
    <div class="start">
      <div class="hero band-inner">
        <div class="hero-words">
          <h1 class="ds-heading" data-size="2xl" tabIndex={-1} ref={heading}>{words.title}</h1>
          <p class="lead">{words.lead}</p>
          <p class="hero-actions">
            <Link class="ds-button" to="/tools">{words.tools}</Link>
            <Link class="ds-button" data-variant="secondary" to="/policy">{words.how}</Link>
          </p>
        </div>
        <Journey />
      </div>
      <section class="band">
        <div class="band-inner">
          <h2 class="ds-heading" data-size="lg">{words.canTitle}</h2>
          <ul class="columns">
            {words.can.map((way) => (
              <li key={way.title}>
                <h3 class="ds-heading" data-size="xs">{way.title}</h3>
                <p>{way.text}</p>
              </li>
            ))}
          </ul>
        </div>
      </section>
      <section class="promises">
        <div class="band-inner">
          <h2 class="ds-heading" data-size="lg">{words.promiseTitle}</h2>
          <ul class="promise-list">
            {words.promises.map((promise) => (
              <li key={promise.title}>
                <Tick />
                <div>
                  <h3 class="ds-heading" data-size="2xs">{promise.title}</h3>
                  <p>{promise.text}</p>
                </div>
              </li>
            ))}
          </ul>
          <Link class="ds-button" data-variant="secondary" to="/privacy">{words.privacy}</Link>
        </div>
      </section>
    </div>
  );
}
