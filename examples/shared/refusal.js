/** Why a request gets no result, with the status that tells so. */
export class Refusal extends Error {
  /**
   * @param message for the client
   * @param options `headers` of the answer, and the `cause`, which is for the log alone
   */
  constructor(status, message, { headers = {}, cause } = {}) {
    super(message, { cause });
    this.status = status;
    this.headers = headers;
  }
}

/**
 * A text that came with a request, as messages and logs may repeat it: at most `limit` characters of it, with a replacement
 * for each that would steer a terminal, break a line or turn the direction of writing.
 */
export function shown(text, limit = 80) {
  const characters = [...text.slice(0, 2 * limit + 2).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, "\uFFFD")];
  return characters.length > limit ? `${characters.slice(0, limit).join("")}…` : characters.join("");
}
