import { useEffect, useRef } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { SHORTCUTS } from "../keys.ts";
import { usePlace } from "./desk-context.ts";

/** The list of keys, as a dialog of the browser: it keeps the focus in and gives it back. */
export function Shortcuts() {
  const { panels } = usePlace();
  const dialog = useRef<HTMLDialogElement>(null);
  const open = panels.open.value === "shortcuts";
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  const shut = (): void => {
    if (panels.open.value === "shortcuts") panels.open.value = null;
  };
  return (
    <dialog ref={dialog} class="dialog" aria-label="Shortcuts" onClose={shut}>
      <h2>Shortcuts</h2>
      <table>
        <tbody>
          {SHORTCUTS.map(({ keys, does }) => (
            <tr key={does}>
              <th scope="row">{keys.map((key, i) => <span key={key}>{i > 0 && " or "}<kbd>{key}</kbd></span>)}</th>
              <td>{does}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="soft">Single keys rest while you write; those with Alt work always.</p>
      <Button onClick={shut}>Close</Button>
    </dialog>
  );
}
