let context: AudioContext | null = null;

/** Lets the page sound later: browsers allow it only during a click or key press. */
export function allowSound(): void {
  if (typeof AudioContext === "undefined") return;
  // A page that opens by itself was not touched yet; browsers complain of the attempt.
  if ("userActivation" in navigator && !navigator.userActivation.hasBeenActive) return;
  context ??= new AudioContext();
  if (context.state === "suspended") void context.resume();
}

/** A message came: two soft notes, made here. Of several tabs only one sounds. */
export function chime(lock: string): void {
  const sounding = context;
  if (sounding?.state !== "running") return;
  if (!("locks" in navigator)) return play(sounding);
  void navigator.locks.request(lock, { ifAvailable: true }, (held) => {
    if (held === null) return undefined;
    play(sounding);
    return new Promise<void>((release) => setTimeout(release, 800));
  });
}

function play(sounding: AudioContext): void {
  note(sounding, 587.3, 0, 0.16);
  note(sounding, 784, 0.09, 0.22);
}

function note(sounding: AudioContext, hertz: number, after: number, length: number): void {
  const start = sounding.currentTime + after;
  const gain = sounding.createGain();
  gain.gain.setValueAtTime(0, start);
  gain.gain.linearRampToValueAtTime(0.08, start + 0.012);
  gain.gain.exponentialRampToValueAtTime(0.0001, start + length);
  const tone = sounding.createOscillator();
  tone.frequency.value = hertz;
  tone.connect(gain).connect(sounding.destination);
  tone.start(start);
  tone.stop(start + length);
}
