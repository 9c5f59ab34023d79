import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Refused } from "../api.ts";
import { inWords } from "../words.ts";
import { useSettings } from "./place.ts";

/** Removing asks once more, and says why it cannot be when others still lean on it. */
export function Remove({ path, what, back }: { path: string; what: string; back: string }) {
  const settings = useSettings();
  const [asked, setAsked] = useState(false);
  const [trouble, setTrouble] = useState("");
  const go = (): void => {
    settings.remove(path).then(() => { location.hash = back; }, (error: unknown) => {
      const refused = error instanceof Refused ? error : new Refused(0, "That did not work. Try again.");
      setTrouble(refused.problems.length > 0 ? refused.problems.map(inWords).join(" ") : refused.message);
      setAsked(false);
    });
  };
  return (
    <section class="section quiet" aria-label={`Remove ${what}`}>
      {trouble !== "" && <p class="section-trouble" role="alert">{trouble}</p>}
      <div class="tools">
        {asked ? (
          <>
            <span>Remove {what}? What they said stays in the conversations.</span>
            <Button onClick={go}>Remove {what}</Button>
            <Button onClick={() => setAsked(false)}>Keep</Button>
          </>
        ) : <Button look="bare" small onClick={() => setAsked(true)}>Remove {what} …</Button>}
      </div>
    </section>
  );
}
