import { render } from "preact";
import "../styles/index.css";
import { App } from "./app";
import { rewriteAddress, secretOutOfPath } from "./place";

const ownLink = secretOutOfPath({ path: location.pathname, search: location.search });
if (ownLink) rewriteAddress(ownLink);

const root = document.getElementById("app");
if (root) render(<App />, root);
