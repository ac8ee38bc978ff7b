import { connect, type Socket } from "node:net";
import { RAW } from "./service.ts";

// Clients that take their time, or more than they may, on bare connections.

/** Milliseconds that a body may take, which the services' README tells, and that a connection may then go on. */
export const BODY_TIME = 10_000;
export const CONNECTION_TIME = 20_000;

/** Sends a body of chunks without a length until the service answers, and gives the answer's first line. */
export function postWithoutEnd(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    const chunk = `4000\r\n${"\0".repeat(0x4000)}\r\n`;
    socket.once("data", (answer) => {
      resolve(String(answer).split("\r\n", 1)[0] as string);
      socket.destroy();
    });
    socket.on("error", reject);
    socket.write(
      "POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/octet-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    );
    // Twice the limit, and no last chunk.
    for (let sent = 0; sent < 8; ++sent) socket.write(chunk);
  });
}

/** What a slow client sends at once, and then a piece of each second. */
export interface Slowness {
  kind: string;
  first: string;
  piece: string;
  /** What it gets to read; a runtime may close without a word where it has no request yet. */
  wanted: RegExp;
}

const BEGINNING = `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${RAW}\r\n`;
export const SLOWNESSES: Slowness[] = [
  { kind: "no header", first: "", piece: "", wanted: /^$|^HTTP\/1.1 408 / },
  { kind: "a header that grows", first: BEGINNING, piece: "x-a: b\r\n", wanted: /^$|^HTTP\/1.1 408 / },
  { kind: "no body", first: `${BEGINNING}content-length: 784\r\n\r\n`, piece: "", wanted: /^HTTP\/1.1 408 / },
  {
    kind: "a body that grows",
    first: `${BEGINNING}content-length: 784\r\n\r\n`,
    piece: "a",
    wanted: /^HTTP\/1.1 408 /,
  },
  {
    kind: "chunks without end",
    first: `${BEGINNING}transfer-encoding: chunked\r\n\r\n`,
    piece: "1\r\na\r\n",
    wanted: /^HTTP\/1.1 408 /,
  },
  {
    kind: "a body too large that grows",
    first: `${BEGINNING}content-length: 70000\r\n\r\n`,
    piece: "a",
    wanted: /^HTTP\/1.1 413 /,
  },
];

/** Goes on until the service closes the connection; gives what it answered and the milliseconds that it took. */
export function sendSlowly(port: number, { first, piece }: Slowness): Promise<{ answer: string; took: number }> {
  return new Promise((resolve) => {
    const start = performance.now();
    const socket: Socket = connect(port, "127.0.0.1");
    let answer = "";
    socket.on("data", (read) => {
      answer += read;
    });
    // One who writes on may see a reset instead of an end.
    socket.on("error", () => {});
    const timer = setInterval(() => socket.write(piece), 1000);
    const limit = setTimeout(() => socket.destroy(), 2 * CONNECTION_TIME);
    socket.on("close", () => {
      clearInterval(timer);
      clearTimeout(limit);
      resolve({ answer, took: performance.now() - start });
    });
    socket.write(first);
  });
}
