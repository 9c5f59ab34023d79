// Fetched when it is needed: what is filled in but rarely.
export { default as css } from "./forms/forms.css?inline";
export { Leave } from "./forms/leave.tsx";
export { Rate } from "./forms/rate.tsx";
