import { useState } from "preact/hooks";
import { Button } from "../../ui/button.tsx";
import { Refused } from "../api.ts";
import { tryOut } from "../bots.ts";
import { Field } from "./fields.tsx";
import { useFile, useSettings } from "./place.ts";

/** A chat with the bot, as a visitor would have it; no person ever gets it and it counts nowhere. */
export function TryBot({ of, name, here }: { of: string; name: string; here: boolean }) {
  const { api } = useSettings();
  const { site } = useFile();
  const [chosen, setChosen] = useState(site[0]?.key ?? "");
  const [address, setAddress] = useState("");
  const [trouble, setTrouble] = useState("");
  const start = async (): Promise<void> => {
    setTrouble("");
    setAddress("");
    try {
      setAddress(await tryOut(api, of, chosen));
    } catch (error) {
      setTrouble(error instanceof Refused ? error.message : "That did not work. Try again.");
    }
  };
  return (
    <section class="section" aria-label="Try it">
      <div class="section-head"><h2>Try it</h2><p class="soft">A chat with {name} as a visitor has it. It goes to nobody else, and counts nowhere.</p></div>
      {site.length > 1 && (
        <Field id="try-bot-site" label="On the site">
          <select class="input small-select" id="try-bot-site" value={chosen} onChange={(event) => setChosen(event.currentTarget.value)}>
            {site.map((one) => <option key={one.key} value={one.key}>{one.name}</option>)}
          </select>
        </Field>
      )}
      {trouble !== "" && <p class="section-trouble" role="alert">{trouble}</p>}
      <div class="tools">
        <Button disabled={!here || chosen === ""} onClick={() => void start()}>{address === "" ? "Open a chat" : "Begin anew"}</Button>
        {address !== "" && <Button onClick={() => setAddress("")}>End it</Button>}
        {!here && <span>It is not connected, so there is nobody to talk to.</span>}
      </div>
      {address !== "" && <iframe key={address} class="try-bot" src={address} title={`A chat with ${name}`} />}
    </section>
  );
}
