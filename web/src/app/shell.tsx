/** What stands around every page: skip link, header, footer, the cookie question and the offline notice. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { chrome } from "../messages/chrome";
import { COOKIE_PURPOSES } from "../messages/consent";
import { ConsentBanner } from "../parts/consent-banner";
import { Link } from "../parts/link";
import { Withdrawal } from "../parts/withdrawal";
import { Wordmark } from "../parts/wordmark";
import { Header } from "./header";
import { useWords } from "./language";

function Footer() {
  const words = useWords(chrome);
  return (
    <footer class="footer" aria-label={words.footer}>
      <div class="footer-inner">
        <div class="footer-about">
          <Wordmark />
          <p>{words.controller}</p>
          <p>
            <a class="ds-link" href="mailto:kontakt@larabot.se">
              {words.contact}
            </a>
          </p>
        </div>
        <ul class="footer-links">
          <li><Link class="ds-link" to="/policy">{words.policy}</Link></li>
          <li><Link class="ds-link" to="/cookies">{words.cookies}</Link></li>
          <li><Link class="ds-link" to="/privacy">{words.privacy}</Link></li>
          <li><Link class="ds-link" to="/newsletter">{words.newsletter}</Link></li>
        </ul>
        <Withdrawal purposes={COOKIE_PURPOSES} given={words.cookiesGiven} />
      </div>
    </footer>
  );
}

function OfflineNotice() {
  const words = useWords(chrome);
  const [offline, setOffline] = useState(!navigator.onLine);
  useEffect(() => {
    const look = () => setOffline(!navigator.onLine);
    window.addEventListener("online", look);
    window.addEventListener("offline", look);
    return () => {
      window.removeEventListener("online", look);
      window.removeEventListener("offline", look);
    };
  }, []);
  return <div role="status">{offline && <p class="offline-notice">{words.offline}</p>}</div>;
}

export function Shell({ children }: { children: ComponentChildren }) {
  const words = useWords(chrome);
  return (
    <>
      <a class="ds-skip-link" href="#content">
        {words.skip}
      </a>
      <ConsentBanner />
      <Header />
      <OfflineNotice />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <Footer />
    </>
  );
}
