import { render } from "preact";
import "../ui/base.css";
import "../ui/frame.css";
import "../ui/candidates.css";
import "./shell.css";
import "./talk.css";
import { startClock } from "../ui/clock.ts";
import { App } from "./app.tsx";

startClock();
render(<App />, document.body);
