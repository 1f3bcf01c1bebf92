/** The head of every page: the way home, the main links, the language, and who is signed in. */
import { useEffect, useState } from "preact/hooks";
import { call } from "../api/http";
import { LANGUAGE_NAMES, chrome } from "../messages/chrome";
import { LANGUAGES } from "../messages/language";
import { Link } from "../parts/link";
import { Wordmark } from "../parts/wordmark";
import { useLanguage, useWords } from "./language";
import { goTo, rewriteAddress, usePlace, withLanguage } from "./place";
import { accountOf, useSession } from "./session";

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

export function Header() {
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
