// A filter that drops events whose message matches the regular expression that the
// bucket "settings" has under "drop".
import { write } from "ex:filter/log@1.0.0";
import { Bucket } from "ex:filter/store@1.0.0";

// pattern returns the regular expression of the settings, if there is one.
function pattern() {
  const text = new Bucket("settings").get("drop");
  if (text === undefined) return undefined;
  try {
    return new RegExp(text, "u");
  } catch {
    throw { tag: "setting", val: text };
  }
}

export const filter = {
  apply(events) {
    const drop = pattern();
    if (drop === undefined) return events;
    const kept = events.filter((event) => !drop.test(event.message));
    if (kept.length < events.length) {
      new Bucket("dropped").add("events", BigInt(events.length - kept.length));
      write("info", `${events.length - kept.length} events were dropped`);
    }
    return kept;
  },
};
