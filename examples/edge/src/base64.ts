// States in base64 (RFC 4648, section 4), with padding.

/** Bytes that String.fromCharCode takes at a time: arguments are on the stack. */
const AT_A_TIME = 4096;

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += AT_A_TIME) text += String.fromCharCode(...bytes.subarray(at, at + AT_A_TIME));
  return btoa(text);
}

/** Returns the bytes, or undefined for what is not base64. */
export function fromBase64(text: string): Uint8Array | undefined {
  // atob accepts white space, and a text without padding.
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
