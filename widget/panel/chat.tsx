import { mount } from "./main.tsx";

mount(document.body);
