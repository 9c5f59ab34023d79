import { Banner } from "../../ui/banner.tsx";
import { Button } from "../../ui/button.tsx";
import { Until } from "../../ui/time.tsx";
import { nameOf } from "../attention.ts";
import { MISSED } from "../desk.ts";
import { usePlace } from "./desk-context.ts";

/** Quiet lines under the header: the connection, the status that misses set. */
export function Banners() {
  const { desk } = usePlace();
  const { name } = desk.connection.value;
  const agent = desk.state.value?.agent;
  const offer = desk.offers.value[0];
  const queued = desk.outbox.items.value.filter((item) => item.state === "queued" || item.state === "sending").length;
  return (
    <div class="banners">
      {name === "reconnecting" && (
        <Banner tone="warn">
          Reconnecting … what you write is kept and sent.{queued > 0 && ` ${queued} waiting.`}
        </Banner>
      )}
      {offer !== undefined && name === "open" && (
        <div class="banner ring narrow">
          <span class="grow cut">{nameOf(offer.conversation.visitor)} is ringing{offer.expires_at !== null && <> · <Until at={offer.expires_at} /></>}</span>
          <Button small look="main" onClick={() => void desk.accept(offer)}>Accept</Button>
          <Button small onClick={() => void desk.decline(offer)}>Decline</Button>
        </div>
      )}
      {name === "open" && agent?.status === "away" && agent.reason === MISSED && (
        <Banner tone="ring">
          <span class="grow">You were set away after missed offers. Go back?</span>
          <Button small look="main" onClick={() => void desk.setStatus("available")}>Set available</Button>
        </Banner>
      )}
    </div>
  );
}
