/** What stands around every page: skip link, header, footer, the cookie question and the offline notice. */
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import { LANGUAGES } from "../messages/language";
import { LANGUAGE_NAMES, chrome } from "../messages/chrome";
import { COOKIE_PURPOSES } from "../messages/consent";
import { ConsentBanner } from "../parts/consent-banner";
import { Link } from "../parts/link";
import { Withdrawal } from "../parts/withdrawal";
import { call } from "../api/http";
import { useLanguage, useWords } from "./language";
import { goTo, rewriteAddress, usePlace, withLanguage } from "./place";
import { accountOf, useSession } from "./session";

export function Wordmark() {
  return (
    <svg class="wordmark" viewBox="0 0 132 32" aria-hidden="true">
      <rect width="32" height="32" rx="9.5" class="wordmark-tile" />
      <path d="M10.5 8.5v11.2a3.8 3.8 0 0 0 3.8 3.8h8" class="wordmark-letter" />
      <circle cx="21" cy="12.5" r="3.4" class="wordmark-spark" />
      <text x="42" y="23" class="wordmark-name">Larabot</text>
    </svg>
  );
}

function LanguageChoice() {
  const chosen = useLanguage();
  const words = useWords(chrome);
  const { path, search, hash } = usePlace();
  return (
    <ul class="languages" aria-label={words.language}>
      {LANGUAGES.map((language) => {
        const query = new URLSearchParams(search);
        query.set("lang", language);
        const address = `${path}?${query}${hash}`;
        const choose = (event: MouseEvent) => {
          event.preventDefault();
          rewriteAddress(address);
        };
        return (
          <li key={language}>
            <a
              class="quiet-link"
              href={address}
              lang={language}
              hreflang={language}
              aria-current={language === chosen ? "true" : undefined}
              onClick={choose}
            >
              {LANGUAGE_NAMES[language]}
            </a>
          </li>
        );
      })}
    </ul>
  );
}

function AccountCorner() {
  const { who, askAgain } = useSession();
  const words = useWords(chrome);
  const { search } = usePlace();
  const account = accountOf(who);
  if (!account) {
    return (
      <Link class="ds-button header-sign-in" data-variant="secondary" to="/login">
        {words.signIn}
      </Link>
    );
  }
  const signOut = async () => {
    await call("POST", "/api/auth/logout").catch(() => undefined);
    await askAgain();
    goTo(withLanguage("/", search));
  };
  return (
    <div class="account-corner">
      <Link class="quiet-link account-name" to="/account/security" title={words.account}>
        {account.name || account.email}
      </Link>
      <button type="button" class="ds-button" data-variant="secondary" onClick={() => void signOut()}>
        {words.signOut}
      </button>
    </div>
  );
}

function useOpenUntilMove(): [boolean, () => void] {
  const [open, setOpen] = useState(false);
  const { path } = usePlace();
  useEffect(() => setOpen(false), [path]);
  return [open, () => setOpen((was) => !was)];
}

function Header() {
  const words = useWords(chrome);
  const { path } = usePlace();
  const [open, toggle] = useOpenUntilMove();
  const links = [
    { to: "/tools", words: words.tools },
    { to: "/privacy", words: words.privacy },
  ];
  return (
    <header class="header">
      <div class="header-inner">
        <Link class="home-link" to="/" aria-label={words.home}>
          <Wordmark />
        </Link>
        <button
          type="button"
          class="ds-button menu-button"
          data-variant="tertiary"
          aria-expanded={open}
          aria-controls="main-menu"
          onClick={toggle}
        >
          <span class="menu-bars" aria-hidden="true" />
          {words.menu}
        </button>
        <div id="main-menu" class="menu" data-open={open}>
          <nav aria-label={words.main}>
            <ul class="main-links">
              {links.map((link) => (
                <li key={link.to}>
                  <Link
                    class="main-link"
                    to={link.to}
                    aria-current={path === link.to ? "page" : path.startsWith(`${link.to}/`) ? "true" : undefined}
                  >
                    {link.words}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
          <div class="menu-end">
            <LanguageChoice />
            <AccountCorner />
          </div>
        </div>
      </div>
    </header>
  );
}

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
      <Header />
      <OfflineNotice />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      <Footer />
      <ConsentBanner />
    </>
  );
}
