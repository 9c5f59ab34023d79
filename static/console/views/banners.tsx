import { Banner } from "../../ui/banner.tsx";
import { Button } from "../../ui/button.tsx";
import { soundOn, soundReady } from "../../ui/sound.ts";
import { testSound } from "../ringing.ts";
import { usePlace } from "./desk-context.ts";

/** The reason the server gives when misses, not the agent, chose the status. */
const MISSED = "missed offers";

/** Quiet lines under the header: the connection, the status that misses set, the click we need. */
export function Banners() {
  const { desk } = usePlace();
  const { name } = desk.connection.value;
  const agent = desk.state.value?.agent;
  const queued = desk.outbox.items.value.filter((item) => item.state === "queued" || item.state === "sending").length;
  return (
    <div class="banners">
      {name === "reconnecting" && (
        <Banner tone="warn">
          Reconnecting … what you write is kept and sent.{queued > 0 && ` ${queued} waiting.`}
        </Banner>
      )}
      {agent?.status === "away" && agent.reason === MISSED && (
        <Banner tone="ring">
          <span class="grow">You were set away after missed offers. Go back?</span>
          <Button small look="main" onClick={() => void desk.setStatus("available")}>Set available</Button>
        </Banner>
      )}
      {agent?.status === "available" && soundOn.value && !soundReady.value && (
        <Banner>
          <span class="grow">We need one click to ring you.</span>
          <Button small onClick={() => void testSound()}>Let it ring</Button>
        </Banner>
      )}
    </div>
  );
}
