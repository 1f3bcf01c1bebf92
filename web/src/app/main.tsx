import { render } from "preact";
import "../styles/index.css";

const root = document.getElementById("app");
if (root) render(<main><h1>Larabot</h1></main>, root);
