import { render } from "preact";
import "../ui/base.css";
import "../ui/frame.css";
import "../ui/candidates.css";
import "./admin.css";
import "./forms.css";
import { App } from "./app.tsx";

render(<App />, document.body);
