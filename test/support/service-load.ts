import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as wait } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import autocannon from "autocannon";
import { handmadePng, jpegSegment, pngChunk } from "../files/handmade-files.ts";
import { post, type Running } from "./running-service.ts";
import { map, PGM, RAW } from "./service.ts";
import { postWithoutEnd } from "./slow-clients.ts";

// A load for the services in examples/: requests of good will, and beside them all that none sends.

const JSON_TYPE = "application/json";
const PNG = "image/png";
const MEBIBYTE = 2 ** 20;

/** A request and what it has to be answered with. */
export interface LoadRequest {
  readonly kind: string;
  readonly path: "/" | "/read" | "/health";
  readonly type: string;
  readonly encoding?: string;
  readonly body: Uint8Array | string;
  readonly status: number;
  /** The whole answer, for requests of good will. */
  readonly answer?: string;
}

/** Requests that are refused, each with the status. */
export function hostileRequests(): LoadRequest[] {
  const bomb = handmadePng({ width: 9, height: 9, depth: 8, colourType: 0, rows: new Uint8Array(90_000_000) });
  const smallBomb = handmadePng({ width: 9, height: 9, depth: 8, colourType: 0, rows: new Uint8Array(9_000_000) });
  const header = Buffer.alloc(13);
  header.writeUInt32BE(65_535, 0);
  header.writeUInt32BE(65_535, 4);
  header.set([8, 6], 8);
  const claim = Buffer.concat([
    bomb.subarray(0, 8),
    pngChunk("IHDR", header),
    pngChunk("IDAT", new Uint8Array(9)),
    pngChunk("IEND", new Uint8Array(0)),
  ]);
  const frame = jpegSegment(0xc0, [8, 0xff, 0xdc, 0xff, 0xdc, 1, 1, 0x11, 0]);
  const jpeg = Buffer.concat([Uint8Array.of(0xff, 0xd8), frame]);
  const gif = Buffer.from("GIF89a\xff\xff\xff\xff\x00\x00\x00;", "latin1");
  const webp = Buffer.from("RIFF\x1a\x00\x00\x00WEBPVP8L\x0d\x00\x00\x00\x2f\xff\xff\xff\x0f", "latin1");
  const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");
  const at = (kind: string, type: string, body: Uint8Array | string, status: number): LoadRequest => ({
    kind,
    path: "/",
    type,
    body,
    status,
  });
  const pictures = [
    at("a PNG that unpacks to 90 MB", PNG, bomb, 400),
    at("a PNG that claims 65,535×65,535", PNG, claim, 413),
    at("a JPEG that claims 65,500×65,500", "image/jpeg", jpeg, 413),
    at("a GIF called a PNG", PNG, gif, 400),
    at("a WebP called a JPEG", "image/jpeg", webp, 400),
    at("a GIF", "image/gif", gif, 415),
    at("a WebP", "image/webp", webp, 415),
    at("half a PNG", PNG, bomb.subarray(0, 60), 400),
    at("a picture of no bytes", PNG, "", 400),
  ];
  return [
    ...pictures,
    ...pictures.map((one) => ({ ...one, kind: `${one.kind}, to read`, path: "/read" as const })),
    { ...at("gzip of 90 MB", JSON_TYPE, gzipSync(new Uint8Array(90_000_000)), 415), encoding: "gzip" },
    at("bombs in JSON", JSON_TYPE, JSON.stringify(new Array(50).fill(base64(smallBomb))), 400),
    at("JSON 100,000 levels deep", JSON_TYPE, "[".repeat(100_000), 400),
    at("an array 10,000 levels deep", JSON_TYPE, `${"[".repeat(10_000)}${"]".repeat(10_000)}`, 400),
    at("a million numbers", JSON_TYPE, `[${"0,".repeat(999_999)}0]`, 400),
    at("70,000 bytes of pixels", RAW, new Uint8Array(70_000), 413),
    at("51 images", RAW, new Uint8Array(51 * 784), 413),
    at("783 bytes of pixels", RAW, new Uint8Array(783), 400),
    at("text", "text/plain", "{", 415),
    { ...at("a frame to read", RAW, new Uint8Array(784), 415), path: "/read" },
  ];
}

/** What came of a load. */
export interface LoadFigures {
  /** Of good will: how many were answered, and how many a second. */
  good: number;
  perSecond: number;
  /** Milliseconds. */
  median: number;
  hundredth: number;
  /** Answers by status, hostile and of good will. */
  byStatus: Record<string, number>;
  /** Kinds whose status or answer was another than it has to be, with what came. */
  wrong: string[];
  /** Connections that ended before an answer, of good will. */
  broken: number;
  /** Uploads that were broken off, uploads without end, and senders of a byte now and then. */
  aborted: number;
  endless: number;
  slow: number;
  /** Bytes of memory that the service's processes had at most; undefined where that cannot be seen. */
  mostMemory: number | undefined;
}

/**
 * Sends good requests over some connections for a time; where there are hostile ones, these meanwhile over as many connections
 * of their own, and beside them uploads that break off, that have no end, and that are slow. Hostile ones that the time did
 * not suffice for are sent after it, once each.
 *
 * @param seconds at least 1
 */
export async function loadService(
  { address, port, pid }: Pick<Running, "address" | "port" | "pid">,
  good: readonly LoadRequest[],
  hostile: readonly LoadRequest[],
  { seconds, connections }: { seconds: number; connections: number },
): Promise<LoadFigures> {
  const byStatus: Record<string, number> = {};
  const wrong = new Set<string>();
  const met = new Set<LoadRequest>();
  /** Told by the id that the service repeats: after a closed connection autocannon takes the next answer for the last request's. */
  const judge = (requests: readonly LoadRequest[], status: number, text: string, id: unknown): void => {
    byStatus[status] = (byStatus[status] ?? 0) + 1;
    const asked = requests[Number(id)];
    if (asked !== undefined) met.add(asked);
    const isRight =
      status === asked?.status &&
      (asked.answer === undefined ? /^\{"error":".{10,}"\}$/.test(text) : text === asked.answer);
    if (!isRight) wrong.add(`${asked?.kind ?? `request ${id}`}: ${status} ${text.slice(0, 200)}`);
  };
  const fire = (
    requests: readonly LoadRequest[],
    extent: { connections: number; duration: number } | { connections: number; amount: number },
  ) =>
    autocannon({
      url: address,
      ...extent,
      timeout: 30,
      requests: requests.map(({ path, type, encoding, body }, index) => ({
        method: "POST",
        path,
        headers: {
          "content-type": type,
          "x-request-id": `${index}`,
          ...(encoding === undefined ? {} : { "content-encoding": encoding }),
        },
        body: typeof body === "string" ? body : Buffer.from(body),
        onResponse: (status, text, _, headers) => judge(requests, status, text, idOf(headers)),
      })),
    });
  let done = false;
  let [aborted, endless, slow] = [0, 0, 0];
  let mostMemory = memoryOf(pid);
  const others = async (): Promise<void> => {
    const sockets = Array.from({ length: 30 }, () => {
      ++slow;
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(`POST / HTTP/1.1\r\nhost: a\r\ncontent-type: ${RAW}\r\ncontent-length: 784\r\n\r\n`);
      const timer = setInterval(() => socket.write("a"), 1000);
      socket.on("close", () => clearInterval(timer));
      return socket;
    });
    while (!done) {
      const socket = connect(port, "127.0.0.1");
      socket.on("error", () => {});
      socket.write(`POST /read HTTP/1.1\r\nhost: a\r\ncontent-type: ${PNG}\r\ncontent-length: 2000000\r\n\r\n`);
      socket.write(new Uint8Array(200_000));
      await wait(20);
      socket.destroy();
      if (++aborted % 5 === 0) {
        const line = await Promise.race([postWithoutEnd(port).catch(() => "reset"), wait(30_000, "no answer")]);
        ++endless;
        if (!/ 413 |^reset$/.test(line)) wrong.add(`a body without end: ${line}`);
      }
    }
    for (const socket of sockets) socket.destroy();
  };
  const watch = async (): Promise<void> => {
    while (!done) {
      await wait(100);
      const now = memoryOf(pid);
      if (now !== undefined) mostMemory = Math.max(mostMemory ?? 0, now);
    }
  };
  const beside = [
    watch(),
    ...(hostile.length === 0 ? [] : [others(), fire(hostile, { connections, duration: seconds })]),
  ];
  const result = await fire(good, { connections, duration: seconds });
  done = true;
  await Promise.all(beside);
  // A busy machine gets through few kinds in the time; each is to be answered once at least.
  const unmet = hostile.filter((one) => !met.has(one));
  if (unmet.length > 0) await fire(unmet, { connections: 1, amount: unmet.length });
  return {
    good: result.requests.total,
    perSecond: result.requests.average,
    median: result.latency.p50,
    hundredth: result.latency.p99,
    byStatus,
    wrong: [...wrong],
    broken: result.errors,
    aborted,
    endless,
    slow,
    mostMemory,
  };
}

/** The service's `x-request-id`, in whatever letters a runtime writes it. */
function idOf(headers: object | undefined): unknown {
  return Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === "x-request-id")?.[1];
}

/** Bytes that a process and those that it started hold; undefined where there is no /proc. */
export function memoryOf(group: number): number | undefined {
  let names: string[];
  try {
    names = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  } catch {
    return undefined;
  }
  let pages = 0;
  for (const name of names) {
    try {
      // After the name in parentheses: state, parent, group.
      const status = readFileSync(`/proc/${name}/stat`, "utf8")
        .replace(/^.*\) /s, "")
        .split(" ");
      if (Number(status[2]) === group) pages += Number(status[21]);
    } catch {
      // It has ended meanwhile.
    }
  }
  return pages * 4096;
}

/** A good request with the answer that the service gives while nothing else is asked. */
export async function goodRequests(address: string, read: Uint8Array): Promise<LoadRequest[]> {
  const wanted = [
    { kind: "an image", path: "/" as const, type: PGM, body: new Uint8Array(map) },
    { kind: "a picture to read", path: "/read" as const, type: PNG, body: read },
  ];
  return await Promise.all(
    wanted.map(async (one) => {
      const answer = await post(new URL(one.path, address).href, one.body as Uint8Array<ArrayBuffer>, one.type);
      return { ...one, status: 200, answer: await answer.text() };
    }),
  );
}

/** Mebibytes, as tables show them. */
export function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? "–" : (bytes / MEBIBYTE).toFixed(0);
}
